//! A request to one system, its path without the system's prefix.

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// A request to one system.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Absolute URL of the system's root, without a slash at its end.
    pub(crate) root: String,
    /// Below the root, as it was sent: still percent-encoded.
    pub(crate) path: String,
    /// Without the question mark, as it was sent.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the fault `bad_record` spoils one record of this answer.
    pub(crate) poison: bool,
}

impl Call {
    /// The decoded segments of the path.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// The decoded query, in order.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        decoded_pairs(&self.query)
    }

    /// The decoded form in the body, in order.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        decoded_pairs(&String::from_utf8_lossy(&self.body))
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The bearer token, if one was sent.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
    }

    /// User and password of HTTP basic authentication.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        use base64::Engine as _;
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let plain = base64::engine::general_purpose::STANDARD
            .decode(encoded.trim())
            .ok()?;
        let text = String::from_utf8(plain).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The URL as the client sent it, without the query.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.root, self.path)
    }
}

/// Splits and decodes `a=1&b=2`, where `+` stands for a blank.
pub(crate) fn decoded_pairs(text: &str) -> Vec<(String, String)> {
    let plain = |part: &str| {
        percent_decode_str(&part.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (plain(name), plain(value))
        })
        .collect()
}

/// RFC 3986's unreserved characters stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes all but RFC 3986's unreserved characters, as OAuth 1.0 wants it.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
