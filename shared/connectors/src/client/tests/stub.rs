//! A system that answers from a script, and a client on it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use secrecy::SecretString;

use crate::{
    budget::Budget,
    client::{Client, Outside},
    connector::Connector,
    fault::{Fault, FaultKind},
    form::Instance,
    map::CustomField,
    source::{Page, Pages, ReadRequest, Source as _},
    transport::{Request, Response, Transport},
};

/// Answers in order, and notes what was asked.
pub(crate) struct Script {
    answers: Mutex<VecDeque<Result<Response, Fault>>>,
    sent: Mutex<Vec<Request>>,
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Response, Fault>>) -> Arc<Self> {
        let answers = Mutex::new(answers.into_iter().collect());
        Arc::new(Self {
            answers,
            sent: Mutex::default(),
        })
    }

    /// Every request so far: method, then address behind the host.
    pub(crate) fn asked(&self) -> Vec<String> {
        let sent = self.sent.lock().expect("no panic");
        sent.iter()
            .map(|request| format!("{} {}", request.method, &request.url[url::Position::BeforePath..]))
            .collect()
    }

    pub(crate) fn sent(&self) -> Vec<Request> {
        self.sent.lock().expect("no panic").clone()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        self.sent.lock().expect("no panic").push(request);
        let next = self.answers.lock().expect("no panic").pop_front();
        next.unwrap_or_else(|| Err(Fault::new(FaultKind::Unreachable, "the script has ended")))
    }
}

/// A good answer.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn ok(body: &str) -> Result<Response, Fault> {
    answer(200, &[], body)
}

/// An answer of any status.
#[allow(clippy::unnecessary_wraps)]
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Response, Fault> {
    let mut map = HeaderMap::new();
    map.insert("content-type", HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a header");
        map.insert(name, HeaderValue::from_str(value).expect("a value"));
    }
    Ok(Response {
        status,
        headers: map,
        body: Bytes::copy_from_slice(body.as_bytes()),
    })
}

pub(crate) fn fault(kind: FaultKind) -> Result<Response, Fault> {
    Err(Fault::new(kind, kind.as_str()))
}

/// A page of records with these ids, and whatever else the answer holds: `,"next":"…"`.
pub(crate) fn page(ids: &[&str], rest: &str) -> Result<Response, Fault> {
    let records: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"id":"{id}","number":"N{id}","changed":"2026-11-20T10:00:00Z"}}"#))
        .collect();
    ok(&format!(r#"{{"value":[{}]{rest}}}"#, records.join(",")))
}

/// A system whose orders are listed as `list` says (TOML below `[models.purchase_order.list]`).
pub(crate) fn system(list: &str) -> Arc<Connector> {
    keyed_system(r#"["id"]"#, list)
}

/// The same with a key of its own.
pub(crate) fn keyed_system(key: &str, list: &str) -> Arc<Connector> {
    Arc::new(Connector::from_toml(&manifest(key, list)).expect("a valid manifest"))
}

/// Its manifest.
pub(crate) fn manifest(key: &str, list: &str) -> String {
    format!(
        r#"
id = "stub"
name = "Stub ERP"
vendor = "Stub"
category = "erp"
tier = "mid"
description = "For tests."
api = "REST"
verified = {{ level = "none", note = "made up", on = "2026-11-24" }}
limits = {{ concurrent = 8, per_minute = 600000 }}
faults = {{ preset = "odata_v4" }}
request = {{ headers = {{ X-Own = "yes" }}, query = {{ client = "{{client}}" }} }}
hosts = {{ api = {{ url = "https://{{tenant}}.stub.example/base" }}, token = {{ url = "https://login.stub.example" }} }}
settings = [
    {{ key = "tenant", title = "Tenant", description = "Its name.", example = "acme" }},
    {{ key = "company", title = "Company", description = "Its name.", example = "A B", default = "A/B" }},
    {{ key = "client", title = "Client", description = "Its number.", example = "100", required = false }},
]

[[methods]]
id = "basic"
title = "Password"
description = "Simple."
auth = {{ basic = {{ username = "{{username}}", password = "{{password}}" }} }}
credentials = [
    {{ key = "username", title = "User", description = "Its name.", example = "ME", secret = false }},
    {{ key = "password", title = "Password", description = "Its password.", example = "x" }},
]

[[methods]]
id = "oauth"
title = "OAuth"
description = "Better."
auth = {{ oauth2_client_credentials = {{ host = "token", path = "/token", client_id = "{{client_id}}", client_secret = "{{client_secret}}", client_auth = "body" }} }}
credentials = [
    {{ key = "client_id", title = "Client id", description = "Its id.", example = "abc", secret = false }},
    {{ key = "client_secret", title = "Client secret", description = "Its secret.", example = "xyz" }},
]

[[methods]]
id = "session"
title = "Session"
description = "By name and password."
auth = {{ session = {{ path = "/login", body = '{{{{"as":["{{user}}","{{pass}}"]}}}}', brings = {{ session = "result/1", number = "result/0" }}, scheme = "Session", token = {{ base64 = "{{user}}:{{number}}:{{session}}" }}, life_seconds = 600 }} }}
credentials = [
    {{ key = "user", title = "User", description = "Its name.", example = "ME", secret = false }},
    {{ key = "pass", title = "Password", description = "Its password.", example = "x" }},
]

[models.purchase_order]
source = "Orders"
key = {key}
modified = "changed"

[models.purchase_order.fields]
number = {{ text = "number" }}

[models.purchase_order.list]
{list}
"#
    )
}

/// An instance that signs in by one of the two methods.
pub(crate) fn instance(method: &str) -> Instance {
    let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    let secret = |(key, value): (&str, &str)| (key.to_owned(), SecretString::from(value));
    let credentials = match method {
        "basic" => [("username", "ME"), ("password", "hunter2")],
        "session" => [("user", "ME"), ("pass", "hunter\"2")],
        _ => [("client_id", "abc"), ("client_secret", "hunter2")],
    };
    Instance {
        system: "stub".to_owned(),
        method: method.to_owned(),
        on_premises: false,
        settings: [("tenant", "acme"), ("company", "A/B")].map(text).into(),
        credentials: credentials.map(secret).into(),
    }
}

pub(crate) fn client(connector: &Arc<Connector>, method: &str, script: &Arc<Script>) -> Arc<Client> {
    with_fields(connector, method, script, &[])
}

pub(crate) fn with_fields(
    connector: &Arc<Connector>,
    method: &str,
    script: &Arc<Script>,
    custom: &[CustomField],
) -> Arc<Client> {
    let outside = Outside::new(script.clone(), Budget::new(connector.manifest().limits));
    Arc::new(Client::new(connector.clone(), instance(method), outside, custom).expect("a client"))
}

/// A read of all orders, as a sync does it.
pub(crate) fn all() -> ReadRequest {
    ReadRequest {
        model: "purchase_order".to_owned(),
        ..ReadRequest::default()
    }
}

/// Reads to the end.
pub(crate) async fn read(client: &Arc<Client>, request: ReadRequest) -> Result<Vec<Page>, Fault> {
    let mut pages: Box<dyn Pages> = client.clone().read(request);
    let mut read = Vec::new();
    while let Some(page) = pages.next().await? {
        read.push(page);
    }
    Ok(read)
}

pub(crate) fn ids(page: &Page) -> Vec<&str> {
    page.records.iter().map(|record| record.id.as_str()).collect()
}
