//! What invokes functions on AWS where no request does: the queue's poller and the minute schedule.

use std::{collections::HashMap, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use manifold_domain::ports::{Clock, Queue as _, QueueName, Received};
use manifold_functions::{app::App, deliver as deliveries, schedule, sync};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{queue::LocalQueue, stop::Stopped};

/// Workers on the sync queue: what template.yaml calls its maximum concurrency, for one machine.
pub const WORKERS: usize = 4;

/// Invocations of the deliver function at the same time: its maximum concurrency, for one machine.
const DELIVERIES: usize = 16;

/// The most messages of one event: the batch size in template.yaml.
const MOST_IN_BATCH: usize = 10;

/// How long a message is hidden: the queues' visibility timeouts in template.yaml.
const HIDDEN: Duration = Duration::from_secs(1_800);
const DELIVERY_HIDDEN: Duration = Duration::from_secs(450);

/// What a sync invocation may take: the function's timeout in template.yaml, less what answering takes.
const TIME_OF_SYNC: SignedDuration = SignedDuration::from_secs(295);

/// The same for its function.
const TIME_OF_DELIVERY: SignedDuration = SignedDuration::from_secs(70);

/// What a run of the schedule may take: the same for its function.
const TIME_OF_SCHEDULE: SignedDuration = SignedDuration::from_secs(50);

/// How often the schedule runs, by the stack's clock.
const MINUTE: Duration = Duration::from_secs(60);

/// How often it runs at the most, however fast the clock goes.
const SHORTEST_MINUTE: Duration = Duration::from_millis(100);

/// After a failure of the queue itself.
const PAUSE: Duration = Duration::from_secs(1);

/// Receives from the sync queue and hands batches to the sync function, one after another.
pub async fn work(app: App, queue: Arc<LocalQueue>, mut stopped: Stopped) {
    loop {
        tokio::select! {
            biased;
            () = stopped.wait() => return,
            () = queue.visible(QueueName::Sync) => {}
        }
        // A function works through its batch in order, so what there is is shared among the workers.
        let most = queue
            .backlog(QueueName::Sync)
            .div_ceil(WORKERS)
            .clamp(1, MOST_IN_BATCH);
        match queue.receive(QueueName::Sync, most, HIDDEN).await {
            Ok(batch) if batch.is_empty() => {}
            Ok(batch) => {
                let deadline = Timestamp::now() + TIME_OF_SYNC;
                let invocation = sync::handle(&app, event(QueueName::Sync, &batch), deadline);
                settle(&queue, QueueName::Sync, &batch, invocation).await;
            }
            Err(error) => {
                tracing::error!(target: "local", %error, "the queue cannot be read");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Receives from the deliver queue and hands batches to the deliver function, many side by side: one that waits for a
/// receiver holds up no other.
pub async fn deliver(app: App, queue: Arc<LocalQueue>, mut stopped: Stopped) {
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() >= DELIVERIES {
            under_way.join_next().await;
        }
        tokio::select! {
            biased;
            () = stopped.wait() => break,
            () = queue.visible(QueueName::Deliver) => {}
        }
        match queue
            .receive(QueueName::Deliver, MOST_IN_BATCH, DELIVERY_HIDDEN)
            .await
        {
            Ok(batch) if batch.is_empty() => {}
            Ok(batch) => {
                let (app, queue) = (app.clone(), Arc::clone(&queue));
                under_way.spawn(async move {
                    let deadline = Timestamp::now() + TIME_OF_DELIVERY;
                    let invocation = deliveries::handle(&app, event(QueueName::Deliver, &batch), deadline);
                    settle(&queue, QueueName::Deliver, &batch, invocation).await;
                });
            }
            Err(error) => {
                tracing::error!(target: "local", %error, "the queue cannot be read");
                sleep(PAUSE).await;
            }
        }
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
}

/// Waits for an invocation over a batch and deletes what is not reported as failed.
async fn settle(
    queue: &LocalQueue,
    name: QueueName,
    batch: &[Received],
    invocation: impl Future<Output = SqsBatchResponse>,
) {
    let Ok(response) = AssertUnwindSafe(invocation).catch_unwind().await else {
        let function = name.as_str();
        tracing::error!(target: "local", function, "a function broke down; its messages come again");
        return;
    };
    for message in batch {
        let failed = response
            .batch_item_failures
            .iter()
            .any(|item| item.item_identifier == message.message_id);
        if failed {
            continue;
        }
        if let Err(error) = queue.delete(name, &message.receipt).await {
            tracing::warn!(target: "local", %error, "a message that was handled comes again");
        }
    }
}

/// The event that Lambda's poller makes of a batch.
fn event(queue: QueueName, batch: &[Received]) -> SqsEvent {
    let mut event = SqsEvent::default();
    event.records = batch.iter().map(|message| record(queue, message)).collect();
    event
}

fn record(queue: QueueName, message: &Received) -> SqsMessage {
    let now = Timestamp::now().as_millisecond().to_string();
    let mut record = SqsMessage::default();
    record.message_id = Some(message.message_id.clone());
    record.receipt_handle = Some(message.receipt.clone());
    record.body = Some(message.body.clone());
    record.attributes = HashMap::from([
        (
            "ApproximateReceiveCount".to_owned(),
            message.receive_count.to_string(),
        ),
        ("ApproximateFirstReceiveTimestamp".to_owned(), now.clone()),
        ("SentTimestamp".to_owned(), now),
        ("SenderId".to_owned(), "local".to_owned()),
    ]);
    record.event_source = Some("aws:sqs".to_owned());
    record.event_source_arn = Some(format!("arn:aws:sqs:local:000000000000:local-{}", queue.as_str()));
    record.aws_region = Some("local".to_owned());
    record
}

/// Runs the schedule each minute of the stack's clock, beginning now.
pub async fn tick(app: App, clock: Arc<dyn Clock>, mut stopped: Stopped) {
    let minute = clock.real(MINUTE).max(SHORTEST_MINUTE);
    loop {
        let next = Instant::now() + minute;
        let deadline = Timestamp::now() + TIME_OF_SCHEDULE;
        match AssertUnwindSafe(schedule::handle(&app, deadline))
            .catch_unwind()
            .await
        {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::error!(target: "local", %error, "the schedule failed; the next minute tries again")
            }
            Err(_) => {
                tracing::error!(target: "local", "the schedule broke down; the next minute tries again")
            }
        }
        tokio::select! {
            biased;
            () = stopped.wait() => return,
            () = sleep_until(next) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_becomes_the_event_of_lambdas_poller() {
        let message = Received {
            message_id: "msg_1".to_owned(),
            receipt: "msg_1#3".to_owned(),
            body: "{}".to_owned(),
            receive_count: 3,
        };
        let event = serde_json::to_value(event(QueueName::Sync, &[message])).unwrap();
        let record = &event["Records"][0];
        assert_eq!(record["messageId"], "msg_1");
        assert_eq!(record["receiptHandle"], "msg_1#3");
        assert_eq!(record["body"], "{}");
        assert_eq!(record["attributes"]["ApproximateReceiveCount"], "3");
        assert_eq!(record["eventSource"], "aws:sqs");
    }
}
