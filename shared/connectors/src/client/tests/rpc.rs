//! Systems that take every call as a JSON body, open sessions, and say what went wrong with status 200.

use super::stub::{Script, all, answer, client, manifest, ok, read, with_fields};
use crate::{
    fault::{Fault, FaultKind},
    map::CustomField,
    source::{ReadRequest, Source as _},
    transport::{Request, Response},
};

const LIST: &str = r#"
method = "post"
path = "/rpc"
body = '{{"method":"orders","params":[[{where}],{limit},"{company}",["id"{columns}]]}}'
records = "result"
page_size = 2
max_page_size = 10
paging = { keyset = { key = "id" } }
filter = { join = ",", escape = "json", after = '["id",">",{after}]', by_id = '["id","=",{id}]', fields = { number = '["number","=","{value}"]' } }

[[models.purchase_order.list.related]]
name = "@lines"
method = "post"
path = "/rpc"
body = '{{"method":"lines","params":[[{keys}],{offset},{limit}]}}'
records = "result"
key = "order"
parent_key = "id"
numeric_keys = true
batch = 10
page_size = 3
paging = { offset = {} }

[[models.purchase_order.list.related.related]]
name = "@moves"
method = "post"
path = "/rpc"
body = '{{"method":"moves","params":[[{keys}],{offset},{limit}]}}'
records = "result"
key = "line"
parent_key = "id"
numeric_keys = true
batch = 10
page_size = 3
paging = { offset = {} }
"#;

fn system() -> std::sync::Arc<crate::Connector> {
    let text = manifest(r#"["id"]"#, LIST).replace("odata_v4", "error_list");
    std::sync::Arc::new(crate::Connector::from_toml(&text).expect("a valid manifest"))
}

fn session(name: &str) -> Result<Response, Fault> {
    ok(&format!(r#"{{"id":0,"result":[7,"{name}"]}}"#))
}

fn rows(rows: &str) -> Result<Response, Fault> {
    ok(&format!(r#"{{"id":0,"result":[{rows}]}}"#))
}

fn body(request: &Request) -> String {
    String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned()
}

#[tokio::test(start_paused = true)]
async fn calls_are_bodies_and_rows_have_rows() {
    let script = Script::new([
        session("s1"),
        rows(r#"{"id":1},{"id":2}"#),
        rows(r#"{"id":11,"order":1},{"id":12,"order":1},{"id":21,"order":2}"#),
        rows(""),
        rows(r#"{"line":12,"n":5},{"line":12,"n":6}"#),
        rows(""),
    ]);
    let custom = [CustomField {
        name: "colour".into(),
        model: "purchase_order".into(),
        path: "colour".into(),
    }];
    let client = with_fields(&system(), "session", &script, &custom);
    let request = ReadRequest {
        raw: true,
        filters: vec![("number".into(), "a\"]".into())],
        ..all()
    };
    let pages = read(&client, request).await.expect("reads");
    let raw: Vec<String> = pages[0]
        .records
        .iter()
        .map(|record| String::from_utf8_lossy(record.raw.as_deref().expect("raw")).into_owned())
        .collect();
    assert_eq!(
        raw,
        [
            r#"{"@lines":[{"@moves":[],"id":11,"order":1},{"@moves":[{"line":12,"n":5},{"line":12,"n":6}],"id":12,"order":1}],"id":1}"#,
            r#"{"@lines":[{"@moves":[],"id":21,"order":2}],"id":2}"#,
        ]
    );
    let sent = script.sent();
    assert_eq!(
        sent.iter().map(body).collect::<Vec<_>>(),
        [
            r#"{"as":["ME","hunter\"2"]}"#,
            r#"{"method":"orders","params":[[["number","=","a\"]"]],2,"A/B",["id","colour"]]}"#,
            r#"{"method":"lines","params":[[1,2],0,3]}"#,
            r#"{"method":"lines","params":[[1,2],3,3]}"#,
            r#"{"method":"moves","params":[[11,12,21],0,3]}"#,
            r#"{"method":"orders","params":[[["number","=","a\"]"],["id",">",2]],2,"A/B",["id","colour"]]}"#,
        ]
    );
    // ME:7:s1
    assert_eq!(sent[1].headers["authorization"], "Session TUU6NzpzMQ==");
    assert_eq!(sent[1].headers["content-type"], "application/json");
    assert!(!format!("{client:?} {sent:?}").contains("hunter"));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ended_is_opened_anew_once() {
    let script = Script::new([session("s1"), answer(401, &[], ""), session("s2"), rows("")]);
    read(&client(&system(), "session", &script), all())
        .await
        .expect("reads");
    assert_eq!(
        script.asked(),
        [
            "POST /base/login",
            "POST /base/rpc",
            "POST /base/login",
            "POST /base/rpc"
        ]
    );
    // ME:7:s2
    assert_eq!(script.sent()[3].headers["authorization"], "Session TUU6NzpzMg==");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_brings_no_session_is_none() {
    for (answered, kind) in [
        (answer(401, &[], "Unauthorized"), FaultKind::Unauthorized),
        (answer(404, &[], "Not Found"), FaultKind::NotFound),
        (answer(429, &[], ""), FaultKind::RateLimited),
        (ok(r#"{"id":0,"result":null}"#), FaultKind::Malformed),
        (ok(r#"{"id":0,"result":[7,""]}"#), FaultKind::Malformed),
        (
            ok(r#"{"id":0,"error":["LoginException",["sms_code","Code hunter\"2","char"]]}"#),
            FaultKind::Unauthorized,
        ),
    ] {
        let shown = format!("{answered:?}");
        let script = Script::new([answered]);
        let fault = read(&client(&system(), "session", &script), all())
            .await
            .expect_err(&shown);
        assert_eq!(fault.kind, kind, "{shown}: {fault:?}");
        assert!(!format!("{fault:?}").contains("hunter"), "{fault:?}");
        assert_eq!(script.asked(), ["POST /base/login"], "a password is tried once");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_with_status_200_is_one() {
    let script = Script::new([
        session("s1"),
        ok(r#"{"id":0,"error":["UserError",["Not allowed.","",null]]}"#),
        ok(r#"{"id":0,"error":["ConcurrencyException","Changed."]}"#),
    ]);
    let client = client(&system(), "session", &script);
    let fault = read(&client, all()).await.expect_err("refused");
    assert_eq!(fault.kind, FaultKind::Rejected);
    let upstream = fault.upstream.expect("the system's words");
    assert_eq!(
        (upstream.status, upstream.message.as_deref()),
        (200, Some("Not allowed."))
    );
    let fault = client
        .get("purchase_order", "1", false)
        .await
        .expect_err("changed");
    assert_eq!(fault.kind, FaultKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_should_be_a_number_is_not_sent() {
    let script = Script::new([session("s1"), rows(r#"{"id":"1],[2"}"#)]);
    let fault = read(&client(&system(), "session", &script), all())
        .await
        .expect_err("no number");
    assert_eq!(fault.kind, FaultKind::Malformed);
    assert_eq!(script.sent().len(), 2);
}
