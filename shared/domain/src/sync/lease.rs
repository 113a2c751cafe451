//! The lease: one worker at a time, and none that woke up late does harm.

use std::time::Duration;

use crate::{
    deployment::Domain,
    store::{StoreError, sync::SyncRow},
};

/// How long a worker holds a sync without a sign of life; renewed by every commit.
pub(super) const LEASE: Duration = Duration::from_secs(120);
/// The schedule looks at a held sync this long after its lease would end.
const MARGIN: Duration = Duration::from_secs(30);

/// Takes the lease and writes the row; the caller checked that nobody holds it. `true` when the worker
/// before did not give it back.
///
/// # Errors
/// [`StoreError::Condition`] when somebody was faster.
pub(super) async fn take(domain: &Domain, row: &mut SyncRow) -> Result<bool, StoreError> {
    let left_behind = row.lease_until.is_some();
    row.fence += 1;
    renew(domain, row);
    domain.store.put_sync(row).await?;
    Ok(left_behind)
}

/// Moves the lease's end; counts once the row is written.
pub(super) fn renew(domain: &Domain, row: &mut SyncRow) {
    row.lease_until = Some(domain.ports.clock.wall() + LEASE);
    row.set_due(domain.ports.clock.now() + LEASE + MARGIN);
}
