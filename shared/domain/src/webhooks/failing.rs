//! Endpoints that fail for days: the owner is warned, and then they are disabled.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::endpoint::{self, EndpointRow, EndpointStatus};
use crate::{
    audit::{self, Actor},
    deployment::Domain,
    error::Problem,
    events::{self, EventType},
    store::{Row, StoreError, Table, Transaction, When, keys},
};

/// When every attempt has failed for so long, the owner is warned: by an event to the other endpoints, which
/// `GET /v1/events` shows as well, and on the endpoint itself.
pub const WARNED_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);
/// When every attempt has failed for so long, the endpoint is disabled.
pub const DISABLED_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Warns the owner.
pub(super) async fn warn(domain: &Domain, ws: &str, ep: &str, since: Timestamp) -> Result<(), StoreError> {
    let mut transaction = Transaction::new();
    let data = json!({
        "endpoint_id": ep,
        "failing_since": format!("{since:.3}"),
        "disables_at": format!("{:.3}", since + DISABLED_AFTER),
    });
    events::add(&mut transaction, domain, ws, EventType::EndpointFailing, data)?;
    let kind = EventType::EndpointFailing.as_str();
    audit::add(&mut transaction, domain, ws, &Actor::itself(), kind, ep)?;
    domain.commit(transaction).await
}

/// Disables an endpoint as it is now, with the event that says so; nothing when it is disabled or gone already.
pub(super) async fn disable(
    domain: &Domain,
    ws: &str,
    seen: &EndpointRow,
    reason: &str,
) -> Result<(), Problem> {
    /// Each turn lost means that somebody else changed it meanwhile.
    const TURNS: u32 = 8;
    for _ in 0..TURNS {
        let mut row = match endpoint::find(domain, ws, &seen.id).await {
            Ok(row) => row,
            Err(Problem::NotFound(_)) => return Ok(()),
            Err(problem) => return Err(problem),
        };
        // What failed was the address that it had.
        if !row.is_enabled() || row.settings.url != seen.settings.url {
            return Ok(());
        }
        let rev = row.rev;
        row.rev += 1;
        row.status = EndpointStatus::Disabled;
        row.disabled_at = Some(domain.ports.clock.now());
        row.disabled_reason = Some(reason.to_owned());
        let mut transaction = Transaction::new();
        let same = When::always().eq("rev", rev);
        transaction.put(
            Row::Endpoint,
            Table::State,
            keys::endpoint(ws, &row.id),
            &row,
            same,
        )?;
        let data = json!({"endpoint_id": row.id, "reason": reason});
        events::add(&mut transaction, domain, ws, EventType::EndpointDisabled, data)?;
        let kind = EventType::EndpointDisabled.as_str();
        audit::add(&mut transaction, domain, ws, &Actor::itself(), kind, &row.id)?;
        match domain.commit(transaction).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Condition(Row::Endpoint)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy.into())
}
