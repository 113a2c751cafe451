//! A method's templates over one connection's settings and credentials.

use std::{borrow::Cow, collections::BTreeMap};

use secrecy::SecretString;
use url::Url;

use crate::{
    fault::{Fault, FaultKind},
    manifest::{Template, template::Filling},
};

/// Looks a setting or credential up by its key.
pub type ValueOf<'v> = dyn Fn(&str) -> Option<Cow<'v, str>> + 'v;

/// What templates are filled from.
pub(super) struct Filled<'a, 'v> {
    pub(super) value_of: &'a ValueOf<'v>,
    pub(super) hosts: &'a BTreeMap<String, Url>,
}

impl Filled<'_, '_> {
    /// A template's text, which is a secret whatever it holds.
    pub(super) fn secret(&self, template: &Template) -> Result<SecretString, Fault> {
        self.text(template).map(SecretString::from)
    }

    /// The base address of one of the manifest's hosts.
    pub(super) fn host(&self, name: &str) -> Result<&Url, Fault> {
        self.hosts.get(name).ok_or_else(|| {
            Fault::new(
                FaultKind::Unsupported,
                format!("The connector signs in at `{name}`, a host that it does not have."),
            )
        })
    }

    /// A path on one of the manifest's hosts.
    pub(super) fn address(&self, host: &str, path: &Template) -> Result<Url, Fault> {
        let base = self.host(host)?;
        let path = self.text(path)?;
        let text = format!(
            "{}/{}",
            base.as_str().trim_end_matches('/'),
            path.trim_start_matches('/')
        );
        let address = Url::parse(&text)
            .ok()
            .filter(|address| address.origin() == base.origin());
        address.ok_or_else(|| {
            Fault::new(
                FaultKind::Unsupported,
                format!("The connector's path for signing in at `{host}` is none."),
            )
        })
    }

    /// A JSON text over a template, which is a secret whatever it holds.
    pub(super) fn json(&self, template: &Template) -> Result<SecretString, Fault> {
        let filled = template.fill_json(|hole| (self.value_of)(hole).map(Filling::Value));
        filled
            .map(SecretString::from)
            .ok_or_else(|| self.missing(template))
    }

    /// What is known of a template's holes.
    pub(super) fn known(&self, template: &Template) -> BTreeMap<String, SecretString> {
        let known = template.holes().filter_map(|hole| {
            let value = (self.value_of)(hole)?;
            Some((hole.to_owned(), SecretString::from(value.into_owned())))
        });
        known.collect()
    }

    fn text(&self, template: &Template) -> Result<String, Fault> {
        template.fill(self.value_of).ok_or_else(|| self.missing(template))
    }

    fn missing(&self, template: &Template) -> Fault {
        let missing = template
            .holes()
            .find(|name| (self.value_of)(name).is_none())
            .unwrap_or_default();
        Fault::new(
            FaultKind::Unauthorized,
            format!("`{missing}` is missing, which signing in needs."),
        )
        .about(missing)
    }
}
