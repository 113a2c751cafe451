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
    /// RFC 6749, 6: what a person's sign-in brought.
    Refresh {
        client: ClientProof,
        refresh_token: SecretString,
        scope: SecretString,
    },
}

/// Who the client is.
#[derive(Clone)]
pub(super) struct ClientProof {
    pub(super) id: SecretString,
    pub(super) secret: SecretString,
    pub(super) place: ClientAuth,
}

/// What a token request brought.
pub(super) struct Brought {
    pub(super) access: AccessToken,
    /// Takes the place of the refresh token that was used.
    pub(super) refresh: Option<SecretString>,
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

    /// Renewing by a refresh token.
    pub(super) fn refresh(
        url: Url,
        client: ClientProof,
        refresh_token: SecretString,
        scope: SecretString,
    ) -> Self {
        Self {
            url,
            proof: Proof::Refresh {
                client,
                refresh_token,
                scope,
            },
        }
    }

    /// Whether a sign-in may use up what it signs in with.
    pub(super) fn rotates(&self) -> bool {
        matches!(self.proof, Proof::Refresh { .. })
    }

    /// Asks for a token. `newest` is the refresh token of the last renewal, if there was one.
    pub(super) async fn sign_in(
        &self,
        newest: Option<&SecretString>,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<Brought, Fault> {
        let request = self.request(newest, moment.now(), timeout)?;
        let response = transport.send(request).await?;
        let now = moment.now();
        read_token(&response, now).ok_or_else(|| token_fault(&response, &self.secrets(newest), now))
    }

    fn request(
        &self,
        newest: Option<&SecretString>,
        now: Timestamp,
        timeout: Duration,
    ) -> Result<Request, Fault> {
        if let Proof::Refresh {
            client,
            refresh_token,
            scope,
        } = &self.proof
        {
            let refresh_token = newest.unwrap_or(refresh_token);
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token.expose_secret()),
                ("scope", scope.expose_secret()),
            ];
            return token_request(&self.url, client, &fields, timeout);
        }
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
            Proof::Refresh { .. } => {}
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

    fn secrets(&self, newest: Option<&SecretString>) -> Vec<SecretString> {
        match &self.proof {
            Proof::Refresh {
                client,
                refresh_token,
                scope: _,
            } => {
                let mut secrets = vec![client.secret.clone(), refresh_token.clone()];
                secrets.extend(newest.cloned());
                secrets
            }
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

/// A token request with these fields, from a client that proves itself.
pub(super) fn token_request(
    url: &Url,
    client: &ClientProof,
    fields: &[(&str, &str)],
    timeout: Duration,
) -> Result<Request, Fault> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    match client.place {
        ClientAuth::Basic => {
            let value = basic(&client.id, &client.secret);
            headers.insert(AUTHORIZATION, sensitive(value.expose_secret())?);
        }
        ClientAuth::Body => {
            form.append_pair("client_id", client.id.expose_secret());
            form.append_pair("client_secret", client.secret.expose_secret());
        }
    }
    Ok(Request {
        method: Method::POST,
        url: url.clone(),
        headers,
        body: Some(Bytes::from(form.finish())),
        timeout,
    })
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
    #[serde(default)]
    refresh_token: Option<SecretText>,
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
pub(super) fn read_token(response: &Response, now: Timestamp) -> Option<Brought> {
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
    let refresh = granted
        .refresh_token
        .map(|text| text.0)
        .filter(|text| !text.expose_secret().is_empty());
    usable.then_some(Brought {
        access: token,
        refresh,
    })
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
