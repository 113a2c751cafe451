//! Lists that would never end (T8).

use super::stub::{Script, all, client, ids, ok, page, read, system};
use crate::fault::FaultKind;

const LINK: &str = r#"
path = "/orders"
records = "value"
page_size = 2
max_page_size = 10
paging = { next_link = { path = "next" } }
"#;

const OFFSET: &str = r#"
path = "/orders"
query = { limit = "{limit}", offset = "{offset}" }
records = "value"
page_size = 1
max_page_size = 10
paging = { offset = {} }
"#;

async fn kind_of(list: &str, script: &std::sync::Arc<Script>) -> FaultKind {
    read(&client(&system(list), "basic", script), all())
        .await
        .expect_err("never ends")
        .kind
}

#[tokio::test(start_paused = true)]
async fn a_link_that_comes_again() {
    let again = || r#","next":"orders?cursor=string""#;
    let script = Script::new([
        page(&["1"], again()),
        page(&["2"], again()),
        page(&["3"], again()),
    ]);
    assert_eq!(kind_of(LINK, &script).await, FaultKind::PaginationStuck);
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_loop_is_seen_across_reads_too() {
    let again = || page(&["1", "2"], r#","next":"orders?cursor=string""#);
    let script = Script::new([again(), again()]);
    let client = client(&system(LINK), "basic", &script);
    let request = crate::source::ReadRequest {
        page_size: Some(2),
        ..all()
    };
    let first = crate::source::Source::read(client.clone(), request.clone())
        .next()
        .await
        .expect("reads")
        .expect("a page");
    let position = first.next;
    let fault = read(&client, crate::source::ReadRequest { position, ..request })
        .await
        .expect_err("a loop");
    assert_eq!(fault.kind, FaultKind::PaginationStuck);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_again_under_a_new_link() {
    let script = Script::new((0..9).map(|n| page(&["1", "2"], &format!(r#","next":"orders?cursor={n}""#))));
    assert_eq!(kind_of(LINK, &script).await, FaultKind::PaginationStuck);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ignores_the_offset() {
    let script = Script::new((0..9).map(|_| page(&["1"], "")));
    assert_eq!(kind_of(OFFSET, &script).await, FaultKind::PaginationStuck);
}

#[tokio::test(start_paused = true)]
async fn pages_that_go_round() {
    let script = Script::new((0..9).map(|n| page(&[["1", "2"][n % 2]], "")));
    assert_eq!(kind_of(OFFSET, &script).await, FaultKind::PaginationStuck);
}

#[tokio::test(start_paused = true)]
async fn some_empty_pages_are_passed_and_many_are_not() {
    let empty = |n: usize| page(&[], &format!(r#","next":"orders?cursor={n}""#));
    let script = Script::new((0..10).map(empty).chain([page(&["1"], "")]));
    let pages = read(&client(&system(LINK), "basic", &script), all())
        .await
        .expect("ends");
    assert_eq!(ids(&pages[10]), ["1"]);

    let script = Script::new((0..100).map(empty));
    assert_eq!(kind_of(LINK, &script).await, FaultKind::PaginationStuck);
    assert!(script.sent().len() < 30);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_page_is_malformed() {
    for body in [
        "<html>Sign in</html>",
        r#"{"value":[{"id":"1"}"#,
        r#"{"value":{}}"#,
    ] {
        let script = Script::new([ok(body)]);
        assert_eq!(kind_of(LINK, &script).await, FaultKind::Malformed, "{body}");
    }
}
