//! What an answer means: the status first, then the system's own words from its known envelope.

mod envelope;
mod quote;
mod retry_after;
mod sign_in;

use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    fault::{Fault, FaultKind, Upstream},
    manifest::FaultPreset,
    transport::Response,
};
use envelope::Said;

pub use retry_after::read as retry_after;
pub use sign_in::token_fault;

/// Judges an answer from which data is expected. Fine are 2xx answers that hold data or nothing.
///
/// `secrets` are the values of the connection's credentials; they are blotted out of what the system
/// said. `now` turns a `Retry-After` date into a wait.
///
/// # Errors
/// A fault whose `upstream` always has the status, and code and message only where the body is the
/// preset's envelope. A 404 without either may be a proxy's and does not prove that a record is gone.
pub fn classify(
    preset: FaultPreset,
    response: &Response,
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<(), Fault> {
    let fine = (200..300).contains(&response.status);
    if fine && is_web_page(response) {
        return Err(web_page(response.status));
    }
    if fine && !(preset == FaultPreset::ErrorList && envelope::has_error(&response.body)) {
        return Ok(());
    }
    let said = envelope::read(preset, &response.body);
    let kind = said.kind.unwrap_or_else(|| kind_of(response.status));
    Err(fault(kind, response, said, secrets, now))
}

/// What a status means by itself.
fn kind_of(status: u16) -> FaultKind {
    match status {
        401 => FaultKind::Unauthorized,
        402 | 403 => FaultKind::Denied,
        404 | 410 => FaultKind::NotFound,
        405 | 501 => FaultKind::Unsupported,
        408 | 504 => FaultKind::Timeout,
        409 | 412 | 423 | 428 => FaultKind::Conflict,
        429 => FaultKind::RateLimited,
        400..500 => FaultKind::Rejected,
        500..600 => FaultKind::Unavailable,
        _ => FaultKind::Malformed,
    }
}

/// A fault with our sentence for its kind and the system's own words beside it.
fn fault(
    kind: FaultKind,
    response: &Response,
    said: Said,
    secrets: &[SecretString],
    now: Timestamp,
) -> Fault {
    let status = response.status;
    let mut fault = Fault::new(kind, sentence(kind, status)).upstream(Upstream {
        status,
        code: said.code.and_then(|code| quote::code(&code, secrets)),
        message: said.message.and_then(|message| quote::message(&message, secrets)),
    });
    if kind.is_transient() {
        fault.retry_after = retry_after::read(response, now);
    }
    fault
}

fn sentence(kind: FaultKind, status: u16) -> String {
    match kind {
        FaultKind::Unauthorized => "The system refuses the credentials.".into(),
        FaultKind::Denied => {
            "The credentials are right, but a permission for this is missing in the system.".into()
        }
        FaultKind::NotFound => "The system has nothing at this address.".into(),
        FaultKind::Unsupported => "The system does not offer this operation.".into(),
        FaultKind::Conflict => "The record changed meanwhile, or its state does not allow this.".into(),
        FaultKind::RateLimited => "The system asks to wait: it got too many requests.".into(),
        FaultKind::Timeout => format!("The system did not finish in time (status {status})."),
        FaultKind::Unavailable => format!("The system does not work at the moment (status {status})."),
        FaultKind::Rejected => format!("The system refuses the request (status {status})."),
        _ if (300..400).contains(&status) => {
            format!(
                "The system redirects instead of answering (status {status}): a login page, or another address?"
            )
        }
        _ => format!("The answer is not what this system's API gives (status {status})."),
    }
}

/// A web page where data was asked for, whatever the headers claim: it begins with `<`, or it claims to be
/// one and does not begin like JSON.
fn is_web_page(response: &Response) -> bool {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let body = response.body.strip_prefix(BOM).unwrap_or(&response.body);
    match body.trim_ascii_start().first() {
        None | Some(b'{' | b'[') => false,
        Some(b'<') => true,
        Some(_) => response
            .header("content-type")
            .is_some_and(|kind| kind.trim_start().starts_with("text/html")),
    }
}

fn web_page(status: u16) -> Fault {
    Fault::new(
        FaultKind::Malformed,
        "A web page came instead of data: a login page, or a proxy in between?",
    )
    .upstream(Upstream {
        status,
        ..Upstream::default()
    })
}

#[cfg(test)]
mod tests;
