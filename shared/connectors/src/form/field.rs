//! One field of a connect form: what it asks, and whether a value fits.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::Serialize;
use url::Url;

use crate::manifest::{Credential, Hosting, Manifest, Setting};

/// Longest value that a person may enter; a private key in PEM has about 3,300 characters.
const MOST_CHARACTERS: usize = 16_384;

/// The setting that replaces host `api`.
pub const INSTANCE_URL: &str = "instance_url";
/// The setting that replaces host `token`.
pub const TOKEN_URL: &str = "token_url";
/// The setting that says where an installation runs, where the manifest asks.
pub const HOSTING: &str = "hosting";

/// A field as the connect form and the API show it.
#[derive(Debug, Clone, Serialize)]
pub struct Field {
    /// Name in the API and in templates.
    pub key: String,
    /// Label.
    pub title: String,
    /// Where the person finds the value.
    pub description: String,
    /// A value as it looks.
    pub example: String,
    /// Anchored regular expression that a value matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Typed blind.
    pub secret: bool,
    /// The connection cannot be made without it.
    pub required: bool,
    /// Hidden behind "advanced".
    pub advanced: bool,
    /// Part of which instance this is: cannot change on a connection that exists.
    pub identifies: bool,
    /// Used when nothing is entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The values to choose from, where it is a choice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    #[serde(skip)]
    kind: Kind,
    #[serde(skip)]
    regex: Option<Regex>,
}

/// What a value must be besides matching the field's pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Any text.
    Text,
    /// An address: what a host is made of as a whole.
    Address,
    /// A piece of a host's name: could otherwise send credentials to a host of somebody's choice.
    HostPart,
}

impl Field {
    fn of_setting(setting: &Setting, kind: Kind) -> Result<Self, String> {
        let regex = setting.pattern.as_deref().map(compile).transpose()?;
        Ok(Self {
            key: setting.key.clone(),
            title: setting.title.clone(),
            description: setting.description.clone(),
            example: setting.example.clone(),
            pattern: setting.pattern.clone(),
            secret: false,
            required: setting.required && setting.default.is_none(),
            advanced: setting.advanced,
            identifies: setting.identifies,
            default: setting.default.clone(),
            choices: Vec::new(),
            kind,
            regex,
        })
    }

    /// The field of a credential; the error says what is wrong with its pattern.
    pub(crate) fn of_credential(credential: &Credential) -> Result<Self, String> {
        Ok(Self {
            key: credential.key.clone(),
            title: credential.title.clone(),
            description: credential.description.clone(),
            example: credential.example.clone(),
            pattern: credential.pattern.clone(),
            secret: credential.secret,
            required: true,
            advanced: false,
            identifies: false,
            default: None,
            choices: Vec::new(),
            kind: Kind::Text,
            regex: credential.pattern.as_deref().map(compile).transpose()?,
        })
    }

    /// Whether a value fits; the answer is the value as it is kept, or a sentence about what is wrong.
    pub(crate) fn fit(&self, value: &str) -> Result<String, String> {
        if value.chars().count() > MOST_CHARACTERS {
            return Err(format!(
                "{} is longer than {MOST_CHARACTERS} characters.",
                self.title
            ));
        }
        let value = match self.kind {
            // What a person copies from an address bar or a mail brings these along.
            Kind::Address => web_address(value).map_err(|problem| format!("{} {problem}", self.title))?,
            Kind::Text | Kind::HostPart if self.secret => value.trim_matches(['\r', '\n', '\t']).to_owned(),
            Kind::Text | Kind::HostPart => value.trim().to_owned(),
        };
        if !self.choices.is_empty() && !self.choices.contains(&value) {
            return Err(format!("{} is one of {}.", self.title, self.choices.join(", ")));
        }
        let pattern_fits = self.regex.as_ref().is_none_or(|regex| regex.is_match(&value));
        if !pattern_fits {
            let description = sentence(&self.description);
            return Err(format!(
                "{} does not look right. {description} Example: {}",
                self.title, self.example
            ));
        }
        let is_host_character = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if self.kind == Kind::HostPart && !value.chars().all(is_host_character) {
            let title = &self.title;
            return Err(format!(
                "{title} is part of a host name: letters, digits, dots and hyphens only. Example: {}",
                self.example
            ));
        }
        Ok(value)
    }
}

