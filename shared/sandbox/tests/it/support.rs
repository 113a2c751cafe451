//! A sandbox under a clock that the test owns, and a client that needs no socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use manifold_sandbox::{Sandbox, SandboxClock, SystemEntry};
use serde_json::Value;
use tower::ServiceExt as _;

/// 2026-11-24T09:00:00Z.
pub const STARTED_MS: i64 = 1_795_510_800_000;

/// A clock that stands still until it is moved.
pub struct OwnedClock(AtomicI64);

impl OwnedClock {
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl SandboxClock for OwnedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A sandbox and the way to talk to it.
pub struct Stage {
    pub clock: Arc<OwnedClock>,
    pub sandbox: Arc<Sandbox>,
    router: Router,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

pub fn stage() -> Stage {
    let clock = Arc::new(OwnedClock(AtomicI64::new(STARTED_MS)));
    let sandbox = Sandbox::new(clock.clone(), STARTED_MS);
    sandbox.set_base_url("http://sandbox.test");
    let router = sandbox.router();
    Stage {
        clock,
        sandbox,
        router,
    }
}

impl Stage {
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        Reply {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).expect("a request")).await
    }

    pub async fn post_json(&self, path: &str, body: Value) -> Reply {
        self.call(
            Method::POST,
            path,
            &[("content-type", "application/json")],
            body.to_string(),
        )
        .await
    }

    pub async fn fault(&self, body: Value) {
        let reply = self.post_json("/_faults", body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }

    pub fn entry(&self, system: &str) -> SystemEntry {
        self.sandbox
            .entries()
            .into_iter()
            .find(|entry| entry.system == system)
            .expect("a known system")
    }

    /// A GET of SAP with the password of `GET /`.
    pub async fn sap(&self, system: &str, path: &str) -> Reply {
        let credentials = self.entry(system).credentials;
        let word = |name: &str| {
            credentials
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let plain = format!("{}:{}", word("username"), word("password"));
        let basic = format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(plain)
        );
        let headers = [("authorization", basic.as_str()), ("accept", "application/json")];
        self.call(Method::GET, &format!("/{system}{path}"), &headers, Body::empty())
            .await
    }
}

/// Percent-encodes a query value.
pub fn query(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
