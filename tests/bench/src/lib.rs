//! What the benchmark's programs share: the purchase orders that they read, and the same orders mapped
//! by hand.
//!
//! The pages are those of a big OData V4 system: 1,000 orders of about 4 KB with nested lines each.

pub mod client;
pub mod deployment;
pub mod messages;
pub mod orders;
pub mod pages;

/// The manifest that maps these orders with the product's vocabulary.
pub const MANIFEST: &str = include_str!("../connector.toml");

/// Orders in one page.
pub const PAGE: usize = 1000;
