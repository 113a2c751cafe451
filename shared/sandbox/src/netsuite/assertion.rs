//! OAuth 2.0 client credentials with a signed assertion (a JWT) in place of a client secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::access::nows;
use super::{CLIENT_ID, keys};
use crate::http::{Answer, Call};
use crate::sessions::TOKEN_LIFETIME;
use crate::system::System;

/// Path of the token endpoint.
pub(super) const TOKEN_PATH: &str = "/services/rest/auth/oauth2/v1/token";
/// How far clocks may be apart, in seconds.
const SKEW: i64 = 60;

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    scope: Value,
    iat: i64,
    exp: i64,
}

/// Issues a token for a valid assertion.
pub(super) fn token(system: &System, call: &Call) -> Answer {
    let form = call.form();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    };
    let refused = |status, error: &str| Answer::status_json(status, json!({"error": error}).to_string());
    let well_formed = call.method == Method::POST
        && field("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    if !well_formed {
        return refused(StatusCode::BAD_REQUEST, "invalid_request");
    }
    if field("grant_type") != "client_credentials" {
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    if !is_valid(system, call, field("client_assertion")) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let lifetime = TOKEN_LIFETIME.as_secs().to_string();
    // NetSuite writes the lifetime as a text.
    Answer::json(
        json!({"access_token": system.sessions.issue(), "expires_in": lifetime, "token_type": "Bearer"})
            .to_string(),
    )
}

fn is_valid(system: &System, call: &Call, assertion: &str) -> bool {
    let Some((signed, signature)) = assertion.rsplit_once('.') else {
        return false;
    };
    let Some((header, claims)) = signed.split_once('.') else {
        return false;
    };
    let (Some(header), Some(claims)) = (part::<Header>(header), part::<Claims>(claims)) else {
        return false;
    };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
        return false;
    };
    let scoped = match &claims.scope {
        Value::String(scope) => scope.split([' ', ',']).any(|scope| scope == "rest_webservices"),
        Value::Array(scopes) => scopes.iter().any(|scope| scope == "rest_webservices"),
        _ => false,
    };
    let here = call
        .header("host")
        .map(|host| format!("http://{host}/{}{TOKEN_PATH}", system.dialect.key()));
    let addressed = claims.aud == call.url() || Some(&claims.aud) == here.as_ref();
    let timely = nows(system)
        .iter()
        .any(|now| claims.iat <= now + SKEW && claims.exp > now - SKEW);
    let short = claims.exp - claims.iat <= 3600;
    claims.iss == CLIENT_ID
        && scoped
        && addressed
        && timely
        && short
        && keys::verifies(&header.kid, &header.alg, signed.as_bytes(), &signature)
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
