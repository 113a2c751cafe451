//! What the vendors' tables have in common: typed rows, and OData's way to ask for them.

pub(crate) mod filter;
mod json;
pub(crate) mod key;
mod lexer;
pub(crate) mod options;
pub(crate) mod page;
pub(crate) mod read_v4;
pub(crate) mod row;
pub(crate) mod schema;
pub(crate) mod v2;
pub(crate) mod v4;
pub(crate) mod value;
pub(crate) mod write;

pub(crate) use json::push_json_string;

/// A request that the service refuses, in words that go into the vendor's envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

impl Refused {
    /// A refusal with this text.
    pub(crate) fn because(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
