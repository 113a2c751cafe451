//! A transport that answers from a fixture.

use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use manifold_connectors::{
    Fault, FaultKind,
    transport::{Request, Response, Transport},
};
use serde_json::Value;

use crate::fixture::{Answered, Asked, Exchange};

/// Answers each request by the first unused exchange that it fits.
pub struct Replay {
    state: Mutex<State>,
}

struct State {
    left: Vec<Exchange>,
    sent: Vec<Sent>,
    unknown: Vec<String>,
}

/// One request as it went out.
#[derive(Debug, Clone)]
pub struct Sent {
    pub method: String,
    pub host: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    /// The request's own Debug.
    pub debug: String,
}

impl Replay {
    pub fn new(exchanges: Vec<Exchange>) -> Self {
        Self {
            state: Mutex::new(State {
                left: exchanges,
                sent: Vec::new(),
                unknown: Vec::new(),
            }),
        }
    }

    /// What was sent, what nothing fitted, and how many exchanges were not used.
    pub fn finish(&self) -> (Vec<Sent>, Vec<String>, usize) {
        let state = self.state.lock().expect("no test panics in between");
        (state.sent.clone(), state.unknown.clone(), state.left.len())
    }
}

#[async_trait]
impl Transport for Replay {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        let mut state = self.state.lock().expect("no test panics in between");
        let sent = Sent {
            method: request.method.to_string(),
            host: request.url.host_str().unwrap_or_default().to_owned(),
            path: request.url.path().to_owned(),
            query: request
                .url
                .query_pairs()
                .map(|(key, value)| (key.into_owned(), value.into_owned()))
                .collect(),
            headers: request.headers.clone(),
            body: request.body.clone(),
            debug: format!("{request:?}"),
        };
        let found = state
            .left
            .iter()
            .position(|exchange| fits(&exchange.request, &sent));
        state.sent.push(sent.clone());
        let Some(at) = found else {
            state.unknown.push(format!(
                "no exchange for {} {} {:?}",
                sent.method, sent.path, sent.query
            ));
            return Err(Fault::new(FaultKind::Unreachable, "no exchange left"));
        };
        Ok(response(state.left.remove(at).response))
    }
}

fn fits(asked: &Asked, sent: &Sent) -> bool {
    let header = |(name, value): (&String, &String)| {
        sent.headers
            .get(name)
            .is_some_and(|sent| sent.as_bytes() == value.as_bytes())
    };
    asked.method == sent.method
        && asked.path == sent.path
        && asked.query.iter().all(|pair| sent.query.contains(pair))
        && asked.headers.iter().all(header)
        && asked
            .body
            .as_ref()
            .is_none_or(|wanted| holds(wanted, sent.body.as_deref()))
}

/// Whether the body has each field of `wanted`: a text at least in part, anything else exactly.
fn holds(wanted: &Value, body: Option<&[u8]>) -> bool {
    let body: Value = body
        .and_then(|body| serde_json::from_slice(body).ok())
        .unwrap_or_default();
    wanted.as_object().is_some_and(|fields| {
        fields.iter().all(|(key, wanted)| match wanted {
            Value::String(part) => body[key]
                .as_str()
                .is_some_and(|text| text.contains(part.as_str())),
            other => body[key] == *other,
        })
    })
}

fn response(answered: Answered) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value) in &answered.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header's name");
        headers.insert(name, HeaderValue::from_str(value).expect("a header's value"));
    }
    let body = match (answered.text, answered.body) {
        (Some(text), _) | (None, Value::String(text)) => text,
        (None, Value::Null) => String::new(),
        (None, value) => value.to_string(),
    };
    Response {
        status: answered.status,
        headers,
        body: Bytes::from(body),
    }
}
