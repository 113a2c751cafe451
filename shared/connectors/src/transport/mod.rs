//! One HTTP exchange, as small as connectors need it, and the guarded way out.

mod address;
mod allow;
mod failure;
mod guard;
mod lookup;
mod tls;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

pub use allow::{AllowList, Refusal, Route};
pub use failure::no_address;
pub use guard::GuardedTransport;
pub use lookup::{Lookup, SystemLookup};

use crate::fault::Fault;

/// The most that an answer of a system may hold.
pub const ANSWER_LIMIT: usize = 20 * 1024 * 1024;

/// A request to a system. Debug shows no header values and no body, since both can hold credentials.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Absolute address.
    pub url: Url,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, if any.
    pub body: Option<Bytes>,
    /// Time for the whole exchange.
    pub timeout: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().map(http::HeaderName::as_str).collect();
        write!(f, "{} {} {names:?}", self.method, self.url.path())
    }
}

/// What a system answered, read to its end.
#[derive(Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, at most [`ANSWER_LIMIT`] bytes.
    pub body: Bytes,
}

impl Response {
    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.status, self.body.len())
    }
}

/// Sends requests. An answer of any status is `Ok`; only a missing answer is a fault.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one request and reads its answer to the end.
    async fn send(&self, request: Request) -> Result<Response, Fault>;
}
