//! The change feed: one ordered list with a cursor that never skips and never repeats.

use manifold_sandbox::SHARED_ORDER;
use serde_json::{Value, json};

use super::{Tour, data, text};
use crate::Failure;

/// Pages of the feed that are read at the most before something is wrong.
const MOST_PAGES: usize = 200;

/// What is written into the order.
const NOTE: &str = "Changed on the tour: deliver to gate 7";

impl Tour {
    pub(super) async fn change(&mut self) -> Result<(), Failure> {
        self.screen.step("Follow what changes: one feed, one cursor");
        let (known, cursor) = self.read_feed(None).await?;
        self.screen.request("GET /v1/changes");
        self.screen.check(
            !known.is_empty() && known.iter().all(|change| text(change, "/change") == "created"),
            &format!(
                "a new reader of {} gets {} records once, and a cursor",
                self.guests[0].title,
                known.len()
            ),
            &format!("{} changes", known.len()),
        )?;
        let (id, number) = self.change_order().await?;
        self.screen.line(&format!(
            "In {} somebody writes a note into order {number}; the next sync sees it.",
            self.guests[0].title
        ));
        self.sync_orders().await?;
        let (news, cursor) = self.read_feed(Some(cursor)).await?;
        self.screen.request("GET /v1/changes?cursor=…");
        for change in &news {
            self.screen.line(&format!(
                "seq {}  {} {}  {}  \"{}\"",
                change["seq"],
                text(change, "/model"),
                text(change, "/change"),
                text(change, "/id"),
                text(change, "/record/notes")
            ));
        }
        let only = |change: &Value| text(change, "/change") == "updated" && text(change, "/id") == id;
        self.screen.check(
            news.len() == 1 && news.iter().all(only),
            "exactly that order came, once, as it is now",
            &format!("{news:?}"),
        )?;
        let (rest, _) = self.read_feed(Some(cursor)).await?;
        self.screen.check(
            rest.is_empty(),
            "asked again with the new cursor, the feed has nothing more",
            &format!("{rest:?}"),
        )
    }

    /// Reads the first connection's feed to its end.
    async fn read_feed(&self, cursor: Option<String>) -> Result<(Vec<Value>, String), Failure> {
        let mut changes = Vec::new();
        let mut cursor = cursor;
        for _ in 0..MOST_PAGES {
            let path = match &cursor {
                Some(cursor) => format!("/v1/changes?limit=500&cursor={cursor}"),
                None => "/v1/changes?limit=500".to_owned(),
            };
            let page = self.guests[0].api.get(&path).await?.expect(200)?;
            let next = text(&page, "/next_cursor").to_owned();
            if next.is_empty() {
                return Err(format!("the feed has no next cursor: {page}").into());
            }
            let found = data(&page)?;
            if found.is_empty() {
                return Ok((changes, next));
            }
            changes.extend(found.iter().cloned());
            cursor = Some(next);
        }
        Err("the change feed does not come to its end".into())
    }

    /// Writes a note into the shared order, in the system itself; its id and number.
    async fn change_order(&self) -> Result<(String, String), Failure> {
        let guest = &self.guests[0];
        let shared = SHARED_ORDER.iter().find(|shared| shared.system == guest.system);
        let id = shared
            .ok_or("the first system does not have the shared order")?
            .id;
        let mut order = guest
            .api
            .get(&format!("/v1/purchase-orders/{id}"))
            .await?
            .expect(200)?;
        let number = text(&order, "/number").to_owned();
        order["notes"] = json!(NOTE);
        self.sandbox
            .put(&format!("/_records/{}/purchase_order/{id}", guest.system), &order)
            .await?
            .expect(200)?;
        Ok((id.to_owned(), number))
    }

    /// Has the first connection's orders synced now.
    async fn sync_orders(&self) -> Result<(), Failure> {
        let path = format!("/v1/connections/{}/syncs", self.guests[0].connection);
        let last = |answer: &Value| -> Result<String, Failure> {
            let orders = data(answer)?
                .iter()
                .find(|sync| text(sync, "/model") == "purchase_order")
                .cloned();
            let orders = orders.ok_or("there is no sync of purchase orders")?;
            if text(&orders, "/state") == "failed" {
                return Err(format!("the sync failed: {orders}").into());
            }
            Ok(text(&orders, "/last_success_at").to_owned())
        };
        let before = last(&self.api.get(&path).await?.expect(200)?)?;
        self.api
            .post(&path, &json!({"model": "purchase_order"}))
            .await?
            .expect(202)?;
        self.wait_for(&path, "the sync that was asked for", |answer| {
            Ok(last(answer)? != before)
        })
        .await
        .map(drop)
    }
}
