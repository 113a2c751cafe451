//! The floor F: fetch, typed parse, map by hand, and JSON lines (`map`), or a comparison (`sync`).
//!
//! `bench-floor MODE URL`; JSON lines go to standard output.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher as _},
    io::{self, BufWriter, Write as _},
};

use manifold_bench::{client::plain, orders::Page};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mode, url) = (
        arguments.next().expect("a mode"),
        arguments.next().expect("an address"),
    );
    let client = plain();
    let mut out = BufWriter::with_capacity(256 * 1024, io::stdout().lock());
    let mut seen: HashMap<Vec<u8>, u64> = HashMap::new();
    let mut next = Some(url);
    while let Some(url) = next {
        let answer = client.get(&url).send().await.expect("the server answers");
        let body = answer.bytes().await.expect("the page comes whole");
        let page: Page = serde_json::from_slice(&body).expect("a page");
        for order in &page.value {
            let mapped = order.map();
            if mode == "map" {
                serde_json::to_writer(&mut out, &mapped).expect("standard output takes it");
                out.write_all(b"\n").expect("standard output takes it");
                continue;
            }
            let text = serde_json::to_vec(&mapped).expect("an order serialises");
            let mut hasher = DefaultHasher::new();
            hasher.write(&text);
            let hash = hasher.finish();
            if seen.insert(order.purchase_order.as_bytes().to_vec(), hash) != Some(hash) {
                out.write_all(b"{\"event\":\"added\",\"data\":")
                    .expect("standard output takes it");
                out.write_all(&text).expect("standard output takes it");
                out.write_all(b"}\n").expect("standard output takes it");
            }
        }
        next = page.next.map(|link| link.into_owned());
    }
    out.flush().expect("standard output takes it");
}
