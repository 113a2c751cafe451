//! Deliveries and their turns as rows hold them.

use jiff::{
    Timestamp, ToSpan as _,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use serde::{Deserialize, Serialize};

use super::{Attempt, Delivery, DeliveryStatus, id};
use crate::{
    events::{EventRow, EventType, KEPT_DAYS},
    store::{Item, StoreError, keys, to_row},
};

/// Attempts that a delivery's log keeps; of more the oldest go.
const MOST_ATTEMPTS: usize = 40;

/// A delivery as its row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeliveryRow {
    pub(crate) id: String,
    pub(crate) event: String,
    pub(crate) kind: EventType,
    /// The one record that it tells of, by sequence number, where the endpoint wants each by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) part: Option<u64>,
    pub(crate) status: DeliveryStatus,
    /// Rises with every write of the row. The turn that was made with the last write is the one that counts.
    pub(crate) turn: u64,
    /// Failed attempts on the present ladder.
    pub(crate) failed: u32,
    /// When the next attempt is due.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) next_at: Option<Timestamp>,
    /// It is part of a replay, whose deliveries go out one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replay: Option<String>,
    /// Why it is parked, where the last attempt does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(default)]
    pub(crate) attempts: Vec<Attempt>,
    #[serde(with = "millis")]
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: i64,
}

impl DeliveryRow {
    /// A delivery that is due.
    pub(crate) fn new(event: &EventRow, part: Option<u64>, ep: &str, due: Timestamp, now: Timestamp) -> Self {
        Self {
            id: id(&event.id, part, ep),
            event: event.id.clone(),
            kind: event.kind,
            part,
            status: DeliveryStatus::Pending,
            turn: 1,
            failed: 0,
            next_at: Some(due),
            replay: None,
            reason: None,
            attempts: Vec::new(),
            created_at: now,
            expires_at: (now + (KEPT_DAYS * 24).hours()).as_second(),
        }
    }

    /// Starts the ladder anew, now. There is one chain of attempts all the same: an older turn counts no more.
    pub(crate) fn restart(&mut self, due: Timestamp, now: Timestamp, replay: Option<&str>) {
        self.status = DeliveryStatus::Pending;
        self.turn += 1;
        self.failed = 0;
        self.next_at = Some(due);
        self.replay = replay.map(str::to_owned);
        self.reason = None;
        self.expires_at = (now + (KEPT_DAYS * 24).hours()).as_second();
    }

    /// Ends the chain of attempts.
    pub(crate) fn end(&mut self, status: DeliveryStatus, reason: Option<&str>) {
        self.status = status;
        self.turn += 1;
        self.next_at = None;
        self.reason = reason.map(str::to_owned);
    }

    /// Notes an attempt.
    pub(crate) fn log(&mut self, attempt: Attempt) {
        if self.attempts.len() >= MOST_ATTEMPTS {
            self.attempts.remove(0);
        }
        self.attempts.push(attempt);
    }

    /// Its turn, while it has one.
    pub(crate) fn turn_item(&self, ws: &str, ep: &str) -> Result<Option<Item>, StoreError> {
        let Some(at) = self.next_at.filter(|_| self.status == DeliveryStatus::Pending) else {
            return Ok(None);
        };
        let turn = TurnRow {
            delivery: self.id.clone(),
            turn: self.turn,
            event: self.event.clone(),
            replay: self.replay.is_some(),
            // Long after the last attempt: only turns of endpoints that are gone ever come to it.
            expires_at: self.expires_at,
        };
        to_row(&keys::turn(ws, ep, at, &self.id, self.turn), &turn).map(Some)
    }

    /// The id of the message, the same for every attempt.
    pub(crate) fn message_id(&self) -> String {
        match self.part {
            Some(seq) => format!("{}_{seq}", self.event),
            None => self.event.clone(),
        }
    }

    pub(super) fn show(self, ep: &str) -> Delivery {
        Delivery {
            id: self.id,
            endpoint: ep.to_owned(),
            event: self.event,
            kind: self.kind,
            status: self.status,
            next_attempt_at: self.next_at,
            reason: self.reason,
            attempts: self.attempts,
            created_at: self.created_at,
        }
    }
}

/// A turn: at the time in its key an attempt is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TurnRow {
    pub(crate) delivery: String,
    pub(crate) turn: u64,
    pub(crate) event: String,
    /// It goes out in order with the others of its replay.
    #[serde(default)]
    pub(crate) replay: bool,
    expires_at: i64,
}
