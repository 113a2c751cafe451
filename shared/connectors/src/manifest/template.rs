//! Texts with holes: `https://{tenant}-api.s4hana.cloud.sap`.
//!
//! A hole names a setting, a credential or a value of the request; it may bend its value by one of
//! a few named forms: `{account_id:host}`. `{{` and `}}` are braces. There is nothing else to it.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use serde::{
    Deserialize, Deserializer,
    de::{self, Error as _, SeqAccess, Visitor},
};

/// A compiled template.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Hole { name: String, form: Form },
}

/// How a hole bends its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// Lower case with `_` as `-`: NetSuite's account in a host name (`1234567_SB1` → `1234567-sb1`).
    Host,
    /// Upper case with `-` as `_`: NetSuite's account as a realm.
    Realm,
}

impl Form {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "host" => Some(Self::Host),
            "realm" => Some(Self::Realm),
            _ => None,
        }
    }

    fn bend(self, value: &str, out: &mut String) {
        match self {
            Self::Plain => out.push_str(value),
            Self::Host => out.extend(
                value
                    .to_lowercase()
                    .chars()
                    .map(|c| if c == '_' { '-' } else { c }),
            ),
            Self::Realm => out.extend(
                value
                    .to_uppercase()
                    .chars()
                    .map(|c| if c == '-' { '_' } else { c }),
            ),
        }
    }
}

impl Template {
    /// Reads a template; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let tail = &rest[at..];
            if let Some(after) = tail.strip_prefix("{{") {
                literal.push('{');
                rest = after;
            } else if let Some(after) = tail.strip_prefix("}}") {
                literal.push('}');
                rest = after;
            } else if tail.starts_with('}') {
                return Err(format!(
                    "`{text}` closes a hole that it did not open; write `}}}}` for a brace"
                ));
            } else {
                let Some(end) = tail.find('}') else {
                    return Err(format!(
                        "`{text}` opens a hole and does not close it; write `{{{{` for a brace"
                    ));
                };
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                let (name, form) = match tail[1..end].split_once(':') {
                    None => (&tail[1..end], Form::Plain),
                    Some((name, form)) => {
                        let known = Form::parse(form);
                        (
                            name,
                            known
                                .ok_or_else(|| format!("`{form}` in `{text}` is not a form: host, realm"))?,
                        )
                    }
                };
                if name.is_empty() {
                    return Err(format!("`{text}` has a hole without a name"));
                }
                parts.push(Part::Hole {
                    name: name.to_owned(),
                    form,
                });
                rest = &tail[end + 1..];
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// The names of its holes, in order.
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Hole { name, .. } => Some(name.as_str()),
        })
    }

    /// Fills the holes; `None` when one of them is absent.
    pub fn fill<'v>(&self, value_of: impl Fn(&str) -> Option<Cow<'v, str>>) -> Option<String> {
        let mut out = String::with_capacity(self.text.len() + 32);
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Hole { name, form } => form.bend(value_of(name)?.as_ref(), &mut out),
            }
        }
        Some(out)
    }

    /// Fills the holes of a JSON text. Between quotes a value is escaped; without quotes it must be a plain
    /// number or word, so that nothing can end there and go on as JSON of its own. `None` when a hole is absent
    /// or its value cannot stand there.
    pub fn fill_json<'v>(&self, value_of: impl Fn(&str) -> Option<Filling<'v>>) -> Option<String> {
        let mut out = String::with_capacity(self.text.len() + 32);
        for part in &self.parts {
            let (name, form) = match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Hole { name, form } => (name, form),
            };
            match value_of(name)? {
                Filling::Json(json) => out.push_str(&json),
                Filling::Value(value) => {
                    let mut bent = String::with_capacity(value.len());
                    form.bend(&value, &mut bent);
                    if out.ends_with('"') {
                        out.push_str(&in_json(&bent));
                    } else if is_token(&bent) {
                        out.push_str(&bent);
                    } else {
                        return None;
                    }
                }
            }
        }
        Some(out)
    }

    /// Whether a hole stands somewhere without a quote on its left: what fills it there must not be
    /// able to end the value and go on as a condition of its own.
    #[must_use]
    pub fn is_bare(&self, hole: &str) -> bool {
        let mut before = "";
        self.parts.iter().any(|part| match part {
            Part::Text(text) => {
                before = text;
                false
            }
            Part::Hole { name, .. } => !std::mem::take(&mut before).ends_with(['\'', '"']) && name == hole,
        })
    }

    /// The template as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// What fills a hole of a JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filling<'v> {
    /// A value, which must stay one.
    Value(Cow<'v, str>),
    /// JSON that was made here: conditions, a list of keys.
    Json(Cow<'v, str>),
}

/// A value that can end nothing and begin nothing, wherever it stands.
#[must_use]
pub(crate) fn is_token(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !value.is_empty() && value.bytes().all(plain)
}

/// A text as it stands between the quotes of a JSON string.
#[must_use]
pub(crate) fn in_json(text: &str) -> String {
    // A string always serialises; the quotes are the template's.
    let quoted = serde_json::to_string(text).expect("a string serialises");
    quoted[1..quoted.len() - 1].to_owned()
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// The value of a header.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a text, or { base64url = \"a JSON text\" }")]
pub enum HeaderText {
    /// As it is.
    Plain(Template),
    /// A JSON text in base 64 (Tryton's `X-Tryton-Context`).
    Encoded(EncodedJson),
}

/// A JSON text that is encoded once its holes are filled.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EncodedJson {
    /// The text, for base 64 with the URL alphabet and padding.
    pub base64url: Template,
}

impl HeaderText {
    /// The template behind it.
    #[must_use]
    pub fn template(&self) -> &Template {
        match self {
            Self::Plain(template) => template,
            Self::Encoded(encoded) => &encoded.base64url,
        }
    }

    /// The value; `None` when a hole is absent or its value cannot stand there.
    pub fn fill<'v>(&self, value_of: impl Fn(&str) -> Option<Cow<'v, str>>) -> Option<String> {
        match self {
            Self::Plain(template) => template.fill(value_of),
            Self::Encoded(encoded) => {
                let json = encoded
                    .base64url
                    .fill_json(|hole| value_of(hole).map(Filling::Value))?;
                Some(URL_SAFE.encode(json))
            }
        }
    }
}

/// The templates of one query parameter: mostly one, several where the parameter is repeated
/// (Tryton's REST names each field that it shall bring by an `f` of its own).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates(Vec<Template>);

impl Templates {
    /// The templates in order.
    #[must_use]
    pub fn all(&self) -> &[Template] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Templates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Templates;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts that repeat the parameter")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Templates, E> {
                Template::parse(text)
                    .map(|template| Templates(vec![template]))
                    .map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Templates, A::Error> {
                let mut templates = Vec::new();
                while let Some(template) = list.next_element()? {
                    templates.push(template);
                }
                Ok(Templates(templates))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

#[cfg(test)]
mod tests;
