//! State and rules of Manifold: workspaces, connections, credits, syncs and the change feed.
//!
//! The crate names no HTTP status, and outside [`store`] no AWS: what differs between Lambda, a
//! laptop and a test comes in through [`ports`].

mod access_token;
pub mod activity;
pub mod api_key;
pub mod audit;
pub mod auth;
pub mod backoff;
pub mod changes;
pub mod cleanup;
pub mod connect;
pub mod connection;
pub mod connections;
pub mod credits;
pub mod cursor;
pub mod deployment;
pub mod disconnect;
pub mod erase;
pub mod erasure;
pub mod error;
pub mod events;
pub mod health;
pub mod idempotency;
pub mod intents;
pub mod link;
pub mod listing;
pub mod live;
pub mod mapping;
pub mod open;
pub mod ports;
pub mod present;
pub mod quarantine;
pub mod rotate;
pub mod schedule;
pub mod session;
pub mod store;
#[cfg(test)]
mod stories;
pub mod sync;
pub mod synced;
pub mod systems;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod timeline;
pub mod token;
pub mod update;
pub mod webhooks;
pub mod workspace;
