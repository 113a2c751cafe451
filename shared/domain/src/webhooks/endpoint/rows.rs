//! Endpoints as they stand in the table, each with its lane right behind it.

use super::{
    super::lane::{self as lanes, LaneRow},
    EndpointRow, MOST,
};
use crate::{
    audit::{self, Actor},
    deployment::Domain,
    error::Problem,
    store::{Change, Item, Row, SortKeys, StoreError, Table, Transaction, When, from_row, key_of, keys},
};

/// What a change of an endpoint does with its lane.
pub(super) enum LaneChange {
    None,
    /// Something is to be done on it.
    Wake,
    /// How it did before counts no more.
    Forget,
}

/// Changes the row as it is now, with an audit entry.
pub(super) async fn write(
    domain: &Domain,
    ws: &str,
    ep: &str,
    actor: &Actor,
    action: &str,
    mut change: impl FnMut(&mut EndpointRow) -> LaneChange,
) -> Result<(), Problem> {
    /// Each turn lost means that somebody else changed it meanwhile.
    const TURNS: u32 = 8;
    for _ in 0..TURNS {
        let mut row = find(domain, ws, ep).await?;
        let rev = row.rev;
        let lane = change(&mut row);
        row.rev = rev + 1;
        let mut transaction = Transaction::new();
        let same = When::always().eq("rev", rev);
        transaction.put(Row::Endpoint, Table::State, keys::endpoint(ws, ep), &row, same)?;
        let key = keys::lane(ws, ep);
        let touched = match lane {
            LaneChange::None => None,
            LaneChange::Wake => Some(Change::new()),
            LaneChange::Forget => Some(
                Change::new()
                    .remove("failing_since")
                    .remove("last_failure_at")
                    .remove("warned_at")
                    .remove("resume_at"),
            ),
        };
        if let Some(touched) = touched {
            let touched = lanes::called(touched, &key, domain.ports.clock.now());
            transaction.update(Row::Lane, Table::State, key, touched, When::always());
        }
        audit::add(&mut transaction, domain, ws, actor, action, ep)?;
        match domain.commit(transaction).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Condition(Row::Endpoint)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::Conflict(
        "The endpoint is being changed by others. Try again.".to_owned(),
    ))
}

/// An endpoint's row.
pub(crate) async fn find(domain: &Domain, ws: &str, ep: &str) -> Result<EndpointRow, Problem> {
    // No id of ours is longer, and none has the mark that keys are put together with.
    if ep.len() > 64 || ep.contains('#') {
        return Err(missing(ep));
    }
    let row = domain
        .store
        .get(Row::Endpoint, Table::State, &keys::endpoint(ws, ep))
        .await?;
    row.ok_or_else(|| missing(ep))
}

pub(super) fn missing(ep: &str) -> Problem {
    let shown: String = ep.chars().take(64).collect();
    Problem::NotFound(format!("webhook endpoint {shown}"))
}

/// All endpoints of a workspace with their lanes, in one read.
pub(crate) async fn rows(
    domain: &Domain,
    ws: &str,
) -> Result<Vec<(EndpointRow, Option<LaneRow>)>, StoreError> {
    let mut endpoints: Vec<(EndpointRow, Option<LaneRow>)> = Vec::new();
    let mut keys = SortKeys::All;
    loop {
        let page = domain
            .store
            .query_items(
                Row::Endpoint,
                Table::State,
                &keys::endpoints_pk(ws),
                &keys,
                4 * MOST,
                true,
            )
            .await?;
        for item in page.rows {
            join(&mut endpoints, item)?;
        }
        match page.next {
            Some(last) => keys = SortKeys::After(last),
            None => return Ok(endpoints),
        }
    }
}

/// A lane stands right behind its endpoint.
fn join(endpoints: &mut Vec<(EndpointRow, Option<LaneRow>)>, item: Item) -> Result<(), StoreError> {
    let key = key_of(&item);
    let Some(ep) = key.sk.strip_suffix("#lane") else {
        endpoints.push((from_row(item)?, None));
        return Ok(());
    };
    // The lane of an endpoint that was deleted stands alone until it is cleared up.
    if let Some((endpoint, lane)) = endpoints.last_mut()
        && endpoint.id == ep
    {
        *lane = Some(from_row(item)?);
    }
    Ok(())
}
