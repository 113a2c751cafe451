//! A connection changes: how it is kept, and what it signs in with.

use std::{collections::BTreeMap, time::Duration};

use manifold_connectors::fault::{Fault, FaultKind};
use secrecy::{ExposeSecret as _, SecretString};

use super::{connect, request, somebody, workspace_with};
use crate::{
    connection::{Connection, ConnectionStatus, Every, Schedule},
    disconnect::disconnect,
    error::{Code, Problem},
    events,
    health::record_failure,
    listing::Paging,
    open,
    systems::{AccessToken, Purpose},
    testing::TestDomain,
    update::{ConnectionPatch, change},
};

async fn patch(
    test: &TestDomain,
    connection: &Connection,
    patch: ConnectionPatch,
) -> Result<Connection, Problem> {
    change(
        &test.domain,
        &connection.workspace,
        &connection.id,
        &somebody(),
        patch,
        &mut |_| {},
    )
    .await
}

fn password(password: &str) -> ConnectionPatch {
    ConnectionPatch {
        credentials: Some(BTreeMap::from([(
            "password".to_owned(),
            SecretString::from(password),
        )])),
        ..ConnectionPatch::default()
    }
}

fn setting(key: &str, value: &str) -> ConnectionPatch {
    ConnectionPatch {
        settings: Some(BTreeMap::from([(key.to_owned(), value.to_owned())])),
        ..Default::default()
    }
}

#[tokio::test]
async fn new_credentials_bring_a_connection_back_with_its_token_and_data() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    test.clock.advance(Duration::from_secs(1));
    let refused = Fault::new(FaultKind::Unauthorized, "The password is refused.");
    let waiting = record_failure(&test.domain, &connection, &refused).await.unwrap();
    assert_eq!(waiting.status, ConnectionStatus::ReauthRequired);
    test.systems.set_password("a new one");
    test.clock.advance(Duration::from_secs(1));

    let still_wrong = patch(&test, &connection, password("guess")).await.unwrap_err();
    assert_eq!(still_wrong.code(), Code::InvalidCredentials);
    assert_eq!(
        test.vault.names(),
        [connection.vault_name()],
        "nothing is left of a repair that failed"
    );

    let mended = patch(&test, &connection, password("a new one")).await.unwrap();
    assert_eq!(
        (mended.status, mended.status_reason.as_deref()),
        (ConnectionStatus::Online, None)
    );
    assert_eq!(
        (mended.generation, mended.epoch),
        (connection.generation, connection.epoch)
    );
    assert_eq!(mended.token_hash, connection.token_hash);
    assert_eq!(
        test.vault.names(),
        [mended.vault_name()],
        "the old secret is destroyed"
    );
    assert_ne!(mended.vault_name(), connection.vault_name());
    open::system(&test.domain, &mended, Purpose::Work).await.unwrap();
    let news = events::list(&test.domain, &ws, Paging::default())
        .await
        .unwrap()
        .data;
    let kinds: Vec<&str> = news.iter().rev().map(|event| event.kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "connection.created",
            "connection.reauth_required",
            "connection.online"
        ]
    );
    // A run that still uses the old credentials fails now: that says nothing about the new ones.
    let unchanged = record_failure(&test.domain, &connection, &refused).await.unwrap();
    assert_eq!(unchanged.status, ConnectionStatus::Online);
}

#[tokio::test]
async fn what_identifies_the_instance_cannot_change_and_the_field_is_named() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    let asked = test.systems.calls().len();
    for (key, value, pointer) in [
        (
            "instance_url",
            "https://other.example.com",
            "/settings/instance_url",
        ),
        ("hosting", "on_premises", "/settings/hosting"),
    ] {
        let Err(Problem::InvalidFields(problems)) = patch(&test, &connection, setting(key, value)).await
        else {
            panic!("{key} was changed")
        };
        assert_eq!(problems[0].pointer, pointer);
    }
    assert_eq!(test.systems.calls().len(), asked, "the system was asked");
    let other = patch(&test, &connection, setting("page_size", "50"))
        .await
        .unwrap();
    assert_eq!(other.settings["page_size"], "50");
    open::system(&test.domain, &other, Purpose::Work).await.unwrap();
}

#[tokio::test]
async fn schedule_models_and_metadata_change_without_asking_the_system() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    let asked = test.systems.calls().len();
    let mut metadata = serde_json::Map::new();
    metadata.insert("note".to_owned(), serde_json::json!("x"));
    let wanted = ConnectionPatch {
        schedule: Some(Schedule::All(Every::Day)),
        models: Some(vec!["vendor".to_owned()]),
        metadata: Some(metadata.clone()),
        keep_raw: Some(true),
        ..Default::default()
    };
    let changed = patch(&test, &connection, wanted).await.unwrap();
    assert_eq!(
        (changed.schedule, changed.models),
        (Schedule::All(Every::Day), vec!["vendor".to_owned()])
    );
    assert_eq!((changed.metadata, changed.keep_raw), (metadata, true));
    assert_eq!(test.systems.calls().len(), asked);
    let unknown = ConnectionPatch {
        models: Some(vec!["moon".to_owned()]),
        ..Default::default()
    };
    assert_eq!(
        patch(&test, &connection, unknown).await.unwrap_err().code(),
        Code::InvalidRequest
    );
    disconnect(&test.domain, &ws, &connection.id, &somebody())
        .await
        .unwrap();
    let over = patch(&test, &connection, password("x")).await.unwrap_err();
    assert_eq!(over.code(), Code::ConnectionDisconnected);
}

#[tokio::test]
async fn an_access_token_is_kept_sealed_and_only_for_its_credentials() {
    use crate::{access_token::StoredToken, systems::TokenCache as _};
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    let (connection, _) = connect(&test, &ws, &request()).await.unwrap();
    let cache = StoredToken::of(&test.domain, &connection);
    assert!(cache.load().await.is_none());
    let expires_at = Some(test.domain.ports.clock.wall() + Duration::from_secs(600));
    cache
        .save(&AccessToken {
            secret: SecretString::from("bearer canary"),
            expires_at,
        })
        .await;
    assert_eq!(
        cache.load().await.unwrap().secret.expose_secret(),
        "bearer canary"
    );
    assert!(!super::everything(&test).await.contains("canary"));
    let mut repaired = connection.clone();
    repaired.credentials_version += 1;
    assert!(StoredToken::of(&test.domain, &repaired).load().await.is_none());
    test.clock.advance(Duration::from_secs(599));
    assert!(cache.load().await.is_some());
    test.clock.advance(Duration::from_secs(1));
    assert!(cache.load().await.is_none(), "it is over");
    cache.forget().await;
}
