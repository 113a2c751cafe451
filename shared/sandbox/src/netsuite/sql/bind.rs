//! From names to columns: every name is looked up before a row is read.

use std::sync::Arc;

use super::functions;
use super::syntax::{Expression, Operator, Query};
use crate::netsuite::tables::TABLES;
use crate::odata::row::Row;
use crate::odata::schema::EntityType;
use crate::odata::value::Value;
use crate::system::Books;

/// An expression whose columns are known.
#[derive(Debug, Clone)]
pub(super) enum Bound {
    /// The column at a position of the table at another.
    Column(usize, usize),
    Literal(Value),
    Star,
    Call(functions::Function, Vec<Bound>),
    Binary(Operator, Box<Bound>, Box<Bound>),
    Not(Box<Bound>),
    IsNull(Box<Bound>),
    In(Box<Bound>, Vec<Bound>),
    Like(Box<Bound>, Box<Bound>),
    Case(Vec<(Bound, Bound)>, Option<Box<Bound>>),
}

/// A table with its rows.
pub(super) struct Table {
    pub(super) of: &'static EntityType,
    alias: String,
    pub(super) rows: Vec<Arc<Row>>,
    pub(super) is_left: bool,
    /// The parts of `ON`, all of which must hold.
    pub(super) on: Vec<Bound>,
}

/// A query whose names are all known.
pub(super) struct BoundQuery {
    pub(super) is_distinct: bool,
    pub(super) columns: Vec<String>,
    pub(super) select: Vec<Bound>,
    pub(super) tables: Vec<Table>,
    /// The parts of `WHERE`, all of which must hold.
    pub(super) filter: Vec<Bound>,
    pub(super) order: Vec<(Bound, bool)>,
}

/// Looks up all names of a query.
pub(super) fn bind(query: &Query, books: &Books) -> Result<BoundQuery, String> {
    let mut tables: Vec<Table> = Vec::new();
    for source in &query.from {
        let of = TABLES.get(&source.table).ok_or_else(|| {
            format!("Record '{}' was not found. Reason: NOT_EXISTENT - Record doesn't exist in the records catalog", source.table)
        })?;
        let table = Table {
            of,
            alias: source.alias.clone(),
            rows: books.rows(&source.table),
            is_left: source.is_left,
            on: Vec::new(),
        };
        tables.push(table);
        if let Some(on) = &source.on {
            let on = split(expression(on, &tables)?);
            if let Some(last) = tables.last_mut() {
                last.on = on;
            }
        }
    }
    let (mut columns, mut select) = (Vec::new(), Vec::new());
    for (index, (part, alias)) in query.select.iter().enumerate() {
        columns.push(column_name(part, alias.as_deref(), index));
        select.push(expression(part, &tables)?);
    }
    if query.select.is_empty() {
        for (at, table) in tables.iter().enumerate() {
            for (position, property) in table.of.properties.iter().enumerate() {
                columns.push(property.name.to_owned());
                select.push(Bound::Column(at, position));
            }
        }
    }
    let filter = query
        .filter
        .as_ref()
        .map(|filter| expression(filter, &tables))
        .transpose()?;
    let order = query
        .order
        .iter()
        .map(|(part, down)| Ok((sorted_by(part, &columns, &select, &tables)?, *down)));
    let order = order.collect::<Result<Vec<_>, String>>()?;
    let filter = filter.map(split).unwrap_or_default();
    Ok(BoundQuery {
        is_distinct: query.is_distinct,
        columns,
        select,
        tables,
        filter,
        order,
    })
}

/// A column without an alias keeps its own name; an expression is numbered.
fn column_name(part: &Expression, alias: Option<&str>, index: usize) -> String {
    match (alias, part) {
        (Some(alias), _) => alias.to_owned(),
        (None, Expression::Column(_, name)) => name.clone(),
        (None, _) => format!("expr{}", index + 1),
    }
}

/// An alias or a column's place in the list may be sorted by, too.
fn sorted_by(
    part: &Expression,
    columns: &[String],
    select: &[Bound],
    tables: &[Table],
) -> Result<Bound, String> {
    if let Expression::Column(None, name) = part
        && let Some(index) = columns.iter().position(|column| column == name)
    {
        return Ok(select[index].clone());
    }
    if let Expression::Literal(Value::Decimal(place)) = part {
        let index = place
            .to_string()
            .parse::<usize>()
            .ok()
            .and_then(|place| place.checked_sub(1));
        return index
            .and_then(|index| select.get(index))
            .cloned()
            .ok_or_else(|| "Invalid column in ORDER BY".to_owned());
    }
    expression(part, tables)
}

/// The conditions that `AND` joins.
fn split(condition: Bound) -> Vec<Bound> {
    match condition {
        Bound::Binary(Operator::And, left, right) => {
            let mut parts = split(*left);
            parts.extend(split(*right));
            parts
        }
        other => vec![other],
    }
}

fn expression(part: &Expression, tables: &[Table]) -> Result<Bound, String> {
    let boxed = |part: &Expression| expression(part, tables).map(Box::new);
    let all = |parts: &[Expression]| {
        parts
            .iter()
            .map(|part| expression(part, tables))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match part {
        Expression::Column(table, name) => column(table.as_deref(), name, tables)?,
        Expression::Literal(value) => Bound::Literal(value.clone()),
        Expression::Star => Bound::Star,
        Expression::Call(name, arguments) => {
            let function =
                functions::Function::named(name).ok_or_else(|| format!("Unknown identifier '{name}'"))?;
            function.check(arguments.len())?;
            Bound::Call(function, all(arguments)?)
        }
        Expression::Binary(operator, left, right) => Bound::Binary(*operator, boxed(left)?, boxed(right)?),
        Expression::Not(inner) => Bound::Not(boxed(inner)?),
        Expression::IsNull(inner) => Bound::IsNull(boxed(inner)?),
        Expression::In(inner, list) => Bound::In(boxed(inner)?, all(list)?),
        Expression::Like(inner, pattern) => Bound::Like(boxed(inner)?, boxed(pattern)?),
        Expression::Case(branches, otherwise) => {
            let branches = branches
                .iter()
                .map(|(when, then)| Ok((expression(when, tables)?, expression(then, tables)?)));
            let branches = branches.collect::<Result<Vec<_>, String>>()?;
            Bound::Case(
                branches,
                otherwise.as_ref().map(|otherwise| boxed(otherwise)).transpose()?,
            )
        }
    })
}

fn column(table: Option<&str>, name: &str, tables: &[Table]) -> Result<Bound, String> {
    if name == "sysdate" && table.is_none() {
        return Ok(Bound::Call(functions::Function::Now, Vec::new()));
    }
    let mut found = Vec::new();
    for (at, candidate) in tables.iter().enumerate() {
        if table.is_none_or(|table| table == candidate.alias)
            && let Some(position) = candidate.of.position(name)
        {
            found.push(Bound::Column(at, position));
        }
    }
    match (found.len(), table) {
        (1, _) => Ok(found.remove(0)),
        (0, Some(alias)) if !tables.iter().any(|candidate| candidate.alias == alias) => {
            Err(format!("Unknown identifier '{alias}'"))
        }
        (0, _) => {
            let owner = tables
                .iter()
                .find(|candidate| table.is_none_or(|table| table == candidate.alias));
            let owner = owner.map(|owner| owner.of.set).unwrap_or_default();
            Err(format!(
                "Field '{name}' for record '{owner}' was not found. Reason: NOT_EXISTENT - Field doesn't exist for the record"
            ))
        }
        _ => Err(format!("Column '{name}' is ambiguous")),
    }
}
