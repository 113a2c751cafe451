//! Signing in anew, and waiting when the system asks to.

use std::time::Duration;

use super::stub::{Script, all, answer, client, ok, page, read, system};
use crate::fault::FaultKind;

const LIST: &str = r#"
path = "/orders"
records = "value"
page_size = 2
max_page_size = 10
paging = { next_link = { path = "next" } }
"#;

fn token(name: &str) -> Result<crate::transport::Response, crate::Fault> {
    ok(&format!(
        r#"{{"access_token":"{name}","token_type":"Bearer","expires_in":3600}}"#
    ))
}

#[tokio::test(start_paused = true)]
async fn an_ended_token_is_renewed_once() {
    let script = Script::new([
        token("first"),
        answer(401, &[], "{}"),
        token("second"),
        page(&["1"], ""),
    ]);
    let pages = read(&client(&system(LIST), "oauth", &script), all())
        .await
        .expect("reads");
    assert_eq!(pages.len(), 1);
    assert_eq!(
        script.asked(),
        [
            "POST /token",
            "GET /base/orders",
            "POST /token",
            "GET /base/orders"
        ]
    );
    let sent = script.sent();
    assert_eq!(sent[1].headers["authorization"], "Bearer first");
    assert_eq!(sent[3].headers["authorization"], "Bearer second");
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_refused_too_is_the_end() {
    let refused = || answer(401, &[], "{}");
    let script = Script::new([
        token("first"),
        refused(),
        token("second"),
        refused(),
        token("third"),
    ]);
    let fault = read(&client(&system(LIST), "oauth", &script), all())
        .await
        .expect_err("refused");
    assert_eq!(fault.kind, FaultKind::Unauthorized);
    assert_eq!(script.sent().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_password_is_tried_once() {
    let script = Script::new([answer(401, &[], "{}"), page(&["1"], "")]);
    let fault = read(&client(&system(LIST), "basic", &script), all())
        .await
        .expect_err("refused");
    assert_eq!(fault.kind, FaultKind::Unauthorized);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_system_that_asks_to_wait_is_left_alone() {
    let script = Script::new([answer(429, &[("retry-after", "20")], "{}"), page(&["1"], "")]);
    let client = client(&system(LIST), "basic", &script);
    let fault = read(&client, all()).await.expect_err("too many");
    assert_eq!(
        (fault.kind, fault.retry_after),
        (FaultKind::RateLimited, Some(Duration::from_secs(20)))
    );
    let before = tokio::time::Instant::now();
    read(&client, all()).await.expect("reads");
    assert!(before.elapsed() >= Duration::from_secs(20));
}
