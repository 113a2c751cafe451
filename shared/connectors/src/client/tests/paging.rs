//! Every way in which pages follow, with positions, page sizes and reading ahead.

use super::stub::{Script, all, client, ids, page, read, system};
use crate::{
    fault::FaultKind,
    source::{Position, ReadRequest, Source as _},
};

const LINK: &str = r#"
path = "/orders"
query = { "$filter" = "{where}" }
headers = { Prefer = "odata.maxpagesize={limit}" }
records = "value"
total = "count"
page_size = 2
max_page_size = 10
paging = { next_link = { path = "next" } }
"#;

const OFFSET: &str = r#"
path = "/orders"
query = { limit = "{limit}", offset = "{offset}" }
records = "value"
page_size = 2
max_page_size = 10
paging = { offset = { more = "more" } }
"#;

const PAGES: &str = r#"
path = "/orders"
query = { size = "{limit}", page = "{page}" }
records = "value"
page_size = 2
max_page_size = 10
paging = { pages = { first = 1 } }
"#;

const KEYSET: &str = r#"
path = "/orders"
query = { "$filter" = "{where}", "$top" = "{limit}" }
records = "value"
page_size = 2
max_page_size = 10
paging = { keyset = { key = "id", next_link = "next" } }
filter = { join = " and ", after = "id gt '{after}'", since = "changed ge {since}" }
"#;

const WHOLE: &str = r#"
path = "/orders"
records = "value"
page_size = 2
max_page_size = 2
paging = "whole"
"#;

#[tokio::test(start_paused = true)]
async fn a_whole_list_is_asked_for_once_however_long() {
    let script = Script::new([page(&["1", "2", "3"], "")]);
    let pages = read(&client(&system(WHOLE), "basic", &script), all())
        .await
        .expect("reads");
    let read: Vec<_> = pages.iter().map(ids).collect();
    assert_eq!(read, [vec!["1", "2"], vec!["3"]]);
    assert!(pages.iter().all(|page| page.warnings.is_empty()));
    assert_eq!(script.asked(), ["GET /base/orders"]);
}

