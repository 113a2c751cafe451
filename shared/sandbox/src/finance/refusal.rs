//! Errors as Finance & Operations writes them: what went wrong stands in `innererror`.

use http::StatusCode;
use serde_json::json;

use crate::dialect::Refusal;
use crate::http::Answer;

/// An error whose text tells nothing; its inner error does.
pub(super) fn error(status: StatusCode, text: &str, kind: &str) -> Answer {
    let body = json!({"error": {
        "code": "",
        "message": "An error has occurred.",
        "innererror": {"message": text, "type": kind, "stacktrace": "   at Microsoft.Dynamics.Platform.Integration.Services.OData"}
    }});
    Answer::status_json(status, body.to_string())
}

/// A refusal before the request is looked at.
pub(super) fn of(refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Unauthorized | Refusal::BadCredentials => {
            Answer::new(StatusCode::UNAUTHORIZED, "text/plain", "").with(
                "www-authenticate",
                "Bearer authorization_uri=https://login.windows.net/common",
            )
        }
        Refusal::Forbidden => {
            let text =
                "Access denied: the user does not have access to the data entity PurchaseOrderHeadersV2.";
            error(StatusCode::FORBIDDEN, text, "System.UnauthorizedAccessException")
        }
        Refusal::RateLimited => Answer::new(
            StatusCode::TOO_MANY_REQUESTS,
            "text/plain; charset=utf-8",
            "Number of requests exceeded the limit of 6000 over the time window of 300 seconds.",
        )
        .with("retry-after", "25"),
        Refusal::ServerError => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Exception of type 'System.Exception' was thrown.",
            "System.Exception",
        ),
        Refusal::Unavailable => Answer::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "text/html",
            "<html><body>The service is unavailable.</body></html>",
        )
        .with("retry-after", "45"),
    }
}
