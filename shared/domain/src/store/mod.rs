//! The only place that talks to DynamoDB: keys on one screen, one file per entity.
//!
//! No scan exists. The one index (`due`) serves the minute schedule alone, and what it finds is
//! re-checked on the base row, since an index lags behind its table.

mod batch;
mod connection;
pub mod dictionary;
pub mod due;
pub mod expression;
pub mod index;
pub mod journal;
pub mod keys;
pub mod link;
pub mod packing;
pub mod quarantine;
pub mod record;
pub mod record_writes;
mod removal;
mod rows;
mod seen;
pub mod sync;
mod tables;
pub mod token;
pub mod transact;

use std::{collections::HashMap, fmt};

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, CancellationReason},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use keys::Key;

pub use expression::{Change, When};
pub use rows::{RowPage, SortKeys};
pub(crate) use rows::{from_row, key_of, to_row};
pub use transact::Transaction;

/// One row, as the SDK gives it.
pub type Item = HashMap<String, AttributeValue>;

/// What a row is, as errors and transactions name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Row {
    /// A workspace.
    Workspace,
    /// An API key.
    ApiKey,
    /// A connection.
    Connection,
    /// A link session, under its workspace or by its id.
    Link,
    /// An attempt to connect through a link session.
    Attempt,
    /// A secret that is about to be written to the vault.
    Intent,
    /// A bearer token.
    Token,
    /// A movement of credits.
    Ledger,
    /// An event.
    Event,
    /// An audit entry.
    Audit,
    /// An entry of a connection's timeline.
    Timeline,
    /// A kept answer.
    Idempotency,
    /// The state of one model's sync.
    Sync,
    /// Counts of connections by status.
    Statuses,
    /// The next attempt at a system that is down.
    Probe,
    /// The pace towards a host.
    Host,
    /// Work left by a disconnect.
    Cleanup,
    /// Work left by an erasure.
    Erase,
    /// A sealed access token.
    AccessToken,
    /// A webhook endpoint.
    Endpoint,
    /// The lane of a webhook endpoint.
    Lane,
    /// A delivery.
    Delivery,
    /// The turn of a delivery.
    Turn,
    /// A replay of a range of events.
    Replay,
    /// How far changes were announced.
    Announcement,
    /// A sealed refresh token, and whose turn it is to use it.
    RefreshToken,
    /// A person's sign-in at a system, inside a link session.
    SignIn,
    /// A record.
    Record,
    /// A journal segment.
    Journal,
    /// A segment of the change index.
    Index,
    /// Ids that a complete read has seen.
    Seen,
    /// A record put aside.
    Quarantine,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Row::Workspace => "workspace",
            Row::ApiKey => "api key",
            Row::Connection => "connection",
            Row::Link => "link session",
            Row::Attempt => "attempt",
            Row::Intent => "vault intent",
            Row::Token => "token",
            Row::Ledger => "ledger",
            Row::Event => "event",
            Row::Audit => "audit",
            Row::Timeline => "timeline",
            Row::Idempotency => "kept answer",
            Row::Sync => "sync",
            Row::Statuses => "counts of connections",
            Row::Probe => "probe",
            Row::Host => "host",
            Row::Cleanup => "clean-up",
            Row::Erase => "erasure",
            Row::AccessToken => "access token",
            Row::Endpoint => "webhook endpoint",
            Row::Lane => "lane",
            Row::Delivery => "delivery",
            Row::Turn => "turn",
            Row::Replay => "replay",
            Row::Announcement => "announcement",
            Row::RefreshToken => "refresh token",
            Row::SignIn => "sign-in",
            Row::Record => "record",
            Row::Journal => "journal",
            Row::Index => "index",
            Row::Seen => "seen ids",
            Row::Quarantine => "quarantine",
        })
    }
}

/// Which of the two tables a row is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Everything but the connections' data.
    State,
    /// Records, journals, indexes, quarantine.
    Records,
}

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: somebody else was here first. The caller decides what that means.
    #[error("a condition on the {0} row did not hold")]
    Condition(Row),
    /// Two transactions met, or DynamoDB throttles: the same call may succeed in a moment.
    #[error("DynamoDB is busy")]
    Busy,
    /// DynamoDB did not answer, or refused for a reason of its own.
    #[error("DynamoDB: {0}")]
    Unavailable(String),
    /// A row is not what this version writes: a bug, or a table of something else.
    #[error("the row {pk} / {sk} cannot be read: {reason}")]
    Corrupt {
        /// Its partition key.
        pk: String,
        /// Its sort key.
        sk: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// The two tables of a deployment.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) state: String,
    pub(crate) records: String,
}

impl Store {
    /// Over tables that exist (template.yaml makes them; the local stack calls [`Store::create_tables`]).
    #[must_use]
    pub fn new(client: Client, state_table: impl Into<String>, records_table: impl Into<String>) -> Self {
        Self {
            client,
            state: state_table.into(),
            records: records_table.into(),
        }
    }
}

impl Key {
    /// The key as attributes `pk` and `sk`.
    #[must_use]
    pub fn attributes(&self) -> Item {
        HashMap::from([
            ("pk".to_owned(), AttributeValue::S(self.pk.clone())),
            ("sk".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

impl Store {
    pub(crate) fn table(&self, table: Table) -> &str {
        match table {
            Table::State => &self.state,
            Table::Records => &self.records,
        }
    }
}

/// Turns an SDK error into ours; `row` names the row that a condition was on.
pub(crate) fn store_error<E>(row: Row, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
{
    use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata as _};
    match error.code() {
        Some("ConditionalCheckFailedException") => StoreError::Condition(row),
        Some(
            "ThrottlingException"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "TransactionConflictException"
            | "TransactionInProgressException"
            | "InternalServerError",
        ) => StoreError::Busy,
        _ => StoreError::Unavailable(DisplayErrorContext(&error).to_string()),
    }
}

/// Why each item of a cancelled transaction was refused, in the order of the items.
pub(crate) fn cancellation(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> &[CancellationReason] {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons()
        }
        _ => &[],
    }
}
