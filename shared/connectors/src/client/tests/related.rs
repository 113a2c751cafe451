//! Rows that a second query brings for all records of a page.

use super::stub::{Script, all, answer, client, ok, page, read, system};
use crate::{fault::FaultKind, source::ReadRequest};

const LIST: &str = r#"
method = "post"
path = "/query"
query = { limit = "{limit}", offset = "{offset}" }
json = { q = "SELECT * FROM orders{where} ORDER BY id" }
records = "value"
page_size = 2
max_page_size = 10
paging = { offset = { more = "more" } }
filter = { prefix = " WHERE ", by_id = "id = '{id}'" }

[[models.purchase_order.list.related]]
name = "@lines"
method = "post"
path = "/query"
query = { limit = "{limit}", offset = "{offset}" }
json = { q = "SELECT * FROM lines WHERE parent IN ({keys})" }
records = "value"
key = "parent"
parent_key = "id"
batch = 2
page_size = 2
paging = { offset = { more = "more" } }
"#;

fn lines(rows: &[(&str, u8)], more: bool) -> Result<crate::transport::Response, crate::Fault> {
    let rows: Vec<String> = rows
        .iter()
        .map(|(parent, n)| format!(r#"{{"parent":"{parent}","n":{n}}}"#))
        .collect();
    ok(&format!(r#"{{"value":[{}],"more":{more}}}"#, rows.join(",")))
}

fn queries(script: &Script) -> Vec<String> {
    let body = |request: &crate::transport::Request| {
        let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        format!("{} {body}", request.url.query().unwrap_or_default())
    };
    script.sent().iter().map(body).collect()
}

#[tokio::test(start_paused = true)]
async fn rows_come_page_by_page_and_stand_in_their_records() {
    let script = Script::new([
        page(&["1", "a'2"], r#","more":false"#),
        lines(&[("1", 1), ("a'2", 1)], true),
        lines(&[("1", 2), ("9", 1)], false),
    ]);
    let request = ReadRequest { raw: true, ..all() };
    let pages = read(&client(&system(LIST), "basic", &script), request)
        .await
        .expect("reads");
    let raw = |index: usize| {
        String::from_utf8_lossy(pages[0].records[index].raw.as_deref().expect("raw")).into_owned()
    };
    assert!(
        raw(0).starts_with(r#"{"@lines":[{"parent":"1","n":1},{"parent":"1","n":2}],"id":"1","#),
        "{}",
        raw(0)
    );
    assert!(
        raw(1).starts_with(r#"{"@lines":[{"parent":"a'2","n":1}],"id":"a'2","#),
        "{}",
        raw(1)
    );
    assert_eq!(
        queries(&script),
        [
            r#"limit=2&offset=0 {"q":"SELECT * FROM orders ORDER BY id"}"#,
            r#"limit=2&offset=0 {"q":"SELECT * FROM lines WHERE parent IN ('1','a''2')"}"#,
            r#"limit=2&offset=2 {"q":"SELECT * FROM lines WHERE parent IN ('1','a''2')"}"#,
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn keys_go_in_batches_and_an_empty_page_asks_for_nothing() {
    let list = LIST.replacen("page_size = 2", "page_size = 5", 1);
    let script = Script::new([
        page(&["1", "2", "3"], r#","more":false"#),
        lines(&[], false),
        lines(&[("3", 7)], false),
    ]);
    let request = ReadRequest { raw: true, ..all() };
    let pages = read(&client(&system(&list), "basic", &script), request.clone())
        .await
        .expect("reads");
    assert_eq!(queries(&script).len(), 3);
    assert!(queries(&script)[2].contains("IN ('3')"));
    let raw = pages[0].records[0].raw.as_deref().expect("raw");
    assert!(
        raw.starts_with(br#"{"@lines":[],"id":"1","#),
        "a record without rows has an empty list"
    );

    let script = Script::new([page(&[], r#","more":false"#)]);
    read(&client(&system(&list), "basic", &script), request)
        .await
        .expect("reads");
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fault_among_the_rows_is_one_of_the_page() {
    let script = Script::new([page(&["1"], r#","more":false"#), answer(503, &[], "{}")]);
    let fault = read(&client(&system(LIST), "basic", &script), all())
        .await
        .expect_err("down");
    assert_eq!(fault.kind, FaultKind::Unavailable);

    let script = Script::new([
        page(&["1"], r#","more":false"#),
        lines(&[("1", 1)], true),
        lines(&[("1", 1)], true),
    ]);
    let fault = read(&client(&system(LIST), "basic", &script), all())
        .await
        .expect_err("never ends");
    assert_eq!(fault.kind, FaultKind::PaginationStuck);
}

#[tokio::test(start_paused = true)]
async fn one_record_has_its_rows_too() {
    let script = Script::new([page(&["1"], ""), lines(&[("1", 4)], false)]);
    let client = client(&system(LIST), "basic", &script);
    let found = crate::source::Source::get(client.as_ref(), "purchase_order", "1", true)
        .await
        .expect("reads");
    let raw = found.expect("there").expect("maps").raw.expect("raw");
    assert!(raw.starts_with(br#"{"@lines":[{"parent":"1","n":4}],"#));
    assert_eq!(
        queries(&script)[0],
        r#"limit=1&offset=0 {"q":"SELECT * FROM orders WHERE id = '1' ORDER BY id"}"#
    );
}
