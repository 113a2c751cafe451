//! An outage: said once, rehearsed without anyone doing anything, over by itself.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{LOOK, PATIENCE, Tour, data, listening::Receiver, screen::Progress, text};
use crate::Failure;

/// Which guest goes down.
const PATIENT: usize = 1;

/// How long it is down, by the stack's clock.
const DOWN_SECONDS: u32 = 240;

/// Requests closer together than this belong to one attempt: what fails to connect is tried once more.
const ONE_ATTEMPT: SignedDuration = SignedDuration::from_secs(12);

impl Tour {
    pub(super) async fn break_one(&mut self) -> Result<(), Failure> {
        let title = self.guests[PATIENT].title.clone();
        self.screen
            .step(&format!("Break one: {title} does not answer for four minutes"));
        let receiver = self.listen().await?;
        self.screen
            .request("POST /v1/webhook-endpoints {\"event_types\": [\"connection.*\"]}");
        let (_, held, _) = self.credits().await?;
        let fault = json!({"system": self.guests[PATIENT].system, "fault": "down", "seconds": DOWN_SECONDS});
        self.sandbox.post("/_faults", &fault).await?.expect(200)?;
        let down_at = self.last_request().await?;
        self.show_refusal().await?;
        self.show_status().await?;
        self.show_what_stays(held).await?;
        self.wait_for_recovery(down_at).await?;
        self.show_announcements().await?;
        self.show_webhooks(&receiver).await
    }

    fn connection_path(&self) -> String {
        format!("/v1/connections/{}", self.guests[PATIENT].connection)
    }

    /// A live read has a clear answer, and wakes nobody's pager twice.
    async fn show_refusal(&mut self) -> Result<(), Failure> {
        let answer = self.guests[PATIENT]
            .api
            .get("/v1/purchase-orders?limit=3")
            .await?;
        self.screen.request("GET /v1/purchase-orders?limit=3");
        let problem = answer.expect_problem(503, "system_unreachable")?;
        self.screen.line(&format!(
            "503 {}: {}",
            text(&problem, "/code"),
            text(&problem, "/detail")
        ));
        self.screen.check(
            !text(&problem, "/retry_at").is_empty(),
            "the error is clear, and says when it makes sense to come again",
            &problem.to_string(),
        )
    }

    async fn show_status(&mut self) -> Result<(), Failure> {
        // The hourly sync would meet the outage as well; so that nobody waits for it here, it is asked for.
        let path = format!("{}/syncs", self.connection_path());
        self.api.post(&path, &json!({})).await?.expect(202)?;
        let connection = self.api.get(&self.connection_path()).await?.expect(200)?;
        self.screen.check(
            text(&connection, "/status") == "unreachable"
                && !text(&connection, "/next_attempt_at").is_empty(),
            &format!(
                "the connection is {} since {}, next attempt {}",
                text(&connection, "/status"),
                clock(text(&connection, "/status_since")),
                clock(text(&connection, "/next_attempt_at"))
            ),
            &connection.to_string(),
        )
    }

    async fn show_what_stays(&mut self, held: u64) -> Result<(), Failure> {
        let answer = self.guests[PATIENT]
            .api
            .get("/v1/purchase-orders?source=synced&limit=100")
            .await?;
        let orders = data(&answer.expect(200)?)?.len();
        self.screen.check(
            orders > 0,
            "what was synced stays readable: ?source=synced answers as before",
            "nothing",
        )?;
        let (_, now, _) = self.credits().await?;
        self.screen.check(
            now == held,
            "an outage changes no credits",
            &format!("{now} held, and {held} before"),
        )
    }

