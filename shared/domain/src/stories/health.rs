//! A status changes once, however many see the change.

use std::time::Duration;

use futures_util::future::join_all;
use manifold_connectors::fault::{Fault, FaultKind};

use super::{connect, request, somebody, standing, workspace_with};
use crate::{
    connection::{Connection, ConnectionStatus},
    disconnect::disconnect,
    error::Code,
    events,
    health::{counts, record_failure, record_success},
    listing::Paging,
    systems::Purpose,
    testing::TestDomain,
    timeline,
};

async fn statuses(test: &TestDomain, ws: &str) -> Vec<&'static str> {
    let news = events::list(&test.domain, ws, Paging::default())
        .await
        .unwrap()
        .data;
    news.iter().rev().map(|event| event.kind.as_str()).collect()
}

async fn connected(test: &TestDomain) -> (String, Connection) {
    let (ws, _) = workspace_with(test, 10).await;
    let (connection, _) = connect(test, &ws, &request()).await.unwrap();
    test.clock.advance(Duration::from_secs(1));
    (ws, connection)
}

fn down() -> Fault {
    Fault::new(FaultKind::Unreachable, "Nothing listens there.")
}

#[tokio::test]
async fn t19_many_failures_at_once_are_one_outage() {
    let test = TestDomain::start().await;
    let (ws, connection) = connected(&test).await;
    let fault = down();
    let ends = join_all((0..8).map(|_| record_failure(&test.domain, &connection, &fault))).await;
    for end in ends {
        assert_eq!(end.unwrap().status, ConnectionStatus::Unreachable);
    }
    let now = standing(&test, &ws, &connection.id).await;
    assert_eq!(
        (now.failures, now.status_since),
        (1, test.domain.ports.clock.now())
    );
    assert_eq!(now.status_reason.as_deref(), Some("Nothing listens there."));
    assert!(now.next_attempt_at.unwrap() > test.domain.ports.clock.now());
    assert_eq!(
        statuses(&test, &ws).await,
        ["connection.created", "connection.unreachable"]
    );

    let counted = counts::read(&test.domain).await.unwrap();
    assert_eq!((counted.online, counted.unreachable), (0, 1));
    test.clock.advance(Duration::from_secs(60));
    let back = join_all((0..8).map(|_| record_success(&test.domain, &now))).await;
    for end in back {
        assert_eq!(end.unwrap().status, ConnectionStatus::Online);
    }
    let online = standing(&test, &ws, &connection.id).await;
    assert_eq!(
        (online.failures, online.status_reason, online.next_attempt_at),
        (0, None, None)
    );
    assert_eq!(online.credits, connection.credits);
    let told = [
        "connection.created",
        "connection.unreachable",
        "connection.online",
    ];
    assert_eq!(statuses(&test, &ws).await, told);
    let told_here = timeline::list(&test.domain, &ws, &connection.id, Paging::default())
        .await
        .unwrap()
        .data;
    assert_eq!(
        told_here
            .iter()
            .map(|entry| entry.kind.as_str())
            .collect::<Vec<_>>(),
        told
    );
}

#[tokio::test]
async fn t20_attempts_grow_apart_over_three_days_and_are_one_event() {
    let test = TestDomain::start().await;
    let (ws, mut connection) = connected(&test).await;
    let start = test.domain.ports.clock.now();
    let mut waits = Vec::new();
    while test.domain.ports.clock.now().duration_since(start).as_hours() < 72 {
        connection = record_failure(&test.domain, &connection, &down()).await.unwrap();
        let due = connection.next_attempt_at.unwrap();
        waits.push(due.duration_since(test.domain.ports.clock.now()).as_secs());
        test.clock.set(due);
    }
    for (failures, waited) in waits.iter().enumerate() {
        let longest = (30 << failures.min(20)).min(6 * 3600);
        assert!(
            (longest / 2 - 1..=longest).contains(waited),
            "wait {failures} is {waited} s"
        );
    }
    assert!(waits.len() > 20, "{waits:?}");
    assert_eq!(
        statuses(&test, &ws).await,
        ["connection.created", "connection.unreachable"]
    );
}

#[tokio::test]
async fn t18_refused_credentials_wait_for_a_person_and_are_no_outage() {
    let test = TestDomain::start().await;
    let (ws, connection) = connected(&test).await;
    let refused = Fault::new(FaultKind::Unauthorized, "The password is refused.");
    let now = record_failure(&test.domain, &connection, &refused).await.unwrap();
    assert_eq!(
        (now.status, now.next_attempt_at),
        (ConnectionStatus::ReauthRequired, None)
    );
    let opened = crate::open::system(&test.domain, &now, Purpose::Work)
        .await
        .err()
        .unwrap();
    assert_eq!(opened.code(), Code::ReauthRequired);
    // An outage on top changes nothing: whoever has to act is told about the credentials.
    let still = record_failure(&test.domain, &now, &down()).await.unwrap();
    assert_eq!(still.status, ConnectionStatus::ReauthRequired);
    assert_eq!(
        statuses(&test, &ws).await,
        ["connection.created", "connection.reauth_required"]
    );
}

#[tokio::test]
async fn t19_what_says_nothing_about_the_connection_changes_nothing() {
    let test = TestDomain::start().await;
    let (ws, connection) = connected(&test).await;
    for kind in [
        FaultKind::RateLimited,
        FaultKind::Denied,
        FaultKind::Rejected,
        FaultKind::Malformed,
    ] {
        let now = record_failure(&test.domain, &connection, &Fault::new(kind, "No."))
            .await
            .unwrap();
        assert_eq!(now.status, ConnectionStatus::Online);
    }
    assert_eq!(statuses(&test, &ws).await, ["connection.created"]);
}

#[tokio::test]
async fn t23_a_disconnected_connection_has_no_health() {
    let test = TestDomain::start().await;
    let (ws, connection) = connected(&test).await;
    disconnect(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap();
    let failed = record_failure(&test.domain, &connection, &down())
        .await
        .unwrap_err();
    assert_eq!(failed.code(), Code::ConnectionDisconnected);
    let now = standing(&test, &ws, &connection.id).await;
    assert!(now.is_disconnected() && now.next_attempt_at.is_none());
    assert_eq!(
        counts::read(&test.domain).await.unwrap(),
        counts::Counts::default()
    );
}
