//! A plain HTTP client for loopback.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use manifold_connectors::transport::{AllowList, GuardedTransport, Request, Response, Transport as _};

/// Sends one request, authorised when there is a token.
pub async fn send(method: Method, url: &str, token: Option<&str>, body: Option<Bytes>) -> Response {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        headers.insert(
            "authorization",
            HeaderValue::from_str(&format!("Bearer {token}")).unwrap(),
        );
    }
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let request = Request {
        method,
        url: url.parse().unwrap(),
        headers,
        body,
        timeout: Duration::from_secs(30),
    };
    let transport = GuardedTransport::new(AllowList::none().with_loopback());
    transport.send(request).await.unwrap()
}

/// The answer to a GET as JSON, with its status.
pub async fn get(url: &str, token: Option<&str>) -> (u16, serde_json::Value) {
    let answer = send(Method::GET, url, token, None).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}
