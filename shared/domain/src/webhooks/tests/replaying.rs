//! Sending again, by id and by range.

use std::time::Duration;

use super::*;
use crate::{
    error::{Code, Problem},
    webhooks::{Only, Range, replay, replay_range},
};

async fn range(story: &Story, ep: &str, since: Timestamp, only: Only) {
    let range = Range {
        since,
        until: None,
        only,
    };
    replay_range(&story.test.domain, &story.ws, ep, &somebody(), range)
        .await
        .unwrap();
}

#[tokio::test]
async fn t39_a_replay_beside_a_pending_retry_makes_no_second_chain() {
    let story = Story::begin().await;
    story.behave("down.example", Behaviour::Answers(500));
    let (endpoint, _) = story.endpoint("down.example").await;
    story.happen("conn_1").await;
    story.hours(1).await;
    let before = story.arrived("down.example").len();
    let delivery = story.only(&endpoint.id).await;
    for _ in 0..3 {
        replay(&story.test.domain, &story.ws, &delivery.id, &somebody())
            .await
            .unwrap();
    }
    story.pump().await;
    assert_eq!(
        story.arrived("down.example").len(),
        before + 1,
        "the replays are one attempt"
    );
    // A failed replay is retried, and the retry that was pending is not made besides.
    story.test.receivers.forget();
    story.hours(100).await;
    assert_eq!(story.arrived("down.example").len(), 12, "one ladder, not two");
    assert_eq!(story.only(&endpoint.id).await.status, DeliveryStatus::Failed);
    story.check_quiet().await;
}

#[tokio::test]
async fn what_arrived_can_be_sent_again_and_keeps_its_id() {
    let story = Story::begin().await;
    let (endpoint, _) = story.endpoint("one.example").await;
    let event = story.happen("conn_1").await;
    story.pump().await;
    let delivery = story.only(&endpoint.id).await;
    let again = replay(&story.test.domain, &story.ws, &delivery.id, &somebody())
        .await
        .unwrap();
    assert_eq!(again.status, DeliveryStatus::Pending);
    story.pump().await;
    assert_eq!(story.ids("one.example"), [event.as_str(), event.as_str()]);
    let delivery = story.only(&endpoint.id).await;
    assert_eq!(delivery.attempts.len(), 2, "both are in the log");
    story.check_quiet().await;
}

#[tokio::test]
async fn a_range_is_sent_again_in_order_whole_or_only_what_failed() {
    let story = Story::begin().await;
    let (endpoint, _) = story.endpoint("one.example").await;
    let mut events = Vec::new();
    for number in 0..120 {
        let behaviour = Behaviour::Answers(if number % 3 == 0 { 500 } else { 200 });
        story.behave("one.example", behaviour);
        events.push(story.happen("conn_1").await);
        story.pump().await;
    }
    story.hours(100).await;
    let failed: Vec<String> = events.iter().step_by(3).cloned().collect();
    let parked = |log: &[Delivery]| -> Vec<String> {
        let failed = log
            .iter()
            .filter(|delivery| delivery.status == DeliveryStatus::Failed);
        failed.map(|delivery| delivery.event.clone()).collect()
    };
    // The last behaviour was a success: whatever was retried arrived.
    assert_eq!(parked(&story.log(&endpoint.id).await), Vec::<String>::new());
    story.behave("one.example", Behaviour::Answers(200));
    story.test.receivers.forget();
    range(&story, &endpoint.id, Timestamp::UNIX_EPOCH, Only::Failed).await;
    story.pump().await;
    assert_eq!(
        story.ids("one.example"),
        Vec::<String>::new(),
        "nothing is missing"
    );
    range(&story, &endpoint.id, Timestamp::UNIX_EPOCH, Only::All).await;
    story.pump().await;
    assert_eq!(story.ids("one.example"), events, "each once, in order");
    assert_eq!(failed.len(), 40);
    story.check_quiet().await;
}

/// A round may be many messages: what its owner does with an endpoint counts at once, not when the round is over.
#[tokio::test]
async fn t36_an_owners_change_counts_in_the_middle_of_a_round() {
    for way in ["disabled", "deleted", "moved"] {
        let story = Story::begin().await;
        let (endpoint, _) = story.endpoint("old.example").await;
        let mut events = Vec::new();
        for _ in 0..60 {
            events.push(story.happen("conn_1").await);
        }
        story.pump().await;
        story.test.receivers.forget();
        story.behave("old.example", Behaviour::Takes(400));
        range(&story, &endpoint.id, Timestamp::UNIX_EPOCH, Only::All).await;
        let (domain, ws) = (&story.test.domain, &story.ws);
        let acting = async {
            while story.arrived("old.example").len() < 4 {
                tokio::task::yield_now().await;
            }
            let mut patch = crate::webhooks::EndpointPatch::default();
            match way {
                "deleted" => {
                    return crate::webhooks::delete(domain, ws, &endpoint.id, &somebody())
                        .await
                        .unwrap();
                }
                "moved" => patch.url = Some("https://new.example/hook".to_owned()),
                _ => patch.status = Some(crate::webhooks::EndpointStatus::Disabled),
            }
            crate::webhooks::change(domain, ws, &endpoint.id, &somebody(), &patch)
                .await
                .unwrap();
        };
        tokio::join!(story.pump(), acting);
        story.pump().await;
        let old = story.ids("old.example").len();
        assert!(
            (4..30).contains(&old),
            "{way}: {old} of 60 went to the old address"
        );
        let new = story.ids("new.example");
        let expected: &[String] = if way == "moved" { &events[old..] } else { &[] };
        assert_eq!(new, expected, "{way}");
        story.minute().await;
        story.check_quiet().await;
    }
}

#[tokio::test]
async fn a_replay_needs_an_endpoint_that_is_there_and_enabled() {
    let story = Story::begin().await;
    let (endpoint, _) = story.endpoint("one.example").await;
    story.happen("conn_1").await;
    story.pump().await;
    let delivery = story.only(&endpoint.id).await;
    let domain = &story.test.domain;
    let off = crate::webhooks::EndpointPatch {
        status: Some(crate::webhooks::EndpointStatus::Disabled),
        ..Default::default()
    };
    crate::webhooks::change(domain, &story.ws, &endpoint.id, &somebody(), &off)
        .await
        .unwrap();
    let one = replay(domain, &story.ws, &delivery.id, &somebody()).await;
    assert_eq!(one.unwrap_err().code(), Code::Conflict);
    let all = Range {
        since: Timestamp::UNIX_EPOCH,
        until: None,
        only: Only::All,
    };
    let many = replay_range(domain, &story.ws, &endpoint.id, &somebody(), all).await;
    assert_eq!(many.unwrap_err().code(), Code::Conflict);
    let backwards = Range {
        since: story.now() + Duration::from_secs(1),
        ..all
    };
    let refused = replay_range(domain, &story.ws, &endpoint.id, &somebody(), backwards).await;
    assert!(matches!(refused, Err(Problem::InvalidFields(_))));
    for id in ["", "dlv_1", "evt_1", &delivery.id.replace("dlv_", "dlx_")] {
        let missing = replay(domain, &story.ws, id, &somebody()).await;
        assert!(matches!(missing, Err(Problem::NotFound(_))), "{id}");
    }
    let other = workspace::create(domain, &somebody(), "Other", 1)
        .await
        .unwrap()
        .0;
    let foreign = replay(domain, &other.id, &delivery.id, &somebody()).await;
    assert!(matches!(foreign, Err(Problem::NotFound(_))));
}
