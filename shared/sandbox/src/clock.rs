//! Time as the sandbox sees it. Dates inside the crate are milliseconds since the Unix epoch.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Time as the stack sees it, in milliseconds since the Unix epoch.
pub trait SandboxClock: Send + Sync + 'static {
    /// Now, in milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
}

/// One day in milliseconds.
pub(crate) const DAY: i64 = 86_400_000;
/// One minute in milliseconds.
pub(crate) const MINUTE: i64 = 60_000;

/// Wall time in UTC; an instant outside the calendar counts as the epoch.
pub(crate) fn civil(ms: i64) -> DateTime {
    let instant = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    Offset::UTC.to_datetime(instant)
}

/// The instant of a wall time in UTC.
pub(crate) fn instant(wall: DateTime) -> Option<i64> {
    Offset::UTC.to_timestamp(wall).ok().map(Timestamp::as_millisecond)
}

/// Midnight in UTC of the day that holds `ms`.
pub(crate) const fn midnight(ms: i64) -> i64 {
    ms.div_euclid(DAY) * DAY
}

/// `2026-11-24T09:55:16.000Z`.
pub(crate) fn rfc3339(ms: i64) -> String {
    let wall = civil(ms);
    format!("{}.{:03}Z", wall_seconds(&wall), ms.rem_euclid(1000))
}

/// `2026-11-24T09:55:16Z`, with `.123` only where there are milliseconds, as vendors write it.
pub(crate) fn rfc3339_short(ms: i64) -> String {
    if ms.rem_euclid(1000) == 0 {
        format!("{}Z", wall_seconds(&civil(ms)))
    } else {
        rfc3339(ms)
    }
}

fn wall_seconds(wall: &DateTime) -> String {
    format!(
        "{}T{:02}:{:02}:{:02}",
        iso_day_of(wall),
        wall.hour(),
        wall.minute(),
        wall.second()
    )
}

/// `2026-11-24`.
pub(crate) fn iso_day(ms: i64) -> String {
    iso_day_of(&civil(ms))
}

fn iso_day_of(wall: &DateTime) -> String {
    format!("{:04}-{:02}-{:02}", wall.year(), wall.month(), wall.day())
}

/// Reads RFC 3339 (`Z` or an offset), a wall time without a zone (taken as UTC), or a bare day.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    if let Ok(wall) = text.parse::<DateTime>() {
        return instant(wall);
    }
    text.parse::<jiff::civil::Date>()
        .ok()
        .and_then(|day| instant(day.to_datetime(jiff::civil::Time::midnight())))
}

#[cfg(test)]
mod tests {
    use super::{iso_day, parse_iso, rfc3339, rfc3339_short};

    #[test]
    fn writes_and_reads_instants() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339_short(1_706_781_600_123), "2024-02-01T10:00:00.123Z");
        assert_eq!(rfc3339_short(1_706_781_600_000), "2024-02-01T10:00:00Z");
        assert_eq!(iso_day(-62_135_596_800_000), "0001-01-01");
        for (text, expected) in [
            ("2024-02-01T10:00:00Z", Some(1_706_781_600_000)),
            ("2024-02-01T12:00:00+02:00", Some(1_706_781_600_000)),
            ("2024-02-01T10:00:00", Some(1_706_781_600_000)),
            ("2024-02-01", Some(1_706_745_600_000)),
            ("01.02.2024", None),
        ] {
            assert_eq!(parse_iso(text), expected, "{text}");
        }
    }
}
