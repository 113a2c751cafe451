//! Every key of the two tables, on one screen.
//!
//! The workspace leads every key but the token's hash, the due index and the deployment's counts of
//! connections, so that no code path can
//! reach another workspace's rows without having its id. Times in keys are zero-padded milliseconds.
//!
//! State table:
//!
//! | row | pk | sk |
//! | --- | --- | --- |
//! | workspace | `ws#{ws}` | `workspace` |
//! | API key | `ws#{ws}` | `key#{key}` |
//! | connection | `ws#{ws}` | `conn#{conn}` |
//! | link session | `ws#{ws}` | `lnk#{link}` |
//! | vault intent | `ws#{ws}` | `intent#{vault name}` (due) |
//! | credit movement | `ws#{ws}#ledger` | `{time}#{id}` |
//! | event | `ws#{ws}#events` | `evt_…` (due) |
//! | webhook endpoint, its lane | `ws#{ws}#endpoints` | `ep_…`, `ep_…#lane` (due) |
//! | delivery | `ws#{ws}#ep#{ep}` | `dlv_…` |
//! | turn of a delivery | `ws#{ws}#ep#{ep}#turns` | `{time}#{delivery}#{turn}` |
//! | replay of a range | `ws#{ws}#replays` | `{ep}#{id}` (due) |
//! | audit | `ws#{ws}#audit` | `{time}#{id}` |
//! | idempotency | `ws#{ws}#idem#{hash of token and key}` | `answer` |
//! | sync state | `ws#{ws}#conn#{conn}` | `sync#{model}` (due) |
//! | probe of a system that is down | `ws#{ws}#conn#{conn}` | `probe#{generation}` (due) |
//! | clean-up, erasure | `ws#{ws}#conn#{conn}` | `cleanup#{generation}`, `erase#{epoch}` (due) |
//! | announcement of changes | `ws#{ws}#conn#{conn}` | `announce#{epoch}#{model}` (due) |
//! | access token | `ws#{ws}#conn#{conn}` | `access#{generation}` |
//! | refresh token | `ws#{ws}#conn#{conn}` | `refresh#{generation}` |
//! | timeline | `ws#{ws}#conn#{conn}#timeline` | `{time}#{id}` |
//! | pace towards a host | `ws#{ws}#host#{host}` | `host` |
//! | link attempt | `ws#{ws}#lnk#{link}` | `att_…` (due) |
//! | sign-in | `ws#{ws}#lnk#{link}` | `sgn_…` (due) |
//! | link by id | `lnk#{link}` | `link` |
//! | token, session | `tok#{hash}` | `token` |
//! | connections by status | `statuses` | `{shard}` |
//!
//! Records table, each under the connection's data epoch:
//!
//! | row | pk | sk |
//! | --- | --- | --- |
//! | record | `ws#{ws}#{conn}#{epoch}#{model}#r{shard}` | the record's id |
//! | journal segment | `ws#{ws}#{conn}#{epoch}#{model}#journal` | `{first seq}` |
//! | index segment | `ws#{ws}#{conn}#{epoch}#{model}#index` | `{fold}#{segment}` |
//! | ids seen | `ws#{ws}#{conn}#{epoch}#{model}#seen` | `{run}#{leg}#{part}` |
//! | ids missed | `ws#{ws}#{conn}#{epoch}#{model}#seen` | `suspects#{run}#{part}` |
//! | quarantine | `ws#{ws}#{conn}#{epoch}#quarantine` | `{model}#{item}` |

use std::fmt::Display;

use jiff::Timestamp;

/// Partition and sort key of one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

impl Key {
    fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self {
            pk: pk.into(),
            sk: sk.into(),
        }
    }
}

/// Key shards of a model's records: a partition takes 1,000 writes a second, sixteen take 16,000.
pub const RECORD_SHARDS: u8 = 16;

/// Shards of the due index, all read by the minute schedule.
pub const DUE_SHARDS: u8 = 8;

/// A time as it stands in a sort key: 13 digits last until the year 2286.
#[must_use]
pub fn time(at: Timestamp) -> String {
    format!("{:013}", at.as_millisecond().max(0))
}

/// Everything directly under a workspace: itself, keys, connections, links, intents.
#[must_use]
pub fn workspace_pk(ws: &str) -> String {
    format!("ws#{ws}")
}

/// The workspace's own row.
#[must_use]
pub fn workspace(ws: &str) -> Key {
    Key::new(workspace_pk(ws), "workspace")
}

/// What sort keys of API keys begin with.
pub const API_KEY_PREFIX: &str = "key#";

/// An API key's row.
#[must_use]
pub fn api_key(ws: &str, key: &str) -> Key {
    Key::new(workspace_pk(ws), format!("{API_KEY_PREFIX}{key}"))
}

/// A connection.
#[must_use]
pub fn connection(ws: &str, conn: &str) -> Key {
    Key::new(workspace_pk(ws), format!("conn#{conn}"))
}

