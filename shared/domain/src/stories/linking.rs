//! Link sessions: somebody outside connects, and the workspace gets the connection.

use std::time::Duration;

use manifold_connectors::fault::{Fault, FaultKind};
use secrecy::ExposeSecret as _;

use super::{credits, everything, input, somebody, workspace_with};
use crate::{
    auth::{self, authenticate},
    connection::Customer,
    credits::Credits,
    disconnect::disconnect,
    error::{Code, Problem},
    link::{
        self, LinkRequest,
        attempts::{self, AttemptMessage},
        exchange::exchange,
    },
    ports::QueueName,
    store::link::AttemptStatus,
    systems::StepState,
    testing::{PASSWORD, TestDomain},
};

pub(super) fn session() -> LinkRequest {
    LinkRequest {
        customer: Customer {
            id: "c-1".to_owned(),
            name: None,
        },
        ..LinkRequest::default()
    }
}

/// What the sync function does with messages.
pub(super) async fn work(test: &TestDomain) {
    for body in test.queue.take(QueueName::Sync) {
        // What wakes syncs is not of this story.
        let Ok(message) = serde_json::from_str::<AttemptMessage>(&body) else {
            continue;
        };
        assert_eq!(message.kind, "attempt");
        attempts::run(&test.domain, &message.ws, &message.link, &message.attempt)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_session_makes_a_connection_and_is_used_up_by_it() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (other, _) = workspace_with(&test, 10).await;
    let made = link::create(&test.domain, &ws, &somebody(), &session())
        .await
        .unwrap();
    let caller = authenticate(&test.domain, made.link_token.expose_secret())
        .await
        .unwrap();
    assert_eq!(caller.link().unwrap(), (ws.as_str(), made.id.as_str()));
    assert!(!link::open(&test.domain, &ws, &made.id).await.unwrap().used);

    let attempt = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap();
    let waiting = attempts::get(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    assert_eq!(waiting.status, AttemptStatus::Queued);
    assert!(
        !everything(&test).await.contains(PASSWORD),
        "what was typed is sealed"
    );
    assert_eq!(credits(&test, &ws).await.held, 0);
    work(&test).await;
    let done = attempts::get(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    assert_eq!(done.status, AttemptStatus::Succeeded, "{:?}", done.failure);
    let steps: Vec<_> = done
        .steps
        .iter()
        .map(|step| (step.key.as_str(), step.state))
        .collect();
    assert_eq!(
        steps,
        [("host", StepState::Passed), ("sign_in", StepState::Passed)]
    );
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 10,
            held: 2,
            free: 8
        }
    );
    assert!(
        !everything(&test).await.contains("sealed_input"),
        "what was typed is wiped"
    );
    assert!(link::open(&test.domain, &ws, &made.id).await.unwrap().used);
    let refused = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);

    let public = done.public_token.unwrap();
    let public = public.expose_secret();
    assert!(public.starts_with("mfp_"));
    assert_eq!(
        authenticate(&test.domain, public).await.unwrap_err().code(),
        Code::Unauthorized
    );
    let stolen = exchange(&test.domain, &other, &somebody(), public)
        .await
        .unwrap_err();
    assert_eq!(stolen.code(), Code::NotFound);
    let (connection, token) = exchange(&test.domain, &ws, &somebody(), public).await.unwrap();
    let caller = authenticate(&test.domain, token.unwrap().expose_secret())
        .await
        .unwrap();
    assert_eq!(
        auth::connection(&test.domain, &caller, None).await.unwrap().id,
        connection.id
    );
    assert_eq!(connection.customer.id, "c-1");
    let twice = exchange(&test.domain, &ws, &somebody(), public)
        .await
        .unwrap_err();
    assert_eq!(twice.code(), Code::Conflict);
    let stolen = exchange(&test.domain, &other, &somebody(), public)
        .await
        .unwrap_err();
    assert_eq!(stolen.code(), Code::NotFound);
}

#[tokio::test]
async fn two_exchanges_at_once_make_one_token() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let made = link::create(&test.domain, &ws, &somebody(), &session())
        .await
        .unwrap();
    let attempt = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap();
    work(&test).await;
    let done = attempts::get(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    let public = done.public_token.unwrap();
    let actor = somebody();
    let swap = || exchange(&test.domain, &ws, &actor, public.expose_secret());
    let (one, two, three) = tokio::join!(swap(), swap(), swap());
    let won = [one, two, three].into_iter().filter(Result::is_ok).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn a_session_is_over_when_its_time_is() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let mut embedded = session();
    embedded.origins = vec!["https://app.example.com".to_owned()];
    let made = link::create(&test.domain, &ws, &somebody(), &embedded)
        .await
        .unwrap();
    assert_eq!(
        link::origins(&test.domain, &made.id).await.unwrap(),
        embedded.origins
    );
    assert_eq!(
        link::origins(&test.domain, "lnk_none").await.unwrap(),
        Vec::<String>::new()
    );
    test.clock.advance(Duration::from_secs(30 * 60));
    assert_eq!(
        authenticate(&test.domain, made.link_token.expose_secret())
            .await
            .unwrap_err()
            .code(),
        Code::Unauthorized
    );
    assert_eq!(
        link::open(&test.domain, &ws, &made.id).await.unwrap_err().code(),
        Code::NotFound
    );
    let late = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::NotFound);
    assert_eq!(
        link::origins(&test.domain, &made.id).await.unwrap(),
        embedded.origins,
        "so that the page can say that it is over where it is shown"
    );
}

