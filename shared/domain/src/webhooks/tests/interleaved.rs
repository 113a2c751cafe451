//! Whatever meets whatever: in the end each event has reached the receiver under one id, and nothing is left over.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;
use crate::{
    error::{Code, Problem},
    testing::each_case,
    webhooks::{EndpointPatch, EndpointStatus, Only, Range, change, replay, replay_range, rotate_secret},
};

const HOST: &str = "one.example";

/// What somebody does, or what befalls, while other things go on.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Happen,
    Disconnected,
    Work,
    Lose,
    Minute,
    Wait(u64),
    Replay(usize),
    ReplayRange(bool),
    Disable,
    Enable,
    Rotate(u64),
    Behave(u16),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => Just(Deed::Happen),
        1 => Just(Deed::Disconnected),
        5 => Just(Deed::Work),
        2 => Just(Deed::Lose),
        3 => Just(Deed::Minute),
        3 => (1_u64..7_200).prop_map(Deed::Wait),
        3 => (0_usize..8).prop_map(Deed::Replay),
        2 => any::<bool>().prop_map(Deed::ReplayRange),
        1 => Just(Deed::Disable),
        2 => Just(Deed::Enable),
        1 => (0_u64..7_200).prop_map(Deed::Rotate),
        4 => prop::sample::select(vec![200_u16, 204, 302, 429, 500, 503]).prop_map(Deed::Behave),
    ]
}

/// Deeds in turns: those of one turn are done at the same time.
fn turns() -> impl Strategy<Value = Vec<Vec<Deed>>> {
    prop::collection::vec(prop::collection::vec(deed(), 1..4), 1..12)
}

#[test]
fn t39_each_event_arrives_under_one_id_whatever_meets_whatever() {
    each_case(25, &turns(), play);
}

async fn play(turns: Vec<Vec<Deed>>) {
    let story = Story::begin().await;
    let (endpoint, secret) = story.endpoint(HOST).await;
    let (bystander, _) = story.endpoint("bystander.example").await;
    let begun = story.now();
    let mut events = Vec::new();
    let mut secrets = vec![secret];
    for turn in turns {
        for made in join_all(turn.iter().map(|deed| act(&story, &endpoint.id, &events, *deed))).await {
            events.extend(made.event);
            secrets.extend(made.secret);
        }
    }

    // Everything is well again, and what did not arrive is sent again.
    story.behave(HOST, Behaviour::Answers(200));
    act(&story, &endpoint.id, &events, Deed::Enable).await;
    story.minute().await;
    story.hours(2).await;
    let missed = Range {
        since: begun,
        until: None,
        only: Only::Failed,
    };
    replay_range(&story.test.domain, &story.ws, &endpoint.id, &somebody(), missed)
        .await
        .unwrap();
    story.hours(30).await;

    check_arrived(&story, &events, &secrets);
    for delivery in story.log(&endpoint.id).await {
        assert_eq!(delivery.status, DeliveryStatus::Succeeded, "{delivery:?}");
    }
    let other: Vec<Delivery> = story.log(&bystander.id).await;
    assert!(
        other.iter().all(|one| one.attempts.len() == 1),
        "nobody else noticed"
    );
    story.check_quiet().await;
}

/// Each event was taken at least once; whatever was sent was sent under its id, with the same bytes, and signed.
fn check_arrived(story: &Story, events: &[String], secrets: &[String]) {
    let mut bodies: BTreeMap<&str, &bytes::Bytes> = BTreeMap::new();
    let arrived = story.arrived(HOST);
    for message in &arrived {
        let first = bodies.entry(&message.id).or_insert(&message.body);
        assert_eq!(*first, &message.body, "the same bytes each time");
        assert!(
            secrets.iter().any(|secret| is_signed(secret, message)),
            "signed with a secret that was given out"
        );
    }
    for event in events {
        let taken = arrived
            .iter()
            .filter(|message| message.id == *event)
            .any(|message| matches!(message.answered, Behaviour::Answers(200..=299)));
        assert!(taken, "{event} never arrived");
    }
}

#[derive(Default)]
struct Made {
    event: Option<String>,
    secret: Option<String>,
}

async fn act(story: &Story, ep: &str, events: &[String], deed: Deed) -> Made {
    let (domain, ws) = (&story.test.domain, &story.ws);
    let mut made = Made::default();
    let status = |status| EndpointPatch {
        status: Some(status),
        ..EndpointPatch::default()
    };
    match deed {
        Deed::Happen => made.event = Some(story.happen("conn_1").await),
        Deed::Disconnected => {
            made.event = Some(story.happen_as(EventType::ConnectionDisconnected, "conn_1").await);
        }
        Deed::Work => {
            story.pump().await;
        }
        Deed::Lose => story.test.queue.lose_all(),
        Deed::Minute => {
            story.minute().await;
        }
        Deed::Wait(seconds) => story.test.clock.advance(Duration::from_secs(seconds)),
        Deed::Replay(at) => {
            if let Some(event) = events.get(at) {
                let delivery = crate::webhooks::delivery::id(event, None, ep);
                allow(replay(domain, ws, &delivery, &somebody()).await.map(drop));
            }
        }
        Deed::ReplayRange(all) => {
            let range = Range {
                since: Timestamp::UNIX_EPOCH,
                until: None,
                only: if all { Only::All } else { Only::Failed },
            };
            allow(replay_range(domain, ws, ep, &somebody(), range).await.map(drop));
        }
        Deed::Disable => {
            allow(
                change(domain, ws, ep, &somebody(), &status(EndpointStatus::Disabled))
                    .await
                    .map(drop),
            );
        }
        Deed::Enable => {
            allow(
                change(domain, ws, ep, &somebody(), &status(EndpointStatus::Enabled))
                    .await
                    .map(drop),
            );
        }
        Deed::Rotate(overlap) => {
            let overlap = Duration::from_secs(overlap);
            let (_, secret) = rotate_secret(domain, ws, ep, &somebody(), overlap).await.unwrap();
            made.secret = Some(secret.expose_secret().to_owned());
        }
        Deed::Behave(429) => story.behave(HOST, Behaviour::AsksForPause(429, 600)),
        Deed::Behave(status) => story.behave(HOST, Behaviour::Answers(status)),
    }
    made
}

/// It may be disabled at the moment, or nothing may have been made yet.
fn allow(done: Result<(), Problem>) {
    if let Err(problem) = done {
        assert!(
            matches!(problem.code(), Code::Conflict | Code::NotFound),
            "{problem}"
        );
    }
}
