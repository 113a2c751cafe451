//! The functions that a query may call.

use super::evaluate::{number, shown};
use super::mask;
use crate::clock::midnight;
use crate::odata::value::Value;

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `BUILTIN.DF`: what a person sees.
    Display,
    /// `BUILTIN.CF`: the consolidated form; a status with its type before it.
    Consolidated,
    Now,
    /// `SYS_EXTRACT_UTC`: the same moment in UTC, which is the account's zone.
    InUtc,
    ToChar,
    ToDate,
    ToNumber,
    Nvl,
    Nvl2,
    Coalesce,
    Upper,
    Lower,
    Trim,
    Substring,
    Length,
    Abs,
    Round,
    Truncate,
    Replace,
    Decode,
    Concat,
    Count,
    Max,
    Min,
    Sum,
}

/// Name, least and most arguments.
const FUNCTIONS: [(&str, Function, usize, usize); 27] = [
    ("BUILTIN.DF", Function::Display, 1, 1),
    ("BUILTIN.CF", Function::Consolidated, 1, 1),
    ("SYS_EXTRACT_UTC", Function::InUtc, 1, 1),
    ("TO_CHAR", Function::ToChar, 1, 2),
    ("TO_DATE", Function::ToDate, 1, 2),
    ("TO_TIMESTAMP", Function::ToDate, 1, 2),
    ("TO_TIMESTAMP_TZ", Function::ToDate, 1, 2),
    ("TO_NUMBER", Function::ToNumber, 1, 1),
    ("NVL", Function::Nvl, 2, 2),
    ("NVL2", Function::Nvl2, 3, 3),
    ("COALESCE", Function::Coalesce, 1, 50),
    ("UPPER", Function::Upper, 1, 1),
    ("LOWER", Function::Lower, 1, 1),
    ("TRIM", Function::Trim, 1, 1),
    ("SUBSTR", Function::Substring, 2, 3),
    ("LENGTH", Function::Length, 1, 1),
    ("ABS", Function::Abs, 1, 1),
    ("ROUND", Function::Round, 1, 2),
    ("TRUNC", Function::Truncate, 1, 2),
    ("REPLACE", Function::Replace, 2, 3),
    ("DECODE", Function::Decode, 3, 100),
    ("CONCAT", Function::Concat, 2, 2),
    ("COUNT", Function::Count, 1, 1),
    ("MAX", Function::Max, 1, 1),
    ("MIN", Function::Min, 1, 1),
    ("SUM", Function::Sum, 1, 1),
    ("CURRENT_TIMESTAMP", Function::Now, 0, 0),
];

impl Function {
    /// The function of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, function, ..)| *function)
    }

    /// Whether it takes so many arguments.
    pub(super) fn check(self, arguments: usize) -> Result<(), String> {
        let fits = |(_, function, least, most): &&(&str, Self, usize, usize)| {
            *function == self && (*least..=*most).contains(&arguments)
        };
        if FUNCTIONS.iter().any(|known| fits(&known)) {
            Ok(())
        } else {
            Err("Wrong number of arguments in a function".to_owned())
        }
    }
}

