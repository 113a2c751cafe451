//! `Idempotency-Key`: once done, ever answered; never stuck.

use std::time::Duration;

use secrecy::SecretString;

use super::everything;
use crate::{
    error::Code,
    idempotency::{Asked, Begun, Claim, begin, finish, release},
    testing::TestDomain,
};

struct Caller {
    bearer: SecretString,
}

impl Caller {
    fn asks<'a>(&'a self, key: &'a str, request: &'a str) -> Asked<'a> {
        Asked {
            ws: "ws_1",
            bearer: &self.bearer,
            key,
            request,
        }
    }
}

fn caller(bearer: &str) -> Caller {
    Caller {
        bearer: SecretString::from(bearer),
    }
}

async fn fresh(test: &TestDomain, asked: Asked<'_>) -> Claim {
    match begin(&test.domain, asked).await.unwrap() {
        Begun::Fresh(claim) => claim,
        Begun::Replay(_) => panic!("an answer was kept"),
    }
}

async fn refused(test: &TestDomain, asked: Asked<'_>) -> Code {
    begin(&test.domain, asked).await.map(|_| ()).unwrap_err().code()
}

#[tokio::test]
async fn t41_in_flight_then_replayed_and_never_with_another_body() {
    let test = TestDomain::start().await;
    let we = caller("mfk_we");
    let claim = fresh(&test, we.asks("k", "body")).await;
    assert_eq!(
        refused(&test, we.asks("k", "body")).await,
        Code::IdempotencyInFlight
    );
    assert_eq!(
        refused(&test, we.asks("k", "other")).await,
        Code::IdempotencyMismatch
    );
    // The key belongs to the caller: another one may use the same.
    let theirs = fresh(&test, caller("mfk_they").asks("k", "other")).await;
    release(&test.domain, theirs).await.unwrap();

    finish(&test.domain, claim, b"{\"token\":\"mft_secret\"}")
        .await
        .unwrap();
    let Begun::Replay(answer) = begin(&test.domain, we.asks("k", "body")).await.unwrap() else {
        panic!()
    };
    assert_eq!(answer, b"{\"token\":\"mft_secret\"}");
    assert_eq!(
        refused(&test, we.asks("k", "other")).await,
        Code::IdempotencyMismatch
    );
    assert!(
        !everything(&test).await.contains("mft_secret"),
        "answers are sealed"
    );

    test.clock.advance(Duration::from_secs(24 * 3600));
    let _again = fresh(&test, we.asks("k", "other")).await;
}

#[tokio::test]
async fn t29_a_crash_does_not_leave_the_key_stuck() {
    let test = TestDomain::start().await;
    let we = caller("mfk_we");
    let dead = fresh(&test, we.asks("k", "body")).await;
    test.clock.advance(Duration::from_secs(61));
    let next = fresh(&test, we.asks("k", "body")).await;
    // The dead one was only slow: its answer and its release count for nothing.
    finish(&test.domain, dead, b"late").await.unwrap();
    assert_eq!(
        refused(&test, we.asks("k", "body")).await,
        Code::IdempotencyInFlight
    );
    finish(&test.domain, next, b"good").await.unwrap();
    let Begun::Replay(answer) = begin(&test.domain, we.asks("k", "body")).await.unwrap() else {
        panic!()
    };
    assert_eq!(answer, b"good");
}

#[tokio::test]
async fn a_released_key_is_free_and_a_large_answer_is_not_kept() {
    let test = TestDomain::start().await;
    let we = caller("mfk_we");
    release(&test.domain, fresh(&test, we.asks("k", "body")).await)
        .await
        .unwrap();
    let claim = fresh(&test, we.asks("k", "other body")).await;
    finish(&test.domain, claim, &vec![b'x'; 300_000]).await.unwrap();
    let _free = fresh(&test, we.asks("k", "body")).await;
    assert_eq!(refused(&test, we.asks("", "body")).await, Code::InvalidRequest);
    assert_eq!(
        refused(&test, we.asks(&"k".repeat(256), "body")).await,
        Code::InvalidRequest
    );
}
