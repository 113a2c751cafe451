//! Endpoints: their settings, secrets, and what becomes of messages on their way when they change.

use std::time::Duration;

use futures_util::future::join_all;

use super::*;
use crate::{
    error::{Code, Problem},
    webhooks::{EndpointPatch, EndpointStatus, MOST_ENDPOINTS, change, delete, list, rotate_secret, test},
};

async fn patch(story: &Story, ep: &str, patch: EndpointPatch) -> Endpoint {
    change(&story.test.domain, &story.ws, ep, &somebody(), &patch)
        .await
        .unwrap()
}

#[tokio::test]
async fn t35_both_secrets_sign_during_the_overlap_and_only_the_new_one_after() {
    let story = Story::begin().await;
    let (endpoint, old) = story.endpoint("one.example").await;
    let overlap = Duration::from_secs(3600);
    let (_, new) = rotate_secret(&story.test.domain, &story.ws, &endpoint.id, &somebody(), overlap)
        .await
        .unwrap();
    let new = new.expose_secret();
    assert!(new.starts_with("whsec_") && *new != old);
    story.happen("conn_1").await;
    story.pump().await;
    let during = story.arrived("one.example").remove(0);
    assert!(is_signed(&old, &during) && is_signed(new, &during));
    assert_eq!(during.signature.split(' ').count(), 2);
    story.test.clock.advance(overlap);
    story.happen("conn_1").await;
    story.pump().await;
    let after = story.arrived("one.example").remove(1);
    assert!(!is_signed(&old, &after) && is_signed(new, &after));
    // A secret that leaked ends at once.
    let (_, newest) = rotate_secret(
        &story.test.domain,
        &story.ws,
        &endpoint.id,
        &somebody(),
        Duration::ZERO,
    )
    .await
    .unwrap();
    story.happen("conn_1").await;
    story.pump().await;
    let last = story.arrived("one.example").remove(2);
    assert!(!is_signed(new, &last) && is_signed(newest.expose_secret(), &last));
}

#[tokio::test]
async fn a_change_of_an_endpoint_that_has_nothing_to_do_leaves_nothing_due() {
    let story = Story::begin().await;
    let (endpoint, _) = story.endpoint("one.example").await;
    let moved = Some("https://two.example/hook".to_owned());
    for (url, status) in [
        (moved, None),
        (None, Some(EndpointStatus::Disabled)),
        (None, Some(EndpointStatus::Enabled)),
    ] {
        let settings = EndpointPatch {
            url,
            status,
            ..EndpointPatch::default()
        };
        patch(&story, &endpoint.id, settings).await;
        story.minute().await;
        story.check_quiet().await;
    }
}

#[tokio::test]
async fn t36_a_new_address_gets_the_retries() {
    let story = Story::begin().await;
    story.behave("old.example", Behaviour::Answers(500));
    let (endpoint, _) = story.endpoint("old.example").await;
    let event = story.happen("conn_1").await;
    story.pump().await;
    let moved = EndpointPatch {
        url: Some("https://new.example/hook".to_owned()),
        ..EndpointPatch::default()
    };
    patch(&story, &endpoint.id, moved).await;
    story.hours(1).await;
    assert_eq!(story.ids("old.example").len(), 1);
    assert_eq!(story.ids("new.example"), [event]);
    story.check_quiet().await;
}

#[tokio::test]
async fn t36_what_is_on_its_way_to_a_deleted_endpoint_is_dropped_quietly() {
    let story = Story::begin().await;
    story.behave("gone.example", Behaviour::Answers(500));
    let (endpoint, _) = story.endpoint("gone.example").await;
    story.happen("conn_1").await;
    story.pump().await;
    story.happen("conn_1").await;
    delete(&story.test.domain, &story.ws, &endpoint.id, &somebody())
        .await
        .unwrap();
    story.hours(2).await;
    assert_eq!(story.arrived("gone.example").len(), 1);
    story.check_quiet().await;
    let key = keys::lane(&story.ws, &endpoint.id);
    let lane = story
        .test
        .domain
        .store
        .get_item(Row::Lane, Table::State, &key)
        .await
        .unwrap();
    assert!(lane.is_none(), "its lane is gone too");
    let missing = super::super::get(&story.test.domain, &story.ws, &endpoint.id).await;
    assert!(matches!(missing, Err(Problem::NotFound(_))));
    assert!(list(&story.test.domain, &story.ws).await.unwrap().is_empty());
}

