//! The lane's row: lease, revision, next turn.

use std::time::Duration;

use jiff::{Timestamp, fmt::serde::timestamp::millisecond::optional as maybe_millis};
use serde::{Deserialize, Serialize};

use super::{Outcome, health::Health};
use crate::{
    deployment::Domain,
    store::{Change, Row, StoreError, Table, When, from_row, keys, keys::Key},
};

/// How long a worker holds a lane without a sign of life, by the wall's clock: longer than any attempt.
const LEASE: Duration = Duration::from_secs(75);
/// The schedule looks at a held lane this long after its lease would end.
const MARGIN: Duration = Duration::from_secs(15);

/// When the next turn comes, if there is one.
pub(super) type NextTurn = Option<Timestamp>;

/// A lane as its row holds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LaneRow {
    /// Rises when somebody made deliveries for it, or changed its endpoint.
    pub(crate) rev: u64,
    /// Rises with every lease.
    pub(crate) fence: u64,
    /// Until when a worker holds it, by the wall's clock.
    #[serde(with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) lease_until: Option<Timestamp>,
    /// When there is something to do. `due_at` may be later, while a message is on its way.
    #[serde(with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) wake_at: Option<Timestamp>,
    /// The receiver asked for a pause until then.
    #[serde(with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) resume_at: Option<Timestamp>,
    /// Since when each attempt fails.
    #[serde(with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) failing_since: Option<Timestamp>,
    /// When an attempt last failed.
    #[serde(with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) last_failure_at: Option<Timestamp>,
    /// When an attempt last succeeded.
    #[serde(with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) last_success_at: Option<Timestamp>,
    /// When the owner was warned.
    #[serde(with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) warned_at: Option<Timestamp>,
}

impl LaneRow {
    /// Whether a worker holds it.
    pub(crate) fn is_held(&self, wall: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| wall < until)
    }

    /// Whether it waits for a worker.
    pub(crate) fn is_waiting(&self, now: Timestamp, wall: Timestamp) -> bool {
        !self.is_held(wall) && (self.lease_until.is_some() || self.wake_at.is_some_and(|at| at <= now))
    }
}

/// Another worker holds the lane by now.
pub(super) struct Fenced;

/// The change of a lane for which there is something to do. A lane that is only due would be passed by each time.
pub(crate) fn called(change: Change, lane: &Key, now: Timestamp) -> Change {
    change.add("rev", 1).set("wake_at", now).due(lane, now)
}

