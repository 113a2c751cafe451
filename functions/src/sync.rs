//! The `sync` function: works on messages of the sync queue.
//!
//! The one translator of outcomes into queue answers: a message is reported as failed only when the
//! work could not even be looked at, since state is truth and the schedule wakes what is due.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::future::join_all;
use jiff::Timestamp;
use manifold_domain::{
    health::probe::{self, ProbeMessage},
    link::attempts::{self, AttemptMessage},
    sync::{self, RunBudget, SyncMessage},
};

use crate::{app::App, batch, telemetry};

/// Works on a batch until the deadline, by the wall's clock.
///
/// Messages are worked on side by side: a leg mostly waits for its system, and a person who waits for
/// a connection check must not wait for somebody's first sync.
pub async fn handle(app: &App, event: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
    let works = event.records.into_iter().map(|message| async move {
        let done = work(app, &message, deadline).await;
        (!done).then(|| message.message_id.unwrap_or_default())
    });
    batch::again(join_all(works).await.into_iter().flatten())
}

/// Works on one message; whether it can be deleted.
async fn work(app: &App, message: &SqsMessage, deadline: Timestamp) -> bool {
    let body = message.body.as_deref().unwrap_or_default();
    let id = message.message_id.as_deref();
    match serde_json::from_str::<serde_json::Value>(body)
        .ok()
        .and_then(|value| {
            let kind = value.get("kind")?.as_str()?.to_owned();
            Some((kind, value))
        }) {
        Some((kind, value)) if kind == "sync" => match serde_json::from_value::<SyncMessage>(value) {
            Ok(message) => run(app, &message, deadline).await,
            Err(error) => unreadable(id, &error.to_string()),
        },
        Some((kind, value)) if kind == "probe" => match serde_json::from_value::<ProbeMessage>(value) {
            Ok(message) => look(app, &message).await,
            Err(error) => unreadable(id, &error.to_string()),
        },
        Some((kind, value)) if kind == "attempt" => match serde_json::from_value::<AttemptMessage>(value) {
            Ok(message) => attempt(app, &message).await,
            Err(error) => unreadable(id, &error.to_string()),
        },
        _ => unreadable(id, "it names no kind of work"),
    }
}

/// A message that nobody can read goes to the dead-letter queue, where a person finds it.
fn unreadable(id: Option<&str>, reason: &str) -> bool {
    tracing::error!(target: "sync", message_id = id, reason, "a message cannot be read");
    telemetry::sync("unreadable");
    false
}

async fn run(app: &App, message: &SyncMessage, deadline: Timestamp) -> bool {
    match sync::run_leg(&app.domain, message, RunBudget { deadline }).await {
        Ok(outcome) => {
            tracing::info!(
                target: "sync", connection_id = %message.conn, model = %message.model, outcome = ?outcome,
                "a sync message was worked on"
            );
            telemetry::sync(outcome_name(&outcome));
            true
        }
        Err(error) => {
            tracing::error!(
                target: "sync", connection_id = %message.conn, model = %message.model, %error,
                "a sync could not be worked on"
            );
            telemetry::sync("error");
            false
        }
    }
}

/// Looks whether a system is back.
async fn look(app: &App, message: &ProbeMessage) -> bool {
    match probe::run(&app.domain, message).await {
        Ok(outcome) => {
            tracing::info!(target: "sync", connection_id = %message.conn, outcome = ?outcome, "a probe was worked on");
            telemetry::probe(probe_name(outcome));
            true
        }
        Err(error) => {
            tracing::error!(target: "sync", connection_id = %message.conn, %error, "a probe could not be worked on");
            telemetry::sync("error");
            false
        }
    }
}

async fn attempt(app: &App, message: &AttemptMessage) -> bool {
    match attempts::run(&app.domain, &message.ws, &message.link, &message.attempt).await {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(target: "sync", attempt = %message.attempt, %error, "an attempt could not be worked on");
            false
        }
    }
}

fn outcome_name(outcome: &sync::Outcome) -> &'static str {
    use sync::Outcome;
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::HandedOver => "handed_over",
        Outcome::NotDue => "not_due",
        Outcome::Held => "held",
        Outcome::Waiting => "waiting",
        Outcome::Stale => "stale",
    }
}

fn probe_name(outcome: probe::Outcome) -> &'static str {
    use probe::Outcome;
    match outcome {
        Outcome::Back => "back",
        Outcome::Down => "down",
        Outcome::Refused => "refused",
        Outcome::NotDue => "not_due",
        Outcome::Waiting => "waiting",
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
        assert_send(|app| {
            let app = app.clone();
            async move {
                crate::schedule::handle(&app, Timestamp::UNIX_EPOCH)
                    .await
                    .map(drop)
            }
        });
    }
}
