//! What a person enters to connect: the fields, the ways to sign in, and how to prepare the system.

use serde::{Deserialize, Serialize};

use super::Auth;

/// One field of the connection's settings. Settings are not secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Name in the API and in templates: `tenant`.
    pub key: String,
    /// Label of the field.
    pub title: String,
    /// Where the person finds the value, in the vendor's words.
    pub description: String,
    /// A value as it looks.
    pub example: String,
    /// Anchored regular expression that a value matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The connection cannot be made without it.
    #[serde(default = "yes")]
    pub required: bool,
    /// Hidden behind "advanced".
    #[serde(default)]
    pub advanced: bool,
    /// Part of which instance this is: cannot change on a connection that exists.
    #[serde(default)]
    pub identifies: bool,
    /// Used when nothing is entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// One field of the credentials.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// Name in the API and in templates: `client_secret`.
    pub key: String,
    /// Label of the field.
    pub title: String,
    /// Where the person finds the value.
    pub description: String,
    /// A value as it looks; never a real one.
    pub example: String,
    /// Anchored regular expression that a value matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Typed blind. All credentials live in the vault, secret or not.
    #[serde(default = "yes")]
    pub secret: bool,
}

/// One way to sign in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Method {
    /// Name in the API: `basic`.
    pub id: String,
    /// What the person chooses by.
    pub title: String,
    /// When to choose it.
    pub description: String,
    /// What it needs.
    pub credentials: Vec<Credential>,
    /// How requests are authenticated with it.
    pub auth: Auth,
}

/// One step of preparing the system.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guidance {
    /// What to do, in a few words.
    pub title: String,
    /// How, with the names of the screens.
    pub text: String,
    /// Only for these methods; all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
}

fn yes() -> bool {
    true
}
