//! Disconnecting: from the moment that the call answers.

use serde_json::json;

use super::{Tour, data, text};
use crate::Failure;

/// Which guest leaves.
const LEAVER: usize = 2;

impl Tour {
    pub(super) async fn disconnect(&mut self) -> Result<(), Failure> {
        let (title, connection) = (
            self.guests[LEAVER].title.clone(),
            self.guests[LEAVER].connection.clone(),
        );
        self.screen.step(&format!("Disconnect one: {title}"));
        let (_, held, _) = self.credits().await?;
        let path = format!("/v1/connections/{connection}/disconnect");
        self.screen.request("POST /v1/connections/{id}/disconnect");
        let gone = self.api.post(&path, &json!({})).await?.expect(200)?;
        self.screen.check(
            text(&gone, "/status") == "disconnected",
            "it answers at once: disconnected",
            &gone.to_string(),
        )?;

        let refused = self.guests[LEAVER]
            .api
            .get("/v1/purchase-orders?source=synced&limit=1")
            .await?;
        let refused = refused.expect_problem(401, "token_revoked")?;
        self.screen.line(&format!(
            "401 {}: {}",
            text(&refused, "/code"),
            text(&refused, "/detail")
        ));
        self.screen.check(
            true,
            "its token is refused everywhere, as revoked and not as unknown",
            "",
        )?;

        let owner = self.api.about(&connection)?;
        owner
            .get("/v1/purchase-orders?limit=1")
            .await?
            .expect_problem(409, "connection_disconnected")?;
        let syncs = format!("/v1/connections/{connection}/syncs");
        self.api
            .post(&syncs, &json!({}))
            .await?
            .expect_problem(409, "connection_disconnected")?;
        self.screen.check(
            true,
            "live reads and syncs are refused to the workspace too: 409 connection_disconnected",
            "",
        )?;

        let kept = owner
            .get("/v1/purchase-orders?source=synced&limit=500")
            .await?
            .expect(200)?;
        let kept = data(&kept)?.len();
        self.screen.check(
            kept > 0,
            &format!("what was synced stays with the workspace's key: {kept} orders on the first page"),
            "nothing",
        )?;

        let (total, now, free) = self.credits().await?;
        let credits = self.guests[LEAVER].credits;
        self.screen.check(
            now + credits == held && now + free == total,
            &format!("its {credits} credits are back: {now} held, {free} free, together {total}"),
            &format!("{now} held, {held} before"),
        )?;
        let again = self.api.post(&path, &json!({})).await?.expect(200)?;
        self.screen.check(
            text(&again, "/status") == "disconnected" && self.credits().await? == (total, now, free),
            "disconnecting twice is the same as once",
            &again.to_string(),
        )
    }
}
