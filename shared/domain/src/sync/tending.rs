//! Storing one record outside a run: what was put aside and is well now.

use std::time::Duration;

use manifold_connectors::Record;

use crate::{
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::{StoreError, sync::Seen},
};

use super::{
    finish, lease,
    leg::{Connected, Leg, Stop},
    wake,
};

/// Commits one record as a page of its own would, and lets it go from the quarantine.
///
/// Answers why the record cannot be stored, when it cannot.
///
/// # Errors
/// [`Problem::Conflict`] while a run is going on.
pub(crate) async fn store_one(
    domain: &Domain,
    connection: Connection,
    model: &str,
    record: Record,
) -> Result<Option<String>, Problem> {
    let busy = || {
        Problem::Conflict(format!(
            "A sync of {model} is going on. Try again when it is over."
        ))
    };
    let row = domain
        .store
        .sync(&connection.workspace, &connection.id, model)
        .await?;
    let mut row = row.ok_or_else(|| Problem::NotFound(format!("sync of {model}")))?;
    if row.is_held(domain.ports.clock.wall()) {
        return Err(busy());
    }
    let facts = domain.catalog.describe(&connection.system);
    let traits = facts.and_then(|facts| facts.models.into_iter().find(|traits| traits.model == model));
    let traits = traits.ok_or_else(|| Problem::Unsupported(format!("The system does not offer {model}.")))?;
    let before = row.clone();
    let left_behind = match lease::take(domain, &mut row).await {
        Ok(left_behind) => left_behind,
        Err(StoreError::Condition(_)) => return Err(busy()),
        Err(error) => return Err(error.into()),
    };
    let deadline = domain.ports.clock.wall() + lease::LEASE;
    let mut leg = Leg::new(domain, connection, row, traits, deadline);
    let stored = async {
        if left_behind {
            leg.settle().await?;
        }
        let counts = leg.row.counts;
        leg.load_aside().await?;
        let work = leg.compare(vec![record]).await?;
        let refused = work.aside.first().map(|aside| aside.reason.clone());
        leg.put_aside(&work).await?;
        if !work.changes.is_empty() {
            leg.commit(work.changes).await?;
        }
        leg.row.quarantine = !leg.aside.is_empty();
        // The counts are those of the last run.
        leg.row.counts = counts;
        leg.row.lease_until = None;
        leg.row.due_shard.clone_from(&before.due_shard);
        (leg.row.due_at, leg.row.wake_at) = (before.due_at, before.wake_at);
        if let Some(run) = leg
            .row
            .run
            .as_mut()
            .filter(|run| left_behind && run.seen == Seen::Tracked)
        {
            run.seen = Seen::Lost;
        }
        let now = leg.now();
        // Whoever asked for something meanwhile left it to the holder of the lease to see to it.
        leg.write_row(|_, row| {
            if (row.asked, row.every) == (before.asked, before.every) {
                return Ok(Connected::Checked);
            }
            if row.run.is_none() {
                finish::plan_next(row, now);
            } else if row.asked.is_some() {
                row.set_due(now);
            }
            Ok(Connected::Checked)
        })
        .await?;
        if leg.row.due_at == Some(now) {
            wake(domain, &leg.row, Duration::ZERO).await;
        }
        Ok(refused)
    };
    stored.await.map_err(|stop| match stop {
        Stop::Broken(problem) => problem,
        Stop::Gone => Problem::Conflict("The connection was disconnected, or its data erased.".to_owned()),
        _ => busy(),
    })
}
