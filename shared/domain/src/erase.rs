//! The work that an erasure leaves: reads are empty at once, since the data's epoch leads every key;
//! the rows of the old epoch go here.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    deployment::Domain,
    error::Problem,
    store::{
        Change, Row, SortKeys, Table, When, due,
        keys::{self, Partition, RECORD_SHARDS},
    },
    sync,
};

/// A worker may write into the old epoch until its leg ends: the work looks again so much later.
const LOOK_AGAIN: Duration = Duration::from_secs(20 * 60);
/// Attribute: everything was removed once.
const SWEPT: &str = "swept";

/// Removes the rows of an old epoch, a bounded piece at a time, and looks again one longest run later;
/// `true` when nothing is left to do.
///
/// # Errors
/// The store's. The row stays due, and the work goes on with the next minute.
pub async fn run(
    domain: &Domain,
    ws: &str,
    conn: &str,
    epoch: u64,
    deadline: Timestamp,
) -> Result<bool, Problem> {
    let store = &domain.store;
    let key = keys::erase(ws, conn, epoch);
    let Some(item) = store.get_item(Row::Erase, Table::State, &key).await? else {
        return Ok(true);
    };
    let due_at = item.get(due::AT).and_then(|at| at.as_n().ok()?.parse().ok());
    if due_at.is_none_or(|at: i64| at > domain.ports.clock.now().as_millisecond()) {
        return Ok(false);
    }
    let swept = item
        .get(SWEPT)
        .and_then(|swept| swept.as_bool().ok())
        .copied()
        .unwrap_or(false);
    let mut models: Vec<String> = store
        .syncs(ws, conn)
        .await?
        .into_iter()
        .map(|row| row.model)
        .collect();
    if let Some(connection) = store.connection(ws, conn).await? {
        models.extend(
            connection
                .models
                .iter()
                .filter(|model| !models.contains(model))
                .cloned()
                .collect::<Vec<_>>(),
        );
        // Dying between hiding and resetting leaves a connection whose syncs write to nowhere.
        if !connection.is_disconnected() {
            sync::reset(domain, &connection).await?;
        }
    }
    for (row, pk) in partitions(ws, conn, epoch, &models) {
        while store.remove_range(row, &pk, &SortKeys::All).await? {
            if domain.ports.clock.wall() >= deadline {
                return Ok(false);
            }
        }
    }
    if swept {
        store
            .delete(Row::Erase, Table::State, &key, When::always())
            .await?;
        return Ok(true);
    }
    let change = Change::new()
        .set(SWEPT, true)
        .due(&key, domain.ports.clock.now() + LOOK_AGAIN);
    store
        .update(Row::Erase, Table::State, &key, change, When::row_exists())
        .await?;
    Ok(false)
}

/// Every partition that an epoch's data may be in.
fn partitions(ws: &str, conn: &str, epoch: u64, models: &[String]) -> Vec<(Row, String)> {
    let mut all = vec![(Row::Quarantine, keys::quarantine_pk(ws, conn, epoch))];
    for model in models {
        let partition = Partition::new(ws, conn, epoch, model);
        all.extend((0..RECORD_SHARDS).map(|shard| (Row::Record, partition.records_pk(shard))));
        all.push((Row::Journal, partition.journal_pk()));
        all.push((Row::Index, partition.index_pk()));
        all.push((Row::Seen, partition.seen_pk()));
    }
    all
}
