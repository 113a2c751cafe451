//! Disconnecting: from the answer on, nothing of the connection does anything any more.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::{connect, credits, request, somebody, workspace_with};
use crate::{
    auth::{self, authenticate},
    cleanup,
    connection::ConnectionStatus,
    credits::Credits,
    disconnect::disconnect,
    error::Code,
    events,
    listing::Paging,
    open, rotate,
    systems::Purpose,
    testing::TestDomain,
};

#[tokio::test]
async fn t23_the_token_the_credits_and_the_system_are_gone_at_once() {
    let test = TestDomain::start().await;
    let (ws, key) = workspace_with(&test, 10).await;
    let (connection, token) = connect(&test, &ws, &request()).await.unwrap();
    let before = authenticate(&test.domain, &token).await.unwrap();
    let ended = disconnect(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap();
    assert_eq!(
        (ended.status, ended.generation),
        (ConnectionStatus::Disconnected, 2)
    );
    assert_eq!(
        authenticate(&test.domain, &token).await.unwrap_err().code(),
        Code::TokenRevoked
    );
    // A request that was authenticated a moment before is refused as well.
    assert_eq!(
        auth::connection(&test.domain, &before, None)
            .await
            .unwrap_err()
            .code(),
        Code::TokenRevoked
    );
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 10,
            held: 0,
            free: 10
        }
    );
    let opened = open::system(&test.domain, &ended, Purpose::Work)
        .await
        .err()
        .unwrap();
    assert_eq!(opened.code(), Code::ConnectionDisconnected);
    // The workspace goes on seeing it.
    let caller = authenticate(&test.domain, &key).await.unwrap();
    let seen = auth::connection(&test.domain, &caller, Some(&connection.id))
        .await
        .unwrap();
    assert!(seen.is_disconnected());

    cleanup::run(&test.domain, &ws, &connection.id, 1).await.unwrap();
    cleanup::run(&test.domain, &ws, &connection.id, 1).await.unwrap();
    assert!(test.vault.names().is_empty());
    let syncs = test.domain.store.syncs(&ws, &connection.id).await.unwrap();
    assert!(
        syncs
            .iter()
            .all(|sync| sync.due_at.is_none() && sync.due_shard.is_none())
    );
    // What happened is handed to its endpoints: there are none.
    test.deliver().await;
    let now = test.domain.ports.clock.now() + Duration::from_secs(1);
    for shard in 0..crate::store::keys::DUE_SHARDS {
        assert_eq!(test.domain.store.due(shard, now, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn t24_twice_is_the_same_as_once_also_at_the_same_time() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    let actor = somebody();
    let end = || disconnect(&test.domain, &ws, &connection.id, &actor);
    let (one, two, three) = tokio::join!(end(), end(), end());
    let again = end().await.unwrap();
    assert_eq!(again, one.unwrap());
    assert_eq!(again, two.unwrap());
    assert_eq!(again, three.unwrap());
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 10,
            held: 0,
            free: 10
        }
    );
    let news = events::list(&test.domain, &ws, Paging::default())
        .await
        .unwrap()
        .data;
    let ends = news
        .iter()
        .filter(|event| event.kind.as_str() == "connection.disconnected")
        .count();
    assert_eq!(ends, 1);
    let unknown = disconnect(&test.domain, &ws, "conn_none", &actor)
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn a_rotated_token_replaces_the_old_one_at_once() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, first) = connect(&test, &ws, &request()).await.unwrap();
    let second = rotate::rotate(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap();
    assert_eq!(
        authenticate(&test.domain, &first).await.unwrap_err().code(),
        Code::TokenRevoked
    );
    let caller = authenticate(&test.domain, second.expose_secret()).await.unwrap();
    assert_eq!(
        auth::connection(&test.domain, &caller, None).await.unwrap().id,
        connection.id
    );
    disconnect(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap();
    assert_eq!(
        authenticate(&test.domain, second.expose_secret())
            .await
            .unwrap_err()
            .code(),
        Code::TokenRevoked
    );
    let refused = rotate::rotate(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::ConnectionDisconnected);
}
