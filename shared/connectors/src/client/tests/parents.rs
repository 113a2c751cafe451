//! A list that tells of one parent a request, read for each of them.

use super::stub::{Script, all, answer, client, fault, ids, keyed_system, ok, read};
use crate::{
    fault::{Fault, FaultKind},
    source::{Page, Position, ReadRequest, Source as _},
    transport::Response,
};

const LIST: &str = r#"
path = "/stock/{parent}"
query = { after = "{where}", top = "{limit}" }
headers = { X-Place = { base64url = '{{"places":[{parent}]}}' } }
records = "value"
page_size = 2
max_page_size = 10
paging = { keyset = { key = "id" } }
filter = { join = ";", after = "{after}", by_id = "id={id}", fields = { item = "item={value}" } }

[models.purchase_order.list.for_each]
name = "@place"
key = "id"

[models.purchase_order.list.for_each.list]
path = "/places"
query = { after = "{where}", top = "{limit}" }
records = "value"
page_size = 2
max_page_size = 10
paging = { keyset = { key = "id" } }
filter = { join = ";", after = "{after}", by_id = "id={id}", fields = { place = "place={value}" } }
"#;

fn stock() -> std::sync::Arc<crate::Connector> {
    keyed_system(r#"["id", "@place/id"]"#, LIST)
}

/// Rows with these numbers as ids.
fn rows(ids: &[u32]) -> Result<Response, Fault> {
    let rows: Vec<String> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
    ok(&format!(r#"{{"value":[{}]}}"#, rows.join(",")))
}

fn at(position: Option<Position>) -> ReadRequest {
    ReadRequest { position, ..all() }
}

fn all_ids(pages: &[Page]) -> Vec<&str> {
    pages.iter().flat_map(|page| ids(page)).collect()
}

#[tokio::test(start_paused = true)]
async fn each_parent_is_read_page_by_page() {
    let script = Script::new([
        rows(&[7, 8]),
        rows(&[1, 2]),
        rows(&[3]),
        rows(&[1]),
        rows(&[9]),
        rows(&[]),
    ]);
    let request = ReadRequest { raw: true, ..all() };
    let pages = read(&client(&stock(), "basic", &script), request)
        .await
        .expect("reads");
    assert_eq!(all_ids(&pages), ["1:7", "2:7", "3:7", "1:8"]);
    assert_eq!(
        script.asked(),
        [
            "GET /base/places?top=2",
            "GET /base/stock/7?top=2",
            "GET /base/stock/7?after=2&top=2",
            "GET /base/stock/8?top=2",
            "GET /base/places?after=8&top=2",
            "GET /base/stock/9?top=2",
        ],
    );
    let sent = script.sent();
    // {"places":[7]}
    assert_eq!(sent[1].headers["x-place"], "eyJwbGFjZXMiOls3XX0=");
    assert!(sent[0].headers.get("x-place").is_none());
    let raw = pages[0].records[0].raw.as_deref().expect("raw");
    assert_eq!(raw, br#"{"@place":{"id":7},"id":1}"#);
    assert_eq!(pages.last().expect("a page").next, None);
}

#[tokio::test(start_paused = true)]
async fn a_read_goes_on_in_the_parent_where_it_was_cut() {
    let answers = || {
        [
            ("places", rows(&[7, 8])),
            ("7", rows(&[1, 2])),
            ("7", rows(&[3])),
            ("8", rows(&[1, 2])),
            ("8", rows(&[3])),
            ("places", rows(&[9])),
            ("9", rows(&[5])),
        ]
    };
    let whole = Script::new(answers().map(|(_, rows)| rows));
    let pages = read(&client(&stock(), "basic", &whole), all())
        .await
        .expect("reads");
    assert_eq!(pages.len(), 5);
    for (passed, page) in pages.iter().enumerate().take(4) {
        // What is left, with the page of parents in front that the position is on.
        let mut left: Vec<_> = answers().into_iter().filter(|(of, _)| *of != "places").collect();
        left.drain(..=passed);
        let on_first = left[0].0 != "9";
        let mut script = vec![rows(if on_first { &[7, 8] } else { &[9] })];
        for (of, rows_of) in left {
            if of == "9" && on_first {
                script.push(rows(&[9]));
            }
            script.push(rows_of);
        }
        let script = Script::new(script);
        let rest = read(&client(&stock(), "basic", &script), at(page.next.clone()))
            .await
            .expect("reads");
        assert_eq!(
            all_ids(&rest),
            all_ids(&pages[passed + 1..]),
            "after page {passed}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_position_in_a_parent_that_is_gone_loses_nothing() {
    let script = Script::new([rows(&[7, 8]), rows(&[1, 2]), rows(&[])]);
    let mut pages = client(&stock(), "basic", &script).read(ReadRequest {
        page_size: Some(2),
        ..all()
    });
    let first = pages.next().await.expect("reads").expect("a page");
    let script = Script::new([rows(&[8]), rows(&[1, 2]), rows(&[5])]);
    let rest = read(&client(&stock(), "basic", &script), at(first.next))
        .await
        .expect("reads");
    assert_eq!(all_ids(&rest), ["1:8", "2:8", "5:8"]);
    assert_eq!(script.asked()[1], "GET /base/stock/8?top=2");
}

#[tokio::test(start_paused = true)]
async fn pages_cut_short_go_on_in_the_same_parent() {
    let script = Script::new([rows(&[7]), rows(&[1, 2]), rows(&[3])]);
    let connector = stock();
    let request = ReadRequest {
        page_size: Some(1),
        ..all()
    };
    // The system gives more than was asked for.
    let mut pages = client(&connector, "basic", &script).read(request);
    let first = pages.next().await.expect("reads").expect("a page");
    assert_eq!(ids(&first), ["1:7"]);
    let script = Script::new([rows(&[7]), rows(&[2])]);
    let rest = read(&client(&connector, "basic", &script), at(first.next))
        .await
        .expect("reads");
    assert_eq!(all_ids(&rest), ["2:7"]);
    assert_eq!(script.asked()[1], "GET /base/stock/7?after=1&top=2");
}

#[tokio::test(start_paused = true)]
async fn parents_without_records_are_passed_over_some_at_a_time() {
    let places: Vec<u32> = (1..=40).collect();
    let mut answers = Vec::new();
    for pair in places.chunks(2) {
        answers.push(rows(pair));
        for place in pair {
            answers.push(if *place == 40 { rows(&[1]) } else { rows(&[]) });
        }
    }
    answers.push(rows(&[]));
    let script = Script::new(answers);
    let pages = read(&client(&stock(), "basic", &script), all())
        .await
        .expect("reads");
    assert_eq!(
        pages.iter().map(|page| page.records.len()).collect::<Vec<_>>(),
        [0, 0, 1, 0],
        "sixteen a page, and no circle is seen in them"
    );
    assert_eq!(all_ids(&pages), ["1:40"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_records_in_two_parents_are_no_circle() {
    let script = Script::new([rows(&[7, 8]), rows(&[1]), rows(&[1]), rows(&[])]);
    let pages = read(&client(&stock(), "basic", &script), all())
        .await
        .expect("reads");
    assert_eq!(all_ids(&pages), ["1:7", "1:8"]);
}

#[tokio::test(start_paused = true)]
async fn what_would_never_end_is_refused() {
    for (answers, what) in [
        (
            vec![rows(&[7, 8]), rows(&[1]), rows(&[1]), rows(&[7, 8])],
            "the system ignores where the parents go on",
        ),
        (
            vec![rows(&[7, 8]), rows(&[1, 2]), rows(&[1, 2])],
            "the system ignores where a parent's list goes on",
        ),
        (
            vec![rows(&[7, 8]), rows(&[]), rows(&[]), rows(&[7, 8])],
            "the same without any record",
        ),
    ] {
        let script = Script::new(answers);
        let stuck = read(&client(&stock(), "basic", &script), all())
            .await
            .expect_err(what);
        assert_eq!(stuck.kind, FaultKind::PaginationStuck, "{what}");
    }
    let script = Script::new([ok(r#"{"value":[{"name":"no key"}]}"#)]);
    let fault = read(&client(&stock(), "basic", &script), all())
        .await
        .expect_err("no key");
    assert_eq!(fault.kind, FaultKind::Malformed);
}

#[tokio::test(start_paused = true)]
async fn a_fault_in_a_parent_ends_the_page_and_not_the_read() {
    let script = Script::new([
        rows(&[7, 8]),
        rows(&[1]),
        fault(FaultKind::Timeout),
        answer(503, &[], "{}"),
        rows(&[4]),
        rows(&[]),
    ]);
    let mut pages = client(&stock(), "basic", &script).read(all());
    assert_eq!(ids(&pages.next().await.expect("reads").expect("a page")), ["1:7"]);
    assert_eq!(pages.next().await.expect_err("cut").kind, FaultKind::Timeout);
    assert_eq!(pages.next().await.expect_err("down").kind, FaultKind::Unavailable);
    assert_eq!(ids(&pages.next().await.expect("reads").expect("a page")), ["4:8"]);
    let asked = script.asked();
    let stock: Vec<_> = asked.iter().filter(|asked| asked.contains("/stock/8")).collect();
    assert_eq!(stock.len(), 3, "the same parent again: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn filters_go_to_the_list_that_has_them() {
    let script = Script::new([rows(&[7]), rows(&[1])]);
    let request = ReadRequest {
        filters: vec![("item".into(), "1".into()), ("place".into(), "7".into())],
        ..all()
    };
    read(&client(&stock(), "basic", &script), request)
        .await
        .expect("reads");
    assert_eq!(
        script.asked(),
        [
            "GET /base/places?after=place%3D7&top=2",
            "GET /base/stock/7?after=item%3D1&top=2"
        ]
    );
    let traits = stock().traits("purchase_order").expect("traits");
    assert_eq!(traits.filters, ["item", "place"]);
}

#[tokio::test(start_paused = true)]
async fn one_record_is_asked_for_in_its_parent() {
    let connector = stock();
    let script = Script::new([rows(&[7]), rows(&[3])]);
    let found = client(&connector, "basic", &script)
        .get("purchase_order", "3:7", false)
        .await;
    let record = found.expect("reads").expect("there").expect("maps");
    assert_eq!(record.id, "3:7");
    assert_eq!(
        script.asked(),
        [
            "GET /base/places?after=id%3D7&top=2",
            "GET /base/stock/7?after=id%3D3&top=1"
        ]
    );
    for answers in [vec![rows(&[])], vec![rows(&[7]), rows(&[])]] {
        let script = Script::new(answers);
        let found = client(&connector, "basic", &script)
            .get("purchase_order", "3:7", false)
            .await;
        assert_eq!(found, Ok(None), "no such parent, or not there");
    }
    // What could end the condition is no key of any parent, and nothing is asked.
    let script = Script::new([]);
    let found = client(&connector, "basic", &script)
        .get("purchase_order", "3:7~5d~2c", false)
        .await;
    assert_eq!(found, Ok(None));
    assert!(script.sent().is_empty());
}
