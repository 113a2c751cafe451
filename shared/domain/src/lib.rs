//! State and rules of Manifold: workspaces, connections, credits, syncs and the change feed.
//!
//! The crate names no HTTP status, and outside [`store`] no AWS: what differs between Lambda, a
//! laptop and a test comes in through [`ports`].

pub mod backoff;
pub mod ports;
pub mod present;
pub mod erase;
pub mod mapping;
pub mod schedule;
pub mod synced;
pub mod quarantine;
pub mod changes;
pub mod store;
pub mod sync;
pub mod connection;
pub mod deployment;
pub mod error;
pub mod systems;
pub mod token;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod audit;
pub mod auth;
pub mod credits;
pub mod cursor;
pub mod events;
pub mod listing;
pub mod timeline;
mod access_token;
pub mod health;
pub mod open;
pub mod workspace;
pub mod api_key;
pub mod connect;
pub mod disconnect;
pub mod cleanup;
pub mod rotate;
pub mod intents;
pub mod erasure;
pub mod link;
pub mod update;
pub mod connections;
pub mod idempotency;
#[cfg(test)]
mod stories;
