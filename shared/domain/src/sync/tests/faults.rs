//! What systems do to a run, and what comes of it.

use std::time::Duration;

use manifold_connectors::{Fault, FaultKind};

use super::{MODEL, Rig};
use crate::{
    connection::ConnectionStatus,
    events,
    listing::Paging,
    store::sync::{Hold, SyncState},
    sync::{Outcome, states},
    testing::Twist,
};

const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "The system does not want to.")
}

async fn stuck(twist: Twist) {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(20);
    rig.sync().await;
    let before = rig.row().await;
    rig.test.systems.remove(MODEL, "00019");
    rig.advance(HOUR);
    rig.test.systems.twist(Some(twist));
    assert_eq!(rig.full_sync().await, Outcome::Failed, "{twist:?}");
    let row = rig.row().await;
    assert_eq!(row.error.unwrap().code, "pagination_stuck", "{twist:?}");
    assert_eq!((row.since, row.counts.deleted), (before.since, 0), "{twist:?}");
    assert_eq!(rig.stored().await.len(), 20);
    assert!(rig.test.systems.calls().len() < 20, "{twist:?}");
    rig.test.systems.twist(None);
    rig.full_sync().await;
    assert_eq!(rig.stored().await, rig.at_system());
}

#[tokio::test]
async fn t8_the_same_position_twice_is_a_circle() {
    stuck(Twist::SamePosition).await;
}

#[tokio::test]
async fn t8_the_same_page_twice_is_a_circle() {
    stuck(Twist::SamePage).await;
}

#[tokio::test]
async fn t8_empty_pages_that_promise_more_are_a_circle() {
    stuck(Twist::EmptyPages).await;
}

#[tokio::test]
async fn t19_an_outage_is_looked_at_twice_backs_off_and_heals_by_itself() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(40);
    // A hiccup is no outage.
    rig.test
        .systems
        .script([None, None, Some(fault(FaultKind::Timeout))]);
    assert_eq!(rig.leg().await, Outcome::Succeeded);
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    rig.advance(HOUR);
    rig.put("00001", "changed");
    rig.test.systems.fail(Some(fault(FaultKind::Unreachable)));
    let calls = rig.test.systems.calls().len();
    assert_eq!(rig.sync().await, Outcome::Failed);
    assert_eq!(rig.test.systems.calls().len() - calls, 2);
    let (row, connection) = (rig.row().await, rig.connection().await);
    assert_eq!(
        (connection.status, connection.failures),
        (ConnectionStatus::Unreachable, 1)
    );
    assert_eq!((row.hold, row.state), (Some(Hold::Outage), SyncState::Failed));
    let shown = states(&rig.test.domain, super::WS, super::CONN).await.unwrap();
    assert_eq!(
        shown[0].next_run_at,
        connection.next_attempt_at.map(crate::present::time)
    );
    // Nothing is asked before the next attempt is due.
    let calls = rig.test.systems.calls().len();
    assert_eq!(rig.leg().await, Outcome::NotDue);
    assert_eq!(rig.test.systems.calls().len(), calls);
    // One light request an attempt, however many models wait.
    rig.minutes(120).await;
    let tries = rig.test.systems.calls().len() - calls;
    assert!((6..=12).contains(&tries), "{tries} tries in two hours");
    rig.test.systems.fail(None);
    rig.minutes(120).await;
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    assert_eq!(rig.stored().await, rig.at_system());
    let kinds: Vec<&str> = kinds(&rig).await;
    let count = |kind: &str| kinds.iter().filter(|other| **other == kind).count();
    assert_eq!(
        (
            count("connection.unreachable"),
            count("connection.online"),
            count("sync.failed")
        ),
        (1, 1, 1)
    );
}

pub(super) async fn kinds(rig: &Rig) -> Vec<&'static str> {
    let page = events::list(
        &rig.test.domain,
        super::WS,
        Paging {
            cursor: None,
            limit: 100,
        },
    )
    .await
    .unwrap();
    page.data.into_iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test]
async fn an_outage_in_the_middle_goes_on_where_it_was() {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(40);
    let down = || Some(fault(FaultKind::Unavailable));
    rig.test.systems.script([None, None, None, down(), down()]);
    assert_eq!(rig.leg().await, Outcome::Failed);
    assert_eq!(rig.stored().await.len(), 15);
    let calls = rig.test.systems.calls().len();
    rig.minutes(2).await;
    assert_eq!(rig.state().await, SyncState::Succeeded);
    // A light request that shows that the system is back, and the pages that were left.
    assert_eq!(rig.test.systems.calls().len() - calls, 6);
    assert_eq!(rig.row().await.counts.created, 40);
}

#[tokio::test]
async fn a_rate_limit_only_delays() {
    let rig = Rig::start().await;
    rig.fill(4);
    let mut limited = fault(FaultKind::RateLimited);
    limited.retry_after = Some(Duration::from_secs(300));
    rig.test.systems.script([Some(limited)]);
    assert_eq!(rig.leg().await, Outcome::Waiting);
    let row = rig.row().await;
    assert_eq!(
        (row.state, row.due_at),
        (SyncState::Running, Some(rig.now() + Duration::from_secs(300)))
    );
    assert_eq!(rig.connection().await.status, ConnectionStatus::Online);
    rig.minutes(4).await;
    assert_eq!(rig.stored().await.len(), 0);
    rig.minutes(3).await;
    assert_eq!(rig.stored().await.len(), 4);
}

#[tokio::test]
async fn t18_refused_credentials_park_the_connection_until_they_are_mended() {
    let rig = Rig::start().await;
    rig.fill(4);
    rig.sync().await;
    rig.test.systems.set_password("changed");
    rig.advance(HOUR);
    assert_eq!(rig.sync().await, Outcome::Failed);
    assert_eq!(rig.connection().await.status, ConnectionStatus::ReauthRequired);
    assert_eq!(rig.row().await.hold, Some(Hold::Reauth));
    let calls = rig.test.systems.calls().len();
    rig.minutes(130).await;
    assert_eq!(
        rig.test.systems.calls().len(),
        calls,
        "nobody knocks with credentials that were refused"
    );
    assert_eq!(
        kinds(&rig)
            .await
            .iter()
            .filter(|kind| **kind == "connection.reauth_required")
            .count(),
        1
    );
    // A person gives new ones.
    rig.test.systems.set_password(crate::testing::PASSWORD);
    let mut connection = rig.connection().await;
    connection.status = ConnectionStatus::Online;
    rig.put_connection(&connection).await;
    rig.put("new", "new");
    super::super::resume(&rig.test.domain, super::WS, super::CONN)
        .await
        .unwrap();
    rig.minutes(1).await;
    assert_eq!(rig.stored().await, rig.at_system());
}
