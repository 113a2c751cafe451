//! A system as the rest of Manifold sees it: pages of unified records, and nothing of how they came.
//!
//! [`crate::Client`] is the one implementation that talks to systems; tests bring their own.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// One record in the unified shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The system's own key, escaped as models.md says: stands in a path as it is, at most 512 bytes.
    pub id: String,
    /// The unified record as the text of one JSON object: `{"id":…,"source_key":{…},"model":…,…}`.
    ///
    /// It holds what came from the system and nothing else: connection, sequence number and
    /// `synced_at` are spliced in by whoever stores or serves it.
    pub body: Vec<u8>,
    /// When the system says that it last changed, where it says so.
    pub modified_at: Option<Timestamp>,
    /// The system marks the record as deleted instead of removing it.
    pub deleted: bool,
    /// The record as the system sent it, when it was asked for.
    pub raw: Option<Bytes>,
}

/// A record that could not be mapped; the page around it is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The record's id, where at least that could be read.
    pub id: Option<String>,
    /// Where in the source record, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, in a sentence.
    pub reason: String,
    /// The record as the system sent it, cut at 350 kB.
    pub raw: Bytes,
}

/// Where to go on in a paged read. Opaque outside this crate; serialises to a short text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub String);

/// What to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadRequest {
    /// The unified model: `purchase_order`.
    pub model: String,
    /// Only what changed at or after this time. Records without a modification time always come.
    ///
    /// Asked of a model that cannot say what changed, the read fails as `Unsupported` naming
    /// `modified_after`; [`ModelTraits::incremental`] tells beforehand.
    pub since: Option<Timestamp>,
    /// Filters of the model, by unified name, with their text values.
    pub filters: Vec<(String, String)>,
    /// Records a page wanted; the manifest's own page size when `None`. A page never has more.
    pub page_size: Option<u32>,
    /// Go on behind this position instead of at the start.
    pub position: Option<Position>,
    /// Keep each record's source text.
    pub raw: bool,
    /// Only look at what there is: the first page of a request that may tell the total where the list's own does
    /// not. Without rows that further queries would bring.
    pub look: bool,
}

/// One page, in the order of the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The records that could be mapped.
    pub records: Vec<Record>,
    /// Those that could not.
    pub rejected: Vec<Rejected>,
    /// Where the next page starts; `None` means that this was the last one.
    pub next: Option<Position>,
    /// How many records the system says there are in all, where it says so.
    pub total: Option<u64>,
    /// What was odd and not wrong: a full page without a next link.
    pub warnings: Vec<String>,
}

/// What a model of a system can do: capabilities as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelTraits {
    /// The unified model's name.
    pub model: String,
    /// The system can be asked for what changed since a time.
    pub incremental: bool,
    /// One record can be read by its id.
    pub by_id: bool,
    /// How deletions show.
    pub deletes: Deletes,
    /// Unified names of the filters that a live read accepts.
    pub filters: Vec<String>,
    /// Subtracted from the cursor at each read, for what is committed late or by a slow clock.
    pub overlap: Duration,
    /// The cursor never comes nearer than this to the start of the run.
    pub hold_back: Duration,
}

/// How deletions of a model are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletes {
    /// Not at all.
    Never,
    /// The system keeps the record and marks it.
    Marked,
    /// A record that a complete read does not bring is gone.
    Absence,
}

/// Reads one instance of one system.
#[async_trait]
pub trait Source: Send + Sync {
    /// What this model can do here; `None` when the system does not have it.
    fn traits(&self, model: &str) -> Option<ModelTraits>;

    /// Opens a read. Nothing is asked of the system before the first [`Pages::next`].
    fn read(self: Arc<Self>, request: ReadRequest) -> Box<dyn Pages>;

    /// One record by its id; `Ok(Err(_))` when it is there and cannot be mapped.
    ///
    /// `Ok(None)` is the system's own word that there is no such record.
    async fn get(&self, model: &str, id: &str, raw: bool) -> Result<Option<Result<Record, Rejected>>, Fault>;
}

/// A read under way: the next page is fetched while the current one is worked on.
#[async_trait]
pub trait Pages: Send {
    /// The next page; `None` after the last one.
    async fn next(&mut self) -> Result<Option<Page>, Fault>;
}
