//! Webhooks: each event reaches each endpoint that wants it at least once, under one id.
//!
//! 1. An event is written in the transaction of what happened, and is due (`events`).
//! 2. It is **fanned out** ([`fan_out`]): one delivery row for each endpoint, and the delivery's *turn*, a row in
//!    the order of time. Both have names that follow from event and endpoint, so that doing it twice makes none
//!    twice. Only then is the event due no more.
//! 3. Each endpoint has a **lane** (`lane`): one worker at a time takes the turns that have come, signs, sends,
//!    and writes down what happened. So a slow endpoint holds up no other, and what is in flight is bounded
//!    exactly.
//! 4. A failed attempt gives the delivery its next turn by the [`ladder`]; the last one parks it, to be replayed.
//!
//! State is truth. Messages of the deliver queue only wake; lost, doubled, early or late ones change nothing,
//! because the rows that they are about are due, and the minute schedule finds them.

mod announce;
mod attempt;
mod delivery;
mod endpoint;
mod failing;
mod fan_out;
mod filter;
pub mod ladder;
mod lane;
mod receivers;
mod replay;
mod secret;
pub mod signature;
#[cfg(test)]
mod tests;
mod trial;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use delivery::{Attempt, Delivery, DeliveryStatus, get as delivery, list as deliveries};
pub use endpoint::{
    Endpoint, EndpointPatch, EndpointSettings, EndpointStatus, MOST as MOST_ENDPOINTS, change, create,
    delete, get, list, page, rotate_secret,
};
pub use failing::{DISABLED_AFTER, WARNED_AFTER};
pub use fan_out::fan_out;
pub use lane::{Outcome, Worked, end_leases};
pub use receivers::{Answer, BODY_LIMIT, Message, Posted, Receivers};
pub use replay::{Only, Range, replay, replay_range};
pub use secret::{LONGEST_OVERLAP, USUAL_OVERLAP};
pub use trial::test;

pub(crate) use announce::mark as mark_changes;

use crate::{deployment::Domain, error::Problem};

/// What a message on the deliver queue says: wake up and look at this row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeliverMessage {
    /// An event is to be handed to its endpoints.
    Event {
        /// Workspace.
        ws: String,
        /// Event.
        id: String,
    },
    /// An endpoint has deliveries whose turn has come.
    Lane {
        /// Workspace.
        ws: String,
        /// Endpoint.
        endpoint: String,
    },
    /// A range of events is to be sent again.
    Replay {
        /// Workspace.
        ws: String,
        /// Endpoint.
        endpoint: String,
        /// Replay.
        id: String,
    },
    /// Changes of a model are to be announced.
    Changes {
        /// Workspace.
        ws: String,
        /// Connection.
        conn: String,
        /// Data epoch.
        epoch: u64,
        /// Model.
        model: String,
    },
}

impl DeliverMessage {
    /// Its text.
    #[must_use]
    pub fn body(&self) -> String {
        serde_json::to_string(self).expect("a message is made of texts and numbers")
    }
}

/// Works on one message until it is done or `deadline` has come, by the wall's clock. Events of one workspace are
/// better handed to [`fan_out`] together.
///
/// # Errors
/// Only for failures of our own (store, queue, keys). The message may come again; what it is about stays due.
pub async fn work(domain: &Domain, message: &DeliverMessage, deadline: Timestamp) -> Result<Worked, Problem> {
    let outcome = match message {
        DeliverMessage::Event { ws, id } => fan_out(domain, ws, std::slice::from_ref(id))
            .await
            .map(|()| Outcome::Done),
        DeliverMessage::Lane { ws, endpoint } => return lane::run_leg(domain, ws, endpoint, deadline).await,
        DeliverMessage::Replay { ws, endpoint, id } => replay::run(domain, ws, endpoint, id, deadline).await,
        DeliverMessage::Changes {
            ws,
            conn,
            epoch,
            model,
        } => announce::run(domain, (ws, conn, *epoch, model), deadline).await,
    };
    outcome.map(Worked::from)
}
