//! Making sync rows fit their connection again: after an outage, new credentials, an erasure, a change
//! of schedule or models.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::{
        Row, StoreError, Table, When,
        sync::{SyncRow, SyncState, history_since, initial_sync_item},
    },
};

use super::{finish, wake};

/// Syncs that waited for the same system begin so far from each other.
const STAGGER: Duration = Duration::from_secs(5);
/// Others write a row rarely; more turns than this cannot be lost.
const TURNS: u32 = 8;

/// Makes everything due that waited for the connection's system or its credentials, one after another.
///
/// # Errors
/// The store's. Calling it again does no harm.
pub async fn resume(domain: &Domain, ws: &str, conn: &str) -> Result<(), Problem> {
    let now = domain.ports.clock.now();
    let mut at = now;
    for row in domain.store.syncs(ws, conn).await? {
        let changed = change(domain, row, |row| {
            if row.hold.take().is_none() || row.lease_until.is_some() {
                return false;
            }
            row.attempt = 0;
            row.set_due(at);
            if row.run.is_none() {
                row.state = SyncState::Queued;
            }
            true
        })
        .await?;
        if let Some(row) = changed {
            let delay = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            wake(domain, &row, delay).await;
            at += STAGGER;
        }
    }
    Ok(())
}

/// Ends every lease in a workspace, for whoever knows that no worker of it lives: a laptop that starts
/// again after it was killed need not wait as long as a lease lasts. Whoever takes over still finds what was
/// left behind, and fences out a worker that lives all the same.
///
/// # Errors
/// The store's. Calling it again does no harm.
pub async fn end_leases(domain: &Domain, ws: &str) -> Result<(), Problem> {
    const PAGE: usize = 100;
    let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
    let mut after: Option<String> = None;
    loop {
        let page = domain.store.connections(ws, after.as_deref(), PAGE).await?;
        for connection in page
            .rows
            .iter()
            .filter(|connection| !connection.is_disconnected())
        {
            for row in domain.store.syncs(ws, &connection.id).await? {
                change(domain, row, |row| {
                    let held = row.lease_until.is_some_and(|until| until > wall);
                    if held {
                        row.lease_until = Some(wall);
                        row.set_due(now);
                    }
                    held
                })
                .await?;
            }
        }
        after = page.rows.last().map(|connection| connection.id.clone());
        if page.next.is_none() || after.is_none() {
            return Ok(());
        }
    }
}

/// Begins anew after an erasure: the rows of a connection move to its data epoch, and while it is
/// connected their first runs are due.
///
/// # Errors
/// The store's. Calling it again does no harm.
pub async fn reset(domain: &Domain, connection: &Connection) -> Result<(), Problem> {
    let now = domain.ports.clock.now();
    for row in domain.store.syncs(&connection.workspace, &connection.id).await? {
        let changed = change(domain, row, |row| {
            if row.epoch >= connection.epoch || row.generation != connection.generation {
                return false;
            }
            let mut first = SyncRow::first(connection, &row.model, now);
            // Revision and fence go on: whoever holds the old row must not write this one.
            (first.rev, first.fence) = (row.rev, row.fence + 1);
            if !connection.models.contains(&row.model) {
                first.set_not_due();
            }
            *row = first;
            true
        })
        .await?;
        if let Some(row) = changed.filter(|row| row.due_at.is_some()) {
            wake(domain, &row, Duration::ZERO).await;
        }
    }
    Ok(())
}

/// Makes the sync rows fit what the connection's row says of models, schedule and history.
///
/// # Errors
/// The store's. Calling it again does no harm.
pub async fn reconcile(domain: &Domain, connection: &Connection) -> Result<(), StoreError> {
    let now = domain.ports.clock.now();
    let rows = domain.store.syncs(&connection.workspace, &connection.id).await?;
    for model in connection
        .models
        .iter()
        .filter(|model| !rows.iter().any(|row| row.model == **model))
    {
        let (_, item) = initial_sync_item(connection, model, now)?;
        match domain
            .store
            .put_item(Row::Sync, Table::State, item, When::new_row())
            .await
        {
            Ok(()) | Err(StoreError::Condition(_)) => {}
            Err(error) => return Err(error),
        }
    }
    for row in rows {
        change(domain, row, |row| fit(row, connection, now)).await?;
    }
    Ok(())
}

/// Whether something had to be changed.
fn fit(row: &mut SyncRow, connection: &Connection, now: Timestamp) -> bool {
    if row.generation != connection.generation {
        return false;
    }
    let before = row.clone();
    if !connection.models.contains(&row.model) {
        row.every = crate::connection::Every::Manual;
        row.asked = None;
        if row.lease_until.is_none() {
            row.run = None;
            row.set_not_due();
        }
        return *row != before;
    }
    if row.history != connection.history {
        row.history = connection.history;
        let wanted = history_since(connection.history, now);
        // A history only grows: what is stored must stay comparable with what is read.
        if row.history_since.is_some() && wanted < row.history_since {
            row.history_since = wanted;
            row.asked.get_or_insert_default().full = true;
        }
    }
    row.every = connection.schedule.of(&row.model);
    let changed = row.every != before.every || row.asked != before.asked;
    if changed && row.run.is_none() && row.lease_until.is_none() {
        finish::plan_next(row, now);
        if row.last_success_at.is_none() && row.every != crate::connection::Every::Manual {
            row.set_due(now);
        }
    }
    *row != before
}

/// Changes a row as it is now; `None` when there was nothing to change.
async fn change(
    domain: &Domain,
    mut row: SyncRow,
    mut change: impl FnMut(&mut SyncRow) -> bool,
) -> Result<Option<SyncRow>, StoreError> {
    for _ in 0..TURNS {
        if !change(&mut row) {
            return Ok(None);
        }
        match domain.store.put_sync(&mut row).await {
            Ok(()) => return Ok(Some(row)),
            Err(StoreError::Condition(Row::Sync)) => {}
            Err(error) => return Err(error),
        }
        match domain.store.sync(&row.ws, &row.conn, &row.model).await? {
            Some(stored) => row = stored,
            None => return Ok(None),
        }
    }
    Err(StoreError::Busy)
}
