//! Values of expressions, and the rows of the result.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::Result as Answer;
use super::bind::{Bound, BoundQuery};
use super::functions::{self, Function};
use super::join::{Joined, filtered};
use super::mask::account_date;
use super::syntax::Operator;
use crate::decimal::Decimal;
use crate::netsuite::display::Display;
use crate::odata::value::Value;

/// What an expression may need beside its row.
pub(super) struct Context<'a> {
    pub(super) display: Display<'a>,
    pub(super) now_ms: i64,
}

/// The result of a query over its joined rows.
pub(super) fn results(
    query: &BoundQuery,
    rows: Vec<Joined>,
    context: &Context<'_>,
) -> Result<Answer, String> {
    let mut rows = filtered(query, rows, context);
    let columns = query.columns.clone();
    if query.select.iter().any(is_aggregate) {
        if !query.select.iter().all(is_aggregate) {
            return Err("GROUP BY is not part of this sandbox".to_owned());
        }
        let row = query
            .select
            .iter()
            .map(|part| aggregate(part, &rows, context))
            .collect();
        return Ok(Answer {
            columns,
            rows: vec![row],
        });
    }
    if !query.order.is_empty() {
        let mut keyed: Vec<(Vec<Value>, Joined)> = rows
            .into_iter()
            .map(|row| {
                (
                    query
                        .order
                        .iter()
                        .map(|(part, _)| value(part, &row, Some(context)))
                        .collect(),
                    row,
                )
            })
            .collect();
        keyed.sort_by(|(left, _), (right, _)| by_keys(left, right, &query.order));
        rows = keyed.into_iter().map(|(_, row)| row).collect();
    }
    let mut result: Vec<Vec<Value>> = rows
        .iter()
        .map(|row| {
            query
                .select
                .iter()
                .map(|part| value(part, row, Some(context)))
                .collect()
        })
        .collect();
    if query.is_distinct {
        let mut seen = HashSet::new();
        result.retain(|row| seen.insert(format!("{row:?}")));
    }
    Ok(Answer {
        columns,
        rows: result,
    })
}

/// Oracle puts nothing last when it sorts upwards, and first when it sorts downwards.
fn by_keys(left: &[Value], right: &[Value], order: &[(Bound, bool)]) -> Ordering {
    for ((left, right), (_, down)) in left.iter().zip(right).zip(order) {
        let ordering = match (left, right) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Greater,
            (_, Value::Null) => Ordering::Less,
            _ => compared(left, right).unwrap_or(Ordering::Equal),
        };
        let ordering = if *down { ordering.reverse() } else { ordering };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}

fn is_aggregate(part: &Bound) -> bool {
    matches!(
        part,
        Bound::Call(Function::Count | Function::Max | Function::Min | Function::Sum, _)
    )
}

fn aggregate(part: &Bound, rows: &[Joined], context: &Context<'_>) -> Value {
    let Bound::Call(function, arguments) = part else {
        return Value::Null;
    };
    let values = rows.iter().map(|row| match arguments.first() {
        None | Some(Bound::Star) => Value::Whole(1),
        Some(argument) => value(argument, row, Some(context)),
    });
    let values = values.filter(|value| *value != Value::Null);
    let better = |wanted: Ordering| {
        move |best: Value, next: Value| {
            if compared(&next, &best) == Some(wanted) {
                next
            } else {
                best
            }
        }
    };
    match function {
        Function::Count => Value::Whole(i64::try_from(values.count()).unwrap_or(i64::MAX)),
        Function::Max => values.reduce(better(Ordering::Greater)).unwrap_or(Value::Null),
        Function::Min => values.reduce(better(Ordering::Less)).unwrap_or(Value::Null),
        _ => Value::Decimal(
            values
                .filter_map(|value| number(&value))
                .fold(Decimal::ZERO, Decimal::plus),
        ),
    }
}

/// Whether a condition holds; one that is neither true nor false does not.
pub(super) fn holds(condition: &Bound, row: &Joined, context: Option<&Context<'_>>) -> bool {
    value(condition, row, context) == Value::Flag(true)
}

/// The value of an expression; a condition's is a flag, or nothing where it is unknown.
pub(super) fn value(part: &Bound, row: &Joined, context: Option<&Context<'_>>) -> Value {
    let of = |part: &Bound| value(part, row, context);
    match part {
        Bound::Column(table, position) => row
            .get(*table)
            .and_then(Option::as_ref)
            .map_or(Value::Null, |row| row.at(*position).clone()),
        Bound::Literal(literal) => literal.clone(),
        Bound::Star => Value::Null,
        Bound::Call(Function::Display, arguments) => display(arguments, row, context),
        Bound::Call(Function::Now, _) => {
            context.map_or(Value::Null, |context| Value::Instant(context.now_ms))
        }
        Bound::Call(function, arguments) => {
            functions::call(*function, &arguments.iter().map(of).collect::<Vec<_>>())
        }
        Bound::Binary(operator, left, right) => binary(*operator, &of(left), || of(right)),
        Bound::Not(inner) => match of(inner) {
            Value::Flag(flag) => Value::Flag(!flag),
            _ => Value::Null,
        },
        Bound::IsNull(inner) => Value::Flag(is_nothing(&of(inner))),
        Bound::In(inner, list) => is_among(&of(inner), list.iter().map(of)),
        Bound::Like(inner, pattern) => match (of(inner), of(pattern)) {
            (Value::Null, _) | (_, Value::Null) => Value::Null,
            (text, pattern) => Value::Flag(functions::is_like(&shown(&text), &shown(&pattern))),
        },
        Bound::Case(branches, otherwise) => {
            let chosen = branches
                .iter()
                .find(|(when, _)| of(when) == Value::Flag(true))
                .map(|(_, then)| then);
            chosen.or(otherwise.as_deref()).map_or(Value::Null, of)
        }
    }
}

