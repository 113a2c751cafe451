//! The first sync: everything that changed within 90 days, into the store.

use std::time::Instant;

use indicatif::ProgressBar;
use serde_json::Value;

use super::{
    LOOK, PATIENCE, Tour, data,
    screen::{Progress, seconds},
    text,
};
use crate::Failure;

impl Tour {
    pub(super) async fn sync(&mut self) -> Result<(), Failure> {
        self.screen
            .step("First sync: it began with the connection, all systems at once");
        self.screen.request("GET /v1/connections/{id}/syncs");
        let begun = Instant::now();
        let finished = self.wait_for_first_syncs(begun).await?;
        let mut rows = Vec::new();
        for (guest, (syncs, took)) in self.guests.iter().zip(&finished) {
            let count = |model: &str| {
                let sync = syncs.iter().find(|sync| text(sync, "/model") == model);
                sync.map_or("-".to_owned(), |sync| sync["counts"]["created"].to_string())
            };
            let aside: u64 = syncs
                .iter()
                .filter_map(|sync| sync["counts"]["quarantined"].as_u64())
                .sum();
            rows.push([
                guest.title.clone(),
                count("purchase_order"),
                count("vendor"),
                count("item"),
                count("inventory_level"),
                aside.to_string(),
                took.clone(),
            ]);
        }
        self.screen.table(
            [38, 9, 8, 6, 6, 9, 8],
            ["", "orders", "vendors", "items", "stock", "put aside", "took"],
            &rows,
        );
        for (number, (syncs, _)) in finished.iter().enumerate() {
            let orders = syncs.iter().find(|sync| text(sync, "/model") == "purchase_order");
            let created = orders
                .and_then(|sync| sync["counts"]["created"].as_u64())
                .unwrap_or_default();
            let title = &self.guests[number].title;
            if created < 400 {
                return Err(format!(
                    "{title} has over 400 recent purchase orders, and {created} were synced"
                )
                .into());
            }
        }
        self.screen.check(
            true,
            "every model of every system succeeded, and goes on hourly with what changed",
            "",
        )
    }

    /// Waits for all of them side by side; each with its syncs and how long it took.
    async fn wait_for_first_syncs(&self, begun: Instant) -> Result<Vec<(Vec<Value>, String)>, Failure> {
        let progress = Progress::new();
        let mut finished: Vec<Option<(Vec<Value>, String)>> = vec![None; self.guests.len()];
        let bars: Vec<ProgressBar> = self
            .guests
            .iter()
            .map(|guest| progress.bar(&guest.title, 0))
            .collect();
        loop {
            for (number, guest) in self.guests.iter().enumerate() {
                if finished[number].is_some() {
                    continue;
                }
                let path = format!("/v1/connections/{}/syncs", guest.connection);
                let syncs = data(&self.api.get(&path).await?.expect(200)?)?.clone();
                show(&bars[number], &syncs);
                if let Some(failed) = syncs.iter().find(|sync| text(sync, "/state") == "failed") {
                    return Err(format!("{}: the first sync failed: {failed}", guest.title).into());
                }
                if !syncs.is_empty() && syncs.iter().all(succeeded) {
                    finished[number] = Some((syncs, seconds(begun.elapsed())));
                }
            }
            if finished.iter().all(Option::is_some) {
                return Ok(finished.into_iter().flatten().collect());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("the first syncs did not end within {} s", PATIENCE.as_secs()).into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

fn succeeded(sync: &Value) -> bool {
    !text(sync, "/last_success_at").is_empty()
}

fn show(bar: &ProgressBar, syncs: &[Value]) {
    let read: u64 = syncs
        .iter()
        .filter_map(|sync| sync["counts"]["read"].as_u64())
        .sum();
    bar.set_length(syncs.len() as u64);
    bar.set_position(syncs.iter().filter(|sync| succeeded(sync)).count() as u64);
    bar.set_message(format!("{read} records read"));
}
