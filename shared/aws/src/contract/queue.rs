//! The contract of the queue port.

use std::time::Duration;

use manifold_domain::ports::{MAX_DELAY, PortError, Queue, QueueName, Received};

/// What becomes of a message that is deleted with the receipt of an earlier receiving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// The message stays, as on AWS: whoever received it since is still working on it.
    Kept,
    /// Not looked at: moto deletes the message by any receipt that it ever had.
    Unchecked,
}

/// How long messages are delayed and hidden here: the shortest that SQS knows.
const SECOND: Duration = Duration::from_secs(1);
/// Enough for both to be over, whatever the service rounds.
const LONGER: Duration = Duration::from_millis(1_200);

/// Runs the contract on `name` and checks that `other` stays empty. Both must be empty at the start,
/// and nobody else may use them. `pass_time` lets that much of the queue's time go by, once or twice.
///
/// # Panics
/// Where the adapter breaks the contract.
pub async fn queue(
    queue: &dyn Queue,
    name: QueueName,
    other: QueueName,
    stale: Stale,
    pass_time: impl AsyncFn(Duration),
) {
    let odd = "{\"id\":\"conn_1\",\"text\":\"é ß 漢 \\\" \\n 😀 <&>\"}";
    refuses(queue, name).await;

    send(queue, name, odd, Duration::ZERO).await;
    send(queue, name, "late", SECOND).await;
    assert!(take(queue, other, 0, SECOND).await.is_empty(), "queues are apart");
    let first = take(queue, name, 1, SECOND).await;
    assert_eq!(
        bodies(&first),
        [odd],
        "what is sent is received as it was, and a delayed message is not there yet"
    );
    assert_eq!(first[0].receive_count, 1, "the first receiving counts as one");
    assert!(
        take(queue, name, 0, SECOND).await.is_empty(),
        "a received message is hidden"
    );

    pass_time(LONGER).await;
    let mut second = take(queue, name, 2, SECOND).await;
    second.sort_by(|a, b| a.body.cmp(&b.body));
    assert_eq!(
        bodies(&second),
        ["late", odd],
        "a hidden message comes back, and a delay ends"
    );
    let (late, again) = (&second[0], &second[1]);
    assert_eq!(late.receive_count, 1, "a delay is no receiving");
    assert_eq!(again.receive_count, 2, "each receiving counts");
    assert_eq!(again.message_id, first[0].message_id, "a message keeps its id");
    assert_ne!(
        again.message_id, late.message_id,
        "messages have ids of their own"
    );
    assert_ne!(
        again.receipt, first[0].receipt,
        "each receiving has a receipt of its own"
    );

    delete(queue, name, &late.receipt).await;
    delete(queue, name, &late.receipt).await;
    delete(queue, name, "no-such-receipt").await;
    let mut last = again.receipt.clone();
    if stale == Stale::Kept {
        delete(queue, name, &first[0].receipt).await;
        pass_time(LONGER).await;
        let third = take(queue, name, 1, SECOND).await;
        assert_eq!(
            bodies(&third),
            [odd],
            "a stale receipt deletes nothing, and a deleted message stays away"
        );
        assert_eq!(third[0].receive_count, 3, "each receiving counts");
        last.clone_from(&third[0].receipt);
    }
    delete(queue, name, &last).await;

    for n in 0..11 {
        send(queue, name, &format!("many {n:02}"), Duration::ZERO).await;
    }
    let many = take(queue, name, 11, Duration::from_secs(60)).await;
    let mut seen = bodies(&many);
    seen.sort_unstable();
    let all: Vec<String> = (0..11).map(|n| format!("many {n:02}")).collect();
    assert_eq!(
        seen, all,
        "each message is received once while it is hidden, and deleted ones are gone"
    );
    for message in &many {
        delete(queue, name, &message.receipt).await;
    }
}

/// What is a bug of ours is refused, and sends nothing.
async fn refuses(queue: &dyn Queue, name: QueueName) {
    let refused = |result| matches!(result, Err(PortError::Refused(_)));
    let over = MAX_DELAY + Duration::from_millis(1);
    assert!(
        refused(queue.send(name, "over", over).await),
        "a delay over the longest is refused"
    );
    let large = "x".repeat(1024 * 1024 + 1);
    assert!(
        refused(queue.send(name, &large, Duration::ZERO).await),
        "a message over 1 MiB is refused"
    );
    assert!(
        take(queue, name, 0, SECOND).await.is_empty(),
        "what is refused is not sent"
    );
}

async fn send(queue: &dyn Queue, name: QueueName, body: &str, delay: Duration) {
    queue.send(name, body, delay).await.expect("a message is sent");
}

async fn delete(queue: &dyn Queue, name: QueueName, receipt: &str) {
    queue
        .delete(name, receipt)
        .await
        .expect("deleting succeeds, whatever the receipt");
}

/// Receives until `expected` messages are there. SQS asks only some of its servers at a time, so one
/// empty answer says little; one receiving never brings more than asked.
async fn take(queue: &dyn Queue, name: QueueName, expected: usize, visibility: Duration) -> Vec<Received> {
    let mut all = Vec::new();
    for _ in 0..expected + 5 {
        let some = queue
            .receive(name, 10, visibility)
            .await
            .expect("receiving succeeds");
        assert!(some.len() <= 10, "at most ten messages are received at once");
        let empty = some.is_empty();
        all.extend(some);
        if all.len() > expected || (empty && all.len() >= expected) {
            break;
        }
    }
    all
}

fn bodies(messages: &[Received]) -> Vec<&str> {
    messages.iter().map(|message| message.body.as_str()).collect()
}
