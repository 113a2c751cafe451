//! Endpoints that fail: what they cost others, and what becomes of them.

use std::time::Duration;

use manifold_connectors::FaultKind;

use super::*;
use crate::webhooks::{EndpointPatch, EndpointStatus, Only, Range, change, replay_range};

#[tokio::test]
async fn t33_an_endpoint_that_says_gone_is_disabled_at_once() {
    let story = Story::begin().await;
    let (other, _) = story.endpoint("other.example").await;
    story.behave("gone.example", Behaviour::Answers(410));
    let (endpoint, _) = story.endpoint("gone.example").await;
    for _ in 0..20 {
        story.happen("conn_1").await;
    }
    story.pump().await;
    assert!(story.arrived("gone.example").len() <= 4, "nothing more is sent");
    let now = story.get(&endpoint.id).await;
    assert_eq!(now.status, EndpointStatus::Disabled);
    assert!(now.disabled_reason.unwrap().contains("410"));
    assert_eq!(
        story
            .told()
            .await
            .iter()
            .filter(|kind| **kind == "endpoint.disabled")
            .count(),
        1
    );
    let told = story.arrived("other.example").pop().unwrap();
    assert_eq!(body(&told)["type"], "endpoint.disabled");
    assert_eq!(body(&told)["data"]["endpoint_id"], endpoint.id.as_str());
    assert_eq!(
        story.get(&other.id).await.status,
        EndpointStatus::Enabled,
        "no other is touched"
    );
    story.hours(1).await;
    story.check_quiet().await;
}

#[tokio::test]
async fn t33_a_pause_that_is_asked_for_is_kept_by_the_whole_endpoint() {
    let story = Story::begin().await;
    story.behave("busy.example", Behaviour::AsksForPause(429, 1800));
    story.endpoint("busy.example").await;
    story.happen("conn_1").await;
    story.pump().await;
    let begun = story.arrived("busy.example")[0].at;
    story.happen("conn_1").await;
    story.happen("conn_1").await;
    story.until(begun + Duration::from_secs(1790)).await;
    assert_eq!(
        story.arrived("busy.example").len(),
        1,
        "nothing is sent during the pause"
    );
    story.behave("busy.example", Behaviour::Answers(200));
    story.hours(1).await;
    let arrived = story.arrived("busy.example");
    assert_eq!(arrived.len(), 4);
    for later in &arrived[1..] {
        assert!(later.at.duration_since(begun).as_secs() >= 1800, "{later:?}");
    }
    story.check_quiet().await;
}

/// 3xx, silence, and an answer that is cut off are failures like any other, and are in the log.
#[tokio::test]
async fn t33_whatever_is_no_success_is_tried_again_and_logged() {
    let story = Story::begin().await;
    let kinds = [
        ("redirect.example", Behaviour::Answers(302), Some(302)),
        ("error.example", Behaviour::Answers(500), Some(500)),
        ("hang.example", Behaviour::Silent(FaultKind::Timeout), None),
        ("reset.example", Behaviour::Silent(FaultKind::Unreachable), None),
        ("tls.example", Behaviour::Silent(FaultKind::Tls), None),
        ("dns.example", Behaviour::Silent(FaultKind::Unresolved), None),
    ];
    let mut endpoints = Vec::new();
    for (host, behaviour, status) in kinds {
        story.behave(host, behaviour);
        endpoints.push((host, story.endpoint(host).await.0, status));
    }
    story.happen("conn_1").await;
    story.pump().await;
    for (host, endpoint, status) in &endpoints {
        let delivery = story.only(&endpoint.id).await;
        assert_eq!(delivery.status, DeliveryStatus::Pending, "{host}");
        assert_eq!(statuses(&delivery.attempts), [*status], "{host}");
        assert_eq!(
            delivery.attempts[0].error.is_some(),
            status.is_none(),
            "{host}: {delivery:?}"
        );
        assert!(story.get(&endpoint.id).await.failing_since.is_some());
        story.behave(host, Behaviour::Answers(200));
    }
    story.hours(1).await;
    for (host, endpoint, _) in &endpoints {
        let delivery = story.only(&endpoint.id).await;
        assert_eq!(delivery.status, DeliveryStatus::Succeeded, "{host}");
        assert_eq!(delivery.attempts.len(), 2, "{host}");
        assert_eq!(story.get(&endpoint.id).await.failing_since, None, "{host}");
    }
    story.check_quiet().await;
}

#[tokio::test]
async fn t37_a_dead_endpoint_delays_no_other() {
    let story = Story::begin().await;
    for number in 0..4 {
        story.endpoint(&format!("good{number}.example")).await;
    }
    story.behave("dead.example", Behaviour::Silent(FaultKind::Timeout));
    story.endpoint("dead.example").await;
    let mut events = Vec::new();
    for _ in 0..50 {
        events.push(story.happen("conn_1").await);
    }
    story.pump().await;
    for number in 0..4 {
        let mut ids = story.ids(&format!("good{number}.example"));
        ids.sort();
        assert_eq!(ids, events);
    }
    assert!(
        story.test.receivers.most_in_flight("dead.example") <= 4,
        "{} in flight",
        story.test.receivers.most_in_flight("dead.example")
    );
    assert!(
        story.test.receivers.most_in_flight("good0.example") > 4,
        "the others are not held back: {}",
        story.test.receivers.most_in_flight("good0.example")
    );
}

#[tokio::test]
async fn t38_warned_after_three_days_disabled_after_five_and_sent_again_in_order() {
    let story = Story::begin().await;
    let (other, _) = story
        .endpoint_that("other.example", |settings| {
            settings.event_types = vec!["endpoint.*".to_owned()];
        })
        .await;
    story.behave("down.example", Behaviour::Answers(503));
    let (endpoint, _) = story.endpoint("down.example").await;
    let begun = story.now();
    let mut events = Vec::new();
    // Something happens every six hours for six days.
    for _ in 0..24 {
        events.push(story.happen("conn_1").await);
        story.hours(6).await;
    }
    let told: Vec<(Value, i64)> = story
        .arrived("other.example")
        .iter()
        .map(|arrived| {
            let hours = arrived.at.duration_since(begun).as_hours();
            (body(arrived)["type"].clone(), hours)
        })
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0].0, "endpoint.failing");
    assert!((72..=79).contains(&told[0].1), "{told:?}");
    assert_eq!(told[1].0, "endpoint.disabled");
    assert!((120..=127).contains(&told[1].1), "{told:?}");
    let now = story.get(&endpoint.id).await;
    assert_eq!(now.status, EndpointStatus::Disabled);
    assert!(now.disabled_reason.unwrap().contains("five days"));
    assert_eq!(story.get(&other.id).await.status, EndpointStatus::Enabled);
    story.check_quiet().await;

    // Mended, enabled, and everything since the beginning is sent again: each once, in order.
    story.behave("down.example", Behaviour::Answers(200));
    story.test.receivers.forget();
    let enabled = EndpointPatch {
        status: Some(EndpointStatus::Enabled),
        ..EndpointPatch::default()
    };
    change(&story.test.domain, &story.ws, &endpoint.id, &somebody(), &enabled)
        .await
        .unwrap();
    let range = Range {
        since: begun,
        until: None,
        only: Only::Failed,
    };
    replay_range(&story.test.domain, &story.ws, &endpoint.id, &somebody(), range)
        .await
        .unwrap();
    story.pump().await;
    assert_eq!(story.ids("down.example"), events);
    let log = story.log(&endpoint.id).await;
    assert!(
        log.iter()
            .all(|delivery| delivery.status == DeliveryStatus::Succeeded)
    );
    story.check_quiet().await;
}