/// Says that there is something to do on a lane; whether somebody has to be told.
///
/// Nobody has to be while a worker holds it, who will see that the revision has risen, nor while it waits for a
/// worker already.
pub(super) async fn raise(domain: &Domain, ws: &str, ep: &str) -> Result<bool, StoreError> {
    let key = keys::lane(ws, ep);
    let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
    let change = called(Change::new(), &key, now);
    let seen = domain
        .store
        .update_seeing(Row::Lane, Table::State, &key, change, When::row_exists())
        .await;
    match seen {
        Ok(before) => {
            let before: LaneRow = from_row(before)?;
            Ok(!before.is_held(wall) && !before.is_waiting(now, wall))
        }
        // The endpoint was deleted meanwhile.
        Err(StoreError::Condition(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a lease end now.
pub(super) async fn expire(domain: &Domain, ws: &str, ep: &str) -> Result<(), StoreError> {
    let key = keys::lane(ws, ep);
    let change = Change::new()
        .set("lease_until", domain.ports.clock.wall())
        .due(&key, domain.ports.clock.now());
    match domain
        .store
        .update(Row::Lane, Table::State, &key, change, When::row_exists())
        .await
    {
        Ok(()) | Err(StoreError::Condition(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes the lease, or says why not.
pub(super) async fn take(
    domain: &Domain,
    ws: &str,
    ep: &str,
) -> Result<Result<(Lease, LaneRow), Outcome>, StoreError> {
    let key = keys::lane(ws, ep);
    let lane: Option<LaneRow> = domain.store.get(Row::Lane, Table::State, &key).await?;
    let Some(lane) = lane else {
        return Ok(Err(Outcome::Stale));
    };
    let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
    if lane.is_held(wall) {
        return Ok(Err(Outcome::Held));
    }
    if !lane.is_waiting(now, wall) {
        return Ok(Err(Outcome::NotDue));
    }
    let fence = lane.fence + 1;
    let change = holding(Change::new(), domain, &key).set("fence", fence);
    let when = When::always().eq("fence", lane.fence);
    match domain
        .store
        .update_seeing(Row::Lane, Table::State, &key, change, when)
        .await
    {
        Ok(before) => Ok(Ok((Lease { key, fence }, from_row(before)?))),
        Err(StoreError::Condition(_)) => Ok(Err(Outcome::Held)),
        Err(error) => Err(error),
    }
}

fn holding(change: Change, domain: &Domain, key: &Key) -> Change {
    change
        .set("lease_until", domain.ports.clock.wall() + LEASE)
        .due(key, domain.ports.clock.now() + LEASE + MARGIN)
}

/// A worker's hold on a lane.
pub(super) struct Lease {
    key: Key,
    fence: u64,
}

impl Lease {
    fn mine(&self) -> When {
        When::always().eq("fence", self.fence)
    }

    /// The lane as it is now.
    pub(super) async fn read(&self, domain: &Domain) -> Result<LaneRow, super::Stop> {
        let lane: Option<LaneRow> = domain.store.get(Row::Lane, Table::State, &self.key).await?;
        lane.filter(|lane| lane.fence == self.fence)
            .ok_or(super::Stop::Fenced)
    }

    /// Moves the lease's end, and writes down how the endpoint is doing.
    pub(super) async fn renew(&self, domain: &Domain, health: &Health) -> Result<(), super::Stop> {
        let change = holding(health.write(Change::new()), domain, &self.key);
        self.write(domain, change, self.mine()).await?;
        Ok(())
    }

    /// Ends the lease, unless there is something new to do: everything up to this revision was looked at.
    pub(super) async fn end(
        &self,
        domain: &Domain,
        rev: u64,
        health: &Health,
        next: NextTurn,
    ) -> Result<bool, super::Stop> {
        let change = health.write(Change::new()).remove("lease_until");
        let change = match next {
            Some(at) => change.set("wake_at", at).due(&self.key, at),
            None => change.remove("wake_at").not_due(),
        };
        let when = self.mine().eq("rev", rev);
        self.write_unless_changed(domain, change, when).await
    }

    /// Ends the lease with work left to do.
    pub(super) async fn hand_over(&self, domain: &Domain, health: &Health) -> Result<(), super::Stop> {
        let now = domain.ports.clock.now();
        let change = health
            .write(Change::new())
            .remove("lease_until")
            .set("wake_at", now)
            .due(&self.key, now);
        self.write(domain, change, self.mine()).await
    }

    /// Removes the lane of an endpoint that is gone, unless there is something new to clear up.
    pub(super) async fn remove_lane(&self, domain: &Domain, rev: u64) -> Result<bool, super::Stop> {
        let when = self.mine().eq("rev", rev);
        match domain
            .store
            .delete(Row::Lane, Table::State, &self.key, when)
            .await
        {
            Ok(()) => Ok(true),
            Err(StoreError::Condition(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn write(&self, domain: &Domain, change: Change, when: When) -> Result<(), super::Stop> {
        if self.write_unless_changed(domain, change, when).await? {
            Ok(())
        } else {
            Err(Fenced.into())
        }
    }

    async fn write_unless_changed(
        &self,
        domain: &Domain,
        change: Change,
        when: When,
    ) -> Result<bool, super::Stop> {
        match domain
            .store
            .update(Row::Lane, Table::State, &self.key, change, when)
            .await
        {
            Ok(()) => Ok(true),
            Err(StoreError::Condition(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