/// A link session.
#[must_use]
pub fn link(ws: &str, link: &str) -> Key {
    Key::new(workspace_pk(ws), format!("lnk#{link}"))
}

/// Finds a link session's workspace by its id, which is not secret (it chooses `frame-ancestors`).
#[must_use]
pub fn link_by_id(link: &str) -> Key {
    Key::new(format!("lnk#{link}"), "link")
}

/// Announces a secret before it is written, so that a crash leaves no orphan in the vault.
#[must_use]
pub fn vault_intent(ws: &str, vault_name: &str) -> Key {
    Key::new(workspace_pk(ws), format!("intent#{vault_name}"))
}

/// Credit movements of a workspace.
#[must_use]
pub fn ledger_pk(ws: &str) -> String {
    format!("ws#{ws}#ledger")
}

/// One credit movement.
#[must_use]
pub fn ledger(ws: &str, at: Timestamp, id: &str) -> Key {
    Key::new(ledger_pk(ws), format!("{}#{id}", time(at)))
}

/// Events of a workspace; ids sort by time.
#[must_use]
pub fn events_pk(ws: &str) -> String {
    format!("ws#{ws}#events")
}

/// One event.
#[must_use]
pub fn event(ws: &str, id: &str) -> Key {
    Key::new(events_pk(ws), id)
}

/// Webhook endpoints of a workspace, each beside its lane.
#[must_use]
pub fn endpoints_pk(ws: &str) -> String {
    format!("ws#{ws}#endpoints")
}

/// One webhook endpoint.
#[must_use]
pub fn endpoint(ws: &str, ep: &str) -> Key {
    Key::new(endpoints_pk(ws), ep)
}

/// The lane of an endpoint: who works on its deliveries, and how it is doing.
#[must_use]
pub fn lane(ws: &str, ep: &str) -> Key {
    Key::new(endpoints_pk(ws), format!("{ep}#lane"))
}

/// Deliveries to one endpoint; ids sort by the time of their events.
#[must_use]
pub fn deliveries_pk(ws: &str, ep: &str) -> String {
    format!("ws#{ws}#ep#{ep}")
}

/// One delivery.
#[must_use]
pub fn delivery(ws: &str, ep: &str, delivery: &str) -> Key {
    Key::new(deliveries_pk(ws, ep), delivery)
}

/// Deliveries to one endpoint that wait for an attempt, in the order of their times.
#[must_use]
pub fn turns_pk(ws: &str, ep: &str) -> String {
    format!("ws#{ws}#ep#{ep}#turns")
}

/// The turn of one delivery.
#[must_use]
pub fn turn(ws: &str, ep: &str, at: Timestamp, delivery: &str, turn: u64) -> Key {
    Key::new(turns_pk(ws, ep), format!("{}#{delivery}#{turn:010}", time(at)))
}

/// A range of events that is sent again to one endpoint.
#[must_use]
pub fn replay(ws: &str, ep: &str, id: &str) -> Key {
    Key::new(format!("ws#{ws}#replays"), format!("{ep}#{id}"))
}

/// How far the changes of one model were announced as events.
#[must_use]
pub fn announcement(ws: &str, conn: &str, epoch: u64, model: &str) -> Key {
    Key::new(connection_pk(ws, conn), format!("announce#{epoch:010}#{model}"))
}

/// Who did what in a workspace, when, from where.
#[must_use]
pub fn audit(ws: &str, at: Timestamp, id: &str) -> Key {
    Key::new(format!("ws#{ws}#audit"), format!("{}#{id}", time(at)))
}

/// A kept answer, under the keyed hash of token and `Idempotency-Key`.
#[must_use]
pub fn idempotency(ws: &str, hash: &str) -> Key {
    Key::new(format!("ws#{ws}#idem#{hash}"), "answer")
}

/// Everything of one connection but the connection itself.
#[must_use]
pub fn connection_pk(ws: &str, conn: &str) -> String {
    format!("ws#{ws}#conn#{conn}")
}

/// State, lease and due time of one model's sync.
#[must_use]
pub fn sync(ws: &str, conn: &str, model: &str) -> Key {
    Key::new(connection_pk(ws, conn), format!("sync#{model}"))
}

/// The next attempt at a system that is down, or what its return left to do.
#[must_use]
pub fn probe(ws: &str, conn: &str, generation: u64) -> Key {
    Key::new(connection_pk(ws, conn), format!("probe#{generation:010}"))
}

/// How fast the connections of a workspace may come back to one host.
#[must_use]
pub fn host(ws: &str, host: &str) -> Key {
    Key::new(format!("ws#{ws}#host#{host}"), "host")
}

/// Clean-up after a disconnect of this generation.
#[must_use]
pub fn cleanup(ws: &str, conn: &str, generation: u64) -> Key {
    Key::new(connection_pk(ws, conn), format!("cleanup#{generation:010}"))
}

/// Erasure of a data epoch.
#[must_use]
pub fn erase(ws: &str, conn: &str, epoch: u64) -> Key {
    Key::new(connection_pk(ws, conn), format!("erase#{epoch:010}"))
}

