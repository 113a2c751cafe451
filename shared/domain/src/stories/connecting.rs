//! Connecting server to server: all of it, or nothing.

use std::{collections::BTreeMap, time::Duration};

use manifold_connectors::fault::{Fault, FaultKind};

use super::{connect, credits, everything, input, request, somebody, standing, workspace_with};
use crate::{
    connect::ConnectRequest,
    connection::{Every, History, Schedule},
    credits::Credits,
    error::{Code, Problem},
    events, intents,
    listing::Paging,
    store::{Row, SortKeys, Table, keys},
    systems::StepState,
    testing::TestDomain,
    timeline,
};

#[tokio::test]
async fn a_connection_comes_with_credits_token_syncs_and_news() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, token) = connect(&test, &ws, &request()).await.unwrap();
    assert!(token.starts_with("mft_"));
    assert_eq!(connection.models, ["purchase_order", "vendor"]);
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 10,
            held: 2,
            free: 8
        }
    );
    assert_eq!(test.vault.names(), [format!("{}#1#1", connection.id)]);
    let syncs = test.domain.store.syncs(&ws, &connection.id).await.unwrap();
    assert_eq!(
        syncs.iter().map(|sync| sync.model.as_str()).collect::<Vec<_>>(),
        ["purchase_order", "vendor"]
    );
    assert!(
        syncs.iter().all(|sync| sync.due_at.is_some()),
        "first syncs are due at once"
    );
    let news = events::list(&test.domain, &ws, Paging::default())
        .await
        .unwrap()
        .data;
    assert_eq!(news.len(), 1);
    assert_eq!(news[0].kind.as_str(), "connection.created");
    assert_eq!(news[0].data["connection_id"], connection.id);
    assert_eq!(
        events::get(&test.domain, &ws, &news[0].id).await.unwrap(),
        news[0]
    );
    let told = timeline::list(&test.domain, &ws, &connection.id, Paging::default())
        .await
        .unwrap()
        .data;
    assert_eq!(told[0].kind, "connection.created");
    let kept = standing(&test, &ws, &connection.id).await;
    assert_eq!(kept, connection);
}

#[tokio::test]
async fn the_same_instance_may_be_connected_twice_and_on_premises_costs_double() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    connect(&test, &ws, &request()).await.unwrap();
    let mut in_house = request();
    in_house
        .input
        .settings
        .insert("hosting".to_owned(), "on_premises".to_owned());
    let (connection, _) = connect(&test, &ws, &in_house).await.unwrap();
    assert_eq!(connection.credits, 4);
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 10,
            held: 6,
            free: 4
        }
    );
}

#[tokio::test]
async fn options_are_kept() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let mut wanted = request();
    wanted.options.models = Some(vec!["vendor".to_owned()]);
    wanted.options.history = Some(History::All);
    wanted.options.schedule = Some(Schedule::PerModel(BTreeMap::from([(
        "vendor".to_owned(),
        Every::Day,
    )])));
    wanted
        .options
        .metadata
        .insert("tier".to_owned(), serde_json::json!({"gold": 1.5}));
    wanted.options.keep_raw = true;
    let (connection, _) = connect(&test, &ws, &wanted).await.unwrap();
    let kept = standing(&test, &ws, &connection.id).await;
    assert_eq!(kept, connection);
    assert_eq!(kept.schedule.of("vendor"), Every::Day);
    assert_eq!(kept.schedule.of("purchase_order"), Every::Hour);
    assert_eq!(kept.metadata["tier"]["gold"], 1.5);
}

/// Nothing of a connection may be left: no credit, no secret, no row, and no call when it was refused early.
async fn check_nothing_left(test: &TestDomain, ws: &str, total: u64) {
    assert_eq!(
        credits(test, ws).await,
        Credits {
            total,
            held: 0,
            free: total
        }
    );
    assert_eq!(test.vault.names(), Vec::<String>::new());
    let connections = test.domain.store.connections(ws, None, 10).await.unwrap();
    assert!(connections.rows.is_empty());
    let pk = keys::workspace_pk(ws);
    let left = SortKeys::Prefix("intent#".to_owned());
    assert!(
        !test
            .domain
            .store
            .any(Row::Intent, Table::State, &pk, &left)
            .await
            .unwrap(),
        "an intent is left"
    );
    assert!(
        events::list(&test.domain, ws, Paging::default())
            .await
            .unwrap()
            .data
            .is_empty()
    );
}

