//! Oracle's date masks, as far as queries use them: `YYYY MM MON DD HH24 HH12 HH MI SS FF AM`, and quoted text.

use crate::clock::{civil, instant};
use jiff::civil::DateTime;

/// A part of a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Year,
    Month,
    MonthName,
    Day,
    Hour24,
    Hour12,
    Minute,
    Second,
    Fraction,
    HalfDay,
    Text(&'a str),
}

/// Longer ones first.
const PARTS: [(&str, Part<'static>); 17] = [
    ("YYYY", Part::Year),
    ("RRRR", Part::Year),
    ("MON", Part::MonthName),
    ("MM", Part::Month),
    ("MI", Part::Minute),
    ("DD", Part::Day),
    ("HH24", Part::Hour24),
    ("HH12", Part::Hour12),
    ("HH", Part::Hour12),
    ("SS", Part::Second),
    ("FF3", Part::Fraction),
    ("FF6", Part::Fraction),
    ("FF", Part::Fraction),
    ("AM", Part::HalfDay),
    ("PM", Part::HalfDay),
    ("TZH:TZM", Part::Text("+00:00")),
    ("TZR", Part::Text("UTC")),
];

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

fn parts(mask: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = mask;
    while let Some(first) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            parts.push(Part::Text(&quoted[..end]));
            rest = quoted.get(end + 1..).unwrap_or("");
            continue;
        }
        let known = PARTS.iter().find(|(name, _)| {
            rest.get(..name.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(name))
        });
        match known {
            Some((name, part)) => {
                parts.push(*part);
                rest = &rest[name.len()..];
            }
            None => {
                let (text, after) = rest.split_at(first.len_utf8());
                parts.push(Part::Text(text));
                rest = after;
            }
        }
    }
    parts
}

/// A date in the account's format, `11/24/2026`, as it stands in a result without `TO_CHAR`.
pub(super) fn account_date(ms: i64) -> String {
    let wall = civil(ms);
    format!("{}/{}/{}", wall.month(), wall.day(), wall.year())
}

/// Writes an instant. The account's time zone is UTC.
pub(super) fn write(ms: i64, mask: &str) -> String {
    let wall = civil(ms);
    let hour12 = if wall.hour() % 12 == 0 {
        12
    } else {
        wall.hour() % 12
    };
    let text = |part: Part<'_>| match part {
        Part::Year => format!("{:04}", wall.year()),
        Part::Month => format!("{:02}", wall.month()),
        Part::MonthName => MONTHS[usize::try_from(wall.month() - 1).unwrap_or(0)].to_owned(),
        Part::Day => format!("{:02}", wall.day()),
        Part::Hour24 => format!("{:02}", wall.hour()),
        Part::Hour12 => format!("{hour12:02}"),
        Part::Minute => format!("{:02}", wall.minute()),
        Part::Second => format!("{:02}", wall.second()),
        Part::Fraction => format!("{:03}", ms.rem_euclid(1000)),
        Part::HalfDay => (if wall.hour() < 12 { "AM" } else { "PM" }).to_owned(),
        Part::Text(text) => text.to_owned(),
    };
    parts(mask).into_iter().map(text).collect()
}

/// Reads an instant written in this mask; what the mask leaves out is the beginning.
pub(super) fn parse(text: &str, mask: &str) -> Option<i64> {
    let (mut year, mut month, mut day) = (1970_i16, 1_i8, 1_i8);
    let (mut hour, mut minute, mut second, mut fraction, mut is_afternoon) = (0_i8, 0_i8, 0_i8, 0_i64, None);
    let mut rest = text.trim();
    for part in parts(mask) {
        match part {
            Part::Text(literal) => rest = rest.strip_prefix(literal)?,
            Part::Year => year = digits(&mut rest, 4)?.try_into().ok()?,
            Part::Month => month = digits(&mut rest, 2)?.try_into().ok()?,
            Part::Day => day = digits(&mut rest, 2)?.try_into().ok()?,
            Part::Hour24 | Part::Hour12 => hour = digits(&mut rest, 2)?.try_into().ok()?,
            Part::Minute => minute = digits(&mut rest, 2)?.try_into().ok()?,
            Part::Second => second = digits(&mut rest, 2)?.try_into().ok()?,
            Part::Fraction => {
                let width = rest.bytes().take_while(u8::is_ascii_digit).count();
                fraction = format!("{:0<3.3}", rest.get(..width)?).parse().ok()?;
                rest = &rest[width..];
            }
            Part::MonthName => {
                let name = rest.get(..3)?;
                let at = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
                month = i8::try_from(at + 1).ok()?;
                rest = &rest[3..];
            }
            Part::HalfDay => {
                is_afternoon = Some(rest.get(..2)?.eq_ignore_ascii_case("PM"));
                rest = &rest[2..];
            }
        }
    }
    if let Some(is_afternoon) = is_afternoon {
        hour = hour % 12 + if is_afternoon { 12 } else { 0 };
    }
    let wall = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    if rest.is_empty() {
        Some(instant(wall)? + fraction)
    } else {
        None
    }
}

/// Up to `most` digits.
fn digits(rest: &mut &str, most: usize) -> Option<i64> {
    let width = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let number = rest.get(..width)?.parse().ok()?;
    *rest = &rest[width..];
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::{account_date, parse, write};

    #[test]
    fn masks_write_and_read() {
        let ms = 1_706_796_645_678;
        for (mask, expected) in [
            ("YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"", "2024-02-01T14:10:45Z"),
            ("YYYY-MM-DD HH24:MI:SS.FF3", "2024-02-01 14:10:45.678"),
            ("DD-MON-YYYY HH:MI AM", "01-Feb-2024 02:10 PM"),
            ("MM/DD/YYYY", "02/01/2024"),
        ] {
            assert_eq!(write(ms, mask), expected);
            let back = parse(expected, mask).expect("reads what it wrote");
            assert_eq!(write(back, mask), expected);
        }
        assert_eq!(account_date(ms), "2/1/2024");
        assert_eq!(parse("2/1/2024", "MM/DD/YYYY"), Some(1_706_745_600_000));
        for (text, mask) in [
            ("2024-13-01", "YYYY-MM-DD"),
            ("2024-02-01x", "YYYY-MM-DD"),
            ("", "YYYY"),
        ] {
            assert_eq!(parse(text, mask), None, "{text}");
        }
    }
}
