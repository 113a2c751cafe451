//! Workspaces, their keys, and whose tokens are whose.

use secrecy::ExposeSecret as _;

use super::{connect, credits, request, somebody, workspace_with};
use crate::{
    api_key,
    auth::{self, Caller, authenticate},
    credits::{Credits, MovementKind, ledger},
    error::{Code, Problem},
    listing::Paging,
    testing::TestDomain,
    workspace::{self, WorkspacePatch},
};

#[tokio::test]
async fn a_workspace_has_a_key_that_says_whose_it_is() {
    let test = TestDomain::start().await;
    let (ws, key) = workspace_with(&test, 40).await;
    let caller = authenticate(&test.domain, &key).await.unwrap();
    assert_eq!(caller.workspace().unwrap(), ws);
    assert_eq!(caller.admin().unwrap_err().code(), Code::Forbidden);
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 40,
            held: 0,
            free: 40
        }
    );
    let admin = test.domain.keys.admin_key();
    assert_eq!(
        authenticate(&test.domain, admin.expose_secret()).await.unwrap(),
        Caller::Admin
    );
}

#[tokio::test]
async fn tokens_that_are_malformed_or_unknown_are_refused_alike() {
    let test = TestDomain::start().await;
    let (_, key) = workspace_with(&test, 1).await;
    let mut typo = key.clone();
    typo.replace_range(10..11, if &key[10..11] == "A" { "B" } else { "A" });
    let unknown = crate::token::compose(crate::token::Kind::Workspace, &[9; 32]);
    let not_admin = crate::token::compose(crate::token::Kind::Admin, &[9; 32]);
    for token in [
        "",
        "nonsense",
        &typo,
        unknown.expose_secret(),
        not_admin.expose_secret(),
    ] {
        let refused = authenticate(&test.domain, token).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthorized, "{token}");
    }
}

#[tokio::test]
async fn keys_are_added_and_revoked_the_last_one_too() {
    let test = TestDomain::start().await;
    let (ws, first) = workspace_with(&test, 1).await;
    let (id, second) = api_key::add(&test.domain, &somebody(), &ws).await.unwrap();
    let caller = authenticate(&test.domain, second.expose_secret()).await.unwrap();
    assert_eq!(
        caller,
        Caller::Workspace {
            ws: ws.clone(),
            key: id.clone()
        }
    );
    for _ in 0..2 {
        api_key::revoke(&test.domain, &somebody(), &ws, &id)
            .await
            .unwrap();
    }
    let refused = authenticate(&test.domain, second.expose_secret())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::TokenRevoked);
    let Caller::Workspace { key, .. } = authenticate(&test.domain, &first).await.unwrap() else {
        panic!()
    };
    api_key::revoke(&test.domain, &somebody(), &ws, &key)
        .await
        .unwrap();
    assert!(authenticate(&test.domain, &first).await.is_err());
    let unknown = api_key::revoke(&test.domain, &somebody(), &ws, "key_none")
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test]
async fn the_total_cannot_fall_below_what_is_held() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 10).await;
    connect(&test, &ws, &request()).await.unwrap();
    let to = |credits| WorkspacePatch {
        credits: Some(credits),
        name: None,
    };
    let refused = workspace::change(&test.domain, &somebody(), &ws, &to(1))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Conflict);
    workspace::change(&test.domain, &somebody(), &ws, &to(2))
        .await
        .unwrap();
    assert_eq!(
        credits(&test, &ws).await,
        Credits {
            total: 2,
            held: 2,
            free: 0
        }
    );
    let patch = WorkspacePatch {
        credits: Some(5),
        name: Some("Renamed".to_owned()),
    };
    let changed = workspace::change(&test.domain, &somebody(), &ws, &patch)
        .await
        .unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.credits),
        (
            "Renamed",
            Credits {
                total: 5,
                held: 2,
                free: 3
            }
        )
    );

    let moves = ledger(&test.domain, &ws, Paging::default()).await.unwrap().data;
    let sum = |kind| {
        moves
            .iter()
            .filter(|m| m.kind == kind)
            .map(|m| m.amount)
            .sum::<i64>()
    };
    assert_eq!(
        (
            sum(MovementKind::Granted),
            sum(MovementKind::Held),
            sum(MovementKind::Released)
        ),
        (5, 2, 0)
    );
}

#[tokio::test]
async fn another_workspaces_connection_is_not_found() {
    let test = TestDomain::start().await;
    let (ours, our_key) = workspace_with(&test, 10).await;
    let (_, their_key) = workspace_with(&test, 10).await;
    let (connection, token) = connect(&test, &ours, &request()).await.unwrap();
    let we = authenticate(&test.domain, &our_key).await.unwrap();
    let they = authenticate(&test.domain, &their_key).await.unwrap();
    let bearer = authenticate(&test.domain, &token).await.unwrap();
    let named = Some(connection.id.as_str());
    assert_eq!(
        auth::connection(&test.domain, &we, named).await.unwrap().id,
        connection.id
    );
    assert_eq!(
        auth::connection(&test.domain, &bearer, None).await.unwrap().id,
        connection.id
    );
    let refused = auth::connection(&test.domain, &they, named).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    assert!(matches!(
        auth::connection(&test.domain, &we, None).await,
        Err(Problem::Unreadable(_))
    ));
    let other = auth::connection(&test.domain, &bearer, Some("conn_other"))
        .await
        .unwrap_err();
    assert_eq!(other.code(), Code::NotFound);
}

#[tokio::test]
async fn lists_are_paged_to_their_end_and_no_further() {
    let test = TestDomain::start().await;
    let (ws, _) = workspace_with(&test, 100).await;
    for _ in 0..7 {
        connect(&test, &ws, &request()).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let paging = Paging {
            limit: 3,
            cursor: cursor.as_deref(),
        };
        let filter = crate::connections::ConnectionFilter::default();
        let page = crate::connections::list(&test.domain, &ws, &filter, paging)
            .await
            .unwrap();
        seen.extend(page.data.into_iter().map(|connection| connection.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let mut unique = seen.clone();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (7, 7));
    let events = crate::events::list(
        &test.domain,
        &ws,
        Paging {
            limit: 5,
            cursor: None,
        },
    )
    .await
    .unwrap();
    assert_eq!(events.data.len(), 5);
    let stolen = events.next_cursor.unwrap();
    let elsewhere = ledger(
        &test.domain,
        &ws,
        Paging {
            limit: 5,
            cursor: Some(&stolen),
        },
    )
    .await
    .unwrap_err();
    assert_eq!(elsewhere.code(), Code::InvalidRequest);
}
