//! The product's engine as `manifold sync --to jsonl` runs it, over the bench manifest.
//!
//! - `bench-engine jsonl URL`: reads the pages and writes JSON lines to standard output.
//! - `bench-engine plan ROUNDS` and `bench-engine serde ROUNDS`: maps one page in memory so many times,
//!   by the manifest's plan or by hand.
//! - `bench-engine rest ROUNDS`: makes the page and does not map it, which is subtracted from both.

use std::{
    hint::black_box,
    io::{self, BufWriter, Write as _},
    sync::Arc,
};

use manifold_bench::{
    PAGE,
    client::{client, connector},
    orders::Page,
    pages,
};
use manifold_connectors::{
    ReadRequest, Source as _,
    json::{Path, envelope},
    map::Plan,
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mode, what) = (
        arguments.next().expect("a mode"),
        arguments.next().expect("an address or a number"),
    );
    if mode == "jsonl" {
        return jsonl(&what).await;
    }
    let page = format!(
        r#"{{"@odata.context":"$metadata#PurchaseOrder","value":{}}}"#,
        pages::orders(0, PAGE, 0)
    );
    let rounds: usize = what.parse().expect("a number of rounds");
    let bytes: usize = match mode.as_str() {
        "plan" => plan(page.as_bytes(), rounds),
        "serde" => (0..rounds).map(|_| by_hand(black_box(page.as_bytes()))).sum(),
        _ => 0,
    };
    black_box(bytes);
}

/// As `shared/local/src/export` does it.
async fn jsonl(url: &str) {
    let client = client(&connector(), url);
    let mut out = BufWriter::with_capacity(256 * 1024, io::stdout().lock());
    let request = ReadRequest {
        model: "purchase_order".to_owned(),
        ..ReadRequest::default()
    };
    let mut pages = Arc::clone(&client).read(request);
    while let Some(page) = pages.next().await.expect("the pages come") {
        assert!(
            page.rejected.is_empty(),
            "every order maps: {:?}",
            page.rejected.first()
        );
        for record in &page.records {
            out.write_all(&record.body).expect("standard output takes it");
            out.write_all(b"\n").expect("standard output takes it");
        }
    }
    out.flush().expect("standard output takes it");
}

/// From the page's text to the unified records' texts, as a read does it.
fn plan(page: &[u8], rounds: usize) -> usize {
    let connector = connector();
    let plan = Plan::compile(connector.manifest(), "purchase_order", &[]).expect("the mapping compiles");
    let (records, next) = (path("value"), path("@odata.nextLink"));
    let mut bytes = 0;
    for _ in 0..rounds {
        let found = envelope(black_box(page), &records, &[&next]).expect("a page");
        for record in found.records {
            bytes += plan.map(record, None).expect("every order maps").body.len();
        }
    }
    bytes
}

fn path(text: &str) -> Path {
    Path::parse(text).expect("a path")
}

/// The same by hand: typed parse of the page, and a text of its own for each order.
fn by_hand(page: &[u8]) -> usize {
    let page: Page = serde_json::from_slice(page).expect("a page");
    let texts = page
        .value
        .iter()
        .map(|order| serde_json::to_vec(&order.map()).expect("an order serialises"));
    texts.map(|text| text.len()).sum()
}
