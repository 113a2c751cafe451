//! Errors as Business Central writes them: the message ends with the correlation id.

use http::StatusCode;
use serde_json::json;

use crate::dialect::Refusal;
use crate::http::Answer;

const CORRELATION: &str = "c5a1f0e2-0000-4000-8000-7b6d5e4f3a21";

/// An error.
pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    let message = format!("{message}  CorrelationId:  {CORRELATION}.");
    Answer::status_json(
        status,
        json!({"error": {"code": code, "message": message}}).to_string(),
    )
}

/// A refusal before the request is looked at.
pub(super) fn of(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Unauthorized | Refusal::BadCredentials => {
            let body = json!({"error": {"code": "Unauthorized", "message": "The credentials provided are incorrect"}});
            Answer::status_json(StatusCode::UNAUTHORIZED, body.to_string()).with("www-authenticate", "Bearer")
        }
        Refusal::Forbidden => error(
            StatusCode::FORBIDDEN,
            "Internal_DeniedPermission",
            "Sorry, the current permissions prevented the action. (TableData 38 Purchase Header Read: Base Application)",
        ),
        Refusal::RateLimited => error(
            StatusCode::TOO_MANY_REQUESTS,
            "Application_TooManyRequests",
            "Too many requests reached. Actual (6001). Maximum (6000).",
        )
        .with("retry-after", "15"),
        Refusal::ServerError => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Internal_ServerError",
            "An unexpected error occurred while processing the request.",
        ),
        Refusal::Unavailable => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "The service is temporarily unavailable.",
        )
        .with("retry-after", "30"),
    }
}
