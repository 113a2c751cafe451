//! An answer of one system.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, StatusCode};

use crate::records::Change;

/// An answer, complete in memory.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
    /// What the call changed in the system's data, to be kept in the snapshot.
    pub(crate) change: Option<Change>,
}

impl Answer {
    /// An answer with this status and body.
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: impl Into<String>) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self {
            status,
            headers,
            body: body.into(),
            change: None,
        }
    }

    /// 200 with JSON text.
    pub(crate) fn json(body: impl Into<String>) -> Self {
        Self::status_json(StatusCode::OK, body)
    }

    /// JSON text with another status.
    pub(crate) fn status_json(status: StatusCode, body: impl Into<String>) -> Self {
        Self::new(status, "application/json;charset=utf-8", body)
    }

    /// 204 without a body.
    pub(crate) fn empty() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: Vec::new(),
            body: String::new(),
            change: None,
        }
    }

    /// Adds a header. A value that HTTP cannot carry is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((HeaderName::from_static(name), value));
        }
        self
    }

    /// Says what the call changed.
    pub(crate) fn changed(mut self, change: Change) -> Self {
        self.change = Some(change);
        self
    }

    /// The whole answer, at once.
    pub(crate) fn into_response(self) -> Response {
        let (parts, body) = self.split();
        parts.map(|()| Body::from(body))
    }

    /// Status line and headers apart from the body, for faults that send the body in their own way.
    pub(crate) fn split(self) -> (Response<()>, String) {
        let mut response = Response::new(());
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        (response, self.body)
    }
}
