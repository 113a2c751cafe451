//! What a person entered, checked against what the system asks for, without any call.

mod field;
pub(crate) mod suggestion;

use std::{collections::BTreeMap, fmt};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

pub(crate) use field::settings_of;
pub use field::{Field, HOSTING, INSTANCE_URL, TOKEN_URL};

use crate::{
    connector::Connector,
    manifest::{Auth, Hosting, auth::REFRESH_TOKEN},
};

/// What somebody entered in order to connect.
#[derive(Clone, Default)]
pub struct ConnectionInput {
    /// The system's id.
    pub system: String,
    /// Which way to sign in; may be left out where the system has one only.
    pub method: Option<String>,
    /// Settings by key. `hosting` may stand among them.
    pub settings: BTreeMap<String, String>,
    /// Credentials by key.
    pub credentials: BTreeMap<String, SecretString>,
    /// Where the installation runs, `cloud` or `on_premises`; the same as the setting `hosting`.
    pub hosting: Option<String>,
}

impl fmt::Debug for ConnectionInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionInput")
            .field("system", &self.system)
            .field("method", &self.method)
            .field("settings", &self.settings.keys())
            .field("credentials", &self.credentials.keys())
            .finish_non_exhaustive()
    }
}

/// One installation of a system with what signs in to it: complete, and normalised.
#[derive(Clone)]
pub struct Instance {
    /// The system's id.
    pub system: String,
    /// The way to sign in.
    pub method: String,
    /// It runs in the customer's own house, which holds twice the credits.
    pub on_premises: bool,
    /// Settings by key, defaults filled in. `instance_url` and `token_url` only where they were entered.
    pub settings: BTreeMap<String, String>,
    /// Credentials by key.
    pub credentials: BTreeMap<String, SecretString>,
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("system", &self.system)
            .field("method", &self.method)
            .field("on_premises", &self.on_premises)
            .field("settings", &self.settings.keys())
            .field("credentials", &self.credentials.keys())
            .finish()
    }
}

/// One thing that is wrong with an input, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// JSON pointer into the input: `/settings/tenant`.
    pub pointer: String,
    /// What is wrong and what is expected, in a sentence. Never the value of a credential.
    pub detail: String,
}