    async fn wait_for_recovery(&mut self, down_at: Timestamp) -> Result<(), Failure> {
        {
            let progress = Progress::new();
            let _running =
                progress.spinner("waiting: Manifold goes on trying by itself, less and less often");
            let online = |connection: &Value| Ok(text(connection, "/status") == "online");
            self.wait_for(&self.connection_path(), "the recovery", online)
                .await?;
        }
        let attempts = self.attempts(down_at).await?;
        let times: Vec<String> = attempts.iter().map(|after| minutes(*after)).collect();
        self.screen
            .line(&format!("attempts after (minutes:seconds)  {}", times.join("  ")));
        self.screen.check(
            attempts.len() <= 10,
            "back by itself: the system was asked sparingly, and the first answer ended it",
            &format!("{} attempts", attempts.len()),
        )?;
        let path = format!("{}/syncs", self.connection_path());
        let all_good = |answer: &Value| {
            Ok(data(answer)?
                .iter()
                .all(|sync| text(sync, "/state") == "succeeded"))
        };
        self.wait_for(&path, "the syncs after the recovery", all_good)
            .await?;
        self.screen.check(
            true,
            "the syncs that had failed have caught up, without anyone asking",
            "",
        )
    }

    /// One event when it began, one when it ended.
    async fn show_announcements(&mut self) -> Result<(), Failure> {
        let events = self.api.get("/v1/events?limit=500").await?.expect(200)?;
        let connection = &self.guests[PATIENT].connection;
        let told = |kind: &str| -> Result<usize, Failure> {
            let events = data(&events)?.iter();
            Ok(events
                .filter(|event| {
                    text(event, "/type") == kind && text(event, "/data/connection_id") == *connection
                })
                .count())
        };
        let (down, up) = (told("connection.unreachable")?, told("connection.online")?);
        self.screen.check(
            (down, up) == (1, 1),
            "told once each: connection.unreachable, connection.online",
            &format!("{down} and {up} times"),
        )
    }

    /// One message when it began, one when it ended, each signed.
    async fn show_webhooks(&mut self, receiver: &Receiver) -> Result<(), Failure> {
        let connection = self.guests[PATIENT].connection.clone();
        let heard = || {
            let down = receiver.heard_of("connection.unreachable", &connection);
            (down, receiver.heard_of("connection.online", &connection))
        };
        let begun = Instant::now();
        while heard().1.0 == 0 && begun.elapsed() < PATIENCE {
            tokio::time::sleep(LOOK).await;
        }
        let seen = heard();
        self.screen.check(
            seen == ((1, 1), (1, 1)),
            "heard once each by the workspace's webhook, with a signature that verifies",
            &format!("{seen:?} (arrived, verified) of each"),
        )
    }

    /// When the patient was asked last, by the stack's clock.
    async fn last_request(&self) -> Result<Timestamp, Failure> {
        let requests = self.requests().await?;
        requests
            .last()
            .copied()
            .ok_or_else(|| "the system was never asked".into())
    }

    /// How long after `since` the patient was asked again, attempt by attempt.
    async fn attempts(&self, since: Timestamp) -> Result<Vec<SignedDuration>, Failure> {
        let mut attempts: Vec<SignedDuration> = Vec::new();
        let mut last: Option<Timestamp> = None;
        let mut begun: Option<Timestamp> = None;
        for at in self.requests().await?.into_iter().filter(|at| *at > since) {
            let begun = *begun.get_or_insert(at);
            if last.is_none_or(|last| at.duration_since(last) > ONE_ATTEMPT) {
                attempts.push(at.duration_since(begun));
            }
            last = Some(at);
        }
        Ok(attempts)
    }

    async fn requests(&self) -> Result<Vec<Timestamp>, Failure> {
        let path = format!("/_requests?system={}", self.guests[PATIENT].system);
        let log = self.sandbox.get(&path).await?.expect(200)?;
        data(&log)?
            .iter()
            .map(|request| Ok(text(request, "/at").parse()?))
            .collect()
    }
}

/// The time of day in an RFC 3339 text.
fn clock(text: &str) -> &str {
    text.get(11..19).unwrap_or(text)
}

/// `3:07`.
fn minutes(duration: SignedDuration) -> String {
    format!("{}:{:02}", duration.as_secs() / 60, duration.as_secs() % 60)
}
