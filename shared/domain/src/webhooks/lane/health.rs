//! How an endpoint is doing, as its worker sees it.

use jiff::{SignedDuration, Timestamp};

use super::row::LaneRow;
use crate::store::Change;

/// After a longer time without any attempt an earlier failure says nothing: no two attempts of a ladder are so far
/// apart.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(48);

/// How an endpoint is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Health {
    pub(super) resume_at: Option<Timestamp>,
    pub(super) failing_since: Option<Timestamp>,
    last_failure_at: Option<Timestamp>,
    last_success_at: Option<Timestamp>,
    pub(super) warned_at: Option<Timestamp>,
}

impl Health {
    pub(super) fn of(lane: &LaneRow) -> Self {
        Self {
            resume_at: lane.resume_at,
            failing_since: lane.failing_since,
            last_failure_at: lane.last_failure_at,
            last_success_at: lane.last_success_at,
            warned_at: lane.warned_at,
        }
    }

    /// Takes over what somebody else wrote: whoever enables an endpoint again lets its past go.
    pub(super) fn adopt(&mut self, lane: &LaneRow) {
        if lane.failing_since.is_none() && self.failing_since.is_some() {
            *self = Self::of(lane);
        }
    }

    pub(super) fn is_failing(&self) -> bool {
        self.failing_since.is_some()
    }

    pub(super) fn succeeded(&mut self, now: Timestamp) {
        *self = Self {
            resume_at: self.resume_at.filter(|at| *at > now),
            last_success_at: Some(now),
            ..Self::default()
        };
    }

    pub(super) fn failed(&mut self, now: Timestamp) {
        let forgotten = self
            .last_failure_at
            .is_some_and(|last| now.duration_since(last) > FORGOTTEN);
        if forgotten {
            self.failing_since = None;
            self.warned_at = None;
        }
        self.failing_since.get_or_insert(now);
        self.last_failure_at = Some(now);
    }

    /// How long every attempt has failed.
    pub(super) fn failing_for(&self, now: Timestamp) -> SignedDuration {
        self.failing_since
            .map_or(SignedDuration::ZERO, |since| now.duration_since(since))
    }

    pub(super) fn write(&self, change: Change) -> Change {
        change
            .set_or_remove("resume_at", self.resume_at)
            .set_or_remove("failing_since", self.failing_since)
            .set_or_remove("last_failure_at", self.last_failure_at)
            .set_or_remove("last_success_at", self.last_success_at)
            .set_or_remove("warned_at", self.warned_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + hour * 3600).unwrap()
    }

    #[test]
    fn t38_fails_since_the_first_failure_after_a_success() {
        let mut health = Health::default();
        health.failed(at(0));
        health.failed(at(24));
        health.failed(at(71));
        assert_eq!(health.failing_for(at(72)), SignedDuration::from_hours(72));
        health.succeeded(at(73));
        assert_eq!(health.failing_for(at(80)), SignedDuration::ZERO);
        health.failed(at(81));
        assert_eq!(health.failing_since, Some(at(81)));
    }

    #[test]
    fn t38_one_failure_a_week_is_no_week_of_failure() {
        let mut health = Health::default();
        health.failed(at(0));
        health.failed(at(168));
        assert_eq!(health.failing_since, Some(at(168)));
    }
}
