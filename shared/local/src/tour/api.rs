//! The API as a customer calls it: over HTTP, with one token.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use manifold_connectors::transport::{AllowList, GuardedTransport, Request, Transport as _};
use serde_json::Value;
use url::Url;

use crate::Failure;

/// An answer takes 30 s at the most.
const LONGEST: Duration = Duration::from_secs(35);

/// One address with one way to be authorised.
#[derive(Clone)]
pub(super) struct Api {
    transport: GuardedTransport,
    base: Url,
    headers: HeaderMap,
}

/// An answer, of any status.
pub(super) struct Answer {
    /// What was asked, for messages: `GET /v1/credits`.
    asked: String,
    pub(super) status: u16,
    pub(super) body: Value,
    /// How long it took.
    pub(super) took: Duration,
}

impl Api {
    pub(super) fn new(base: &str, token: Option<&str>) -> Result<Self, Failure> {
        let transport = GuardedTransport::new(AllowList::none().with_loopback());
        let api = Self {
            transport,
            base: base.parse()?,
            headers: HeaderMap::new(),
        };
        match token {
            Some(token) => api.with_token(token),
            None => Ok(api),
        }
    }

    /// The same API with another token.
    pub(super) fn with_token(&self, token: &str) -> Result<Self, Failure> {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))?;
        bearer.set_sensitive(true);
        let mut api = self.clone();
        api.headers.insert(header::AUTHORIZATION, bearer);
        Ok(api)
    }

    /// The same API about one connection: what a workspace key needs to say.
    pub(super) fn about(&self, connection: &str) -> Result<Self, Failure> {
        let mut api = self.clone();
        api.headers
            .insert("manifold-connection", HeaderValue::from_str(connection)?);
        Ok(api)
    }

    pub(super) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.send(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(Method::PUT, path, Some(body)).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        let asked = format!("{method} {path}");
        let mut headers = self.headers.clone();
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let begun = Instant::now();
        let request = Request {
            method,
            url: self.base.join(path)?,
            headers,
            body: body.map(|body| Bytes::from(body.to_string())),
            timeout: LONGEST,
        };
        let response = self
            .transport
            .send(request)
            .await
            .map_err(|fault| format!("{asked}: {fault}"))?;
        let body = match response.body.as_ref() {
            [] => Value::Null,
            text => {
                serde_json::from_slice(text).map_err(|error| format!("{asked} answered no JSON: {error}"))?
            }
        };
        Ok(Answer {
            asked,
            status: response.status,
            body,
            took: begun.elapsed(),
        })
    }
}

impl Answer {
    /// The body, if the status is as it should be.
    pub(super) fn expect(self, status: u16) -> Result<Value, Failure> {
        if self.status == status {
            return Ok(self.body);
        }
        Err(format!(
            "{} should answer {status}; it answered {}: {}",
            self.asked, self.status, self.body
        )
        .into())
    }

    /// The problem, if status and code are as they should be.
    pub(super) fn expect_problem(self, status: u16, code: &str) -> Result<Value, Failure> {
        let asked = self.asked.clone();
        let body = self.expect(status)?;
        if body["code"] == code {
            return Ok(body);
        }
        Err(format!("{asked} should answer the code {code}; it answered {body}").into())
    }
}
