//! A first sync whose process is killed: the next one goes on where it was.

use std::collections::BTreeMap;

use reqwest::Method;

use crate::support::{Process, list, text, until};

const SYSTEM: &str = "sap_s4hana";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t10_a_first_sync_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = Process::start(folder.path());
    let key = first.key.clone();
    let body = first.entry(SYSTEM).await;
    let made = first
        .call(Method::POST, "/v1/connections", &key, Some(body))
        .await;
    let (conn, token) = (text(&made, "/connection/id"), text(&made, "/token"));
    let whole = first.call(Method::GET, "/v1/credits", &key, None).await;

    until("the sync to be in the middle", || async {
        let syncs = first.syncs(&conn).await;
        let orders = syncs
            .iter()
            .find(|sync| sync["model"] == "purchase_order")
            .expect("orders");
        (orders["state"] == "running" && orders["counts"]["read"].as_u64() > Some(0)).then_some(())
    })
    .await;
    first.kill();

    let second = Process::start(folder.path());
    assert_eq!(second.key, key, "the same workspace key");
    assert_eq!(second.call(Method::GET, "/v1/credits", &key, None).await, whole);
    let syncs = until("the sync to end", || async {
        let syncs = second.syncs(&conn).await;
        syncs
            .iter()
            .all(|sync| sync["state"] == "succeeded")
            .then_some(syncs)
    })
    .await;
    // The connection's token is the same, and the system is where the connection knows it.
    let mut cursor = String::new();
    let mut told: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    loop {
        let page = second
            .call(
                Method::GET,
                &format!("/v1/changes?limit=500{cursor}"),
                &token,
                None,
            )
            .await;
        let changes = list(&page);
        for change in &changes {
            let of = (text(change, "/model"), text(change, "/id"));
            told.entry(of).or_default().push(text(change, "/change"));
        }
        if changes.is_empty() {
            break;
        }
        cursor = format!("&cursor={}", text(&page, "/next_cursor"));
    }
    assert!(
        told.values().all(|changes| changes == &["created"]),
        "each record once, as created"
    );
    for sync in &syncs {
        let model = text(sync, "/model");
        let path = format!("/v1/{}s", model.replace('_', "-"));
        let stored = told.keys().filter(|(of, _)| *of == model).count();
        assert_eq!(
            stored,
            live_ids(&second, &path, &token).await,
            "{model}: none lost, none invented"
        );
    }
}

/// How many records the system has.
async fn live_ids(process: &Process, path: &str, token: &str) -> usize {
    let mut cursor = String::new();
    let mut count = 0;
    loop {
        let page = process
            .call(Method::GET, &format!("{path}?limit=500{cursor}"), token, None)
            .await;
        count += list(&page).len();
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return count,
        }
    }
}
