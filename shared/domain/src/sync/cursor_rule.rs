//! Where the next run begins: a cursor that never passes a record that was not stored.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The cursor after a complete run.
///
/// It goes to the newest modification time that was seen, but never nearer to the run's start than
/// `hold_back` (what is committed late carries a time before its commit), and never back. A run that
/// saw nothing keeps it.
#[must_use]
pub fn advance(
    cursor: Option<Timestamp>,
    newest_seen: Option<Timestamp>,
    run_started_at: Timestamp,
    hold_back: Duration,
) -> Option<Timestamp> {
    let Some(newest) = newest_seen else { return cursor };
    let reached = newest.min(before(run_started_at, hold_back));
    Some(cursor.map_or(reached, |cursor| cursor.max(reached)))
}

/// What a run asks for: everything since the cursor and a little before.
#[must_use]
pub fn query_since(cursor: Timestamp, overlap: Duration) -> Timestamp {
    before(cursor, overlap)
}

/// Whether the cursor lies in the future: asking with it would bring nothing and look like success.
#[must_use]
pub fn is_in_future(cursor: Option<Timestamp>, now: Timestamp) -> bool {
    cursor.is_some_and(|cursor| cursor > now)
}

fn before(at: Timestamp, by: Duration) -> Timestamp {
    let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn check(cursor: Option<&str>, newest: Option<&str>, expected: Option<&str>) {
        let started = at("2026-03-01T12:00:00Z");
        let got = advance(cursor.map(at), newest.map(at), started, Duration::from_secs(120));
        assert_eq!(got, expected.map(at), "cursor {cursor:?}, newest {newest:?}");
    }

    #[test]
    fn t6_a_run_without_records_keeps_the_cursor() {
        check(None, None, None);
        check(Some("2026-03-01T10:00:00Z"), None, Some("2026-03-01T10:00:00Z"));
    }

    #[test]
    fn it_goes_to_the_newest_time_seen_and_never_back() {
        check(None, Some("2026-03-01T09:00:00Z"), Some("2026-03-01T09:00:00Z"));
        check(
            Some("2026-03-01T08:00:00Z"),
            Some("2026-03-01T09:00:00Z"),
            Some("2026-03-01T09:00:00Z"),
        );
        check(
            Some("2026-03-01T09:30:00Z"),
            Some("2026-03-01T09:00:00Z"),
            Some("2026-03-01T09:30:00Z"),
        );
    }

    #[test]
    fn t2_it_is_held_back_from_the_runs_start() {
        check(None, Some("2026-03-01T11:59:59Z"), Some("2026-03-01T11:58:00Z"));
        check(None, Some("2027-01-01T00:00:00Z"), Some("2026-03-01T11:58:00Z"));
    }

    #[test]
    fn t3_it_never_rounds_up() {
        for text in [
            "2026-03-01T09:00:00.123456789Z",
            "2026-03-01T09:00:00.123456Z",
            "2026-03-01T09:00:00.999Z",
            "2026-03-01T09:00:00Z",
            "2026-03-01T00:00:00Z",
            "2025-10-26T02:30:00+02:00",
        ] {
            check(None, Some(text), Some(text));
        }
        assert_eq!(
            query_since(at("2026-03-01T09:00:00.5Z"), Duration::from_secs(1)),
            at("2026-03-01T08:59:59.5Z")
        );
        // Nothing overflows at the ends of time.
        assert_eq!(query_since(Timestamp::MIN, Duration::MAX), Timestamp::MIN);
    }

    #[test]
    fn t6_a_cursor_in_the_future_is_seen() {
        assert!(is_in_future(
            Some(at("2026-03-01T12:00:01Z")),
            at("2026-03-01T12:00:00Z")
        ));
        assert!(!is_in_future(
            Some(at("2026-03-01T12:00:00Z")),
            at("2026-03-01T12:00:00Z")
        ));
        assert!(!is_in_future(None, at("2026-03-01T12:00:00Z")));
    }
}