#[tokio::test]
async fn a_session_allows_only_what_it_names() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 1).await;
    let mut narrow = session();
    narrow.systems = Some(vec!["fake_cmms".to_owned()]);
    let made = link::create(&test.domain, &ws, &somebody(), &narrow)
        .await
        .unwrap();
    let forbidden = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(forbidden.code(), Code::Forbidden);
    let wide = link::create(&test.domain, &ws, &somebody(), &session())
        .await
        .unwrap();
    let poor = attempts::start(&test.domain, &ws, &wide.id, &input(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(poor.code(), Code::InsufficientCredits);
    let mut empty = input(PASSWORD);
    empty.settings.clear();
    let bad = attempts::start(&test.domain, &ws, &wide.id, &empty)
        .await
        .unwrap_err();
    assert_eq!(bad.code(), Code::InvalidRequest);
    assert!(test.systems.calls().is_empty());
}

#[tokio::test]
async fn models_that_the_chosen_system_does_not_have_are_left_out() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let with = |models: &[&str]| LinkRequest {
        models: Some(models.iter().map(|model| (*model).to_owned()).collect()),
        ..session()
    };
    let made = link::create(&test.domain, &ws, &somebody(), &with(&["vendor", "work_order"]))
        .await
        .unwrap();
    attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
        .await
        .unwrap();
    work(&test).await;
    let made = test
        .domain
        .store
        .connections(&ws, None, 10)
        .await
        .unwrap()
        .rows
        .pop()
        .unwrap();
    assert_eq!(made.models, ["vendor"]);
    let none = link::create(&test.domain, &ws, &somebody(), &with(&["work_order"]))
        .await
        .unwrap();
    let refused = attempts::start(&test.domain, &ws, &none.id, &input(PASSWORD))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::InvalidRequest);
}

#[tokio::test]
async fn what_does_not_fit_a_session_is_named() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 1).await;
    let bad = LinkRequest {
        systems: Some(vec!["nope".to_owned()]),
        origins: vec![
            "https://app.example.com/path".to_owned(),
            "http://app.example.com".to_owned(),
        ],
        redirect_uri: Some("http://app.example.com".to_owned()),
        expires_in: Some(Duration::from_secs(31 * 60)),
        ..LinkRequest::default()
    };
    let Err(Problem::InvalidFields(problems)) = link::create(&test.domain, &ws, &somebody(), &bad).await
    else {
        panic!("accepted")
    };
    let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    let expected = [
        "/customer/id",
        "/systems/0",
        "/origins/0",
        "/origins/1",
        "/redirect_uri",
        "/expires_in",
    ];
    assert_eq!(pointers, expected);
    for fine in [
        "http://localhost:3000",
        "https://app.example.com:8443",
        "http://127.0.0.1:80",
    ] {
        let origins = vec![fine.to_owned()];
        let made = link::create(
            &test.domain,
            &ws,
            &somebody(),
            &LinkRequest { origins, ..session() },
        )
        .await;
        assert_eq!(made.is_ok(), fine != "http://127.0.0.1:80", "{fine}");
    }
}

#[tokio::test]
async fn a_public_token_lasts_ten_minutes_and_no_longer_than_its_connection() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    for (wait, ended, code) in [
        (600, false, Code::NotFound),
        (1, true, Code::ConnectionDisconnected),
    ] {
        let made = link::create(&test.domain, &ws, &somebody(), &session())
            .await
            .unwrap();
        let attempt = attempts::start(&test.domain, &ws, &made.id, &input(PASSWORD))
            .await
            .unwrap();
        work(&test).await;
        let done = attempts::get(&test.domain, &ws, &made.id, &attempt)
            .await
            .unwrap();
        test.clock.advance(Duration::from_secs(wait));
        if ended {
            let newest = test
                .domain
                .store
                .connections(&ws, None, 10)
                .await
                .unwrap()
                .rows
                .pop()
                .unwrap();
            disconnect(&test.domain, &ws, &newest.id, &somebody())
                .await
                .unwrap();
        }
        let public = done.public_token.unwrap();
        let refused = exchange(&test.domain, &ws, &somebody(), public.expose_secret())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), code);
    }
}

#[tokio::test]
async fn a_session_repairs_a_connection_which_keeps_its_token() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 2).await;
    let (connection, token) = super::connect(&test, &ws, &super::request()).await.unwrap();
    let refused = Fault::new(FaultKind::Unauthorized, "The password is refused.");
    crate::health::record_failure(&test.domain, &connection, &refused)
        .await
        .unwrap();
    test.systems.set_password("a new one");

    let repair = LinkRequest {
        connection_id: Some(connection.id.clone()),
        ..LinkRequest::default()
    };
    let made = link::create(&test.domain, &ws, &somebody(), &repair)
        .await
        .unwrap();
    let seen = link::open(&test.domain, &ws, &made.id).await.unwrap();
    assert_eq!(
        seen.systems.as_deref(),
        Some(std::slice::from_ref(&connection.system))
    );
    let attempt = attempts::start(&test.domain, &ws, &made.id, &input("a new one"))
        .await
        .unwrap();
    work(&test).await;
    let done = attempts::get(&test.domain, &ws, &made.id, &attempt)
        .await
        .unwrap();
    assert_eq!(done.status, AttemptStatus::Succeeded, "{:?}", done.failure);
    let public = done.public_token.unwrap();
    let (repaired, new_token) = exchange(&test.domain, &ws, &somebody(), public.expose_secret())
        .await
        .unwrap();
    assert!(new_token.is_none());
    assert_eq!(
        (repaired.id.as_str(), repaired.status.as_str()),
        (connection.id.as_str(), "online")
    );
    let caller = authenticate(&test.domain, &token).await.unwrap();
    assert_eq!(
        auth::connection(&test.domain, &caller, None).await.unwrap().id,
        connection.id
    );
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 2,
            held: 2,
            free: 0
        }
    );
}
