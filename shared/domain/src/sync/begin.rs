//! How a run begins: how much it reads, and from where.

use jiff::{SignedDuration, Timestamp};
use manifold_connectors::{Deletes, ModelTraits};

use crate::store::sync::{Counts, Run, RunKind, Seen, SyncRow};

use super::cursor_rule;

/// Where deletions only show by absence, everything is read this often.
const FULL_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// A run that was interrupted for longer begins anew: the system forgot its position long ago.
pub(super) const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(6);

/// Opens a run on a row that has none.
pub(super) fn begin(row: &mut SyncRow, traits: &ModelTraits, id: String, now: Timestamp) {
    let asked = row.asked.take().unwrap_or_default();
    let kind = kind(row, traits, asked.full, now);
    let tracked = kind != RunKind::Incremental && traits.deletes == Deletes::Absence;
    row.counts = Counts::default();
    row.error = None;
    row.started_at = Some(now);
    row.finished_at = None;
    row.run = Some(Run {
        id,
        kind,
        started_at: now,
        leg: 0,
        pages: 0,
        position: None,
        all_read: false,
        newest: None,
        // Where nothing is stored nothing can be missing.
        seen: if tracked && row.live > 0 {
            Seen::Tracked
        } else {
            Seen::Untracked
        },
        seen_saved: 0,
        unnamed: false,
        confirm_deletions: asked.confirm_deletions,
    });
}

fn kind(row: &SyncRow, traits: &ModelTraits, full: bool, now: Timestamp) -> RunKind {
    let last_full = row.last_full_at.filter(|_| row.last_success_at.is_some());
    let Some(last_full) = last_full else {
        return RunKind::First;
    };
    let overdue = traits.deletes == Deletes::Absence && now.duration_since(last_full) >= FULL_EVERY;
    if full || overdue || !traits.incremental || row.since.is_none() {
        RunKind::Full
    } else {
        RunKind::Incremental
    }
}

/// What the run asks its system for.
pub(super) fn since(row: &SyncRow, traits: &ModelTraits) -> Option<Timestamp> {
    if !traits.incremental {
        return None;
    }
    match row.run.as_ref().map(|run| run.kind) {
        Some(RunKind::Incremental) => row
            .since
            .map(|cursor| cursor_rule::query_since(cursor, traits.overlap)),
        _ => row.history_since,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn traits(incremental: bool, deletes: Deletes) -> ModelTraits {
        ModelTraits {
            model: "vendor".to_owned(),
            incremental,
            by_id: false,
            deletes,
            filters: vec![],
            overlap: Duration::from_secs(60),
            hold_back: Duration::from_secs(60),
        }
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + hour * 3600).unwrap()
    }

    fn ran(hour: i64) -> SyncRow {
        let mut row = SyncRow::new("ws_1", "conn_1", "vendor", 1, 1);
        row.last_full_at = Some(at(hour));
        row.last_success_at = Some(at(hour));
        row.since = Some(at(hour));
        row.history_since = Some(at(-2000));
        row
    }

    fn check(mut row: SyncRow, traits: &ModelTraits, hour: i64, kind: RunKind, asks: Option<Timestamp>) {
        begin(&mut row, traits, "sync_1".to_owned(), at(hour));
        assert_eq!(row.run.as_ref().map(|run| run.kind), Some(kind));
        assert_eq!(since(&row, traits), asks);
    }

    #[test]
    fn the_first_run_reads_the_history() {
        let new = SyncRow {
            history_since: Some(at(-2000)),
            ..SyncRow::new("w", "c", "vendor", 1, 1)
        };
        check(
            new.clone(),
            &traits(true, Deletes::Never),
            0,
            RunKind::First,
            Some(at(-2000)),
        );
        check(new, &traits(false, Deletes::Never), 0, RunKind::First, None);
    }

    #[test]
    fn later_runs_read_what_changed_and_a_little_before() {
        let asks = at(0) - Duration::from_secs(60);
        check(
            ran(0),
            &traits(true, Deletes::Absence),
            23,
            RunKind::Incremental,
            Some(asks),
        );
        check(
            ran(0),
            &traits(true, Deletes::Marked),
            2000,
            RunKind::Incremental,
            Some(asks),
        );
    }

    #[test]
    fn everything_is_read_daily_where_deletions_show_by_absence_only() {
        check(
            ran(0),
            &traits(true, Deletes::Absence),
            24,
            RunKind::Full,
            Some(at(-2000)),
        );
        check(ran(0), &traits(false, Deletes::Absence), 1, RunKind::Full, None);
    }

    #[test]
    fn asking_for_everything_reads_everything() {
        let asked = crate::store::sync::Asked {
            full: true,
            confirm_deletions: true,
        };
        let mut row = SyncRow {
            asked: Some(asked),
            live: 1,
            ..ran(0)
        };
        begin(
            &mut row,
            &traits(true, Deletes::Absence),
            "sync_1".to_owned(),
            at(1),
        );
        assert_eq!(row.asked, None);
        let run = row.run.unwrap();
        assert_eq!(
            (run.kind, run.seen, run.confirm_deletions),
            (RunKind::Full, Seen::Tracked, true)
        );
    }
}
