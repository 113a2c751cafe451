//! Property values and how each vendor writes them.

use std::cmp::Ordering;

use super::push_json_string;
use crate::clock;
use crate::decimal::Decimal;

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Text(String),
    /// A member of an enumeration, as a literal of its type spells it; stored ones are texts.
    Member(String),
    Flag(bool),
    Whole(i64),
    Decimal(Decimal),
    /// Midnight in UTC, milliseconds since the epoch.
    Day(i64),
    /// Milliseconds since the epoch.
    Instant(i64),
    /// Seconds since midnight.
    Time(i64),
}

impl Value {
    /// How two values compare; `None` when they cannot be compared.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(left) | Self::Member(left), Self::Text(right) | Self::Member(right)) => {
                Some(left.as_str().cmp(right))
            }
            (Self::Flag(left), Self::Flag(right)) => Some(left.cmp(right)),
            (Self::Day(left) | Self::Instant(left), Self::Day(right) | Self::Instant(right))
            | (Self::Time(left), Self::Time(right)) => Some(left.cmp(right)),
            _ => Some(self.number()?.cmp(&other.number()?)),
        }
    }

    /// The number that it is.
    pub(crate) fn number(&self) -> Option<Decimal> {
        match self {
            Self::Whole(whole) => Some(Decimal::from(*whole)),
            Self::Decimal(decimal) => Some(*decimal),
            _ => None,
        }
    }

    /// For sorting: nothing comes first.
    pub(crate) fn rank(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Null, Self::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Self::Null) => Ordering::Greater,
            _ => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}
impl From<i64> for Value {
    fn from(whole: i64) -> Self {
        Self::Whole(whole)
    }
}
impl From<Decimal> for Value {
    fn from(decimal: Decimal) -> Self {
        Self::Decimal(decimal)
    }
}

/// A calendar day as a value.
pub(crate) fn day(ms: Option<i64>) -> Value {
    ms.map_or(Value::Null, |ms| Value::Day(clock::midnight(ms)))
}

/// An instant as a value.
pub(crate) fn instant(ms: Option<i64>) -> Value {
    ms.map_or(Value::Null, Value::Instant)
}

/// The type of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// One of an enumeration's members. Finance & Operations compares it with literals of its type only.
    Member,
    Guid,
    Flag,
    Whole,
    /// With this many digits after the point.
    Decimal(u32),
    Day,
    Instant,
    Time,
}

/// Whose way of writing values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// OData V2 of SAP Gateway: `/Date(ms)/`, decimals as strings, initial values instead of nulls.
    SapV2,
    /// OData V4 of SAP: ISO dates, decimals as numbers, initial values for strings and numbers.
    SapV4,
    /// Business Central: an empty day is `0001-01-01`, an empty reference the null GUID.
    BusinessCentral,
    /// Finance & Operations: every date is a date-time, an empty one is `1900-01-01T12:00:00Z`.
    Finance,
    /// SuiteQL: an empty column is left out.
    SuiteQl,
}

/// Midnight of `0001-01-01`.
const YEAR_ONE: i64 = -62_135_596_800_000;
/// Noon of `1900-01-01`.
const NOON_1900: i64 = -2_208_945_600_000;
/// The null GUID.
pub(crate) const NO_GUID: &str = "00000000-0000-0000-0000-000000000000";

impl Flavour {
    /// What a property holds that nobody filled in.
    pub(crate) fn initial(self, kind: Kind) -> Value {
        match (self, kind) {
            (Self::SuiteQl, _) => Value::Null,
            (_, Kind::Text | Kind::Member) => Value::from(""),
            (Self::SapV2 | Self::SapV4, Kind::Guid) => Value::Null,
            (_, Kind::Guid) => Value::from(NO_GUID),
            (_, Kind::Flag) => Value::Flag(false),
            (_, Kind::Whole) => Value::Whole(0),
            (_, Kind::Decimal(_)) => Value::Decimal(Decimal::ZERO),
            (_, Kind::Time) => Value::Time(0),
            (Self::BusinessCentral, Kind::Day) => Value::Day(YEAR_ONE),
            (Self::BusinessCentral, Kind::Instant) => Value::Instant(YEAR_ONE),
            (Self::Finance, Kind::Day | Kind::Instant) => Value::Instant(NOON_1900),
            (_, Kind::Day | Kind::Instant) => Value::Null,
        }
    }

