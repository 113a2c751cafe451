//! OAuth 1.0a with HMAC-SHA256 (RFC 5849), for NetSuite's token-based authentication.

use std::fmt::Write as _;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::CONTENT_TYPE;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::Moment;
use crate::transport::Request;

/// Everything but RFC 3986's unreserved characters (RFC 5849, 3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Random bytes of a nonce; NetSuite takes 6 to 64 characters.
const NONCE_BYTES: usize = 16;

/// The four secrets, and the account as a realm.
pub(super) struct Oauth1 {
    pub(super) realm: SecretString,
    pub(super) consumer_key: SecretString,
    pub(super) consumer_secret: SecretString,
    pub(super) token: SecretString,
    pub(super) token_secret: SecretString,
}

impl Oauth1 {
    /// The value of `Authorization` for a request as it stands.
    pub(super) fn authorization(&self, request: &Request, moment: &dyn Moment) -> Zeroizing<String> {
        let mut random = [0; NONCE_BYTES];
        moment.random(&mut random);
        let nonce = random.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.signed(request, &nonce, moment.now().as_second())
    }

    fn signed(&self, request: &Request, nonce: &str, timestamp: i64) -> Zeroizing<String> {
        let timestamp = timestamp.to_string();
        let protocol = [
            ("oauth_consumer_key", self.consumer_key.expose_secret()),
            ("oauth_nonce", nonce),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_timestamp", &timestamp),
            ("oauth_token", self.token.expose_secret()),
            ("oauth_version", "1.0"),
        ];
        let base = base_string(request, &protocol);
        let key = Zeroizing::new(format!(
            "{}&{}",
            encoded(self.consumer_secret.expose_secret()),
            encoded(self.token_secret.expose_secret()),
        ));
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
        mac.update(base.as_bytes());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());

        let realm = self.realm.expose_secret().replace(['"', '\\'], "");
        let mut header = Zeroizing::new(format!("OAuth realm=\"{realm}\""));
        for (name, value) in protocol
            .into_iter()
            .chain([("oauth_signature", signature.as_str())])
        {
            let _ = write!(header, ", {name}=\"{}\"", encoded(value));
        }
        header
    }
}

/// RFC 5849, 3.4.1: method, address without query, and all parameters, sorted.
fn base_string(request: &Request, protocol: &[(&str, &str)]) -> String {
    let mut parameters: Vec<(String, String)> = protocol
        .iter()
        .map(|(name, value)| (encoded(name), encoded(value)))
        .collect();
    let mut add = |pairs: form_urlencoded::Parse<'_>| {
        parameters.extend(pairs.map(|(name, value)| (encoded(&name), encoded(&value))));
    };
    add(request.url.query_pairs());
    // A JSON body is not part of the signature; a form is (3.4.1.3.1).
    if let Some(body) = request.body.as_ref().filter(|_| is_form(request)) {
        add(form_urlencoded::parse(body));
    }
    parameters.sort_unstable();
    let parameters: Vec<String> = parameters
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!(
        "{}&{}&{}",
        encoded(request.method.as_str()),
        encoded(&base_address(&request.url)),
        encoded(&parameters.join("&")),
    )
}

/// RFC 5849, 3.4.1.2. `Url` has scheme and host in lower case and leaves out the scheme's own port already.
fn base_address(url: &Url) -> String {
    let mut base = url.clone();
    base.set_query(None);
    base.set_fragment(None);
    base.into()
}

fn is_form(request: &Request) -> bool {
    let kind = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| {
        kind.trim()
            .eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests;
