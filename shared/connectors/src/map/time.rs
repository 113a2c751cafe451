//! Dates and times as systems spell them.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::Offset,
};

use crate::{
    json::{Path, find, text_of},
    manifest::mapping::DateFormat,
};

/// A decoded value: a day, or a day with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Day and time as spelt.
    pub civil: DateTime,
    /// Distance from UTC, where spelt; UTC otherwise.
    pub offset: Offset,
    /// A time of day was spelt.
    pub has_time: bool,
}

impl Moment {
    /// The point in time; a day stands for its start in UTC.
    #[must_use]
    pub fn timestamp(self) -> Option<Timestamp> {
        self.offset.to_timestamp(self.civil).ok()
    }

    /// The day as spelt: a date never moves by a time zone.
    #[must_use]
    pub fn date(self) -> Date {
        self.civil.date()
    }
}

/// Writes `2024-02-10`.
pub fn write_date(date: Date, out: &mut Vec<u8>) {
    pad(u32::from(date.year().unsigned_abs()), 4, out);
    out.push(b'-');
    pad(u32::from(date.month().unsigned_abs()), 2, out);
    out.push(b'-');
    pad(u32::from(date.day().unsigned_abs()), 2, out);
}

/// Writes `2024-02-10T08:00:00.000Z`, milliseconds rounded down. `false` outside the years 0 to 9999.
#[must_use]
pub fn write_datetime(moment: Moment, out: &mut Vec<u8>) -> bool {
    let civil = if moment.offset == Offset::UTC {
        moment.civil
    } else {
        match moment.timestamp() {
            Some(timestamp) => Offset::UTC.to_datetime(timestamp),
            None => return false,
        }
    };
    if civil.year() < 0 {
        return false;
    }
    write_date(civil.date(), out);
    for (separator, value) in [
        (b'T', civil.hour()),
        (b':', civil.minute()),
        (b':', civil.second()),
    ] {
        out.push(separator);
        pad(u32::from(value.unsigned_abs()), 2, out);
    }
    out.push(b'.');
    pad(u32::from(civil.millisecond().unsigned_abs()), 3, out);
    out.push(b'Z');
    true
}

fn pad(value: u32, digits: u32, out: &mut Vec<u8>) {
    for place in (0..digits).rev() {
        // One decimal digit fits.
        out.push(b'0' + (value / 10u32.pow(place) % 10) as u8);
    }
}

/// Reads a raw JSON value. `Ok(None)` stands for nothing, where the format has a spelling for it.
///
/// # Errors
/// The value is not spelt in this format, or names no real day.
pub fn decode(raw: &[u8], format: DateFormat) -> Result<Option<Moment>, ()> {
    if format == DateFormat::Tryton {
        return typed(raw).map(Some).ok_or(());
    }
    let text = text_of(raw).ok_or(())?;
    match format {
        DateFormat::Iso => iso(text.as_bytes()).map(Some).ok_or(()),
        DateFormat::OdataV2 => slash_date(&text),
        DateFormat::EpochSeconds => from_millis(
            text.parse::<i64>()
                .ok()
                .and_then(|s| s.checked_mul(1000))
                .ok_or(())?,
        ),
        DateFormat::EpochMillis => from_millis(text.parse().map_err(drop)?),
        DateFormat::Tryton => Err(()),
    }
}

/// Reads a time of day: `PT10H30M00S` (Edm.Time of OData V2), `10:30:00`.
#[must_use]
pub fn time_of_day(text: &str) -> Option<Time> {
    if let Some(rest) = text.strip_prefix("PT") {
        let (hours, rest) = rest.split_once('H')?;
        let (minutes, rest) = rest.split_once('M')?;
        let seconds = rest.strip_suffix('S')?;
        let seconds = seconds.split_once('.').map_or(seconds, |(whole, _)| whole);
        return Time::new(
            hours.parse().ok()?,
            minutes.parse().ok()?,
            seconds.parse().ok()?,
            0,
        )
        .ok();
    }
    clock(text.as_bytes()).map(|(time, _)| time)
}

