//! What a manifest can get wrong although it parses: names that refer to nothing, values that cannot be.
//!
//! Names of unified models and fields, and paths of the mapping, are checked by `Plan::compile`.

mod methods;
mod requests;

use std::collections::{BTreeMap, BTreeSet};

use super::{Manifest, ManifestError, Template};
use crate::form::{HOSTING, INSTANCE_URL, TOKEN_URL, suggestion::nearest};

/// Checks a manifest; the first thing wrong is the answer.
pub(crate) fn validate(manifest: &Manifest) -> Result<(), ManifestError> {
    let check = Check::new(manifest);
    check.identity()?;
    check.hosts()?;
    check.settings()?;
    check.methods()?;
    check.request_defaults()?;
    check.each_model()
}

/// What a hole may name in some place, and whether it is always filled.
type Holes<'m> = BTreeMap<&'m str, Filled>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filled {
    Always,
    Sometimes,
}

struct Check<'m> {
    manifest: &'m Manifest,
    settings: Holes<'m>,
}

impl<'m> Check<'m> {
    fn new(manifest: &'m Manifest) -> Self {
        let mut settings: Holes<'m> = [
            (INSTANCE_URL, Filled::Sometimes),
            (TOKEN_URL, Filled::Sometimes),
            (HOSTING, Filled::Sometimes),
        ]
        .into();
        for setting in &manifest.settings {
            let always = setting.required || setting.default.is_some();
            settings.insert(
                &setting.key,
                if always { Filled::Always } else { Filled::Sometimes },
            );
        }
        Self { manifest, settings }
    }

    fn error<T>(&self, place: impl Into<String>, problem: impl Into<String>) -> Result<T, ManifestError> {
        Err(ManifestError::new(&self.manifest.id, place, problem))
    }

    fn identity(&self) -> Result<(), ManifestError> {
        let manifest = self.manifest;
        self.name("id", &manifest.id)?;
        if manifest.verified.on.parse::<jiff::civil::Date>().is_err() {
            let problem = format!("`{}` is not a date: write `YYYY-MM-DD`", manifest.verified.on);
            return self.error("verified.on", problem);
        }
        for (place, value) in [
            ("concurrent", manifest.limits.concurrent.into()),
            ("per_minute", manifest.limits.per_minute),
        ] {
            if value == 0 {
                return self.error(
                    format!("limits.{place}"),
                    "nothing would ever be sent: write at least 1",
                );
            }
        }
        if manifest.models.is_empty() {
            return self.error(
                "models",
                "a system without any model offers nothing: describe at least one",
            );
        }
        Ok(())
    }

    fn hosts(&self) -> Result<(), ManifestError> {
        if !self.manifest.hosts.contains_key("api") {
            return self.error(
                "hosts.api",
                "requests go to host `api`: declare it, without a `url` if each installation has its own",
            );
        }
        for (name, host) in &self.manifest.hosts {
            let place = format!("hosts.{name}.url");
            let Some(url) = &host.url else {
                if matches!(name.as_str(), "api" | "token") {
                    continue;
                }
                return self.error(
                    place,
                    "only hosts `api` and `token` have a setting that replaces them: give this one a url",
                );
            };
            self.filled(&place, url, &self.settings)?;
            let text = url.as_str();
            if !(text.starts_with("https://") || text.starts_with('{')) {
                return self.error(place, format!("`{text}` does not begin with `https://`"));
            }
            if text.ends_with('/') {
                return self.error(place, format!("`{text}` ends with a slash: paths begin with one"));
            }
        }
        Ok(())
    }

    fn settings(&self) -> Result<(), ManifestError> {
        let keys = self.manifest.settings.iter().map(|setting| setting.key.as_str());
        self.unique("settings", keys)
    }

    fn request_defaults(&self) -> Result<(), ManifestError> {
        let defaults = &self.manifest.request;
        for (name, value) in &defaults.headers {
            let place = format!("request.headers.{name}");
            self.header(&place, name)?;
            self.known(&place, value.template(), &self.settings)?;
        }
        for (name, value) in &defaults.query {
            self.known(&format!("request.query.{name}"), value, &self.settings)?;
        }
        Ok(())
    }

    /// Names that stand in the API and in templates.
    fn name(&self, place: &str, name: &str) -> Result<(), ManifestError> {
        let plain = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if plain && name.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Ok(());
        }
        self.error(
            place,
            format!("`{name}` is not a name: lower case letters, digits and `_`, a letter first"),
        )
    }

    fn unique<'n>(&self, place: &str, names: impl Iterator<Item = &'n str>) -> Result<(), ManifestError> {
        let mut seen = BTreeSet::new();
        for name in names {
            self.name(place, name)?;
            if !seen.insert(name) {
                return self.error(place, format!("`{name}` stands there twice"));
            }
        }
        Ok(())
    }

    fn header(&self, place: &str, name: &str) -> Result<(), ManifestError> {
        let parsed = http::HeaderName::from_bytes(name.as_bytes());
        // Authentication is the method's business, and a body's length nobody's.
        let reserved = [
            "authorization",
            "proxy-authorization",
            "cookie",
            "host",
            "content-length",
            "connection",
        ];
        match parsed {
            Err(_) => self.error(place, format!("`{name}` is not the name of a header")),
            Ok(name) if reserved.contains(&name.as_str()) => self.error(
                place,
                format!("`{name}` is set by the client itself: leave it out"),
            ),
            Ok(_) => Ok(()),
        }
    }

    /// Every hole names something.
    fn known(&self, place: &str, template: &Template, holes: &Holes<'_>) -> Result<(), ManifestError> {
        match template.holes().find(|hole| !holes.contains_key(hole)) {
            None => Ok(()),
            Some(hole) => {
                let meant = meant(hole, holes.keys().copied());
                self.error(
                    place,
                    format!("`{{{hole}}}` names nothing that is known here{meant}"),
                )
            }
        }
    }

    /// Every hole names something that is always there.
    fn filled(&self, place: &str, template: &Template, holes: &Holes<'_>) -> Result<(), ManifestError> {
        self.known(place, template, holes)?;
        match template.holes().find(|hole| holes.get(hole) == Some(&Filled::Sometimes)) {
            None => Ok(()),
            Some(hole) => self.error(
                place,
                format!("`{{{hole}}}` may be absent, and this cannot be left out: make the setting required or give it a default"),
            ),
        }
    }
}

fn meant<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    match nearest(wrong, known.iter().copied()) {
        Some(name) => format!(": did you mean `{name}`?"),
        None if known.is_empty() => String::new(),
        None => format!(": known are {}", known.join(", ")),
    }
}