    /// Appends a value as JSON.
    pub(crate) fn write(self, out: &mut String, value: &Value, kind: Kind) {
        match (value, self) {
            (Value::Null, _) => out.push_str("null"),
            (Value::Text(text) | Value::Member(text), _) => push_json_string(out, text),
            (Value::Flag(flag), _) => out.push_str(if *flag { "true" } else { "false" }),
            (Value::Whole(whole), _) => out.push_str(&whole.to_string()),
            (Value::Decimal(decimal), Self::SapV2) => {
                let digits = if let Kind::Decimal(scale) = kind { scale } else { 0 };
                out.push_str(&format!("\"{}\"", decimal.at_least(digits)));
            }
            (Value::Decimal(decimal), _) => out.push_str(&decimal.trimmed().to_string()),
            // SAP Gateway escapes the slashes.
            (Value::Day(ms), Self::SapV2) => out.push_str(&format!("\"\\/Date({ms})\\/\"")),
            (Value::Instant(ms), Self::SapV2) => out.push_str(&format!("\"\\/Date({ms}+0000)\\/\"")),
            // Finance & Operations stores days as noon in UTC.
            (Value::Day(ms), Self::Finance) => {
                out.push_str(&format!("\"{}\"", clock::rfc3339_short(ms + clock::DAY / 2)));
            }
            (Value::Day(ms), _) => out.push_str(&format!("\"{}\"", clock::iso_day(*ms))),
            (Value::Instant(ms), _) => out.push_str(&format!("\"{}\"", clock::rfc3339_short(*ms))),
            (Value::Time(seconds), Self::SapV2) => {
                out.push_str(&format!(
                    "\"PT{:02}H{:02}M{:02}S\"",
                    seconds / 3600,
                    seconds / 60 % 60,
                    seconds % 60
                ));
            }
            (Value::Time(seconds), _) => {
                out.push_str(&format!(
                    "\"{:02}:{:02}:{:02}\"",
                    seconds / 3600,
                    seconds / 60 % 60,
                    seconds % 60
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Flavour, Kind, Value};
    use crate::decimal::Decimal;

    fn written(flavour: Flavour, value: &Value, kind: Kind) -> String {
        let mut out = String::new();
        flavour.write(&mut out, value, kind);
        out
    }

    #[test]
    fn every_vendor_writes_in_its_own_way() {
        let price = Value::Decimal(Decimal::new(125, 1));
        for (flavour, value, kind, expected) in [
            (Flavour::SapV2, &price, Kind::Decimal(3), "\"12.500\""),
            (Flavour::SapV4, &price, Kind::Decimal(3), "12.5"),
            (Flavour::SapV2, &Value::Day(0), Kind::Day, "\"\\/Date(0)\\/\""),
            (
                Flavour::SapV2,
                &Value::Instant(123),
                Kind::Instant,
                "\"\\/Date(123+0000)\\/\"",
            ),
            (
                Flavour::SapV2,
                &Value::Time(37_800),
                Kind::Time,
                "\"PT10H30M00S\"",
            ),
            (Flavour::SapV4, &Value::Day(0), Kind::Day, "\"1970-01-01\""),
            (
                Flavour::Finance,
                &Value::Day(0),
                Kind::Day,
                "\"1970-01-01T12:00:00Z\"",
            ),
            (
                Flavour::Finance,
                &Flavour::Finance.initial(Kind::Day),
                Kind::Day,
                "\"1900-01-01T12:00:00Z\"",
            ),
            (
                Flavour::BusinessCentral,
                &Flavour::BusinessCentral.initial(Kind::Day),
                Kind::Day,
                "\"0001-01-01\"",
            ),
            (
                Flavour::SapV2,
                &Flavour::SapV2.initial(Kind::Day),
                Kind::Day,
                "null",
            ),
            (
                Flavour::SapV2,
                &Flavour::SapV2.initial(Kind::Decimal(3)),
                Kind::Decimal(3),
                "\"0.000\"",
            ),
        ] {
            assert_eq!(written(flavour, value, kind), expected);
        }
    }
}
