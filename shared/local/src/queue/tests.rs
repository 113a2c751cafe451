use std::{sync::Arc, time::Duration};

use manifold_aws::contract;
use manifold_domain::{
    ports::{Queue as _, QueueName, QueueName::Sync},
    testing::{SeededIds, TestClock},
};

use super::*;
use crate::embedded::Embedded;

const HIDDEN: Duration = Duration::from_secs(30);

async fn open(embedded: &Embedded, clock: &Arc<TestClock>) -> LocalQueue {
    let ids = Arc::new(SeededIds::default());
    LocalQueue::open(embedded.local(), clock.clone(), ids)
        .await
        .unwrap()
}

#[tokio::test]
async fn keeps_the_contract_of_the_port() {
    let embedded = Embedded::start(None).await.unwrap();
    let clock = Arc::new(TestClock::default());
    let queue = open(&embedded, &clock).await;
    let pass = async |time: Duration| clock.advance(time);
    contract::queue(&queue, Sync, QueueName::Deliver, contract::Stale::Kept, pass).await;
}

#[tokio::test]
async fn a_message_outlives_the_process_and_whoever_had_taken_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifold.db");
    let clock = Arc::new(TestClock::default());
    let first = Embedded::start(Some(&file)).await.unwrap();
    let queue = open(&first, &clock).await;
    queue.send(Sync, "taken", Duration::ZERO).await.unwrap();
    queue.receive(Sync, 10, HIDDEN).await.unwrap();
    queue.send(Sync, "late", Duration::from_secs(60)).await.unwrap();
    drop((queue, first));

    let second = Embedded::start(Some(&file)).await.unwrap();
    let queue = open(&second, &clock).await;
    let received = queue.receive(Sync, 10, HIDDEN).await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(
        (received[0].body.as_str(), received[0].receive_count),
        ("taken", 2)
    );
    clock.advance(Duration::from_secs(60));
    assert_eq!(queue.backlog(Sync), 2);
}

#[tokio::test]
async fn what_is_received_too_often_goes_to_the_dead_letters() {
    let embedded = Embedded::start(None).await.unwrap();
    let clock = Arc::new(TestClock::default());
    let queue = open(&embedded, &clock).await;
    queue.send(Sync, "poison", Duration::ZERO).await.unwrap();
    for count in 1..=MOST_RECEIVES {
        let received = queue.receive(Sync, 10, HIDDEN).await.unwrap();
        assert_eq!(received[0].receive_count, count);
        clock.advance(HIDDEN);
    }
    assert_eq!(queue.receive(Sync, 10, HIDDEN).await.unwrap(), []);
    assert_eq!(queue.dead_letters(Sync).await.unwrap(), ["poison"]);
    assert_eq!(
        open(&embedded, &clock).await.backlog(Sync),
        0,
        "nor is it there after a restart"
    );
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_what_arrives_and_with_a_delay() {
    let embedded = Embedded::start(None).await.unwrap();
    let clock = Arc::new(TestClock::default());
    let queue = Arc::new(open(&embedded, &clock).await);
    let waiter = tokio::spawn({
        let queue = queue.clone();
        async move { queue.visible(Sync).await }
    });
    tokio::task::yield_now().await;
    queue.send(Sync, "at once", Duration::ZERO).await.unwrap();
    waiter.await.unwrap();

    queue.receive(Sync, 10, HIDDEN).await.unwrap();
    clock.advance(HIDDEN);
    queue.visible(Sync).await;
}
