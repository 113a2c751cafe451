//! T24: whatever meets whatever, `held + free = total`, and the generation fences.

use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::{connect, request, somebody, workspace_with};
use crate::{
    auth::authenticate,
    connect::ConnectRequest,
    connection::Connection,
    credits::{self, MovementKind},
    disconnect::disconnect,
    error::{Code, Problem},
    listing::Paging,
    rotate,
    store::{Change, Row, StoreError, Table, Transaction, When, keys},
    sync::{RunBudget, SyncMessage, run_leg},
    testing::{TestDomain, each_case_on, record},
    workspace::{self, WorkspacePatch},
};

/// What somebody does, while others do other things.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Connect,
    Disconnect(usize),
    Rotate(usize),
    /// A whole run of a sync, which may have been begun by a message of long ago.
    Sync(usize),
    SetTotal(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => Just(Deed::Connect),
        3 => (0_usize..4).prop_map(Deed::Disconnect),
        2 => (0_usize..4).prop_map(Deed::Rotate),
        3 => (0_usize..4).prop_map(Deed::Sync),
        1 => (4_u64..14).prop_map(Deed::SetTotal),
    ]
}

/// Deeds in turns: those of one turn run at the same time.
fn turns() -> impl Strategy<Value = Vec<Vec<Deed>>> {
    prop::collection::vec(prop::collection::vec(deed(), 1..5), 1..4)
}

/// All that was handed out and done, to be judged at the end.
#[derive(Default)]
struct Story {
    connections: Vec<Connection>,
    tokens: Vec<(String, String)>,
    ended: Vec<(String, String, u64)>,
}

#[test]
fn t24_credits_add_up_under_any_interleaving() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let test = runtime.block_on(TestDomain::start());
    test.systems.page_size(2);
    for id in ["1", "2", "3"] {
        test.systems.put("vendor", record("vendor", id, "a name", None));
    }
    each_case_on(&runtime, 200, &turns(), |turns| play(&test, turns));
}

async fn play(test: &TestDomain, turns: Vec<Vec<Deed>>) {
    let (ws, _) = workspace_with(test, 8).await;
    let mut story = Story::default();
    for _ in 0..2 {
        let (connection, token) = connect(test, &ws, &of_vendors()).await.unwrap();
        story.tokens.push((connection.id.clone(), token));
        story.connections.push(connection);
    }
    for turn in turns {
        let done = join_all(
            turn.into_iter()
                .map(|deed| act(test, &ws, &story.connections, deed)),
        )
        .await;
        for deed in done {
            story.ended.extend(deed.ended);
            let Some((connection, token)) = deed.token else {
                continue;
            };
            if !story.connections.iter().any(|known| known.id == connection.id) {
                story.connections.push(connection.clone());
            }
            story.tokens.push((connection.id, token));
        }
        check_sums(test, &ws).await;
    }
    check_tokens(test, &ws, &story).await;
    for (conn, model, watermark) in &story.ended {
        let row = test.domain.store.sync(&ws, conn, model).await.unwrap().unwrap();
        assert_eq!(
            row.watermark, *watermark,
            "{model} of {conn} was committed after the disconnect"
        );
    }
}

/// One model makes the story short.
fn of_vendors() -> ConnectRequest {
    let mut wanted = request();
    wanted.options.models = Some(vec!["vendor".to_owned()]);
    wanted
}

/// What a deed left to be judged.
#[derive(Default)]
struct Done {
    /// A token that was handed out, and for which connection.
    token: Option<(Connection, String)>,
    /// How far each model's changes were committed when the disconnect was answered.
    ended: Vec<(String, String, u64)>,
}

