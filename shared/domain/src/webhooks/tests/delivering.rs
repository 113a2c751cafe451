//! From an event to its receivers, whatever is lost on the way.

use std::time::Duration;

use manifold_connectors::FaultKind;

use super::*;
use crate::{
    testing::Death,
    webhooks::{fan_out, ladder::ATTEMPTS},
};

#[tokio::test]
async fn an_event_reaches_each_endpoint_once_and_signed() {
    let story = Story::begin().await;
    let (one, secret) = story.endpoint("one.example").await;
    let (_, other_secret) = story.endpoint("other.example").await;
    let event = story.happen("conn_1").await;
    story.pump().await;
    let arrived = story.arrived("one.example").remove(0);
    assert_eq!(story.ids("one.example"), [event.as_str()]);
    assert_eq!(story.ids("other.example"), [event.as_str()]);
    assert!(is_signed(&secret, &arrived) && !is_signed(&other_secret, &arrived));
    let said = body(&arrived);
    assert_eq!(
        (&said["type"], &said["data"]["connection_id"]),
        (&json!("sync.succeeded"), &json!("conn_1"))
    );
    assert!(
        arrived
            .body
            .starts_with(br#"{"type":"sync.succeeded","timestamp":"2026-01-05T08:00:00.002Z","data":"#),
        "{said}"
    );
    let delivery = story.only(&one.id).await;
    assert_eq!(
        (delivery.status, delivery.event.as_str()),
        (DeliveryStatus::Succeeded, event.as_str())
    );
    assert_eq!(statuses(&delivery.attempts), [Some(204)]);
    assert_eq!(delivery.attempts[0].response.as_deref(), Some("an answer"));
    assert!(story.get(&one.id).await.last_success_at.is_some());
    story.check_quiet().await;
}

#[tokio::test]
async fn t37_filters_by_type_and_connection_are_honoured() {
    let story = Story::begin().await;
    story
        .endpoint_that("types.example", |settings| {
            settings.event_types = vec!["sync.failed".to_owned(), "connection.*".to_owned()];
        })
        .await;
    let failed = story.happen_as(EventType::SyncFailed, "conn_1").await;
    story.happen_as(EventType::SyncSucceeded, "conn_1").await;
    let down = story.happen_as(EventType::ConnectionUnreachable, "conn_2").await;
    story.pump().await;
    let mut ids = story.ids("types.example");
    ids.sort();
    assert_eq!(ids, [failed, down]);
    story.check_quiet().await;
}

#[tokio::test]
async fn t34_each_retry_has_the_same_id_and_body_and_a_signature_of_its_own() {
    let story = Story::begin().await;
    story.behave("down.example", Behaviour::Answers(500));
    let (endpoint, secret) = story.endpoint("down.example").await;
    let event = story.happen("conn_1").await;
    story.hours(2).await;
    let arrived = story.arrived("down.example");
    assert!(arrived.len() >= 7, "{} attempts", arrived.len());
    let mut timestamps = Vec::new();
    for attempt in &arrived {
        assert_eq!((&attempt.id, &attempt.body), (&event, &arrived[0].body));
        assert!(is_signed(&secret, attempt));
        assert_eq!(attempt.timestamp, attempt.at.as_second().to_string());
        timestamps.push(attempt.timestamp.clone());
    }
    timestamps.dedup();
    assert_eq!(timestamps.len(), arrived.len(), "each has a time of its own");
    story.behave("down.example", Behaviour::Answers(200));
    story.hours(4).await;
    assert_eq!(story.only(&endpoint.id).await.status, DeliveryStatus::Succeeded);
    story.check_quiet().await;
}

/// Attempts come at their times and not before, within the jitter; the thirteenth is the last.
#[tokio::test]
async fn t28_the_ladder_is_followed_to_its_end_and_then_parked() {
    const WAITS: [i64; 12] = [
        5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400,
    ];
    let story = Story::begin().await;
    story.behave("down.example", Behaviour::Silent(FaultKind::Timeout));
    let (endpoint, _) = story.endpoint("down.example").await;
    story.happen("conn_1").await;
    story.hours(110).await;
    let arrived = story.arrived("down.example");
    assert_eq!(arrived.len(), ATTEMPTS as usize);
    for (pair, wait) in arrived.windows(2).zip(WAITS) {
        let waited = pair[1].at.duration_since(pair[0].at).as_millis();
        let (least, most) = (i128::from(wait) * 1000, i128::from(wait) * 1100 + 2000);
        assert!(
            (least..=most).contains(&waited),
            "{waited} ms instead of {wait} s"
        );
    }
    let delivery = story.only(&endpoint.id).await;
    assert_eq!(delivery.status, DeliveryStatus::Failed);
    assert_eq!(delivery.attempts.len(), ATTEMPTS as usize);
    assert_eq!(delivery.attempts[0].milliseconds, 15_000);
    assert_eq!(delivery.attempts[0].error.as_deref(), Some("No answer."));
    story.pump().await;
    story.check_quiet().await;
}

#[tokio::test]
async fn t28_waking_early_sends_nothing() {
    let story = Story::begin().await;
    story.behave("down.example", Behaviour::Answers(500));
    let (endpoint, _) = story.endpoint("down.example").await;
    story.happen("conn_1").await;
    story.pump().await;
    let early = DeliverMessage::Lane {
        ws: story.ws.clone(),
        endpoint: endpoint.id.clone(),
    };
    for _ in 0..3 {
        let outcome = work(&story.test.domain, &early, story.deadline()).await.unwrap();
        assert_eq!(outcome, Outcome::NotDue.into());
        story.test.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(story.arrived("down.example").len(), 1);
}

#[tokio::test]
async fn t26_lost_messages_are_found_by_the_schedule_within_two_minutes() {
    let story = Story::begin().await;
    let (endpoint, _) = story.endpoint("one.example").await;
    let event = story.happen("conn_1").await;
    // The message that the event was to be fanned out is lost.
    story.test.queue.lose_all();
    story.test.clock.advance(Duration::from_secs(60));
    schedule::drive(&story.test.domain, story.deadline())
        .await
        .unwrap();
    let message = story.test.queue.take(QueueName::Deliver);
    fan_out(&story.test.domain, &story.ws, std::slice::from_ref(&event))
        .await
        .unwrap();
    assert_eq!(message.len(), 1);
    // And the one that its lane has something to do.
    story.test.queue.lose_all();
    assert_eq!(story.arrived("one.example").len(), 0);
    story.test.clock.advance(Duration::from_secs(60));
    story.minute().await;
    assert_eq!(story.ids("one.example"), [event]);
    assert_eq!(story.only(&endpoint.id).await.status, DeliveryStatus::Succeeded);
    story.check_quiet().await;
}

#[tokio::test]
async fn t26_doubled_and_stale_messages_send_nothing_twice() {
    let story = Story::begin().await;
    let (endpoint, _) = story.endpoint("one.example").await;
    let event = story.happen("conn_1").await;
    let messages = [
        DeliverMessage::Event {
            ws: story.ws.clone(),
            id: event.clone(),
        },
        DeliverMessage::Lane {
            ws: story.ws.clone(),
            endpoint: endpoint.id.clone(),
        },
    ];
    for _ in 0..3 {
        let both = messages
            .iter()
            .chain(&messages)
            .map(|message| work(&story.test.domain, message, story.deadline()));
        for outcome in futures_util::future::join_all(both).await {
            outcome.unwrap();
        }
        story.pump().await;
    }
    assert_eq!(story.ids("one.example"), [event]);
    story.check_quiet().await;
}

/// The process dies at every single call of DynamoDB between the event and the end of its delivery.
#[tokio::test]
async fn t32_an_event_survives_a_death_at_any_point() {
    let mut died = 0;
    for call in 0..60 {
        // Before the next call is after this one.
        let first = (call == 0).then_some(Death::Before(0));
        for death in first.into_iter().chain([Death::After(call)]) {
            let story = Story::begin().await;
            let (endpoint, _) = story.endpoint("one.example").await;
            let (failing, _) = story.endpoint("down.example").await;
            story.behave("down.example", Behaviour::Answers(500));
            let event = story.happen("conn_1").await;
            story.test.probe.die(death);
            for body in story.test.queue.take(QueueName::Deliver) {
                let message: DeliverMessage = serde_json::from_str(&body).unwrap();
                let _ = work(&story.test.domain, &message, story.deadline()).await;
                for body in story.test.queue.take(QueueName::Deliver) {
                    let message: DeliverMessage = serde_json::from_str(&body).unwrap();
                    let _ = work(&story.test.domain, &message, story.deadline()).await;
                }
            }
            if !story.test.probe.revive() {
                assert!(died > 15, "{died} deaths");
                return;
            }
            died += 1;
            // Everything in the process is gone, and every message.
            story.test.queue.lose_all();
            for _ in 0..4 {
                story.test.clock.advance(Duration::from_secs(60));
                story.minute().await;
            }
            let ids = story.ids("one.example");
            assert!((1..=2).contains(&ids.len()), "{death:?}: {ids:?}");
            assert!(ids.iter().all(|id| *id == event));
            let delivery = story.only(&endpoint.id).await;
            assert_eq!(delivery.status, DeliveryStatus::Succeeded, "{death:?}");
            let retried = story.only(&failing.id).await;
            assert_eq!(retried.status, DeliveryStatus::Pending, "{death:?}");
            assert!(retried.attempts.len() >= 3, "{death:?}: {retried:?}");
            story.behave("down.example", Behaviour::Answers(200));
            story.hours(2).await;
            assert_eq!(
                story.only(&failing.id).await.status,
                DeliveryStatus::Succeeded,
                "{death:?}"
            );
            story.check_quiet().await;
        }
    }
    panic!("it never came to its end");
}
