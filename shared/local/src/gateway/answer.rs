//! From a function's answer to the response.

use aws_lambda_events::{apigw::ApiGatewayV2httpResponse, encodings::Body};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The most that Lambda passes on as an answer, in the form that it has there.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;

/// What the function answered; a 502 or 500 of API Gateway's own when that cannot be passed on.
pub(super) fn of_function(answer: ApiGatewayV2httpResponse) -> Response<Full<Bytes>> {
    let Some(status) = u16::try_from(answer.status_code)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
    else {
        tracing::error!(target: "gateway", status = answer.status_code, "a function answered without a status");
        return of_gateway(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
    };
    // What is not text travels as base 64, and that length counts.
    let (body, travels) = match answer.body {
        Some(Body::Text(text)) if answer.is_base64_encoded => {
            (STANDARD.decode(&text).ok().map(Bytes::from), text.len())
        }
        Some(Body::Text(text)) => {
            let length = text.len();
            (Some(Bytes::from(text)), length)
        }
        Some(Body::Binary(bytes)) => {
            let length = bytes.len().div_ceil(3) * 4;
            (Some(Bytes::from(bytes)), length)
        }
        _ => (Some(Bytes::new()), 0),
    };
    let Some(body) = body.filter(|_| travels <= LARGEST_ANSWER) else {
        tracing::error!(target: "gateway", bytes = travels, "an answer is over Lambda's limit, or not encoded as it says");
        return of_gateway(StatusCode::BAD_GATEWAY, "Internal Server Error");
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = answer.headers;
    for cookie in &answer.cookies {
        if let Ok(cookie) = HeaderValue::from_str(cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// What API Gateway itself says when it has no answer of a function.
pub(super) fn of_gateway(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "message": message }).to_string();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
