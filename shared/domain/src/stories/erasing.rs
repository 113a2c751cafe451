//! Erasing a connection's data: hidden at once, gone soon, and a connected one starts anew.

use std::time::Duration;

use super::{connect, request, somebody, workspace_with};
use crate::{
    connection::Connection,
    disconnect::disconnect,
    erasure,
    error::Code,
    schedule,
    store::{Row, Table, keys, sync::SyncState},
    sync::{Outcome, RunBudget, SyncMessage, run_leg},
    testing::{TestDomain, record},
};

async fn sync(test: &TestDomain, connection: &Connection) -> Outcome {
    let message = SyncMessage {
        ws: connection.workspace.clone(),
        conn: connection.id.clone(),
        model: "vendor".to_owned(),
        generation: connection.generation,
    };
    let deadline = test.domain.ports.clock.wall() + Duration::from_secs(600);
    run_leg(&test.domain, &message, RunBudget { deadline })
        .await
        .unwrap()
}

async fn has_record(test: &TestDomain, connection: &Connection, epoch: u64) -> bool {
    let partition = keys::Partition::new(&connection.workspace, &connection.id, epoch, "vendor");
    let key = partition.record("1");
    test.domain
        .store
        .get_item(Row::Record, Table::Records, &key)
        .await
        .unwrap()
        .is_some()
}

/// The schedule looks twice: a worker may still write into the old epoch.
async fn settle(test: &TestDomain) {
    for _ in 0..3 {
        let deadline = test.domain.ports.clock.wall() + Duration::from_secs(60);
        schedule::drive(&test.domain, deadline).await.unwrap();
        test.clock.advance(Duration::from_secs(30 * 60));
    }
}

#[tokio::test]
async fn a_connected_connection_starts_anew() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    test.systems.put("vendor", record("vendor", "1", "a name", None));
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    assert_eq!(sync(&test, &connection).await, Outcome::Succeeded);
    assert!(has_record(&test, &connection, 1).await);

    let erased = erasure::request(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap();
    assert_eq!((erased.epoch, erased.last_synced_at), (2, None));
    let row = test
        .domain
        .store
        .sync(&ws, &connection.id, "vendor")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.epoch, row.state, row.watermark), (2, SyncState::Queued, 0));
    assert_eq!(sync(&test, &erased).await, Outcome::Succeeded);
    settle(&test).await;
    assert!(!has_record(&test, &connection, 1).await);
    assert!(has_record(&test, &connection, 2).await);
    let left = keys::erase(&ws, &connection.id, 1);
    assert!(
        test.domain
            .store
            .get_item(Row::Erase, Table::State, &left)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_disconnected_connection_is_empty_for_good() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    test.systems.put("vendor", record("vendor", "1", "a name", None));
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    sync(&test, &connection).await;
    disconnect(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap();
    assert!(
        has_record(&test, &connection, 1).await,
        "the records stay until they are erased"
    );
    let actor = somebody();
    let erase = || erasure::request(&test.domain, &ws, &connection.id, &actor);
    let (one, two) = tokio::join!(erase(), erase());
    assert!(
        one.unwrap().epoch.max(two.unwrap().epoch) == 3,
        "each erasure has its epoch"
    );
    settle(&test).await;
    assert!(!has_record(&test, &connection, 1).await);
    assert_ne!(sync(&test, &connection).await, Outcome::Succeeded);
    let unknown = erasure::request(&test.domain, &ws, "conn_none", &actor)
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}
