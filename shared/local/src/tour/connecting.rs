//! Connecting: each system's form is filled in, tried against the system, and paid in credits.

use serde_json::{Value, json};

use super::{
    FEWEST, Guest, SYSTEMS, Tour, data,
    screen::{Progress, seconds},
    text,
};
use crate::Failure;

impl Tour {
    pub(super) async fn connect(&mut self) -> Result<(), Failure> {
        self.screen
            .step("Connect: the same call for every system, whatever it asks for");
        let (total, held, free) = self.credits().await?;
        self.screen.check(
            held == 0 && free == total,
            &format!("nothing is connected: {free} of {total} credits are free"),
            "",
        )?;
        let catalogue = self.api.get("/v1/systems").await?.expect(200)?;
        self.screen.request(&format!(
            "POST /v1/connections {{system, settings, credentials, customer}}  one of {} in the catalogue",
            data(&catalogue)?.len()
        ));
        for entry in self.entries().await? {
            self.connect_one(&entry).await?;
        }
        let (total, now, free) = self.credits().await?;
        let sum: u64 = self.guests.iter().map(|guest| guest.credits).sum();
        self.screen.check(
            now == sum && now + free == total,
            &format!("the connections hold {now} credits, {free} are free: together {total}"),
            &format!("{now} held, {free} free"),
        )
    }

    /// What the sandbox says is to be entered for the tour's systems.
    async fn entries(&self) -> Result<Vec<Value>, Failure> {
        let sandbox = self.sandbox.get("/").await?.expect(200)?;
        let systems = sandbox["systems"]
            .as_array()
            .ok_or("the sandbox lists no systems")?;
        let wanted = SYSTEMS
            .iter()
            .filter_map(|wanted| systems.iter().find(|entry| entry["system"] == *wanted));
        let entries: Vec<Value> = wanted.cloned().collect();
        if entries.len() < FEWEST {
            return Err(format!("the sandbox plays only {} of the tour's systems", entries.len()).into());
        }
        Ok(entries)
    }

    async fn connect_one(&mut self, entry: &Value) -> Result<(), Failure> {
        let system = text(entry, "/system").to_owned();
        let described = self
            .api
            .get(&format!("/v1/systems/{system}"))
            .await?
            .expect(200)?;
        let title = text(&described, "/name").to_owned();
        let mut request = entry.clone();
        request["customer"] =
            json!({"id": format!("customer-of-{system}"), "name": format!("A company on {title}")});
        let answer = {
            let progress = Progress::new();
            let _running = progress.spinner(&format!(
                "{title}: signing in, checking permissions, reading a first record"
            ));
            self.api.post("/v1/connections", &request).await?
        };
        let took = answer.took;
        let connected = answer.expect(201)?;
        let connection = &connected["connection"];
        let credits = connection["credits"].as_u64().unwrap_or_default();
        let fields = entry["settings"].as_object().map_or(0, serde_json::Map::len)
            + entry["credentials"].as_object().map_or(0, serde_json::Map::len);
        let models = connection["models"].as_array().map_or(0, Vec::len);
        self.screen.check(
            text(connection, "/status") == "online"
                && text(&connected, "/token").starts_with("mft_")
                && credits > 0,
            &format!(
                "{title}: connected in {}, {fields} fields filled in, {}, {credits} credits",
                seconds(took),
                if models == 1 {
                    "1 model".to_owned()
                } else {
                    format!("{models} models")
                }
            ),
            &connection.to_string(),
        )?;
        self.guests.push(Guest {
            system,
            title,
            connection: text(connection, "/id").to_owned(),
            credits,
            api: self.api.with_token(text(&connected, "/token"))?,
        });
        Ok(())
    }
}