/// All settings of a manifest in the order of the form, with those that every system has.
///
/// # Errors
/// The key of the setting whose pattern is not a regular expression, and why.
pub(crate) fn settings_of(manifest: &Manifest) -> Result<Vec<Field>, (String, String)> {
    let mut fields = Vec::new();
    for setting in &manifest.settings {
        let field = Field::of_setting(setting, kind_of(&setting.key, manifest));
        fields.push(field.map_err(|problem| (setting.key.clone(), problem))?);
    }
    let hosts = [
        ("api", INSTANCE_URL, "Instance URL"),
        ("token", TOKEN_URL, "Sign-in URL"),
    ];
    for (host, key, title) in hosts {
        let Some(declared) = manifest.hosts.get(host) else {
            continue;
        };
        if manifest.settings.iter().any(|setting| setting.key == key) {
            continue;
        }
        let name = &manifest.name;
        let (description, default) = match &declared.url {
            None => (format!("The address under which {name} is reached."), None),
            Some(url) => (
                format!(
                    "Only where {name} is reached under an address of its own. Otherwise leave it empty."
                ),
                Some(url.as_str().to_owned()),
            ),
        };
        fields.push(Field {
            key: key.to_owned(),
            title: title.to_owned(),
            description,
            example: example_address(manifest, host),
            pattern: None,
            secret: false,
            required: default.is_none(),
            advanced: default.is_some(),
            identifies: false,
            // The default is a template over the other settings: a form shows it, `accept` leaves it out.
            default,
            choices: Vec::new(),
            kind: Kind::Address,
            regex: None,
        });
    }
    if manifest.hosting == Hosting::Ask && manifest.settings.iter().all(|setting| setting.key != HOSTING) {
        fields.push(Field {
            key: HOSTING.to_owned(),
            title: "Where it runs".to_owned(),
            description: "In a cloud, or on servers in your own house; the latter holds twice the credits."
                .to_owned(),
            example: "cloud".to_owned(),
            pattern: None,
            secret: false,
            required: false,
            advanced: false,
            identifies: false,
            default: Some("cloud".to_owned()),
            choices: vec!["cloud".to_owned(), "on_premises".to_owned()],
            kind: Kind::Text,
            regex: None,
        });
    }
    Ok(fields)
}

fn kind_of(key: &str, manifest: &Manifest) -> Kind {
    if key == INSTANCE_URL || key == TOKEN_URL {
        return Kind::Address;
    }
    let mut kind = Kind::Text;
    for url in manifest.hosts.values().filter_map(|host| host.url.as_ref()) {
        let text = url.as_str();
        if text.starts_with(&format!("{{{key}}}")) {
            return Kind::Address;
        }
        let scheme_end = text.find("://").map_or(0, |at| at + 3);
        let name_end = text[scheme_end..]
            .find('/')
            .map_or(text.len(), |at| scheme_end + at);
        let name = &text[..name_end];
        if name.contains(&format!("{{{key}}}")) || name.contains(&format!("{{{key}:")) {
            kind = Kind::HostPart;
        }
    }
    kind
}

/// The host's template filled with the examples of the settings.
fn example_address(manifest: &Manifest, host: &str) -> String {
    let examples: BTreeMap<&str, &str> = manifest
        .settings
        .iter()
        .map(|setting| (setting.key.as_str(), setting.example.as_str()))
        .collect();
    let url = manifest.hosts.get(host).and_then(|host| host.url.as_ref());
    url.and_then(|url| url.fill(|name| examples.get(name).map(|example| (*example).into())))
        .unwrap_or_else(|| "https://erp.example.com".to_owned())
}

fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?:{pattern})$"))
        .map_err(|error| format!("`{pattern}` is not a regular expression: {error}"))
}

/// An address as hosts need it: scheme, host, port and path, without a slash at the end.
fn web_address(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "is not a web address. Example: https://erp.example.com";
    let text = text.trim();
    // People leave the scheme out; nobody means plain http by that.
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = Url::parse(&whole).map_err(|_| EXPECTED.to_owned())?;
    if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none_or(str::is_empty) {
        return Err(EXPECTED.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name: enter that in its own field, and only the address here.".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has something after `?` or `#`: enter only the part before.".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// A text of a manifest as a whole sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_people_paste_it() {
        for (pasted, kept) in [
            (" https://erp.example.com/ ", "https://erp.example.com"),
            ("erp.example.com", "https://erp.example.com"),
            (
                "https://ERP.example.com:50000/b1s/",
                "https://erp.example.com:50000/b1s",
            ),
            ("http://127.0.0.1:7071/sap", "http://127.0.0.1:7071/sap"),
        ] {
            assert_eq!(web_address(pasted).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_address_is_told() {
        for (pasted, said) in [
            ("ftp://erp.example.com", "not a web address"),
            ("https://", "not a web address"),
            ("my company", "not a web address"),
            ("https://me:secret@erp.example.com", "holds a user name"),
            ("https://erp.example.com/web#home", "after `?` or `#`"),
        ] {
            let problem = web_address(pasted).expect_err(pasted);
            assert!(problem.contains(said), "{pasted}: {problem}");
            assert!(!problem.contains("secret"));
        }
    }
}