async fn act(test: &TestDomain, ws: &str, known: &[Connection], deed: Deed) -> Done {
    let pick = |at: usize| &known[at % known.len()];
    match deed {
        Deed::Connect => match connect(test, ws, &of_vendors()).await {
            Ok(made) => Done {
                token: Some(made),
                ..Done::default()
            },
            Err(problem) => {
                assert_eq!(problem.code(), Code::InsufficientCredits, "{problem}");
                Done::default()
            }
        },
        Deed::Disconnect(at) => {
            let ended = disconnect(&test.domain, ws, &pick(at).id, &somebody())
                .await
                .unwrap();
            assert!(ended.is_disconnected());
            // From the answer on nothing is committed any more.
            let late = commit_page(test, pick(at)).await;
            assert!(
                matches!(late, Err(StoreError::Condition(Row::Connection))),
                "{late:?}"
            );
            Done {
                ended: watermarks(test, pick(at)).await,
                ..Done::default()
            }
        }
        Deed::Rotate(at) => match rotate::rotate(&test.domain, ws, &pick(at).id, &somebody()).await {
            Ok(token) => Done {
                token: Some((pick(at).clone(), token.expose_secret().to_owned())),
                ..Done::default()
            },
            Err(problem) => {
                assert!(
                    matches!(problem.code(), Code::ConnectionDisconnected | Code::Conflict),
                    "{problem}"
                );
                Done::default()
            }
        },
        Deed::Sync(at) => {
            for model in &pick(at).models {
                run(test, pick(at), model).await;
            }
            Done::default()
        }
        Deed::SetTotal(total) => {
            let patch = WorkspacePatch {
                credits: Some(total),
                name: None,
            };
            match workspace::change(&test.domain, &somebody(), ws, &patch).await {
                Ok(_) => {}
                Err(problem) => assert_eq!(problem.code(), Code::Conflict, "{problem}"),
            }
            Done::default()
        }
    }
}

/// What every page commit of a sync does first: it holds only in the generation that the run began in.
async fn commit_page(test: &TestDomain, seen: &Connection) -> Result<(), StoreError> {
    let mut transaction = Transaction::new();
    let key = keys::connection(&seen.workspace, &seen.id);
    transaction.check(
        Row::Connection,
        Table::State,
        key,
        When::connected(seen.generation).of_epoch(seen.epoch),
    );
    let sync = keys::sync(&seen.workspace, &seen.id, &seen.models[0]);
    transaction.update(
        Row::Sync,
        Table::State,
        sync,
        Change::new().add("rev", 1),
        When::row_exists(),
    );
    test.domain.store.transact(transaction).await
}

/// A run as the sync function does it, in the generation that its message names.
async fn run(test: &TestDomain, seen: &Connection, model: &str) {
    let message = SyncMessage {
        ws: seen.workspace.clone(),
        conn: seen.id.clone(),
        model: model.to_owned(),
        generation: seen.generation,
    };
    let deadline = test.domain.ports.clock.wall() + Duration::from_secs(600);
    match run_leg(&test.domain, &message, RunBudget { deadline }).await {
        // The secret may be gone before the run looks for it.
        Ok(_) | Err(Problem::Conflict(_) | Problem::ConnectionDisconnected { .. }) => {}
        Err(problem) => panic!("{problem}"),
    }
}

async fn watermarks(test: &TestDomain, of: &Connection) -> Vec<(String, String, u64)> {
    let rows = test.domain.store.syncs(&of.workspace, &of.id).await.unwrap();
    rows.into_iter()
        .map(|row| (row.conn, row.model, row.watermark))
        .collect()
}

async fn check_sums(test: &TestDomain, ws: &str) {
    let now = credits::balance(&test.domain, ws).await.unwrap();
    assert_eq!(now.held + now.free, now.total);
    let connections = test.domain.store.connections(ws, None, 100).await.unwrap().rows;
    let held: u64 = connections
        .iter()
        .filter(|c| !c.is_disconnected())
        .map(|c| u64::from(c.credits))
        .sum();
    assert_eq!(now.held, held);
    let ledger = credits::ledger(
        &test.domain,
        ws,
        Paging {
            limit: 500,
            cursor: None,
        },
    )
    .await
    .unwrap();
    assert!(ledger.next_cursor.is_none());
    let sum = |kind| {
        ledger
            .data
            .iter()
            .filter(|m| m.kind == kind)
            .map(|m| m.amount)
            .sum::<i64>()
    };
    assert_eq!(i64::try_from(now.total).unwrap(), sum(MovementKind::Granted));
    assert_eq!(
        i64::try_from(now.held).unwrap(),
        sum(MovementKind::Held) - sum(MovementKind::Released)
    );
}

/// Of each connection at most the newest token is good, and none when it was disconnected.
async fn check_tokens(test: &TestDomain, ws: &str, story: &Story) {
    for connection in &story.connections {
        let now = test
            .domain
            .store
            .connection(ws, &connection.id)
            .await
            .unwrap()
            .unwrap();
        let mut good = 0;
        for (_, token) in story.tokens.iter().filter(|(of, _)| *of == connection.id) {
            match authenticate(&test.domain, token).await {
                Ok(_) => good += 1,
                Err(problem) => assert_eq!(problem.code(), Code::TokenRevoked),
            }
        }
        assert_eq!(good, usize::from(!now.is_disconnected()), "{}", now.id);
    }
}
