//! The token request: who asks, how that is proven, and what comes back.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{AccessToken, Moment, basic, bearer, jwt, sensitive};
use crate::{
    classify::token_fault,
    fault::Fault,
    manifest::auth::ClientAuth,
    transport::{Request, Response, Transport},
};

/// How long a token is used whose life the system does not tell.
const UNTOLD_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// The longest life that is believed.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How long before its end a token is renewed; half of a short life, so that it is used at all.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// A way to get a token, complete for one connection.
pub(super) struct Grant {
    url: Url,
    proof: Proof,
}

enum Proof {
    /// RFC 6749, 4.4.
    Secret {
        client_id: SecretString,
        client_secret: SecretString,
        place: ClientAuth,
        fields: Vec<(String, SecretString)>,
    },
    /// RFC 7523, 2.2.
    Assertion { claims: jwt::Claims, key: jwt::Key },
}

impl Grant {
    /// Client credentials with a secret.
    pub(super) fn client_credentials(
        url: Url,
        client_id: SecretString,
        client_secret: SecretString,
        place: ClientAuth,
        scope: Option<SecretString>,
        extra: Vec<(String, SecretString)>,
    ) -> Self {
        let mut fields = extra;
        fields.extend(scope.map(|scope| ("scope".to_owned(), scope)));
        Self {
            url,
            proof: Proof::Secret {
                client_id,
                client_secret,
                place,
                fields,
            },
        }
    }

    /// Client credentials with a signed JWT.
    pub(super) fn assertion(url: Url, claims: jwt::Claims, key: jwt::Key) -> Self {
        Self {
            url,
            proof: Proof::Assertion { claims, key },
        }
    }

    /// Asks for a token.
    pub(super) async fn sign_in(
        &self,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<AccessToken, Fault> {
        let request = self.request(moment.now(), timeout)?;
        let response = transport.send(request).await?;
        let now = moment.now();
        read_token(&response, now).ok_or_else(|| token_fault(&response, &self.secrets(), now))
    }

    fn request(&self, now: Timestamp, timeout: Duration) -> Result<Request, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        match &self.proof {
            Proof::Secret {
                client_id,
                client_secret,
                place,
                fields,
            } => {
                match place {
                    // As it is, without the form encoding that RFC 6749 puts inside: neither XSUAA, whose ids
                    // hold `!` and `|`, nor others undo that (Cloud Foundry's UAA only on a header of its own).
                    ClientAuth::Basic => {
                        let value = basic(client_id, client_secret);
                        headers.insert(AUTHORIZATION, sensitive(value.expose_secret())?);
                    }
                    ClientAuth::Body => {
                        form.append_pair("client_id", client_id.expose_secret());
                        form.append_pair("client_secret", client_secret.expose_secret());
                    }
                }
                for (name, value) in fields {
                    form.append_pair(name, value.expose_secret());
                }
            }
            Proof::Assertion { claims, key } => {
                let assertion = key.sign(claims, &self.url, now)?;
                form.append_pair("client_assertion_type", jwt::ASSERTION_TYPE);
                form.append_pair("client_assertion", assertion.expose_secret());
            }
        }
        let body = Some(Bytes::from(form.finish()));
        Ok(Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body,
            timeout,
        })
    }

    fn secrets(&self) -> Vec<SecretString> {
        match &self.proof {
            Proof::Secret {
                client_id: _,
                client_secret,
                place: _,
                fields: _,
            } => vec![client_secret.clone()],
            Proof::Assertion { .. } => Vec::new(),
        }
    }
}

/// RFC 6749, 5.1.
#[derive(Deserialize)]
struct Granted {
    access_token: SecretText,
    #[serde(default)]
    token_type: Option<String>,
    /// Seconds; a number, or a text with Entra's older endpoint.
    #[serde(default)]
    expires_in: Option<Value>,
}

/// A text that is a secret from the first moment.
#[derive(Deserialize)]
#[serde(from = "String")]
struct SecretText(SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// The token of an answer, if that is what it is.
fn read_token(response: &Response, now: Timestamp) -> Option<AccessToken> {
    if !(200..300).contains(&response.status) {
        return None;
    }
    let granted: Granted = serde_json::from_slice(&response.body).ok()?;
    if !granted
        .token_type
        .is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"))
    {
        return None;
    }
    let life = granted
        .expires_in
        .as_ref()
        .and_then(seconds)
        .unwrap_or(UNTOLD_LIFE)
        .min(LONGEST_LIFE);
    let expires_at = now.checked_add(life - MARGIN.min(life / 2)).ok()?;
    let token = AccessToken {
        secret: granted.access_token.0,
        expires_at,
    };
    let usable = !token.secret.expose_secret().is_empty() && bearer(&token).is_ok();
    usable.then_some(token)
}

fn seconds(value: &Value) -> Option<SignedDuration> {
    let seconds = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    // Further than that is cut anyway.
    Some(SignedDuration::from_secs(i64::from(
        u32::try_from(seconds).unwrap_or(u32::MAX),
    )))
}
