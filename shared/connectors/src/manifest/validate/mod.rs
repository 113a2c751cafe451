//! What a manifest can get wrong although it parses: names that refer to nothing, values that cannot be.
//!
//! Names of unified models and fields, and paths of the mapping, are checked by `Plan::compile`.

mod requests;

use std::collections::{BTreeMap, BTreeSet};

use super::{Auth, Manifest, ManifestError, Template};
use crate::{
    form::{HOSTING, INSTANCE_URL, TOKEN_URL, suggestion::nearest},
    json::Path,
};

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

    fn methods(&self) -> Result<(), ManifestError> {
        let methods = &self.manifest.methods;
        if methods.is_empty() {
            return self.error("methods", "nobody could sign in: describe at least one method");
        }
        self.unique("methods", methods.iter().map(|method| method.id.as_str()))?;
        for method in methods {
            let place = format!("methods.{}", method.id);
            let keys: Vec<&str> = method
                .credentials
                .iter()
                .map(|credential| credential.key.as_str())
                .collect();
            self.unique(&format!("{place}.credentials"), keys.iter().copied())?;
            if let Some(key) = keys.iter().find(|key| self.settings.contains_key(*key)) {
                let problem = format!("`{key}` is a setting already: a hole would mean both");
                return self.error(format!("{place}.credentials"), problem);
            }
            let mut holes = self.settings.clone();
            holes.extend(keys.iter().map(|key| (*key, Filled::Always)));
            let Declared { host, templates } = declared(&method.auth);
            for (name, template) in &templates {
                self.filled(&format!("{place}.auth.{name}"), template, &holes)?;
            }
            if let Auth::Session { brings, token, .. } = &method.auth {
                self.session(&format!("{place}.auth"), brings, token.template(), holes)?;
            }
            for key in &keys {
                if !templates
                    .iter()
                    .any(|(_, template)| template.holes().any(|hole| hole == *key))
                {
                    let problem = "no template of `auth` uses it: nobody should have to enter it";
                    return self.error(format!("{place}.credentials.{key}"), problem);
                }
            }
            if let Some(host) = host
                && !self.manifest.hosts.contains_key(host)
            {
                let problem = format!("there is no host `{host}`: declare it under `hosts`");
                return self.error(format!("{place}.auth.host"), problem);
            }
        }
        for (number, step) in self.manifest.guidance.iter().enumerate() {
            for wanted in &step.methods {
                if methods.iter().all(|method| method.id != *wanted) {
                    let ids = methods.iter().map(|method| method.id.as_str());
                    let problem = format!("there is no method `{wanted}`{}", meant(wanted, ids));
                    return self.error(format!("guidance.{number}.methods"), problem);
                }
            }
        }
        Ok(())
    }

    /// What a sign-in brings must be used, and not hide what is known already.
    fn session(
        &self,
        place: &str,
        brings: &'m BTreeMap<String, String>,
        token: &Template,
        mut holes: Holes<'m>,
    ) -> Result<(), ManifestError> {
        for (name, path) in brings {
            let place = format!("{place}.brings.{name}");
            self.name(&place, name)?;
            if Path::parse(path).is_none_or(|path| path.segments().is_empty()) {
                return self.error(place, format!("`{path}` is not a path"));
            }
            if holes.insert(name, Filled::Always).is_some() {
                return self.error(
                    place,
                    "is a setting or credential already: a hole would mean both",
                );
            }
            if !token.holes().any(|hole| hole == name) {
                return self.error(place, "the token does not use it: leave it out");
            }
        }
        if brings.is_empty() {
            return self.error(
                format!("{place}.brings"),
                "a sign-in that brings nothing opens no session",
            );
        }
        self.filled(&format!("{place}.token"), token, &holes)
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

/// What a way to authenticate refers to.
struct Declared<'m> {
    host: Option<&'m str>,
    templates: Vec<(String, &'m Template)>,
}

fn declared(auth: &Auth) -> Declared<'_> {
    let (host, templates): (_, Vec<(&str, &Template)>) = match auth {
        Auth::Header { name: _, value } => (None, vec![("value", value)]),
        Auth::Basic { username, password } => (None, vec![("username", username), ("password", password)]),
        Auth::Oauth2ClientCredentials {
            host,
            path,
            client_id,
            client_secret,
            client_auth: _,
            scope,
            extra,
        } => {
            let mut templates = vec![
                ("path", path),
                ("client_id", client_id),
                ("client_secret", client_secret),
            ];
            templates.extend(scope.iter().map(|scope| ("scope", scope)));
            templates.extend(extra.iter().map(|(name, value)| (name.as_str(), value)));
            (Some(host.as_str()), templates)
        }
        Auth::Oauth2AuthorizationCode {
            host,
            authorize,
            path,
            client_id,
            client_secret,
            client_auth: _,
            scope,
            issuer,
        } => {
            let mut templates = vec![
                ("authorize", authorize),
                ("path", path),
                ("client_id", client_id),
                ("client_secret", client_secret),
                ("scope", scope),
            ];
            templates.extend(issuer.iter().map(|issuer| ("issuer", issuer)));
            (Some(host.as_str()), templates)
        }
        Auth::JwtAssertion {
            host,
            path,
            issuer,
            key_id,
            private_key,
            algorithm: _,
            scopes: _,
        } => {
            let templates = vec![
                ("path", path),
                ("issuer", issuer),
                ("key_id", key_id),
                ("private_key", private_key),
            ];
            (Some(host.as_str()), templates)
        }
        Auth::Session {
            path,
            body,
            brings: _,
            scheme: _,
            token: _,
            life_seconds: _,
        } => (None, vec![("path", path), ("body", body)]),
        Auth::Oauth1 {
            realm,
            consumer_key,
            consumer_secret,
            token,
            token_secret,
        } => {
            let templates = vec![
                ("realm", realm),
                ("consumer_key", consumer_key),
                ("consumer_secret", consumer_secret),
                ("token", token),
                ("token_secret", token_secret),
            ];
            (None, templates)
        }
    };
    Declared {
        host,
        templates: templates
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    }
}