/// The sealed access token that a sign-in brought.
#[must_use]
pub fn access_token(ws: &str, conn: &str, generation: u64) -> Key {
    Key::new(connection_pk(ws, conn), format!("access#{generation:010}"))
}

/// The newest refresh token of a generation, sealed, where renewing replaces it.
#[must_use]
pub fn refresh_token(ws: &str, conn: &str, generation: u64) -> Key {
    Key::new(connection_pk(ws, conn), format!("refresh#{generation:010}"))
}

/// A connection's timeline.
#[must_use]
pub fn timeline_pk(ws: &str, conn: &str) -> String {
    format!("ws#{ws}#conn#{conn}#timeline")
}

/// One entry of a connection's timeline.
#[must_use]
pub fn timeline(ws: &str, conn: &str, at: Timestamp, id: &str) -> Key {
    Key::new(timeline_pk(ws, conn), format!("{}#{id}", time(at)))
}

/// One attempt to connect through a link session.
#[must_use]
pub fn attempt(ws: &str, link: &str, attempt: &str) -> Key {
    Key::new(format!("ws#{ws}#lnk#{link}"), attempt)
}

/// A person's sign-in at a system, inside a link session.
#[must_use]
pub fn sign_in(ws: &str, link: &str, sign_in: &str) -> Key {
    Key::new(format!("ws#{ws}#lnk#{link}"), sign_in)
}

/// A bearer token, under its keyed hash.
#[must_use]
pub fn token(hash: &str) -> Key {
    Key::new(format!("tok#{hash}"), "token")
}

/// Partition key of the deployment's counts of connections by status.
pub const STATUSES_PK: &str = "statuses";

/// Shards of those counts, so that many connections may change at once.
pub const STATUS_SHARDS: u8 = 16;

/// The shard in which a connection is counted. Holds numbers only.
#[must_use]
pub fn statuses(conn: &str) -> Key {
    let shard = xxhash_rust::xxh3::xxh3_64(conn.as_bytes()) % u64::from(STATUS_SHARDS);
    Key::new(STATUSES_PK, format!("{shard:02}"))
}

/// What leads every key of a model's data: workspace, connection, data epoch, model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Partition(String);

impl Partition {
    /// The data of one model of one connection in its data epoch.
    #[must_use]
    pub fn new(ws: &str, conn: &str, epoch: u64, model: impl Display) -> Self {
        Self(format!("ws#{ws}#{conn}#{epoch}#{model}"))
    }

    /// A record's shard: by hash of the id, so that ids in a row spread.
    #[must_use]
    pub fn shard_of(id: &str) -> u8 {
        // The remainder of a division by 16 fits.
        (xxhash_rust::xxh3::xxh3_64(id.as_bytes()) % u64::from(RECORD_SHARDS)) as u8
    }

    /// Partition key of a shard of records.
    #[must_use]
    pub fn records_pk(&self, shard: u8) -> String {
        format!("{}#r{shard:02}", self.0)
    }

    /// A record's key.
    #[must_use]
    pub fn record(&self, id: &str) -> Key {
        Key::new(self.records_pk(Self::shard_of(id)), id)
    }

    /// Partition key of the journal.
    #[must_use]
    pub fn journal_pk(&self) -> String {
        format!("{}#journal", self.0)
    }

    /// The journal segment that starts at this sequence number.
    #[must_use]
    pub fn journal(&self, first_seq: u64) -> Key {
        Key::new(self.journal_pk(), format!("{first_seq:020}"))
    }

    /// Partition key of the change index.
    #[must_use]
    pub fn index_pk(&self) -> String {
        format!("{}#index", self.0)
    }

    /// A segment of one fold of the change index.
    #[must_use]
    pub fn index(&self, fold: u64, segment: u32) -> Key {
        Key::new(self.index_pk(), format!("{fold:020}#{segment:05}"))
    }

    /// Partition key of the ids that a complete read has seen.
    #[must_use]
    pub fn seen_pk(&self) -> String {
        format!("{}#seen", self.0)
    }

    /// A part of the ids that one leg of a run has seen.
    #[must_use]
    pub fn seen(&self, run: &str, leg: u32, part: u32) -> Key {
        Key::new(self.seen_pk(), format!("{run}#{leg:05}#{part:05}"))
    }

    /// A part of the ids that a complete read missed without being sure.
    #[must_use]
    pub fn suspects(&self, run: &str, part: u32) -> Key {
        Key::new(self.seen_pk(), format!("suspects#{run}#{part:05}"))
    }
}

/// Records of a connection that were put aside, of all models.
#[must_use]
pub fn quarantine_pk(ws: &str, conn: &str, epoch: u64) -> String {
    format!("ws#{ws}#{conn}#{epoch}#quarantine")
}

/// One record put aside.
#[must_use]
pub fn quarantine(ws: &str, conn: &str, epoch: u64, model: &str, item: &str) -> Key {
    Key::new(quarantine_pk(ws, conn, epoch), format!("{model}#{item}"))
}