fn from_millis(millis: i64) -> Result<Option<Moment>, ()> {
    let civil = Offset::UTC.to_datetime(Timestamp::from_millisecond(millis).map_err(drop)?);
    Ok(Some(Moment {
        civil,
        offset: Offset::UTC,
        has_time: true,
    }))
}

/// `/Date(1706781600123+0000)/`: the milliseconds are UTC; the offset is for display only.
///
/// `/Date(0)/` is how SAP and Xero leave a date empty.
fn slash_date(text: &str) -> Result<Option<Moment>, ()> {
    let Some(inner) = text
        .strip_prefix("/Date(")
        .and_then(|rest| rest.strip_suffix(")/"))
    else {
        // OData V2 services behind some gateways send ISO dates all the same.
        return iso(text.as_bytes()).map(Some).ok_or(());
    };
    let end = inner[1.min(inner.len())..]
        .find(['+', '-'])
        .map_or(inner.len(), |at| at + 1);
    match inner[..end].parse().map_err(drop)? {
        0 => Ok(None),
        millis => from_millis(millis),
    }
}

/// `2024-02-10`, `2024-02-10T08:00:00`, with a blank for the `T`, a fraction, `Z` or an offset.
fn iso(text: &[u8]) -> Option<Moment> {
    let number = |range: std::ops::Range<usize>| -> Option<i16> {
        text.get(range)?.iter().try_fold(0, |n, byte| {
            byte.is_ascii_digit().then(|| n * 10 + i16::from(byte - b'0'))
        })
    };
    if text.get(4)? != &b'-' || text.get(7)? != &b'-' {
        return None;
    }
    let small = |value: i16| i8::try_from(value).ok();
    let date = Date::new(number(0..4)?, small(number(5..7)?)?, small(number(8..10)?)?).ok()?;
    if text.len() == 10 {
        return Some(Moment {
            civil: date.to_datetime(Time::midnight()),
            offset: Offset::UTC,
            has_time: false,
        });
    }
    if !matches!(text[10], b'T' | b' ' | b't') {
        return None;
    }
    let (time, rest) = clock(&text[11..])?;
    Some(Moment {
        civil: date.to_datetime(time),
        offset: offset(rest)?,
        has_time: true,
    })
}

/// `08:00`, `08:00:00`, `08:00:00.123456789`, and what follows.
fn clock(text: &[u8]) -> Option<(Time, &[u8])> {
    let two = |at: usize| -> Option<i8> {
        let (tens, ones) = (text.get(at)?, text.get(at + 1)?);
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| ((tens - b'0') * 10 + (ones - b'0')) as i8)
    };
    if text.get(2)? != &b':' {
        return None;
    }
    let (hour, minute) = (two(0)?, two(3)?);
    if text.get(5) != Some(&b':') {
        return Some((Time::new(hour, minute, 0, 0).ok()?, &text[5..]));
    }
    let second = two(6)?;
    let mut rest = &text[8..];
    let mut nanos = 0i32;
    if rest.first() == Some(&b'.') {
        let digits = rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        for place in 0..9 {
            let digit = if place < digits {
                i32::from(rest[1 + place] - b'0')
            } else {
                0
            };
            nanos = nanos * 10 + digit;
        }
        rest = &rest[1 + digits..];
    }
    // A leap second is the last moment of its minute.
    Some((Time::new(hour, minute, second.min(59), nanos).ok()?, rest))
}

