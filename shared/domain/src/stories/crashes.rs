//! T7, T32: the process dies at every single call of connecting, disconnecting and repairing. What is
//! left is whole, or the schedule makes it so.

use std::{collections::BTreeMap, time::Duration};

use secrecy::SecretString;

use super::{connect, credits, input, request, somebody, standing, workspace_with};
use crate::{
    connection::Connection,
    credits::Credits,
    disconnect::disconnect,
    link::{self, LinkRequest, attempts},
    mapping::set_custom_fields,
    open, schedule,
    store::link::AttemptStatus,
    store::{Row, SortKeys, Table, keys},
    systems::{CustomField, Purpose},
    testing::{Death, PASSWORD, TestDomain},
    update::{ConnectionPatch, change},
};

/// Each way to die during something that makes fewer calls than this.
fn deaths() -> impl Iterator<Item = Death> {
    (0..40).flat_map(|call| [Death::Before(call), Death::After(call)])
}

/// An hour later, the schedule has seen to everything that is due.
async fn settle(test: &TestDomain) {
    for _ in 0..3 {
        test.clock.advance(Duration::from_secs(1200));
        let deadline = test.domain.ports.clock.wall() + Duration::from_secs(60);
        let report = schedule::drive(&test.domain, deadline).await.unwrap();
        assert_eq!(report.failed, 0);
    }
}

/// The vault holds the secrets of the connections that are there, and nothing waits to be swept.
async fn check_whole(test: &TestDomain, ws: &str) -> Vec<Connection> {
    let connections = test.domain.store.connections(ws, None, 10).await.unwrap().rows;
    let connected: Vec<&Connection> = connections.iter().filter(|one| !one.is_disconnected()).collect();
    let secrets: Vec<String> = connected.iter().map(|one| one.vault_name()).collect();
    assert_eq!(test.vault.names(), secrets);
    let held = connected.iter().map(|one| u64::from(one.credits)).sum();
    assert_eq!(
        credits(test, ws).await,
        Credits {
            total: 10,
            held,
            free: 10 - held
        }
    );
    let intents = SortKeys::Prefix("intent#".to_owned());
    let pk = keys::workspace_pk(ws);
    assert!(
        !test
            .domain
            .store
            .any(Row::Intent, Table::State, &pk, &intents)
            .await
            .unwrap()
    );
    for one in connected {
        open::system(&test.domain, one, Purpose::Work).await.unwrap();
        assert_eq!(
            test.domain.store.syncs(ws, &one.id).await.unwrap().len(),
            one.models.len()
        );
    }
    connections
}

#[tokio::test]
async fn connecting_leaves_a_whole_connection_or_nothing() {
    let mut seen = (0, 0);
    for death in deaths() {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, 10).await;
        test.probe.die(death);
        let ended = connect(&test, &ws, &request()).await;
        let died = test.probe.revive();
        settle(&test).await;
        let made = check_whole(&test, &ws).await.len();
        // An answer is never a lie.
        assert!(ended.is_err() || made == 1, "{death:?}");
        seen = (seen.0 + usize::from(made == 0), seen.1 + usize::from(made == 1));
        if !died {
            break;
        }
    }
    assert!(seen.0 > 3 && seen.1 > 0, "{seen:?}");
}

#[tokio::test]
async fn a_disconnect_that_was_cut_off_is_done_by_the_next_one() {
    for death in deaths() {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, 10).await;
        let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
        test.probe.die(death);
        let _ = disconnect(&test.domain, &ws, &connection.id, &somebody()).await;
        let died = test.probe.revive();
        settle(&test).await;
        check_whole(&test, &ws).await;
        disconnect(&test.domain, &ws, &connection.id, &somebody())
            .await
            .unwrap();
        settle(&test).await;
        let left = check_whole(&test, &ws).await;
        assert!(left[0].is_disconnected() && left[0].generation == 2, "{death:?}");
        if !died {
            break;
        }
    }
}

#[tokio::test]
async fn a_repair_that_was_cut_off_leaves_one_secret() {
    for death in deaths() {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, 10).await;
        let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
        test.clock.advance(Duration::from_secs(1));
        let secrets = BTreeMap::from([("password".to_owned(), SecretString::from(PASSWORD))]);
        let patch = || ConnectionPatch {
            credentials: Some(secrets.clone()),
            ..ConnectionPatch::default()
        };
        test.probe.die(death);
        let _ = change(
            &test.domain,
            &ws,
            &connection.id,
            &somebody(),
            patch(),
            &mut |_| {},
        )
        .await;
        let died = test.probe.revive();
        settle(&test).await;
        check_whole(&test, &ws).await;
        change(
            &test.domain,
            &ws,
            &connection.id,
            &somebody(),
            patch(),
            &mut |_| {},
        )
        .await
        .unwrap();
        settle(&test).await;
        check_whole(&test, &ws).await;
        if !died {
            break;
        }
    }
}

#[tokio::test]
async fn an_attempt_that_was_cut_off_ends_once() {
    for death in deaths() {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, 10).await;
        let customer = request().customer;
        let session = LinkRequest {
            customer,
            ..LinkRequest::default()
        };
        let made = link::create(&test.domain, &ws, &somebody(), &session)
            .await
            .unwrap();
        let attempt = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
            .await
            .unwrap();
        test.probe.die(death);
        let _ = attempts::run(&test.domain, &ws, &made.id, &attempt).await;
        let died = test.probe.revive();
        test.clock.advance(Duration::from_secs(61));
        attempts::run(&test.domain, &ws, &made.id, &attempt)
            .await
            .unwrap();
        let ended = attempts::get(&test.domain, &ws, &made.id, &attempt)
            .await
            .unwrap();
        assert_eq!(
            ended.status,
            AttemptStatus::Succeeded,
            "{death:?} {:?}",
            ended.failure
        );
        assert!(ended.public_token.is_some());
        settle(&test).await;
        assert_eq!(check_whole(&test, &ws).await.len(), 1, "{death:?}");
        if !died {
            break;
        }
    }
}

#[tokio::test]
async fn custom_fields_come_with_the_sync_that_brings_them() {
    let fields = vec![CustomField {
        model: "vendor".to_owned(),
        name: "category".to_owned(),
        source: "Category".to_owned(),
        decoder: None,
    }];
    let mut seen = (0, 0);
    for death in deaths() {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, 10).await;
        let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
        let conn = &connection.id;
        test.probe.die(death);
        let ended = set_custom_fields(&test.domain, &ws, conn, &somebody(), fields.clone()).await;
        let died = test.probe.revive();
        let set = !standing(&test, &ws, conn).await.custom_fields.is_empty();
        assert!(ended.is_err() || set, "{death:?}");
        for row in test.domain.store.syncs(&ws, conn).await.unwrap() {
            let asked = row.asked.is_some_and(|asked| asked.full);
            assert_eq!(asked, set && row.model == "vendor", "{death:?}: {}", row.model);
            assert!(!asked || row.due_at.is_some());
        }
        seen = (seen.0 + usize::from(!set), seen.1 + usize::from(set));
        if !died {
            break;
        }
    }
    assert!(seen.0 > 3 && seen.1 > 0, "{seen:?}");
}
