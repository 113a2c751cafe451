//! Cursors: opaque, authenticated, and bound to the query that they came from.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::{Conn, World, list, text};

/// Flips one character in the middle.
fn tampered(cursor: &str) -> String {
    let mut bytes = cursor.as_bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}

/// The first cursor of a list.
async fn cursor(world: &World, path: &str, token: &str) -> String {
    let page = world.get(path, token).await.expect(200);
    page["next_cursor"]
        .as_str()
        .unwrap_or_else(|| panic!("{path} has one page only: {page}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t42_cursors_only_fit_where_they_came_from() {
    let world = World::start().await;
    let connect = async |system: &str| {
        let conn = world.connect(system, json!({"models": ["vendor", "item"]})).await;
        world.sync(&conn, json!({})).await;
        conn
    };
    let (one, other): (Conn, Conn) = (
        connect("dynamics_finance").await,
        connect("dynamics_business_central").await,
    );
    let live = cursor(&world, "/v1/vendors?limit=2", &one.token).await;
    let synced = cursor(&world, "/v1/vendors?source=synced&limit=2", &one.token).await;
    let feed = cursor(&world, "/v1/changes?limit=2", &one.token).await;
    for (what, path, token) in [
        (
            "live, tampered",
            format!("/v1/vendors?cursor={}", tampered(&live)),
            &one.token,
        ),
        (
            "live, other model",
            format!("/v1/items?cursor={live}"),
            &one.token,
        ),
        (
            "live, other filter",
            format!("/v1/vendors?modified_after=2026-01-01T00:00:00Z&cursor={live}"),
            &one.token,
        ),
        (
            "live for synced",
            format!("/v1/vendors?source=synced&cursor={live}"),
            &one.token,
        ),
        (
            "live, other connection",
            format!("/v1/vendors?cursor={live}"),
            &other.token,
        ),
        (
            "synced, tampered",
            format!("/v1/vendors?source=synced&cursor={}", tampered(&synced)),
            &one.token,
        ),
        (
            "synced, other model",
            format!("/v1/items?source=synced&cursor={synced}"),
            &one.token,
        ),
        (
            "synced, other filter",
            format!("/v1/vendors?source=synced&include_deleted=true&cursor={synced}"),
            &one.token,
        ),
        (
            "synced for live",
            format!("/v1/vendors?cursor={synced}"),
            &one.token,
        ),
        (
            "synced, other connection",
            format!("/v1/vendors?source=synced&cursor={synced}"),
            &other.token,
        ),
        (
            "feed, tampered",
            format!("/v1/changes?cursor={}", tampered(&feed)),
            &one.token,
        ),
        (
            "feed, other models",
            format!("/v1/changes?models=item&cursor={feed}"),
            &one.token,
        ),
        (
            "feed, other connection",
            format!("/v1/changes?cursor={feed}"),
            &other.token,
        ),
        (
            "feed for synced",
            format!("/v1/vendors?source=synced&cursor={feed}"),
            &one.token,
        ),
        (
            "cut",
            format!("/v1/changes?cursor={}", &feed[..feed.len() - 1]),
            &one.token,
        ),
        (
            "long",
            format!("/v1/changes?cursor={}", "A".repeat(8_000)),
            &one.token,
        ),
    ] {
        let reply = world.get(&path, token).await;
        assert_eq!(
            (reply.status, reply.body["code"].as_str()),
            (400, Some("invalid_request")),
            "{what}: {}",
            reply.text
        );
    }
    let events = cursor(&world, "/v1/events?limit=1", &world.key).await;
    let ledger = cursor(&world, "/v1/credits/ledger?limit=1", &world.key).await;
    let timeline = cursor(
        &world,
        &format!("/v1/connections/{}/timeline?limit=1", one.id),
        &world.key,
    )
    .await;
    let connections = cursor(&world, "/v1/connections?limit=1", &world.key).await;
    let admin = world.stack.admin_key().expose_secret().to_owned();
    let stranger = world
        .post("/v1/workspaces", &admin, json!({"name": "Else", "credits": 1}))
        .await
        .expect(201);
    let stranger = text(&stranger, "/key");
    for (what, path, key) in [
        (
            "another workspace's events",
            format!("/v1/events?cursor={events}"),
            &stranger,
        ),
        (
            "another workspace's ledger",
            format!("/v1/credits/ledger?cursor={ledger}"),
            &stranger,
        ),
        (
            "another workspace's connections",
            format!("/v1/connections?cursor={connections}"),
            &stranger,
        ),
        (
            "events for the ledger",
            format!("/v1/credits/ledger?cursor={events}"),
            &world.key,
        ),
        (
            "another timeline",
            format!("/v1/connections/{}/timeline?cursor={timeline}", other.id),
            &world.key,
        ),
        (
            "another filter",
            format!("/v1/connections?system=netsuite&cursor={connections}"),
            &world.key,
        ),
    ] {
        let reply = world.get(&path, key).await;
        assert_eq!(
            (reply.status, reply.body["code"].as_str()),
            (400, Some("invalid_request")),
            "{what}: {}",
            reply.text
        );
    }
    // And where they came from they do.
    let second = world
        .get(
            &format!("/v1/vendors?source=synced&limit=2&cursor={synced}"),
            &one.token,
        )
        .await
        .expect(200);
    assert_eq!(list(&second).len(), 2);
    let whole: Vec<Value> = world.all("/v1/vendors?source=synced", &one.token).await;
    assert_eq!(whole[2..4], list(&second)[..]);
}
