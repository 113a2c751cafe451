//! The change feed of a connection: what exists, then every change of it, each once, in order.
//!
//! A reader has one place a model. It walks the records, each as `created`, while the journal goes on: before
//! each step of the walk the journal is read to the watermark, and what it says of records that the walk has
//! passed is shown. So a record that changes during the walk comes as `created` first wherever the walk
//! meets it, and every later change of it follows, once.
//!
//! A row may be ahead of the watermark, while its commit is under way. It is shown all the same, since a row
//! that is written is always committed by whoever takes over; the place keeps its number (`place::Ahead`).

mod place;
mod walk;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    connection::Connection, cursor, deployment::Domain, error::Problem, present, store::journal::ChangeKind,
};

use place::Place;
use walk::Walk;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedItem {
    /// Its number; rises per connection and model.
    pub seq: u64,
    /// The model.
    pub model: String,
    /// What happened.
    pub change: ChangeKind,
    /// The record's id.
    pub id: String,
    /// The record as it is now, as the API serves it; `None` when it is gone.
    pub record: Option<Vec<u8>>,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// The changes. None means that the reader is up to date; only a search through hundreds of thousands of
    /// deleted records can end a page before it finds one, and `up_to_date` tells.
    pub items: Vec<FeedItem>,
    /// Where to go on, always.
    pub next_cursor: String,
    /// Nothing more is there now.
    pub up_to_date: bool,
}

impl FeedPage {
    /// The page as JSON: `{"data":[…],"next_cursor":"…","up_to_date":true}`.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let bytes: usize = self
            .items
            .iter()
            .map(|item| item.record.as_ref().map_or(4, Vec::len) + 128)
            .sum();
        let mut out = Vec::with_capacity(bytes + self.next_cursor.len() + 96);
        out.extend_from_slice(b"{\"data\":[");
        for (place, item) in self.items.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            // Ids and models hold nothing that JSON escapes: models.md limits their alphabet.
            let (seq, model, change) = (item.seq, &item.model, item.change.as_str());
            out.extend_from_slice(
                format!("{{\"seq\":{seq},\"model\":\"{model}\",\"change\":\"{change}\",\"id\":").as_bytes(),
            );
            present::json_text(&mut out, &item.id);
            out.extend_from_slice(b",\"record\":");
            out.extend_from_slice(item.record.as_deref().unwrap_or(b"null"));
            out.push(b'}');
        }
        out.extend_from_slice(b"],\"next_cursor\":");
        present::json_text(&mut out, &self.next_cursor);
        out.extend_from_slice(format!(",\"up_to_date\":{}}}", self.up_to_date).as_bytes());
        out
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Places {
    /// The data epoch: an erasure ends every walk.
    e: u64,
    p: BTreeMap<String, Place>,
}

/// Reads on from a cursor, or from the beginning; `models` empty means all models of the connection.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor that is not one of this query, [`Problem::CursorExpired`] when
/// what it stands before is not kept any more or was erased.
pub async fn read(
    domain: &Domain,
    connection: &Connection,
    models: &[String],
    cursor: Option<&str>,
    limit: usize,
) -> Result<FeedPage, Problem> {
    let now = domain.ports.clock.now();
    let bound_to = format!(
        "changes\n{}\n{}\n{}",
        connection.workspace,
        connection.id,
        models.join(",")
    );
    let mut places = match cursor {
        Some(text) => cursor::decode(&domain.keys, &bound_to, text, now)?,
        None => Places {
            e: connection.epoch,
            p: BTreeMap::new(),
        },
    };
    if places.e != connection.epoch {
        return Err(Problem::CursorExpired);
    }
    let rows = domain.store.syncs(&connection.workspace, &connection.id).await?;
    let mut walk = Walk::new(domain, connection, limit);
    let mut up_to_date = true;
    for row in rows.iter().filter(|row| {
        if models.is_empty() {
            connection.models.contains(&row.model)
        } else {
            models.contains(&row.model)
        }
    }) {
        let mut place = places.p.remove(&row.model).unwrap_or_else(|| {
            // Where nothing is stored there is nothing to walk through. What a disconnect cut off is stored
            // without ever being counted.
            let has_rows = row.live > 0 || connection.is_disconnected();
            Place::start(walk::watermark(row, connection), has_rows)
        });
        let elsewhere = places.p.values().map(|place| place.ahead.text_bytes()).sum();
        up_to_date &= walk.go_on(row, &mut place, elsewhere).await?;
        places.p.insert(row.model.clone(), place);
    }
    let next_cursor = cursor::encode(&domain.keys, &bound_to, &places, None);
    Ok(FeedPage {
        items: walk.items,
        next_cursor,
        up_to_date,
    })
}
