//! Who did what in a workspace, when, from where. Entries are written in the transaction of the deed.

use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use crate::{
    deployment::Domain,
    store::{Row, StoreError, Table, Transaction, When, keys},
};

/// Days that audit entries are kept.
const KEPT_DAYS: i64 = 400;

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// `admin`, an API key's id, a link session's id, or `manifold` for what happens by itself.
    pub who: String,
    /// Address that the request came from, where there was one.
    pub from: Option<String>,
    /// The request's id, where there was one.
    pub request: Option<String>,
}

impl Actor {
    /// What happens by itself: schedules, outages, recoveries.
    #[must_use]
    pub fn itself() -> Self {
        Self {
            who: "manifold".to_owned(),
            from: None,
            request: None,
        }
    }
}

/// One audit entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// `aud_…`
    pub id: String,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// Who.
    pub who: String,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// In which request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What: `connection.disconnect`, `key.add`, …
    pub action: String,
    /// To what: an id.
    pub subject: String,
    /// When DynamoDB may remove the row, in seconds.
    pub expires_at: i64,
}

/// Puts an entry into the transaction of the deed.
pub(crate) fn add(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    actor: &Actor,
    action: &str,
    subject: &str,
) -> Result<(), StoreError> {
    let at = domain.ports.clock.now();
    let entry = Entry {
        id: domain.ports.ids.id("aud", at),
        at,
        who: actor.who.clone(),
        from: actor.from.clone(),
        request: actor.request.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        expires_at: (at + (KEPT_DAYS * 24).hours()).as_second(),
    };
    let key = keys::audit(ws, at, &entry.id);
    transaction.put(Row::Audit, Table::State, key, &entry, When::always())?;
    Ok(())
}
