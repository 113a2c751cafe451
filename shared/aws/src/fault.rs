//! What an SDK error may say in a log.

use std::{error::Error, fmt::Write as _};

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

/// How much of an error may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// The service's code and its sentence: for requests that carried nothing secret.
    Message,
    /// The service's code alone: a service may quote the request in its sentence.
    CodeOnly,
}

/// A line for the log: class, code, sentence and request id, never a body.
///
/// The SDK's own `DisplayErrorContext` is of no use here: it ends with the raw answer, which for
/// `GetSecretValue` is the secret.
pub(crate) fn reason<E>(error: &SdkError<E, HttpResponse>, telling: Telling) -> String
where
    E: ProvideErrorMetadata,
{
    let mut line = match error {
        SdkError::ConstructionFailure(_) => "the request could not be built".to_owned(),
        SdkError::TimeoutError(_) => "no answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => {
            let mut line = "the call could not be made".to_owned();
            match failure.as_connector_error() {
                Some(connector) if connector.is_io() || connector.is_timeout() => {
                    causes(&mut line, connector)
                }
                // Here the SDK's text may quote the whole request.
                _ => line.push_str(": no connection was tried, or TLS failed"),
            }
            line
        }
        SdkError::ResponseError(failure) => unreadable(failure.raw()),
        SdkError::ServiceError(failure) => match failure.err().code() {
            None => unreadable(failure.raw()),
            Some(code) => {
                let mut line = format!("{code}, status {}", failure.raw().status());
                if let (Telling::Message, Some(message)) = (telling, failure.err().message()) {
                    line.push_str(": ");
                    line.extend(message.chars().take(300));
                }
                line
            }
        },
        _ => "an error of a kind that this version of the SDK added".to_owned(),
    };
    if let Some(id) = error.raw_response().and_then(request_id) {
        // Writing to a String cannot fail.
        let _ = write!(line, " (request {id})");
    }
    line
}

/// An answer that is not what the service documents, such as a proxy's page or half an answer.
fn unreadable(answer: &HttpResponse) -> String {
    format!("unreadable answer, status {}", answer.status())
}

/// The chain of causes of a failed connection: addresses and TLS errors, nothing of the request.
fn causes(line: &mut String, error: &dyn Error) {
    let mut next = error.source();
    for _ in 0..4 {
        let Some(cause) = next else { return };
        let _ = write!(line, ": {cause}");
        next = cause.source();
    }
}

fn request_id(response: &HttpResponse) -> Option<&str> {
    let headers = response.headers();
    headers
        .get("x-amzn-requestid")
        .or_else(|| headers.get("x-amz-request-id"))
}
