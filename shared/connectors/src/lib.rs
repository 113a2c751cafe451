//! What an industrial system says, as unified records.
//!
//! A system is described by a manifest (`catalog/<system>/connector.toml`, its form in other languages beside it in
//! `texts/`); nothing here knows a
//! system by name. The crate has no tenants, no AWS and no Lambda.

pub mod auth;
pub mod budget;
pub mod catalog;
pub mod check;
pub mod classify;
pub mod client;
pub mod connector;
pub mod fault;
pub mod form;
pub mod json;
pub mod manifest;
pub mod map;
pub mod model;
pub mod source;
pub mod translation;
pub mod transport;

pub use catalog::Catalog;
pub use client::Client;
pub use connector::Connector;
pub use fault::{Fault, FaultKind, Upstream};
pub use source::{Deletes, ModelTraits, Page, Pages, Position, ReadRequest, Record, Rejected, Source};
pub use translation::Translation;
