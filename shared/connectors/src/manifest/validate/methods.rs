//! What can be wrong with the ways to sign in.

use std::collections::BTreeMap;

use super::{Check, Filled, Holes, ManifestError, meant};
use crate::{
    json::Path,
    manifest::{Auth, Template},
};

impl<'m> Check<'m> {
    pub(super) fn methods(&self) -> Result<(), ManifestError> {
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