impl Connector {
    /// Checks an input and completes it.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn accept(&self, input: &ConnectionInput) -> Result<Instance, Vec<FieldProblem>> {
        self.accept_at(input, Stage::Whole)
    }

    /// Checks an input as [`Self::accept`] does, before a person has signed in at the system.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn accept_before_sign_in(&self, input: &ConnectionInput) -> Result<Instance, Vec<FieldProblem>> {
        let instance = self.accept_at(input, Stage::BeforeSignIn)?;
        if self.signs_in_elsewhere(&instance.method) {
            return Ok(instance);
        }
        Err(vec![FieldProblem {
            pointer: "/method".to_owned(),
            detail: "Nobody signs in at the system itself this way: enter its credentials instead."
                .to_owned(),
        }])
    }

    /// Whether this way to sign in begins with a person at the system itself.
    #[must_use]
    pub fn signs_in_elsewhere(&self, method: &str) -> bool {
        let methods = &self.manifest().methods;
        methods
            .iter()
            .any(|one| one.id == method && matches!(one.auth, Auth::Oauth2AuthorizationCode { .. }))
    }

    fn accept_at(&self, input: &ConnectionInput, stage: Stage) -> Result<Instance, Vec<FieldProblem>> {
        let mut problems = Problems::default();
        if input.system != self.manifest().id {
            problems.add(
                "/system",
                format!("This is `{}`, and not `{}`.", self.manifest().id, input.system),
            );
        }
        let mut entered = input.settings.clone();
        if let Some(hosting) = &input.hosting {
            let twice = entered.insert(HOSTING.to_owned(), hosting.clone());
            if twice.is_some_and(|other| other != *hosting) {
                problems.add(
                    "/hosting",
                    "This is another value than the setting `hosting` has.".to_owned(),
                );
            }
        }
        let settings = self.accept_settings(&entered, &mut problems);
        let method = self.accept_method(input, &mut problems);
        let mut credentials = BTreeMap::new();
        if let Some(method) = method {
            credentials = self.accept_credentials(method, &input.credentials, &mut problems);
            if stage == Stage::Whole && self.signs_in_elsewhere(method) {
                match input.credentials.get(REFRESH_TOKEN) {
                    Some(token) => drop(credentials.insert(REFRESH_TOKEN.to_owned(), token.clone())),
                    None => problems.add(
                        "/credentials/refresh_token",
                        "A person signs in to the system first: the connect page does that.".to_owned(),
                    ),
                }
            }
        }
        match method {
            Some(method) if problems.0.is_empty() => Ok(Instance {
                system: self.manifest().id.clone(),
                method: method.to_owned(),
                on_premises: match self.manifest().hosting {
                    Hosting::Cloud => false,
                    Hosting::OnPremises => true,
                    Hosting::Ask => settings.get(HOSTING).is_some_and(|place| place == "on_premises"),
                },
                settings,
                credentials,
            }),
            _ => Err(problems.0),
        }
    }

    fn accept_settings(
        &self,
        entered: &BTreeMap<String, String>,
        problems: &mut Problems,
    ) -> BTreeMap<String, String> {
        let known: Vec<&str> = self.settings().iter().map(|field| field.key.as_str()).collect();
        // A manifest that does not ask where it runs may still be told, as long as it agrees.
        let fixed = match self.manifest().hosting {
            Hosting::Cloud => Some("cloud"),
            Hosting::OnPremises => Some("on_premises"),
            Hosting::Ask => None,
        };
        for (key, value) in entered {
            if known.contains(&key.as_str()) {
                continue;
            }
            match fixed.filter(|_| key == HOSTING) {
                Some(fixed) if fixed == value => {}
                Some(fixed) => {
                    let detail = format!("{} always runs as `{fixed}`.", self.manifest().name);
                    problems.add("/settings/hosting", detail);
                }
                None => problems.unknown("/settings", key, &known),
            }
        }

        let mut accepted = BTreeMap::new();
        for field in self.settings() {
            let value = entered
                .get(&field.key)
                .map(String::as_str)
                .filter(|value| !value.trim().is_empty());
            match value {
                Some(value) => match field.fit(value) {
                    Ok(value) => drop(accepted.insert(field.key.clone(), value)),
                    Err(detail) => problems.add(&pointer("/settings", &field.key), detail),
                },
                None if field.required => problems.missing("/settings", field),
                None if field.key == INSTANCE_URL || field.key == TOKEN_URL => {}
                None => {
                    if let Some(default) = &field.default {
                        accepted.insert(field.key.clone(), default.clone());
                    }
                }
            }
        }
        accepted
    }

    fn accept_method(&self, input: &ConnectionInput, problems: &mut Problems) -> Option<&str> {
        let ids: Vec<&str> = self
            .manifest()
            .methods
            .iter()
            .map(|method| method.id.as_str())
            .collect();
        match (&input.method, ids.as_slice()) {
            (Some(wanted), ids) => {
                let found = ids.iter().find(|id| *id == wanted).copied();
                if found.is_none() {
                    problems.unknown_method(wanted, ids);
                }
                found
            }
            (None, [only]) => Some(only),
            (None, [recommended, ..]) => {
                // Whoever names no method but credentials that only one of them has, has chosen.
                let given = |id: &&&str| {
                    let fields = self.credentials(id);
                    input
                        .credentials
                        .keys()
                        .all(|key| fields.iter().any(|field| field.key == *key))
                };
                Some(ids.iter().find(given).unwrap_or(recommended))
            }
            (None, []) => None,
        }
    }

    fn accept_credentials(
        &self,
        method: &str,
        entered: &BTreeMap<String, SecretString>,
        problems: &mut Problems,
    ) -> BTreeMap<String, SecretString> {
        let fields = self.credentials(method);
        let known: Vec<&str> = fields.iter().map(|field| field.key.as_str()).collect();
        let elsewhere = self.signs_in_elsewhere(method);
        let unknown = |key: &&String| !(known.contains(&key.as_str()) || elsewhere && *key == REFRESH_TOKEN);
        for key in entered.keys().filter(unknown) {
            problems.unknown("/credentials", key, &known);
        }
        let mut accepted = BTreeMap::new();
        for field in fields {
            let value = entered
                .get(&field.key)
                .filter(|value| !value.expose_secret().trim().is_empty());
            match value.map(|value| field.fit(value.expose_secret())) {
                Some(Ok(value)) => drop(accepted.insert(field.key.clone(), SecretString::from(value))),
                Some(Err(detail)) => problems.add(&pointer("/credentials", &field.key), detail),
                None => problems.missing("/credentials", field),
            }
        }
        accepted
    }
}

/// How much of an input must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// What the form asks for.
    BeforeSignIn,
    /// That, and what a person's sign-in brings.
    Whole,
}

#[derive(Default)]
struct Problems(Vec<FieldProblem>);

impl Problems {
    fn add(&mut self, pointer: &str, detail: String) {
        self.0.push(FieldProblem {
            pointer: pointer.to_owned(),
            detail,
        });
    }

    fn missing(&mut self, under: &str, field: &Field) {
        let description = field::sentence(&field.description);
        let detail = format!(
            "{} is missing. {description} Example: {}",
            field.title, field.example
        );
        self.add(&pointer(under, &field.key), detail);
    }

    fn unknown(&mut self, under: &str, key: &str, known: &[&str]) {
        let detail = match suggestion::nearest(key, known.iter().copied()) {
            Some(meant) => format!("There is no field `{key}` here. Did you mean `{meant}`?"),
            None => format!(
                "There is no field `{key}` here. The fields are {}.",
                listed(known)
            ),
        };
        self.add(&pointer(under, key), detail);
    }

    fn unknown_method(&mut self, wanted: &str, known: &[&str]) {
        let detail = match suggestion::nearest(wanted, known.iter().copied()) {
            Some(meant) => format!("There is no method `{wanted}`. Did you mean `{meant}`?"),
            None => format!(
                "There is no method `{wanted}`. The methods are {}.",
                listed(known)
            ),
        };
        self.add("/method", detail);
    }
}

fn listed(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A JSON pointer (RFC 6901) to one key.
fn pointer(under: &str, key: &str) -> String {
    format!("{under}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests;
