//! Microsoft Entra's token endpoint, for both Dynamics systems: client credentials with a secret in the body, and
//! what a person's sign-in brings (`entra/person.rs`).

pub(crate) mod person;

use http::{Method, StatusCode};
use serde_json::json;

use crate::http::{Answer, Call};
use crate::sessions::TOKEN_LIFETIME;
use crate::system::System;

/// The tenant that both systems belong to.
pub(crate) const TENANT: &str = "7f3c1a52-0d4e-4b8e-9a6f-2c5d8e1b0a94";
/// The application that may sign in.
pub(crate) const CLIENT_ID: &str = "2b9d6f10-5a77-4c1e-8f3d-90b1c4e7a655";
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = "sandbox~client.secret-entra_Q8x";

/// Whether a path is that of the token endpoint of some tenant.
pub(crate) fn is_token_path(path: &str) -> bool {
    path.ends_with("/oauth2/v2.0/token")
}

/// Issues a token for the one scope that a system has.
pub(crate) fn token(system: &System, call: &Call, scope: &str) -> Answer {
    let form = call.form();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    };
    let tenant = call
        .path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    if call.method != Method::POST {
        return refused(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            900_561,
            "The endpoint only accepts POST requests.",
        );
    }
    if !tenant.eq_ignore_ascii_case(TENANT) {
        let text = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
        return refused(StatusCode::BAD_REQUEST, "invalid_request", 90_002, &text);
    }
    let grant = field("grant_type").to_owned();
    let personal = matches!(grant.as_str(), "authorization_code" | "refresh_token");
    if grant != "client_credentials" && !personal {
        let text = "The app requested an unsupported grant type.";
        return refused(StatusCode::BAD_REQUEST, "unsupported_grant_type", 70_003, text);
    }
    if !field("client_id").eq_ignore_ascii_case(CLIENT_ID) {
        let text = format!(
            "Application with identifier '{}' was not found in the directory.",
            field("client_id")
        );
        return refused(StatusCode::BAD_REQUEST, "unauthorized_client", 700_016, &text);
    }
    if field("client_secret") != CLIENT_SECRET {
        return bad_secret();
    }
    if personal {
        return person::token(system, &form);
    }
    if field("scope") != scope {
        let text = format!("The provided value for scope {} is not valid.", field("scope"));
        return refused(StatusCode::BAD_REQUEST, "invalid_scope", 70_011, &text);
    }
    let lifetime = TOKEN_LIFETIME.as_secs() - 1;
    let body = json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": system.sessions.issue()
    });
    Answer::json(body.to_string())
}

/// What Entra says to a secret that is wrong or has run out.
pub(crate) fn bad_secret() -> Answer {
    let text = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, \
        not the client secret ID.";
    refused(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, text)
}

/// An error of the token endpoint.
pub(crate) fn refused(status: StatusCode, error: &str, code: u32, text: &str) -> Answer {
    let body = json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {text} Trace ID: 3f0d1c5e-0000-4000-8000-6d1f5a2b0100"),
        "error_codes": [code],
        "trace_id": "3f0d1c5e-0000-4000-8000-6d1f5a2b0100",
        "correlation_id": "9b4e8f70-0000-4000-8000-51c3d2e1f000",
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}")
    });
    Answer::status_json(status, body.to_string())
}

/// A token endpoint that limits or fails.
pub(crate) fn unavailable(status: StatusCode) -> Answer {
    refused(
        status,
        "temporarily_unavailable",
        90_033,
        "A transient error has occurred. Please try again.",
    )
    .with("retry-after", "20")
}