fn offset(rest: &[u8]) -> Option<Offset> {
    let text = std::str::from_utf8(rest).ok()?;
    let (sign, digits) = match text.as_bytes() {
        [] | b"Z" | b"z" => return Some(Offset::UTC),
        [b'+', ..] => (1, text[1..].replace(':', "")),
        [b'-', ..] => (-1, text[1..].replace(':', "")),
        _ => return None,
    };
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (digits[..2].parse::<i32>().ok()?, digits[2..].parse::<i32>().ok()?),
        _ => return None,
    };
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Tryton's typed JSON: `{"__class__":"datetime","year":2024,"month":2,"day":10,"hour":8,…}`.
fn typed(raw: &[u8]) -> Option<Moment> {
    if raw.first() == Some(&b'"') {
        return iso(text_of(raw)?.as_bytes());
    }
    let part = |name: &str| -> Option<i32> { text_of(find(raw, &Path::parse(name)?)?)?.parse().ok() };
    let small = |name: &str| i8::try_from(part(name).unwrap_or(0)).ok();
    let date = Date::new(i16::try_from(part("year")?).ok()?, small("month")?, small("day")?).ok()?;
    let has_time = part("hour").is_some();
    let nanos = part("microsecond").unwrap_or(0).checked_mul(1000)?;
    let time = Time::new(small("hour")?, small("minute")?, small("second")?, nanos).ok()?;
    Some(Moment {
        civil: date.to_datetime(time),
        offset: Offset::UTC,
        has_time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str, format: DateFormat) -> String {
        match decode(raw.as_bytes(), format) {
            Err(()) => "error".into(),
            Ok(None) => "nothing".into(),
            Ok(Some(moment)) => {
                let mut out = Vec::new();
                assert!(write_datetime(moment, &mut out));
                String::from_utf8(out).expect("ascii")
            }
        }
    }

    #[test]
    fn reads_what_systems_write() {
        use DateFormat::*;
        for (raw, format, expected) in [
            (r#""2024-02-10""#, Iso, "2024-02-10T00:00:00.000Z"),
            (r#""2024-02-10T08:00:00Z""#, Iso, "2024-02-10T08:00:00.000Z"),
            (
                r#""2024-02-10T08:00:00.1239999Z""#,
                Iso,
                "2024-02-10T08:00:00.123Z",
            ),
            (r#""2024-02-10T08:00:00+02:00""#, Iso, "2024-02-10T06:00:00.000Z"),
            (r#""2024-01-01T00:30:00+0100""#, Iso, "2023-12-31T23:30:00.000Z"),
            (r#""2024-02-10 08:00:00""#, Iso, "2024-02-10T08:00:00.000Z"),
            (r#""2024-02-10T08:00""#, Iso, "2024-02-10T08:00:00.000Z"),
            (r#""2024-02-30""#, Iso, "error"),
            (r#""2024-2-3""#, Iso, "error"),
            (r#""yesterday""#, Iso, "error"),
            (r#""/Date(1706781600000)/""#, OdataV2, "2024-02-01T10:00:00.000Z"),
            (
                r#""/Date(1706781600123+0000)/""#,
                OdataV2,
                "2024-02-01T10:00:00.123Z",
            ),
            (
                r#""\/Date(1706781600123+0060)\/""#,
                OdataV2,
                "2024-02-01T10:00:00.123Z",
            ),
            (
                r#""/Date(-62135596800000)/""#,
                OdataV2,
                "0001-01-01T00:00:00.000Z",
            ),
            (r#""/Date(0)/""#, OdataV2, "nothing"),
            (r#""/Date(0+0000)/""#, OdataV2, "nothing"),
            (r#""/Date(x)/""#, OdataV2, "error"),
            ("1706781600", EpochSeconds, "2024-02-01T10:00:00.000Z"),
            (r#""1706781600123""#, EpochMillis, "2024-02-01T10:00:00.123Z"),
            (
                r#"{"__class__":"datetime","year":2024,"month":2,"day":10,"hour":8,"minute":5,"second":1,"microsecond":120999}"#,
                Tryton,
                "2024-02-10T08:05:01.120Z",
            ),
            (
                r#"{"__class__":"date","year":2024,"month":2,"day":10}"#,
                Tryton,
                "2024-02-10T00:00:00.000Z",
            ),
            ("{}", Tryton, "error"),
        ] {
            assert_eq!(shown(raw, format), expected, "{raw}");
        }
    }

    #[test]
    fn reads_times_of_day() {
        assert_eq!(time_of_day("PT10H30M05S"), Time::new(10, 30, 5, 0).ok());
        assert_eq!(time_of_day("10:30:05"), Time::new(10, 30, 5, 0).ok());
        assert_eq!(time_of_day("half past ten"), None);
    }
}
