//! Why an exchange brought no answer: the HTTP client's errors as faults, told apart by type.

use std::{error::Error, io, time::Duration};

use rustls::{CertificateError, Error as TlsError};

use super::{ANSWER_LIMIT, lookup::NoAddress};
use crate::fault::{Fault, FaultKind};

/// Why an exchange failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The HTTP client gave up.
    Client(reqwest::Error),
    /// The answer is longer than [`ANSWER_LIMIT`].
    TooLong,
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Client(error)
    }
}

/// A host without an address that may be called: one sentence, whether its name does not resolve or it
/// is blocked, so that nobody can map a network by it.
#[must_use]
pub fn no_address(kind: FaultKind, host: &str) -> Fault {
    Fault::new(
        kind,
        format!("The address of {host} could not be found: check its spelling."),
    )
}

/// No complete answer in the time that the caller gave.
pub(super) fn out_of_time(host: &str, limit: Duration) -> Fault {
    let limit = jiff::SignedDuration::try_from(limit).unwrap_or(jiff::SignedDuration::MAX);
    Fault::new(
        FaultKind::Timeout,
        format!("{host} did not answer completely within {limit:#}."),
    )
}

/// The fault that a failure means.
pub(super) fn fault(failure: Failure, host: &str) -> Fault {
    match failure {
        Failure::TooLong => Fault::new(
            FaultKind::Malformed,
            format!(
                "The answer of {host} is longer than {} MiB.",
                ANSWER_LIMIT / 1024 / 1024
            ),
        ),
        Failure::Client(error) => {
            // The address can hold a secret in its query, and is not needed to understand the rest.
            let error = error.without_url();
            tracing::debug!(%host, ?error, "an exchange failed");
            client_fault(&error, host)
        }
    }
}

fn client_fault(error: &reqwest::Error, host: &str) -> Fault {
    if let Some(fault) = causes(error).find_map(|cause| telling_fault(cause, host)) {
        return fault;
    }
    let (kind, message) = if error.is_timeout() {
        (
            FaultKind::Timeout,
            format!("{host} did not take the connection in time."),
        )
    } else if error.is_builder() {
        (
            FaultKind::Malformed,
            format!("The request to {host} could not be built: its address or a header is odd."),
        )
    } else if error.is_connect() {
        (FaultKind::Unreachable, format!("{host} cannot be reached."))
    } else if error.is_decode() {
        (
            FaultKind::Malformed,
            format!("The answer of {host} is compressed in a broken way."),
        )
    } else {
        (
            FaultKind::Unreachable,
            format!("{host} cut the connection before its answer was complete."),
        )
    };
    Fault::new(kind, message)
}

/// What one error of the chain says by its type, if it is one that says enough.
fn telling_fault(cause: &(dyn Error + 'static), host: &str) -> Option<Fault> {
    if let Some(NoAddress(kind)) = cause.downcast_ref() {
        return Some(no_address(*kind, host));
    }
    if let Some(error) = cause.downcast_ref::<TlsError>() {
        let message = format!("No secure connection to {host}: {}.", tls_reason(error));
        return Some(Fault::new(FaultKind::Tls, message));
    }
    let (kind, said) = match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => (FaultKind::Unreachable, "refuses connections on this port"),
        io::ErrorKind::TimedOut => (FaultKind::Timeout, "did not take the connection in time"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            (FaultKind::Unreachable, "cannot be reached")
        }
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => (
            FaultKind::Unreachable,
            "cut the connection before its answer was complete",
        ),
        _ => return None,
    };
    Some(Fault::new(kind, format!("{host} {said}.")))
}

fn tls_reason(error: &TlsError) -> &'static str {
    use CertificateError::*;
    match error {
        TlsError::InvalidCertificate(Expired | ExpiredContext { .. }) => "its certificate has expired",
        TlsError::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            "its certificate is not valid yet"
        }
        TlsError::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => {
            "its certificate is for another name"
        }
        TlsError::InvalidCertificate(UnknownIssuer) => {
            "its certificate is not signed by an authority that browsers trust"
        }
        TlsError::InvalidCertificate(Revoked) => "its certificate is revoked",
        TlsError::InvalidCertificate(_) => "its certificate is not valid",
        TlsError::InvalidMessage(_) => "what listens there does not speak TLS",
        TlsError::PeerIncompatible(_) => "it does not offer TLS 1.2 or 1.3 with safe ciphers",
        _ => "the TLS handshake failed",
    }
}

/// An error and what caused it, outermost first. An `io::Error` hides what it wraps from `source`, so
/// that it is asked for it.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
}
