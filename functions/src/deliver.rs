//! The `deliver` function: works on messages of the deliver queue.
//!
//! As with `sync`, a message is reported as failed only when the work could not even be looked at, since state is
//! truth and the schedule wakes what is due.

use std::collections::BTreeMap;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures_util::future::{join, join_all};
use jiff::Timestamp;
use manifold_domain::webhooks::{self, DeliverMessage, Outcome};

use crate::{app::App, batch, telemetry};

/// Works on a batch until the deadline, by the wall's clock.
///
/// Messages are worked on side by side, so that no endpoint waits for another; events of one workspace are handed to
/// its endpoints together.
pub async fn handle(app: &App, event: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
    let mut events: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut others = Vec::new();
    let mut failed = Vec::new();
    for message in event.records {
        let name = message.message_id.unwrap_or_default();
        match serde_json::from_str(message.body.as_deref().unwrap_or_default()) {
            Ok(DeliverMessage::Event { ws, id }) => events.entry(ws).or_default().push((name, id)),
            Ok(other) => others.push((name, other)),
            Err(error) => {
                // A message that nobody can read goes to the dead-letter queue, where a person finds it.
                tracing::error!(target: "deliver", message_id = %name, %error, "a message cannot be read");
                telemetry::deliver("unreadable");
                failed.push(name);
            }
        }
    }
    let handed = join_all(events.into_iter().map(|(ws, events)| hand_over(app, ws, events)));
    let worked = join_all(others.into_iter().map(|(name, message)| async move {
        let done = work(app, &message, deadline).await;
        (!done).then_some(name)
    }));
    let (handed, worked) = join(handed, worked).await;
    failed.extend(handed.into_iter().flatten());
    failed.extend(worked.into_iter().flatten());
    batch::again(failed)
}

/// Hands events to the endpoints of their workspace, and answers the messages that failed.
async fn hand_over(app: &App, ws: String, events: Vec<(String, String)>) -> Vec<String> {
    let (names, ids): (Vec<String>, Vec<String>) = events.into_iter().unzip();
    match webhooks::fan_out(&app.domain, &ws, &ids).await {
        Ok(()) => {
            telemetry::deliver("fanned_out");
            Vec::new()
        }
        Err(error) => {
            tracing::error!(target: "deliver", workspace = %ws, %error, "events could not be handed to endpoints");
            telemetry::deliver("error");
            names
        }
    }
}

/// Works on one message; whether it can be deleted.
async fn work(app: &App, message: &DeliverMessage, deadline: Timestamp) -> bool {
    match webhooks::work(&app.domain, message, deadline).await {
        Ok(worked) => {
            tracing::debug!(target: "deliver", message = ?message, worked = ?worked, "a message was worked on");
            telemetry::deliver(outcome_name(worked.outcome));
            telemetry::parked(worked.parked);
            true
        }
        Err(error) => {
            tracing::error!(target: "deliver", message = ?message, %error, "a message could not be worked on");
            telemetry::deliver("error");
            false
        }
    }
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::HandedOver => "handed_over",
        Outcome::NotDue => "not_due",
        Outcome::Held => "held",
        Outcome::Stale => "stale",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The local stack works on messages in tasks of a runtime with several threads.
    #[test]
    fn work_can_move_between_threads() {
        fn assert_send<T: Send>(_: impl FnOnce(&App) -> T) {}
        assert_send(|app| {
            let app = app.clone();
            async move { handle(&app, SqsEvent::default(), Timestamp::UNIX_EPOCH).await }
        });
    }
}
