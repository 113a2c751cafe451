//! Where a system's hosts are for one instance.

use std::{borrow::Cow, collections::BTreeMap};

use url::Url;

use super::ask::encode_segment;
use crate::{
    fault::{Fault, FaultKind},
    form::{INSTANCE_URL, Instance, TOKEN_URL},
    manifest::Manifest,
};

/// The base addresses of an instance's hosts by name.
///
/// # Errors
/// `Rejected` about the setting that would have to be entered.
pub(crate) fn hosts_of(manifest: &Manifest, instance: &Instance) -> Result<BTreeMap<String, Url>, Fault> {
    let mut hosts = BTreeMap::new();
    for (name, host) in &manifest.hosts {
        let replaced_by = match name.as_str() {
            "api" => Some(INSTANCE_URL),
            "token" => Some(TOKEN_URL),
            _ => None,
        };
        let entered = replaced_by
            .and_then(|setting| instance.settings.get(setting))
            .cloned();
        let filled = || {
            host.url
                .as_ref()?
                .fill(|hole| instance.settings.get(hole).map(|value| encoded(value)))
        };
        let about = replaced_by.unwrap_or("settings");
        let url = entered
            .or_else(filled)
            .and_then(|text| Url::parse(text.trim_end_matches('/')).ok());
        match url {
            Some(url) => drop(hosts.insert(name.clone(), url)),
            None => {
                let message = format!(
                    "The address of {}'s host `{name}` is not complete.",
                    manifest.name
                );
                return Err(Fault::new(FaultKind::Rejected, message).about(about));
            }
        }
    }
    Ok(hosts)
}

/// Name and port of the host that answers for this customer's system alone, or for this vendor's customers
/// in one house: what is down for one connection there is down for all. `None` where the vendor's customers
/// share a host, and where the address is not complete.
pub(crate) fn own_host(manifest: &Manifest, settings: &BTreeMap<String, String>) -> Option<String> {
    let api = manifest.hosts.get("api")?;
    let filled = api.url.as_ref().and_then(|template| {
        let text = template.fill(|hole| settings.get(hole).map(|value| encoded(value)))?;
        Url::parse(&text).ok()
    });
    let entered = settings.get(INSTANCE_URL).and_then(|text| Url::parse(text).ok());
    let fixed = api
        .url
        .as_ref()
        .is_some_and(|template| template.holes().next().is_none());
    let shared = api.shared.unwrap_or(fixed);
    let url = match (entered, filled) {
        // An address that replaces the vendor's is somebody's own.
        (Some(entered), Some(vendors)) if entered.host() != vendors.host() => entered,
        _ if shared => return None,
        (Some(entered), _) => entered,
        (None, Some(filled)) => filled,
        (None, None) => return None,
    };
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// An address stands as a whole; anything else is one piece of a name or path.
fn encoded(value: &str) -> Cow<'_, str> {
    if value.contains("://") {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(encode_segment(value))
    }
}

/// A path below a base address.
///
/// # Errors
/// `Rejected` when both together are no address.
pub(super) fn below(base: &Url, path: &str) -> Result<Url, Fault> {
    let text = format!("{}{path}", base.as_str().trim_end_matches('/'));
    let url = Url::parse(&text).ok().filter(|url| url.origin() == base.origin());
    url.ok_or_else(|| {
        Fault::new(
            FaultKind::Rejected,
            "This path is not one below the system's address.",
        )
        .about("path")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn check(system: &str, settings: &[(&str, &str)], expected: Option<&str>) {
        let connector = Catalog::builtin().get(system).expect("a system of the catalogue");
        let settings = settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let host = own_host(connector.manifest(), &settings.collect());
        assert_eq!(host.as_deref(), expected, "{system}");
    }

    #[test]
    fn a_host_is_a_customers_own_unless_the_vendors_customers_share_it() {
        check(
            "sap_s4hana",
            &[("tenant", "my300000")],
            Some("my300000-api.s4hana.cloud.sap:443"),
        );
        check("sap_s4hana", &[], None);
        check(
            "netsuite",
            &[("account_id", "1234567_SB1")],
            Some("1234567-sb1.suitetalk.api.netsuite.com:443"),
        );
        check("dynamics_business_central", &[("tenant_id", "t")], None);
        check(
            "dynamics_business_central",
            &[("instance_url", "https://api.businesscentral.dynamics.com")],
            None,
        );
        check(
            "dynamics_business_central",
            &[("instance_url", "http://127.0.0.1:7071/business_central")],
            Some("127.0.0.1:7071"),
        );
        check(
            "tryton",
            &[("instance_url", "https://erp.example.com")],
            Some("erp.example.com:443"),
        );
    }
}