#[tokio::test]
async fn every_refusal_has_its_code_and_leaves_nothing() {
    type Spoil = fn(&mut ConnectRequest, &TestDomain);
    let cases: [(&str, Code, u64, Spoil); 10] = [
        ("bad settings", Code::InvalidRequest, 10, |wanted, _| {
            wanted.input.settings.clear()
        }),
        ("unknown system", Code::InvalidRequest, 10, |wanted, _| {
            wanted.input.system = "nope".to_owned()
        }),
        ("no customer", Code::InvalidRequest, 10, |wanted, _| {
            wanted.customer.id.clear()
        }),
        ("unknown model", Code::InvalidRequest, 10, |wanted, _| {
            wanted.options.models = Some(vec!["moon".to_owned()])
        }),
        ("too few credits", Code::InsufficientCredits, 1, |_, _| {}),
        ("wrong password", Code::InvalidCredentials, 10, |wanted, _| {
            wanted.input = input("wrong")
        }),
        ("unreachable", Code::SystemUnreachable, 10, |_, test| {
            test.systems
                .fail(Some(Fault::new(FaultKind::Unreachable, "Nothing listens there.")));
        }),
        ("wrong host", Code::SystemUnreachable, 10, |_, test| {
            test.systems.fail(Some(Fault::new(
                FaultKind::Unresolved,
                "The name does not resolve.",
            )));
        }),
        ("no permission", Code::SystemForbidden, 10, |_, test| {
            test.systems
                .fail(Some(Fault::new(FaultKind::Denied, "Not allowed.")));
        }),
        ("broken vault", Code::Internal, 10, |_, test| {
            test.vault.set_broken(true)
        }),
    ];
    for (name, code, total, spoil) in cases {
        let test = TestDomain::start().await;
        let (ws, _) = workspace_with(&test, total).await;
        let mut wanted = request();
        spoil(&mut wanted, &test);
        let refused = connect(&test, &ws, &wanted).await.unwrap_err();
        assert_eq!(refused.code(), code, "{name}: {refused}");
        assert!(refused.to_string().len() > 10, "{name}: {refused}");
        if matches!(code, Code::InvalidRequest | Code::InsufficientCredits) {
            assert!(test.systems.calls().is_empty(), "{name}: the system was asked");
        }
        test.vault.set_broken(false);
        sweep_everything(&test, &ws).await;
        check_nothing_left(&test, &ws, total).await;
    }
}

/// What the schedule does with intents, later.
async fn sweep_everything(test: &TestDomain, ws: &str) {
    test.clock.advance(Duration::from_secs(3600));
    let pk = keys::workspace_pk(ws);
    let prefix = SortKeys::Prefix("intent#".to_owned());
    let rows = test
        .domain
        .store
        .query_items(Row::Intent, Table::State, &pk, &prefix, 10, true)
        .await
        .unwrap();
    for row in rows.rows {
        let sk = row["sk"].as_s().unwrap();
        intents::sweep(&test.domain, ws, sk.strip_prefix("intent#").unwrap())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn every_problem_is_named_at_once() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let mut wanted = request();
    wanted.customer.id.clear();
    wanted.input.settings.clear();
    wanted.input.credentials.clear();
    wanted.options.history = Some(History::Days(0));
    let Err(Problem::InvalidFields(problems)) = connect(&test, &ws, &wanted).await else {
        panic!("accepted")
    };
    let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/customer/id",
            "/history",
            "/settings/instance_url",
            "/credentials/password"
        ]
    );
}

#[tokio::test]
async fn credits_that_go_during_the_validation_are_noticed() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 3).await;
    let wanted = request();
    let (one, two) = tokio::join!(connect(&test, &ws, &wanted), connect(&test, &ws, &wanted));
    let refused = [&one, &two]
        .into_iter()
        .filter_map(|done| done.as_ref().err())
        .map(Problem::code);
    assert_eq!(refused.collect::<Vec<_>>(), [Code::InsufficientCredits]);
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 3,
            held: 2,
            free: 1
        }
    );
    assert_eq!(
        test.vault.names().len(),
        1,
        "the refused connection's secret is destroyed"
    );
}

#[tokio::test(start_paused = true)]
async fn a_validation_that_never_ends_is_cut_and_names_its_step() {
    // The store is not asked here: its sockets know nothing of tokio's paused clock.
    let (test, accepted) = {
        let systems = crate::testing::FakeSystems::default();
        systems.latency(Duration::from_secs(3600));
        use crate::systems::Systems as _;
        let accepted = systems.accept(&request().input).unwrap();
        (systems, accepted)
    };
    let mut steps = Vec::new();
    let domain = crate::testing::detached(std::sync::Arc::new(test));
    let ended = crate::connect::validate(&domain, "ws_1", &accepted, &mut |step| steps.push(step)).await;
    let Err(Problem::System(problem)) = ended else {
        panic!("it ended")
    };
    assert_eq!(
        (problem.code(), problem.step.as_deref()),
        (Code::SystemTimeout, Some("host"))
    );
    assert_eq!(steps.last().unwrap().state, StepState::Failed);
    let _ = somebody();
}

#[tokio::test]
async fn a_secret_without_an_owner_is_swept_when_it_is_due_and_not_before() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    intents::announce(&test.domain, &ws, "conn_x#1#1").await.unwrap();
    test.domain
        .ports
        .vault
        .put("conn_x#1#1", &input("secret").credentials)
        .await
        .unwrap();
    intents::sweep(&test.domain, &ws, "conn_x#1#1").await.unwrap();
    assert_eq!(test.vault.names().len(), 1, "its owner may still come");
    sweep_everything(&test, &ws).await;
    assert!(test.vault.names().is_empty());
    assert!(!everything(&test).await.contains("intent#"));
}