/// The value of a call.
pub(super) fn call(function: Function, arguments: &[Value]) -> Value {
    let first = arguments.first().unwrap_or(&Value::Null);
    let second = arguments.get(1).unwrap_or(&Value::Null);
    let third = arguments.get(2).unwrap_or(&Value::Null);
    let text = |change: fn(&str) -> String| match first {
        Value::Null => Value::Null,
        other => Value::Text(change(&shown(other))),
    };
    match function {
        Function::Nvl => (if *first == Value::Null { second } else { first }).clone(),
        Function::Nvl2 => (if *first == Value::Null { third } else { second }).clone(),
        Function::Coalesce => arguments
            .iter()
            .find(|value| **value != Value::Null)
            .cloned()
            .unwrap_or(Value::Null),
        Function::Decode => decode(arguments),
        Function::Concat => Value::Text(shown(first) + &shown(second)),
        _ if *first == Value::Null => Value::Null,
        Function::ToChar => to_char(first, second),
        Function::ToDate => match first {
            Value::Text(text) => mask::parse(text, &mask_of(second)).map_or(Value::Null, Value::Instant),
            other => other.clone(),
        },
        Function::InUtc => match first {
            Value::Day(ms) | Value::Instant(ms) => Value::Instant(*ms),
            _ => Value::Null,
        },
        Function::ToNumber => number(first).map_or(Value::Null, Value::Decimal),
        Function::Consolidated => Value::Text(format!("PurchOrd:{}", shown(first))),
        Function::Upper => text(str::to_uppercase),
        Function::Lower => text(str::to_lowercase),
        Function::Trim => text(|text| text.trim().to_owned()),
        Function::Length => Value::Whole(i64::try_from(shown(first).chars().count()).unwrap_or(0)),
        Function::Substring => substring(&shown(first), whole(second).unwrap_or(1), whole(third)),
        Function::Abs => number(first).map_or(Value::Null, |value| {
            Value::Decimal(if value < crate::decimal::Decimal::ZERO {
                crate::decimal::Decimal::ZERO.minus(value)
            } else {
                value
            })
        }),
        Function::Round => number(first).map_or(Value::Null, |value| {
            Value::Decimal(
                value.rounded(
                    whole(second)
                        .and_then(|digits| u32::try_from(digits).ok())
                        .unwrap_or(0),
                ),
            )
        }),
        Function::Truncate => match first {
            Value::Day(ms) | Value::Instant(ms) => Value::Instant(midnight(*ms)),
            other => other.clone(),
        },
        Function::Replace => Value::Text(shown(first).replace(&shown(second), &shown(third))),
        Function::Display
        | Function::Now
        | Function::Count
        | Function::Max
        | Function::Min
        | Function::Sum => first.clone(),
    }
}

fn whole(value: &Value) -> Option<i64> {
    number(value).and_then(|value| value.rounded(0).to_string().parse().ok())
}

/// The account's date format where no mask is given.
fn mask_of(value: &Value) -> String {
    if *value == Value::Null {
        "MM/DD/YYYY".to_owned()
    } else {
        shown(value)
    }
}

fn to_char(value: &Value, mask: &Value) -> Value {
    match value {
        Value::Day(ms) | Value::Instant(ms) if *mask == Value::Null => Value::Text(mask::account_date(*ms)),
        Value::Day(ms) | Value::Instant(ms) => Value::Text(mask::write(*ms, &shown(mask))),
        other => Value::Text(shown(other)),
    }
}

fn decode(arguments: &[Value]) -> Value {
    let (value, rest) = arguments.split_first().unwrap_or((&Value::Null, &[]));
    let mut pairs = rest.chunks_exact(2);
    let found = pairs
        .by_ref()
        .find(|pair| shown(&pair[0]) == shown(value))
        .map(|pair| pair[1].clone());
    found
        .or_else(|| {
            if rest.len() % 2 == 1 {
                rest.last().cloned()
            } else {
                None
            }
        })
        .unwrap_or(Value::Null)
}

/// Positions count from 1, or from the end when negative.
fn substring(text: &str, start: i64, length: Option<i64>) -> Value {
    let count = i64::try_from(text.chars().count()).unwrap_or(0);
    let skip = if start < 0 {
        (count + start).max(0)
    } else {
        (start - 1).max(0)
    };
    let take = length.unwrap_or(count).max(0);
    let part = text
        .chars()
        .skip(usize::try_from(skip).unwrap_or(0))
        .take(usize::try_from(take).unwrap_or(0));
    Value::Text(part.collect())
}

/// `%` stands for any text, `_` for one character.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    // fits[i]: the pattern read so far fits the first i characters.
    let mut fits = vec![false; text.len() + 1];
    fits[0] = true;
    for wanted in pattern {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match wanted {
                '%' => fits[at] || (at > 0 && next[at - 1]),
                '_' => at > 0 && fits[at - 1],
                other => at > 0 && fits[at - 1] && text[at - 1] == other,
            };
        }
        fits = next;
    }
    fits[text.len()]
}