#[tokio::test]
async fn t36_what_is_on_its_way_to_a_disabled_endpoint_is_parked() {
    let story = Story::begin().await;
    story.behave("down.example", Behaviour::Answers(500));
    let (endpoint, _) = story.endpoint("down.example").await;
    story.happen("conn_1").await;
    story.pump().await;
    let off = EndpointPatch {
        status: Some(EndpointStatus::Disabled),
        ..EndpointPatch::default()
    };
    let shown = patch(&story, &endpoint.id, off).await;
    assert_eq!(
        (shown.status, shown.failing_since),
        (EndpointStatus::Disabled, None)
    );
    story.happen("conn_1").await;
    story.hours(2).await;
    assert_eq!(story.arrived("down.example").len(), 1);
    let delivery = story.only(&endpoint.id).await;
    assert_eq!(delivery.status, DeliveryStatus::Failed);
    assert!(delivery.reason.unwrap().contains("disabled"));
    story.check_quiet().await;
}

#[tokio::test]
async fn a_test_says_what_became_of_it_and_is_in_the_log() {
    let story = Story::begin().await;
    let (endpoint, secret) = story
        .endpoint_that("one.example", |settings| {
            settings.event_types = vec!["sync.failed".to_owned()];
        })
        .await;
    let (bystander, _) = story.endpoint("other.example").await;
    let good = test(&story.test.domain, &story.ws, &endpoint.id, &somebody())
        .await
        .unwrap();
    assert_eq!(
        (good.status, good.kind),
        (DeliveryStatus::Succeeded, EventType::EndpointTest)
    );
    let arrived = story.arrived("one.example").remove(0);
    assert!(is_signed(&secret, &arrived));
    assert_eq!(body(&arrived)["data"]["endpoint_id"], endpoint.id.as_str());
    story.behave("one.example", Behaviour::Answers(404));
    story.test.clock.advance(Duration::from_secs(1));
    let bad = test(&story.test.domain, &story.ws, &endpoint.id, &somebody())
        .await
        .unwrap();
    assert_eq!(
        (bad.status, statuses(&bad.attempts)),
        (DeliveryStatus::Failed, vec![Some(404)])
    );
    assert_eq!(story.log(&endpoint.id).await.len(), 2);
    story.hours(1).await;
    assert_eq!(story.arrived("one.example").len(), 2, "nothing is retried");
    assert_eq!(
        story.log(&bystander.id).await.len(),
        0,
        "and nobody else hears of it"
    );
    story.check_quiet().await;
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_each_by_name() {
    let story = Story::begin().await;
    let settings = EndpointSettings {
        url: "http://inside.internal/hook".to_owned(),
        description: Some("x".repeat(501)),
        event_types: vec!["sync.*".to_owned(), "sync.done".to_owned()],
        connection_ids: vec!["conn_nobody".to_owned(), "x".repeat(5000)],
        batch: true,
        initial: false,
    };
    let refused = create(&story.test.domain, &story.ws, &somebody(), settings.clone()).await;
    let Err(Problem::InvalidFields(problems)) = refused else {
        panic!("{refused:?}");
    };
    let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    let all = [
        "/url",
        "/event_types/1",
        "/connection_ids/0",
        "/connection_ids/1",
        "/description",
    ];
    assert_eq!(pointers, all);
    for url in ["", "no address", "https://", "//example.com"] {
        let settings = EndpointSettings {
            url: url.to_owned(),
            description: None,
            event_types: vec![],
            connection_ids: vec![],
            ..settings.clone()
        };
        let refused = create(&story.test.domain, &story.ws, &somebody(), settings).await;
        assert!(matches!(refused, Err(Problem::InvalidFields(_))), "{url}");
    }
}

#[tokio::test]
async fn a_workspace_has_a_bounded_number_of_endpoints() {
    let story = Story::begin().await;
    for number in 0..MOST_ENDPOINTS {
        story.endpoint(&format!("host{number}.example")).await;
    }
    let settings = EndpointSettings {
        url: "https://more.example/".to_owned(),
        description: None,
        event_types: vec![],
        connection_ids: vec![],
        batch: true,
        initial: false,
    };
    let make = async || create(&story.test.domain, &story.ws, &somebody(), settings.clone()).await;
    assert_eq!(make().await.unwrap_err().code(), Code::Conflict);
    // Room for one, and many who want it.
    let first = list(&story.test.domain, &story.ws).await.unwrap().remove(0);
    delete(&story.test.domain, &story.ws, &first.id, &somebody())
        .await
        .unwrap();
    let made = join_all((0..6).map(|_| make())).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    story.happen("conn_1").await;
    story.pump().await;
    for number in 1..MOST_ENDPOINTS {
        assert_eq!(story.ids(&format!("host{number}.example")).len(), 1, "{number}");
    }
    story.check_quiet().await;
}
