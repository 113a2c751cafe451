//! Tokens that are renewed: whose turn it is, what is kept, and what must not be.

use std::time::Duration;

use futures_util::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};

use super::{connect, everything, input, request, somebody, workspace_with};
use crate::{
    access_token::StoredToken,
    cleanup,
    connection::Connection,
    disconnect::disconnect,
    store::StoreError,
    systems::{AccessToken, TokenCache as _},
    testing::TestDomain,
    update::{ConnectionPatch, change},
};

/// As long as a turn lasts.
const TURN: Duration = Duration::from_secs(45);

async fn connected() -> (TestDomain, Connection) {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    (test, connection)
}

fn access(test: &TestDomain, text: &str) -> AccessToken {
    AccessToken {
        secret: SecretString::from(text),
        expires_at: Some(test.clock_wall() + Duration::from_secs(3600)),
    }
}

async fn newest(tokens: &StoredToken) -> Option<String> {
    let token = tokens.refresh_token().await.unwrap()?;
    Some(token.expose_secret().to_owned())
}

#[tokio::test]
async fn t16_of_twenty_that_want_to_renew_one_has_the_turn() {
    let (test, connection) = connected().await;
    let tokens: Vec<StoredToken> = (0..20)
        .map(|_| StoredToken::of(&test.domain, &connection))
        .collect();
    let turns = join_all(tokens.iter().map(StoredToken::take_turn)).await;
    let given: Vec<_> = turns.into_iter().flatten().collect();
    assert_eq!(given.len(), 1);
    assert!(tokens[0].take_turn().await.is_none());
    tokens[7].end_turn(given[0]).await;
    let next = tokens[0].take_turn().await.expect("it was given back");
    assert!(next > given[0]);
}

/// Whoever has the turn may be dead, or only slow.
#[tokio::test]
async fn t17_a_turn_ends_by_itself_and_who_is_late_takes_nothing_from_the_next() {
    let (test, connection) = connected().await;
    let tokens = StoredToken::of(&test.domain, &connection);
    let slow = tokens.take_turn().await.unwrap();
    test.clock.advance(TURN - Duration::from_secs(1));
    assert!(tokens.take_turn().await.is_none(), "two exchanges fit in");
    test.clock.advance(Duration::from_secs(1));
    let next = tokens.take_turn().await.unwrap();

    tokens.end_turn(slow).await;
    assert!(tokens.take_turn().await.is_none(), "the next one's turn goes on");
    // As long as the next one has brought nothing, what the slow one brings is the newest.
    tokens
        .keep_refresh_token(slow, &"from slow".into())
        .await
        .unwrap();
    assert_eq!(newest(&tokens).await.as_deref(), Some("from slow"));
    tokens
        .keep_refresh_token(next, &"from next".into())
        .await
        .unwrap();
    let late = tokens.keep_refresh_token(slow, &"too late".into()).await;
    assert!(matches!(late, Err(StoreError::Condition(_))), "{late:?}");
    assert_eq!(newest(&tokens).await.as_deref(), Some("from next"));
    assert!(!everything(&test).await.contains("from next"), "it is sealed");
}

#[tokio::test]
async fn t17_who_renews_with_old_credentials_replaces_nothing_of_the_new_ones() {
    let (test, connection) = connected().await;
    let old = StoredToken::of(&test.domain, &connection);
    let turn = old.take_turn().await.unwrap();
    old.keep_refresh_token(turn, &"old".into()).await.unwrap();
    old.end_turn(turn).await;
    let turn = old.take_turn().await.unwrap();

    test.systems.set_password("a new one");
    let patch = ConnectionPatch {
        credentials: Some(input("a new one").credentials),
        ..ConnectionPatch::default()
    };
    let (ws, conn) = (&connection.workspace, &connection.id);
    let connection = change(&test.domain, ws, conn, &somebody(), patch, &mut |_| {})
        .await
        .unwrap();
    let new = StoredToken::of(&test.domain, &connection);
    assert_eq!(newest(&new).await, None, "the credentials' own is the newest");
    test.clock.advance(TURN);
    let next = new.take_turn().await.unwrap();
    new.keep_refresh_token(next, &"new".into()).await.unwrap();
    new.save(&access(&test, "new access")).await;

    assert!(old.keep_refresh_token(turn, &"stale".into()).await.is_err());
    old.save(&access(&test, "stale access")).await;
    assert!(old.take_turn().await.is_none());
    assert_eq!(newest(&new).await.as_deref(), Some("new"));
    let kept = new.load().await.expect("an access token");
    assert_eq!(kept.secret.expose_secret(), "new access");
}

/// A renewal is under way while somebody disconnects: what it brings is not written down behind the clean-up.
#[tokio::test]
async fn t23_nothing_is_kept_for_a_connection_that_was_disconnected() {
    let (test, connection) = connected().await;
    let (ws, conn) = (&connection.workspace, &connection.id);
    let tokens = StoredToken::of(&test.domain, &connection);
    let turn = tokens.take_turn().await.unwrap();
    tokens.keep_refresh_token(turn, &"first".into()).await.unwrap();
    tokens.save(&access(&test, "access")).await;
    disconnect(&test.domain, ws, conn, &somebody()).await.unwrap();
    cleanup::run(&test.domain, ws, conn, connection.generation)
        .await
        .unwrap();
    assert_eq!(newest(&tokens).await, None);

    tokens.save(&access(&test, "access")).await;
    assert!(tokens.keep_refresh_token(turn, &"second".into()).await.is_err());
    tokens.end_turn(turn).await;
    assert!(tokens.take_turn().await.is_none());
    assert!(tokens.load().await.is_none() && newest(&tokens).await.is_none());
    let left = everything(&test).await;
    assert!(
        !left.contains(&format!("refresh#{:010}", connection.generation)),
        "no row of it is left"
    );
}
