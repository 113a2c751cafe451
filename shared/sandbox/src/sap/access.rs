//! Signing in: basic authentication, OAuth client credentials, the logon client, and CSRF tokens for writing.

use http::{Method, StatusCode};
use serde_json::json;

use super::{CLIENT, OAUTH_CLIENT, OAUTH_SECRET, PASSWORD, USER, refusal};
use crate::http::{Answer, Call};
use crate::sessions::{TOKEN_LIFETIME, random_text};
use crate::system::System;

/// The session cookie of system S4H, client 100.
const COOKIE: &str = "SAP_SESSIONID_S4H_100";

/// BTP's token service, and the gateway's own.
pub(super) fn is_token_path(path: &str) -> bool {
    matches!(path, "/oauth/token" | "/sap/bc/sec/oauth2/token")
}

/// Issues a token to whoever authenticates the client in the `Authorization` header.
pub(super) fn token(system: &System, call: &Call) -> Answer {
    let failed = |status, error: &str, text: &str| {
        Answer::status_json(
            status,
            json!({"error": error, "error_description": text}).to_string(),
        )
    };
    if call.method != Method::POST {
        return failed(
            StatusCode::METHOD_NOT_ALLOWED,
            "invalid_request",
            "Only POST is allowed.",
        );
    }
    if call.basic() != Some((OAUTH_CLIENT.to_owned(), OAUTH_SECRET.to_owned())) {
        return failed(StatusCode::UNAUTHORIZED, "unauthorized", "Bad credentials");
    }
    let mut parameters = call.form();
    parameters.extend(call.pairs());
    if !parameters
        .iter()
        .any(|(name, value)| name == "grant_type" && value == "client_credentials")
    {
        return failed(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "Only client_credentials is supported.",
        );
    }
    let body = json!({
        "access_token": system.sessions.issue(),
        "token_type": "bearer",
        "expires_in": TOKEN_LIFETIME.as_secs() - 1,
        "scope": "uaa.resource",
        "jti": random_text()
    });
    Answer::json(body.to_string())
}

/// What goes into the headers of an answer to a caller that asked for a CSRF token.
#[derive(Debug, Default)]
pub(super) struct Session {
    opened: Option<(String, String)>,
}

impl Session {
    /// Adds the token and the session cookie, if they were asked for.
    pub(super) fn attach(self, answer: Answer) -> Answer {
        match self.opened {
            Some((cookie, token)) => answer
                .with("x-csrf-token", &token)
                .with(
                    "set-cookie",
                    &format!("sap-usercontext=sap-client={CLIENT}; path=/"),
                )
                .with("set-cookie", &format!("{COOKIE}={cookie}; path=/; HttpOnly")),
            None => answer,
        }
    }
}

/// Lets a call in, or says why not.
pub(super) fn check(system: &System, call: &Call, in_v4: bool) -> Result<Session, Box<Answer>> {
    let signed_in = match call.bearer() {
        Some(token) => system.sessions.accepts(token),
        None => call.basic() == Some((USER.to_owned(), PASSWORD.to_owned())),
    };
    let other_client = call
        .pairs()
        .iter()
        .any(|(name, value)| name == "sap-client" && value != CLIENT);
    if !signed_in || other_client {
        return Err(Box::new(refusal::unauthorized()));
    }
    let token = call.header("x-csrf-token").unwrap_or_default();
    if matches!(call.method, Method::GET | Method::HEAD) {
        let opened = token
            .eq_ignore_ascii_case("fetch")
            .then(|| system.sessions.open_csrf());
        return Ok(Session { opened });
    }
    let cookies = call
        .headers
        .get_all("cookie")
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut sessions = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let valid = sessions.any(|(name, value)| name == COOKIE && system.sessions.csrf_matches(value, token));
    if valid {
        return Ok(Session::default());
    }
    let text = "CSRF token validation failed";
    let answer = if in_v4 {
        refusal::v4(StatusCode::FORBIDDEN, "/IWFND/CM_MGW/097", text)
    } else {
        Answer::new(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", text)
    };
    Err(Box::new(answer.with("x-csrf-token", "Required")))
}
