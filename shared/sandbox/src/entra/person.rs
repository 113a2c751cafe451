//! A person signs in at Microsoft Entra: the page that asks them, the code that they are sent back with, and the
//! tokens that it brings. Codes are good once and only with the verifier of their challenge (RFC 7636).

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};
use serde_json::json;

use super::{CLIENT_ID, CLIENT_SECRET, refused};
use crate::http::{Answer, Call};
use crate::sessions::{Code, TOKEN_LIFETIME, random_text};
use crate::system::System;

/// Whether a path is that of the page at which people sign in.
pub(crate) fn is_authorize_path(path: &str) -> bool {
    path.ends_with("/oauth2/v2.0/authorize")
}

/// The page that asks a person, and what happens when they have decided.
pub(crate) fn authorize(system: &System, call: &Call) -> Answer {
    let pairs = call.pairs();
    let given = |name: &str| {
        let pair = pairs.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let wrong = if !given("client_id").eq_ignore_ascii_case(CLIENT_ID) {
        Some("AADSTS700016: There is no application with this client_id in the directory.")
    } else if given("response_type") != "code" {
        Some("AADSTS900144: The request must hold response_type=code.")
    } else if !is_redirect(given("redirect_uri")) {
        Some(
            "AADSTS50011: The redirect_uri is not one that is registered: this sandbox knows those of Manifold only.",
        )
    } else if given("code_challenge_method") != "S256" || given("code_challenge").len() != 43 {
        Some("AADSTS501491: Invalid size of Code_Challenge parameter.")
    } else {
        None
    };
    if let Some(wrong) = wrong {
        return page(
            StatusCode::BAD_REQUEST,
            &format!("<h1>Sign in</h1><p>{wrong}</p>"),
        );
    }
    let back = given("redirect_uri");
    let state = utf8_percent_encode(given("state"), NON_ALPHANUMERIC);
    match given("decision") {
        "accept" => {
            let code = random_text();
            system.sessions.keep_code(
                &code,
                Code {
                    challenge: given("code_challenge").to_owned(),
                    redirect_uri: back.to_owned(),
                },
            );
            to(&format!(
                "{back}?code={code}&state={state}&session_state={}",
                random_text()
            ))
        }
        "cancel" => to(&format!(
            "{back}?error=access_denied&error_description=AADSTS65004%3A%20User%20declined%20to%20consent%20to%20access%20the%20app.&state={state}"
        )),
        _ => {
            let again = format!("?{}", call.query.replace('&', "&amp;").replace('"', "%22"));
            page(
                StatusCode::OK,
                &format!(
                    "<h1>Sandbox sign-in</h1><p>Manifold wants to read Business Central on your behalf.</p>\
                     <p><a href=\"{again}&amp;decision=accept\">Accept</a> <a href=\"{again}&amp;decision=cancel\">Cancel</a></p>"
                ),
            )
        }
    }
}

/// What a code, or a refresh token, brings.
pub(crate) fn token(system: &System, form: &[(String, String)]) -> Answer {
    let field = |name: &str| {
        let pair = form.iter().find(|(key, _)| key == name);
        pair.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let good = if field("grant_type") == "authorization_code" {
        system.sessions.take_code(field("code")).is_some_and(|code| {
            let digest = digest::digest(&digest::SHA256, field("code_verifier").as_bytes());
            code.redirect_uri == field("redirect_uri")
                && code.challenge == BASE64_URL_SAFE_NO_PAD.encode(digest)
        })
    } else {
        is_ours(field("refresh_token"))
    };
    if !good {
        let text =
            "The provided authorization code or refresh token is invalid, expired or was used already.";
        return refused(StatusCode::BAD_REQUEST, "invalid_grant", 70_008, text);
    }
    let lifetime = TOKEN_LIFETIME.as_secs() - 1;
    let body = json!({
        "token_type": "Bearer", "scope": field("scope"), "expires_in": lifetime,
        "access_token": system.sessions.issue(), "refresh_token": refresh_token(&random_text())
    });
    Answer::json(body.to_string())
}

/// A refresh token that proves itself, so that it survives a restart: as Entra's, an older one stays good.
pub(crate) fn refresh_token(random: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
    let proof = hmac::sign(&key, random.as_bytes());
    format!("0.{random}.{}", BASE64_URL_SAFE_NO_PAD.encode(proof))
}

fn is_ours(token: &str) -> bool {
    let mut parts = token.split('.');
    let (Some("0"), Some(random), Some(proof), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
    let proof = BASE64_URL_SAFE_NO_PAD.decode(proof).unwrap_or_default();
    hmac::verify(&key, random.as_bytes(), &proof).is_ok()
}

/// A registered address matches as a whole; whatever its host, it is Manifold's own path.
fn is_redirect(uri: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'?' | b'#');
    uri.starts_with("http") && uri.ends_with("/v1/connect/oauth/callback") && uri.bytes().all(plain)
}

fn to(address: &str) -> Answer {
    Answer::new(StatusCode::FOUND, "text/html; charset=utf-8", "").with("location", address)
}

fn page(status: StatusCode, inner: &str) -> Answer {
    let text = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sandbox sign-in</title></head><body><main>{inner}</main></body></html>"
    );
    Answer::new(status, "text/html; charset=utf-8", text)
}
