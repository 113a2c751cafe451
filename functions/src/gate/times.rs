//! Times as the API shows them: RFC 3339 in UTC with milliseconds.

use jiff::{Timestamp, tz::TimeZone};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// A point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-24T08:00:00.000Z")]
pub struct Time(pub Timestamp);

/// Writes a time.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let civil = at.to_zoned_utc();
    format!(
        "{}.{:03}Z",
        civil.strftime("%Y-%m-%dT%H:%M:%S"),
        at.as_millisecond().rem_euclid(1000)
    )
}

trait Utc {
    fn to_zoned_utc(self) -> jiff::civil::DateTime;
}

impl Utc for Timestamp {
    fn to_zoned_utc(self) -> jiff::civil::DateTime {
        TimeZone::UTC.to_datetime(self)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// Reads a time that a caller gave: RFC 3339 with an offset.
///
/// # Errors
/// A sentence that says what is expected.
pub fn parse(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a time such as 2026-11-24T08:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_are_utc() {
        for (given, shown) in [
            ("2026-11-24T08:00:00Z", "2026-11-24T08:00:00.000Z"),
            ("2026-11-24T08:00:00.1239+02:00", "2026-11-24T06:00:00.123Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(parse(given).expect(given)), shown);
        }
        assert!(parse("yesterday").is_err());
    }
}
