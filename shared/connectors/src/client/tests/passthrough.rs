//! The system's own API.

use bytes::Bytes;

use super::stub::{Script, answer, client, ok, system};
use crate::{
    client::Call,
    fault::{Fault, FaultKind},
};

const LIST: &str = r#"
path = "/orders"
headers = { X-Vendor-Way = "a" }
records = "value"
page_size = 2
max_page_size = 10
paging = { next_link = { path = "next" } }
"#;

fn call(path: &str) -> Call {
    Call {
        method: "get".to_owned(),
        path: path.to_owned(),
        ..Call::default()
    }
}

async fn refused(call: Call) -> Fault {
    let script = Script::new([]);
    let fault = client(&system(LIST), "basic", &script)
        .passthrough(call)
        .await
        .expect_err("refused");
    assert!(script.sent().is_empty());
    fault
}

#[tokio::test(start_paused = true)]
async fn adds_credentials_and_gives_the_answer_as_it_is() {
    let headers = [
        ("etag", "W/\"1\""),
        ("set-cookie", "session=secret"),
        ("x-internal", "no"),
    ];
    let script = Script::new([answer(409, &headers, r#"{"error":"mine"}"#)]);
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let call = Call {
        method: "post".to_owned(),
        path: "/Orders('1')/Close".to_owned(),
        query: vec![own("$expand", "Lines($select=Id)"), own("a b", "c&d")],
        headers: vec![own("If-Match", "*"), own("X-Vendor-Way", "b")],
        body: Some(Bytes::from_static(b"{}")),
    };
    let answer = client(&system(LIST), "basic", &script)
        .passthrough(call)
        .await
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.body.as_ref()),
        (409, br#"{"error":"mine"}"#.as_slice())
    );
    let names: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "etag"]);
    assert_eq!(
        script.asked(),
        ["POST /base/Orders('1')/Close?$expand=Lines($select%3DId)&a%20b=c%26d"]
    );
    let sent = &script.sent()[0];
    assert!(sent.headers.contains_key("authorization"));
    assert_eq!(
        (
            &sent.headers["if-match"],
            &sent.headers["x-vendor-way"],
            &sent.headers["x-own"]
        )
            .0,
        "*"
    );
    assert_eq!(sent.headers["x-vendor-way"], "b");
    assert_eq!(sent.headers["x-own"], "yes");
}

#[tokio::test(start_paused = true)]
async fn a_path_stays_on_the_system() {
    for path in [
        "",
        "orders",
        "//evil.example/x",
        "https://evil.example/",
        "/../admin",
        "/a/..",
        "/a/%2e%2E/b",
        "/a/%2e./b",
        "/a%2f..%2fb",
        "/..%5cadmin",
        "/a\\b",
        "/a?b=c",
        "/a#b",
        "/a b",
        "/a\r\nX: y",
        "/./a",
    ] {
        let fault = refused(call(path)).await;
        assert_eq!(
            (fault.kind, fault.about.as_deref()),
            (FaultKind::Rejected, Some("path")),
            "{path}"
        );
    }
    for path in ["/", "/a..b", "/a%20b", "/a/...", "/@evil.example/"] {
        let script = Script::new([ok("{}")]);
        client(&system(LIST), "basic", &script)
            .passthrough(call(path))
            .await
            .expect(path);
        assert_eq!(
            script.sent()[0].url.host_str(),
            Some("acme.stub.example"),
            "{path}"
        );
        assert!(script.sent()[0].url.path().starts_with("/base/"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn sign_in_and_the_connection_are_the_clients_own() {
    for name in [
        "Authorization",
        "cookie",
        "Host",
        "Connection",
        "Transfer-Encoding",
        "X-Forwarded-For",
        "Content-Length",
        "a b",
    ] {
        let headers = vec![(name.to_owned(), "x".to_owned())];
        let fault = refused(Call {
            headers,
            ..call("/a")
        })
        .await;
        assert_eq!(
            (fault.kind, fault.about.as_deref()),
            (FaultKind::Rejected, Some(name))
        );
    }
    let headers = vec![("Accept".to_owned(), "a\nb".to_owned())];
    assert_eq!(
        refused(Call {
            headers,
            ..call("/a")
        })
        .await
        .kind,
        FaultKind::Rejected
    );
    let method = "CONNECT".to_owned();
    assert_eq!(
        refused(Call { method, ..call("/a") }).await.about.as_deref(),
        Some("method")
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_bounded() {
    let large = "x".repeat(5 * 1024 * 1024 + 1);
    let script = Script::new([ok(&large)]);
    let fault = client(&system(LIST), "basic", &script)
        .passthrough(call("/a"))
        .await
        .expect_err("too large");
    assert_eq!(fault.kind, FaultKind::Malformed);
}