#[tokio::test(start_paused = true)]
async fn follows_next_links() {
    let script = Script::new([
        page(
            &["1", "2"],
            r#","count":"5","next":"https://acme.stub.example/base/orders?$skiptoken=a%20b""#,
        ),
        page(&["3", "4"], r#","next":"orders?%24skiptoken=c""#),
        page(&["5"], ""),
    ]);
    let pages = read(&client(&system(LINK), "basic", &script), all())
        .await
        .expect("reads");
    assert_eq!(
        pages.iter().map(ids).collect::<Vec<_>>(),
        [vec!["1", "2"], vec!["3", "4"], vec!["5"]]
    );
    assert_eq!(
        script.asked(),
        [
            "GET /base/orders",
            "GET /base/orders?$skiptoken=a%20b",
            "GET /base/orders?%24skiptoken=c"
        ]
    );
    assert_eq!(pages[0].total, Some(5));
    assert!(pages[2].next.is_none() && pages[2].warnings.is_empty());
    for request in script.sent() {
        assert_eq!(request.headers["prefer"], "odata.maxpagesize=2");
        assert_eq!(request.headers["x-own"], "yes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_to_another_host_is_not_followed() {
    let script = Script::new([page(&["1"], r#","next":"https://evil.example/base/orders""#)]);
    let fault = read(&client(&system(LINK), "basic", &script), all())
        .await
        .expect_err("foreign");
    assert_eq!(fault.kind, FaultKind::Blocked);
    assert!(fault.message.contains("evil.example"), "{fault}");
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn t9_a_full_page_without_a_link_is_warned_of() {
    let script = Script::new([page(&["1", "2"], "")]);
    let pages = read(&client(&system(LINK), "basic", &script), all())
        .await
        .expect("reads");
    assert_eq!(pages[0].warnings.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn counts_offsets() {
    let script = Script::new([
        page(&["1", "2"], r#","more":true"#),
        page(&["3"], r#","more":true"#),
        page(&["4"], r#","more":false"#),
    ]);
    let pages = read(&client(&system(OFFSET), "basic", &script), all())
        .await
        .expect("reads");
    assert_eq!(pages.len(), 3);
    let asked = [
        "GET /base/orders?limit=2&offset=0",
        "GET /base/orders?limit=2&offset=2",
        "GET /base/orders?limit=2&offset=3",
    ];
    assert_eq!(script.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn counts_pages() {
    let script = Script::new([page(&["1", "2"], ""), page(&["3"], "")]);
    let pages = read(&client(&system(PAGES), "basic", &script), all())
        .await
        .expect("reads");
    assert_eq!(pages.len(), 2);
    assert_eq!(
        script.asked(),
        ["GET /base/orders?page=1&size=2", "GET /base/orders?page=2&size=2"]
    );
}

#[tokio::test(start_paused = true)]
async fn goes_on_behind_keys_even_when_the_server_cuts_a_page() {
    let script = Script::new([
        page(&["1"], r#","next":"https://internal.name/orders?skip=1""#),
        page(&["2", "3"], ""),
        page(&[], ""),
    ]);
    let since = Some("2026-11-01T00:00:00Z".parse().expect("a time"));
    let pages = read(
        &client(&system(KEYSET), "basic", &script),
        ReadRequest { since, ..all() },
    )
    .await
    .expect("reads");
    assert_eq!(
        pages.iter().map(ids).collect::<Vec<_>>(),
        [vec!["1"], vec!["2", "3"], vec![]]
    );
    assert_eq!(
        script.asked(),
        [
            "GET /base/orders?$filter=changed%20ge%202026-11-01T00:00:00Z&$top=2",
            "GET /base/orders?$filter=changed%20ge%202026-11-01T00:00:00Z%20and%20id%20gt%20%271%27&$top=2",
            "GET /base/orders?$filter=changed%20ge%202026-11-01T00:00:00Z%20and%20id%20gt%20%273%27&$top=2",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn goes_on_from_a_position_in_every_way() {
    for (list, first, second) in [
        (
            LINK,
            page(&["1", "2"], r#","next":"orders?t=2""#),
            "GET /base/orders?t=2",
        ),
        (
            OFFSET,
            page(&["1", "2"], r#","more":true"#),
            "GET /base/orders?limit=2&offset=2",
        ),
        (PAGES, page(&["1", "2"], ""), "GET /base/orders?page=2&size=2"),
        (
            KEYSET,
            page(&["1", "2"], ""),
            "GET /base/orders?$filter=id%20gt%20%272%27&$top=2",
        ),
    ] {
        let script = Script::new([first, page(&["3"], r#","more":false"#)]);
        let client = client(&system(list), "basic", &script);
        let request = ReadRequest {
            page_size: Some(2),
            ..all()
        };
        let first = client
            .clone()
            .read(request.clone())
            .next()
            .await
            .expect("reads")
            .expect("a page");
        let position = Some(first.next.expect("more"));
        let rest = read(&client, ReadRequest { position, ..request })
            .await
            .expect("reads");
        assert_eq!(rest.iter().map(ids).collect::<Vec<_>>(), [vec!["3"]]);
        assert_eq!(script.asked()[1], second);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_never_has_more_than_was_asked_and_its_rest_comes_next() {
    // Each of these servers ignores the size that it is asked for.
    for (list, cut, resumed) in [
        (LINK, page(&["1", "2", "3"], ""), "GET /base/orders"),
        (
            OFFSET,
            page(&["1", "2", "3"], r#","more":false"#),
            "GET /base/orders?limit=2&offset=2",
        ),
        (
            PAGES,
            page(&["1", "2", "3"], ""),
            "GET /base/orders?page=1&size=2",
        ),
        (
            KEYSET,
            page(&["1", "2", "3"], ""),
            "GET /base/orders?$filter=id%20gt%20%272%27&$top=2",
        ),
    ] {
        let whole = list == LINK || list == PAGES;
        let again = if whole {
            page(&["1", "2", "3"], "")
        } else {
            page(&["3"], r#","more":false"#)
        };
        let script = Script::new([cut, again]);
        let client = client(&system(list), "basic", &script);
        let request = ReadRequest {
            page_size: Some(2),
            ..all()
        };

        let mut pages = client.clone().read(request.clone());
        let first = pages.next().await.expect("reads").expect("a page");
        assert_eq!(ids(&first), ["1", "2"]);
        let second = pages.next().await.expect("reads").expect("a page");
        assert_eq!(ids(&second), ["3"], "{list}");
        assert_eq!(script.sent().len(), 1, "the rest was there already");

        let mut resumed_pages = client.read(ReadRequest {
            position: first.next,
            ..request
        });
        let resumed_page = resumed_pages.next().await.expect("reads").expect("a page");
        assert_eq!(ids(&resumed_page), ["3"], "{list}");
        assert_eq!(script.asked()[1], resumed);
    }
}

#[tokio::test(start_paused = true)]
async fn asks_for_no_more_than_the_system_gives() {
    let script = Script::new([page(&["1"], "")]);
    let request = ReadRequest {
        page_size: Some(500),
        ..all()
    };
    read(&client(&system(PAGES), "basic", &script), request)
        .await
        .expect("reads");
    assert_eq!(script.asked(), ["GET /base/orders?page=1&size=10"]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_is_told_before_anything_is_sent() {
    let since = Some(jiff::Timestamp::UNIX_EPOCH);
    let filters = vec![("colour".to_owned(), "red".to_owned())];
    let position = Some(Position("nonsense".to_owned()));
    for (request, kind, about) in [
        (
            ReadRequest {
                model: "asset".to_owned(),
                ..all()
            },
            FaultKind::Unsupported,
            "asset",
        ),
        (
            ReadRequest { since, ..all() },
            FaultKind::Unsupported,
            "modified_after",
        ),
        (ReadRequest { filters, ..all() }, FaultKind::Unsupported, "colour"),
        (ReadRequest { position, ..all() }, FaultKind::Rejected, "cursor"),
    ] {
        let script = Script::new([]);
        let fault = read(&client(&system(PAGES), "basic", &script), request)
            .await
            .expect_err(about);
        assert_eq!((fault.kind, fault.about.as_deref()), (kind, Some(about)));
        assert!(script.sent().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn keeps_the_source_text_when_asked() {
    let script = Script::new([page(&["1"], "")]);
    let pages = read(
        &client(&system(PAGES), "basic", &script),
        ReadRequest { raw: true, ..all() },
    )
    .await
    .expect("reads");
    let raw = pages[0].records[0].raw.as_deref().expect("raw");
    assert!(raw.starts_with(br#"{"id":"1","#));
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_mapped_stands_beside_the_others() {
    let body = r#"{"value":[{"number":"no key"},{"id":"2","number":"N2"}]}"#;
    let script = Script::new([super::stub::ok(body), page(&[], "")]);
    let pages = read(&client(&system(PAGES), "basic", &script), all())
        .await
        .expect("reads");
    assert_eq!(ids(&pages[0]), ["2"]);
    assert_eq!(pages[0].rejected.len(), 1);
}
