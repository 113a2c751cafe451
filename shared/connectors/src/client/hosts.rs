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
