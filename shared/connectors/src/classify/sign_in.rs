//! What a token endpoint's refusal means (RFC 6749, 5.2).

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::{
    envelope::{self, Said},
    fault, kind_of,
};
use crate::{
    fault::{Fault, FaultKind},
    transport::Response,
};

/// RFC 6749's error codes, with those of its authorisation endpoint that token endpoints borrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Code {
    InvalidClient,
    InvalidGrant,
    UnauthorizedClient,
    InvalidScope,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
    #[serde(other)]
    Other,
}

/// The fault behind an answer of a token endpoint that brought no token.
///
/// `upstream` has the provider's `error` and `error_description`. `secrets` and `now` are as for
/// [`super::classify`].
#[must_use]
pub fn token_fault(response: &Response, secrets: &[SecretString], now: Timestamp) -> Fault {
    let answer = envelope::json(&response.body).unwrap_or_default();
    if answer.get("error").is_some_and(Value::is_array) {
        // A session's sign-in, in Tryton's way.
        let said = envelope::error_list(&answer);
        let kind = said.kind.unwrap_or_else(|| kind_of(response.status));
        return worded(fault(kind, response, said, secrets, now));
    }
    let code = answer.get("error").filter(|code| code.is_string());
    let kind = match (response.status, code.map(meaning)) {
        (429 | 500.., _) | (_, None | Some(Code::Other)) => match kind_of(response.status) {
            FaultKind::Conflict => FaultKind::Rejected,
            kind => kind,
        },
        (_, Some(Code::InvalidClient | Code::InvalidGrant | Code::UnauthorizedClient)) => {
            FaultKind::Unauthorized
        }
        (_, Some(Code::InvalidScope | Code::AccessDenied)) => FaultKind::Denied,
        (_, Some(Code::ServerError | Code::TemporarilyUnavailable)) => FaultKind::Unavailable,
    };
    let said = Said {
        code: code.and_then(Value::as_str).map(str::to_owned),
        message: answer
            .get("error_description")
            .and_then(Value::as_str)
            .map(str::to_owned),
        kind: None,
    };
    worded(fault(kind, response, said, secrets, now))
}

fn worded(mut fault: Fault) -> Fault {
    if let Some(sentence) = sentence(fault.kind) {
        fault.message = sentence.into();
    }
    fault
}

fn meaning(code: &Value) -> Code {
    Code::deserialize(code).unwrap_or(Code::Other)
}

/// Signing in is another matter than a call: what to check differs.
fn sentence(kind: FaultKind) -> Option<&'static str> {
    match kind {
        FaultKind::Unauthorized => Some("The system refuses the sign-in: check the credentials."),
        FaultKind::Denied => {
            Some("The system knows the client and does not let it sign in: a permission is missing.")
        }
        FaultKind::NotFound => Some("Nothing signs in at this address: check the address for signing in."),
        FaultKind::Rejected => {
            Some("The system does not accept the sign-in as it is sent: check the connection's settings.")
        }
        FaultKind::Malformed => Some("Signing in brought no token: is this the address for signing in?"),
        _ => None,
    }
}
