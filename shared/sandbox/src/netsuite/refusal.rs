//! Errors as SuiteTalk REST writes them.

use http::StatusCode;
use serde_json::json;

use crate::dialect::Refusal;
use crate::http::Answer;

/// An error with one detail.
pub(super) fn error(status: StatusCode, code: &str, detail: &str) -> Answer {
    let section = match status {
        StatusCode::UNAUTHORIZED => "15.5.2",
        StatusCode::FORBIDDEN => "15.5.4",
        StatusCode::NOT_FOUND => "15.5.5",
        StatusCode::INTERNAL_SERVER_ERROR => "15.6.1",
        StatusCode::SERVICE_UNAVAILABLE => "15.6.4",
        _ => "15.5.1",
    };
    let body = json!({
        "type": format!("https://www.rfc-editor.org/rfc/rfc9110.html#section-{section}"),
        "title": status.canonical_reason().unwrap_or("Error"),
        "status": status.as_u16(),
        "o:errorDetails": [{"detail": detail, "o:errorCode": code}]
    });
    Answer::new(
        status,
        "application/vnd.oracle.resource+json; type=error; charset=UTF-8",
        body.to_string(),
    )
}

/// A query that cannot be run.
pub(super) fn bad_query(detail: &str) -> Answer {
    let text = format!(
        "Invalid search query. Detailed unprocessed description follows. Search error occurred: {detail}"
    );
    error(StatusCode::BAD_REQUEST, "INVALID_PARAMETER", &text)
}

/// A refusal before the request is looked at.
pub(super) fn of(refusal: Refusal, signing_in: bool) -> Answer {
    match refusal {
        Refusal::BadCredentials | Refusal::Unauthorized if signing_in => Answer::status_json(
            StatusCode::UNAUTHORIZED,
            json!({"error": "invalid_client"}).to_string(),
        ),
        Refusal::BadCredentials | Refusal::Unauthorized => error(
            StatusCode::UNAUTHORIZED,
            "INVALID_LOGIN",
            "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at \
             Setup > Users/Roles > User Management > View Login Audit Trail.",
        ),
        Refusal::Forbidden => error(
            StatusCode::FORBIDDEN,
            "INSUFFICIENT_PERMISSION",
            "Permission Violation: You need a higher level of the 'Transactions -> Find Transaction' permission.",
        ),
        Refusal::RateLimited => error(
            StatusCode::TOO_MANY_REQUESTS,
            "CONCURRENCY_LIMIT_EXCEEDED",
            "Concurrent request limit exceeded. Request blocked.",
        )
        .with("retry-after", "10"),
        Refusal::ServerError => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "UNEXPECTED_ERROR",
            "An unexpected error occurred. Error ID: sandbox0001",
        ),
        Refusal::Unavailable => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNEXPECTED_ERROR",
            "NetSuite is under maintenance.",
        )
        .with("retry-after", "120"),
    }
}
