//! Errors as SAP Gateway writes them.

use http::StatusCode;
use serde_json::json;

use crate::dialect::Refusal;
use crate::http::Answer;

/// An error of an OData V2 service: the message is an object with its language.
pub(super) fn v2(status: StatusCode, code: &str, message: &str) -> Answer {
    let body = json!({"error": {
        "code": code,
        "message": {"lang": "en", "value": message},
        "innererror": {
            "transactionid": "5F3C2A1B0E4D0050E00680B5F2C7A1D3",
            "timestamp": "",
            "errordetails": [{"code": code, "message": message, "severity": "error", "target": ""}]
        }
    }});
    Answer::status_json(status, body.to_string())
}

/// An error of an OData V4 service: the message is a text.
pub(super) fn v4(status: StatusCode, code: &str, message: &str) -> Answer {
    let body =
        json!({"error": {"code": code, "message": message, "details": [{"code": code, "message": message}]}});
    Answer::status_json(status, body.to_string())
}

/// The gateway's page for whoever is not let in.
const LOGON_FAILED: &str = "<html><head><title>Logon failed</title></head><body><h1>Logon failed</h1>\
<p>Client, name, or password is not correct.</p></body></html>";

/// A refusal before any service is reached, or by it.
pub(super) fn of(refusal: Refusal, signing_in: bool, in_v4: bool) -> Answer {
    let error = |status, code: &str, message: &str| {
        if in_v4 {
            v4(status, code, message)
        } else {
            v2(status, code, message)
        }
    };
    match refusal {
        Refusal::Unauthorized if !signing_in => unauthorized(),
        Refusal::Unauthorized | Refusal::BadCredentials => {
            let body = json!({"error": "unauthorized", "error_description": "Bad credentials"});
            Answer::status_json(StatusCode::UNAUTHORIZED, body.to_string())
        }
        Refusal::Forbidden => error(
            StatusCode::FORBIDDEN,
            "/IWBEP/CM_MGW_RT/103",
            "No authorization to access this service. Business catalog or communication scenario is missing.",
        ),
        Refusal::RateLimited => error(
            StatusCode::TOO_MANY_REQUESTS,
            "TOO_MANY_REQUESTS",
            "Too many requests.",
        )
        .with("retry-after", "30"),
        Refusal::ServerError => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "/IWBEP/CM_MGW_RT/020",
            "An internal error occurred: time limit exceeded.",
        ),
        Refusal::Unavailable => Answer::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "text/html; charset=utf-8",
            "<html><body><h1>503 Service Unavailable</h1><p>The system is being upgraded.</p></body></html>",
        )
        .with("retry-after", "60"),
    }
}

/// 401 as the gateway answers it: HTML, not JSON.
pub(super) fn unauthorized() -> Answer {
    Answer::new(StatusCode::UNAUTHORIZED, "text/html; charset=utf-8", LOGON_FAILED).with(
        "www-authenticate",
        "Basic realm=\"SAP NetWeaver Application Server [S4H/100]\"",
    )
}
