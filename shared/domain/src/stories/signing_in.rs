//! Signing in at the system's own page, inside a link session.

use std::time::Duration;

use manifold_connectors::FaultKind;
use secrecy::{ExposeSecret as _, SecretString};

use super::{input, linking::session, somebody, workspace_with};
use crate::{
    error::Code,
    link::{
        self,
        sign_in::{self, Return, SignInStatus},
    },
    schedule,
    store::{Row, Table, keys},
    testing::{PASSWORD, TestDomain},
};

const BACK: &str = "https://manifold.example/v1/connect/oauth/callback";

/// A session with a sign-in that has begun; its ticket.
async fn begun(test: &TestDomain, ws: &str) -> (String, sign_in::Started) {
    let made = link::create(&test.domain, ws, &somebody(), &session())
        .await
        .unwrap();
    let started = sign_in::start(&test.domain, ws, &made.id, &input(PASSWORD), BACK)
        .await
        .unwrap();
    (made.id, started)
}

/// The window's way to the system: the state that it is sent with, and its cookie.
async fn gone(test: &TestDomain, started: &sign_in::Started) -> (String, SecretString) {
    let departure = sign_in::depart(&test.domain, started.ticket.expose_secret())
        .await
        .unwrap();
    let state = departure.url.split("state=").nth(1).unwrap().to_owned();
    (state, departure.browser)
}

fn back(state: &str, browser: &SecretString) -> Return {
    Return {
        state: state.to_owned(),
        browser: Some(browser.clone()),
        code: Some(SecretString::from("good")),
        issuer: Some("https://fake.example".to_owned()),
        ..Return::default()
    }
}

#[tokio::test]
async fn a_person_signs_in_and_the_attempt_begins() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (link, started) = begun(&test, &ws).await;
    let waiting = sign_in::get(&test.domain, &ws, &link, &started.id).await.unwrap();
    assert_eq!(waiting.status, SignInStatus::Waiting);
    let (state, browser) = gone(&test, &started).await;
    let done = sign_in::come_back(&test.domain, back(&state, &browser))
        .await
        .unwrap();
    assert_eq!(done.status, SignInStatus::Started);
    let view = sign_in::get(&test.domain, &ws, &link, &started.id).await.unwrap();
    assert!(view.attempt.is_some_and(|attempt| attempt.starts_with("att_")));
    // Once: neither the ticket nor what came back is good again.
    let again = sign_in::come_back(&test.domain, back(&state, &browser))
        .await
        .unwrap_err();
    assert_eq!(again.code(), Code::Conflict);
    let ticket = started.ticket.expose_secret();
    assert_eq!(
        sign_in::depart(&test.domain, ticket).await.unwrap_err().code(),
        Code::Conflict
    );
}

#[tokio::test]
async fn another_browser_brings_nothing_back() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (_, started) = begun(&test, &ws).await;
    let (state, browser) = gone(&test, &started).await;
    for other in [None, Some(SecretString::from("else"))] {
        let stolen = Return {
            browser: other,
            ..back(&state, &browser)
        };
        let refused = sign_in::come_back(&test.domain, stolen).await.unwrap_err();
        assert_eq!(refused.code(), Code::Forbidden);
    }
    // The right one still can.
    let done = sign_in::come_back(&test.domain, back(&state, &browser))
        .await
        .unwrap();
    assert_eq!(done.status, SignInStatus::Started);
    let forged = Return {
        state: state.replace(|letter: char| letter.is_ascii_digit(), "x"),
        ..back(&state, &browser)
    };
    assert_eq!(
        sign_in::come_back(&test.domain, forged).await.unwrap_err().code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn what_goes_wrong_is_told_to_whoever_waits() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let check =
        async |change: fn(Return) -> Return, status: SignInStatus, fault: Option<FaultKind>, said: &str| {
            let (link, started) = begun(&test, &ws).await;
            let (state, browser) = gone(&test, &started).await;
            let ended = sign_in::come_back(&test.domain, change(back(&state, &browser)))
                .await
                .unwrap();
            let view = sign_in::get(&test.domain, &ws, &link, &started.id).await.unwrap();
            assert_eq!(ended, view, "{said}: the window hears what the page hears");
            assert_eq!((view.status, view.fault), (status, fault), "{said}");
            assert!(view.detail.is_some_and(|detail| detail.contains(said)), "{said}");
            assert_eq!(view.attempt, None, "{said}");
        };
    let declined = |back| Return {
        code: None,
        error: Some("access_denied".to_owned()),
        ..back
    };
    check(declined, SignInStatus::Refused, None, "access_denied").await;
    let elsewhere = |back| Return {
        issuer: Some("https://evil.example".to_owned()),
        ..back
    };
    check(elsewhere, SignInStatus::Failed, None, "somewhere else").await;
    let silent = |back| Return { issuer: None, ..back };
    check(silent, SignInStatus::Failed, None, "somewhere else").await;
    let spent = |back| Return {
        code: Some(SecretString::from("spent")),
        ..back
    };
    check(
        spent,
        SignInStatus::Failed,
        Some(FaultKind::Unauthorized),
        "not good",
    )
    .await;
}

#[tokio::test]
async fn a_sign_in_is_over_when_its_time_is() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (link, started) = begun(&test, &ws).await;
    let (state, browser) = gone(&test, &started).await;
    test.clock.advance(Duration::from_secs(15 * 60));
    let late = sign_in::come_back(&test.domain, back(&state, &browser))
        .await
        .unwrap_err();
    assert_eq!(late.code(), Code::NotFound);
    let view = sign_in::get(&test.domain, &ws, &link, &started.id).await.unwrap();
    assert_eq!(view.status, SignInStatus::Failed);
}

#[tokio::test]
async fn what_was_typed_for_a_sign_in_that_is_given_up_is_wiped() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (link, started) = begun(&test, &ws).await;
    let key = keys::sign_in(&ws, &link, &started.id);
    let kept = async || {
        let row: Option<serde_json::Value> = test
            .domain
            .store
            .get(Row::SignIn, Table::State, &key)
            .await
            .unwrap();
        row.unwrap().get("sealed_input").is_some()
    };
    let minute = async || {
        let deadline = test.domain.ports.clock.wall() + Duration::from_secs(50);
        schedule::drive(&test.domain, deadline).await.unwrap()
    };
    minute().await;
    assert!(kept().await, "the person may still come back");
    test.clock.advance(Duration::from_secs(17 * 60));
    minute().await;
    assert!(!kept().await);
    assert_eq!(minute().await.due, 0, "and nothing is left to do");
}
