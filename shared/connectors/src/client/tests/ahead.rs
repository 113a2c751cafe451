//! Reading ahead: when, how far, and what becomes of it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::stub::{Script, all, client, fault, ids, instance, page, system};
use crate::{
    budget::Budget,
    client::{Client, Outside},
    fault::{Fault, FaultKind},
    source::{ReadRequest, Source as _},
    transport::{Request, Response, Transport},
};

const PAGES: &str = r#"
path = "/orders"
query = { size = "{limit}", page = "{page}" }
records = "value"
page_size = 2
max_page_size = 10
paging = { pages = { first = 1 } }
"#;

#[tokio::test(start_paused = true)]
async fn the_next_page_is_under_way_while_one_is_worked_on() {
    let script = Script::new([page(&["1", "2"], ""), page(&["3", "4"], ""), page(&["5"], "")]);
    let mut pages = client(&system(PAGES), "basic", &script).read(all());
    for asked in [2, 3, 3] {
        pages.next().await.expect("reads").expect("a page");
        assert_eq!(script.sent().len(), asked);
    }
    assert_eq!(pages.next().await, Ok(None));
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_one_page_costs_one_request() {
    let script = Script::new([page(&["1", "2"], ""), page(&["3", "4"], ""), page(&["5"], "")]);
    let mut pages = client(&system(PAGES), "basic", &script).read(ReadRequest {
        page_size: Some(2),
        ..all()
    });
    for asked in [1, 3, 3] {
        pages.next().await.expect("reads").expect("a page");
        tokio::task::yield_now().await;
        assert_eq!(script.sent().len(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_fault_the_same_page_is_asked_for_again() {
    let script = Script::new([
        page(&["1", "2"], ""),
        fault(FaultKind::Unreachable),
        page(&["3"], ""),
        fault(FaultKind::Timeout),
    ]);
    let mut pages = client(&system(PAGES), "basic", &script).read(all());
    assert_eq!(
        ids(&pages.next().await.expect("reads").expect("a page")),
        ["1", "2"]
    );
    assert_eq!(pages.next().await.expect_err("cut").kind, FaultKind::Unreachable);
    assert_eq!(ids(&pages.next().await.expect("reads").expect("a page")), ["3"]);
    assert_eq!(pages.next().await, Ok(None));
    assert_eq!(script.sent().len(), 3);
}

/// Gives one page, and then never answers again; notes when the waiting request is given up.
#[derive(Default)]
struct OnePage {
    given_up: Arc<AtomicBool>,
}

struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Transport for OnePage {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        if request.url.query().is_some_and(|query| query.contains("page=1")) {
            return page(&["1", "2"], "");
        }
        let _waiting = Waiting(self.given_up.clone());
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_reading_stops_the_request_too() {
    let connector = system(PAGES);
    let transport = OnePage::default();
    let given_up = transport.given_up.clone();
    let outside = Outside::new(Arc::new(transport), Budget::new(connector.manifest().limits));
    let client = Arc::new(Client::new(connector, instance("basic"), outside, &[]).expect("a client"));
    let mut pages = client.read(all());
    pages.next().await.expect("reads").expect("a page");
    assert!(!given_up.load(Ordering::SeqCst), "it is under way");
    drop(pages);
    tokio::task::yield_now().await;
    assert!(given_up.load(Ordering::SeqCst));
}