/// An empty text is nothing, as in Oracle.
fn is_nothing(value: &Value) -> bool {
    *value == Value::Null || *value == Value::from("")
}

fn is_among(value: &Value, list: impl Iterator<Item = Value>) -> Value {
    if *value == Value::Null {
        return Value::Null;
    }
    let mut list = list;
    Value::Flag(list.any(|other| compared(value, &other) == Some(Ordering::Equal)))
}

fn display(arguments: &[Bound], row: &Joined, context: Option<&Context<'_>>) -> Value {
    let argument = arguments.first();
    let of = argument.map_or(Value::Null, |argument| value(argument, row, context));
    match (argument, context) {
        (Some(Bound::Column(table, position)), Some(context)) => {
            let property = row
                .get(*table)
                .and_then(Option::as_ref)
                .map(|row| &row.of.properties[*position]);
            property.map_or(Value::Null, |property| context.display.of(property, &of))
        }
        _ => of,
    }
}

fn binary(operator: Operator, left: &Value, right: impl FnOnce() -> Value) -> Value {
    let flag = |value: &Value| {
        if let Value::Flag(flag) = value {
            Some(*flag)
        } else {
            None
        }
    };
    match (operator, flag(left)) {
        (Operator::And, Some(false)) => return Value::Flag(false),
        (Operator::Or, Some(true)) => return Value::Flag(true),
        _ => {}
    }
    let right = right();
    let logical = |decided: bool| match (flag(left), flag(&right)) {
        (_, Some(flag)) if flag == decided => Value::Flag(decided),
        (Some(_), Some(flag)) => Value::Flag(flag),
        _ => Value::Null,
    };
    let arithmetic = |compute: fn(Decimal, Decimal) -> Decimal| match (number(left), number(&right)) {
        (Some(left), Some(right)) => Value::Decimal(compute(left, right)),
        _ => Value::Null,
    };
    match operator {
        Operator::And => logical(false),
        Operator::Or => logical(true),
        Operator::Joined => Value::Text(shown(left) + &shown(&right)),
        Operator::Plus => arithmetic(Decimal::plus),
        Operator::Minus => arithmetic(Decimal::minus),
        Operator::Times => arithmetic(Decimal::times),
        Operator::Over => arithmetic(|left, right| left.over(right, 10).trimmed()),
        _ => comparison(operator, left, &right),
    }
}

fn comparison(operator: Operator, left: &Value, right: &Value) -> Value {
    if is_nothing(left) || is_nothing(right) {
        return Value::Null;
    }
    let Some(ordering) = compared(left, right) else {
        return Value::Null;
    };
    Value::Flag(match operator {
        Operator::Equal => ordering == Ordering::Equal,
        Operator::NotEqual => ordering != Ordering::Equal,
        Operator::Less => ordering == Ordering::Less,
        Operator::LessOrEqual => ordering != Ordering::Greater,
        Operator::Greater => ordering == Ordering::Greater,
        _ => ordering != Ordering::Less,
    })
}

/// How two values compare. A text is read as a number, or as a date in the account's format, where the other
/// side is one.
fn compared(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(text), Value::Day(_) | Value::Instant(_)) => date(text)?.compare(right),
        (Value::Day(_) | Value::Instant(_), Value::Text(text)) => left.compare(&date(text)?),
        (Value::Text(_), Value::Text(_)) => left.compare(right),
        (Value::Text(_), _) | (_, Value::Text(_)) => Some(number(left)?.cmp(&number(right)?)),
        _ => left.compare(right),
    }
}

fn date(text: &str) -> Option<Value> {
    super::mask::parse(text, "MM/DD/YYYY").map(Value::Instant)
}

/// The number that a value is or spells.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Text(text) => Decimal::parse(text.trim()),
        other => other.number(),
    }
}

/// A value as text, as it stands in a result.
pub(in crate::netsuite) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) | Value::Member(text) => text.clone(),
        Value::Flag(flag) => (if *flag { "T" } else { "F" }).to_owned(),
        Value::Whole(whole) => whole.to_string(),
        Value::Decimal(decimal) => decimal.trimmed().to_string(),
        Value::Day(ms) | Value::Instant(ms) => account_date(*ms),
        Value::Time(seconds) => seconds.to_string(),
    }
}

/// Equal values have equal texts.
pub(super) fn key_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Day(ms) | Value::Instant(ms) => Some(ms.to_string()),
        other => Some(shown(other)),
    }
}
