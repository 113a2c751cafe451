//! Joining the tables of a query: by a hash of equal columns where there are some, else row by row.

use std::collections::HashMap;
use std::sync::Arc;

use super::bind::{Bound, BoundQuery, Table};
use super::evaluate::{Context, holds, key_text};
use super::syntax::Operator;
use crate::odata::row::Row;

/// One row of each table; nothing where a left join found no partner.
pub(super) type Joined = Vec<Option<Arc<Row>>>;

/// More rows than this are more than any test means.
const MAX_ROWS: usize = 500_000;

/// All combinations of rows that meet the joins' conditions. `WHERE` is applied as early as its parts allow.
pub(super) fn rows(query: &BoundQuery) -> Result<Vec<Joined>, String> {
    let mut joined: Vec<Joined> = vec![Vec::new()];
    for (at, table) in query.tables.iter().enumerate() {
        joined = add(joined, at, table, &query.filter)?;
        // Once a part of WHERE only speaks of tables that are there, it thins out what comes next. On the outer
        // side of a left join it is applied to the joined rows, which is what WHERE means.
        for part in &query.filter {
            if last_table(part) == Some(at) && !needs_names(part) {
                joined.retain(|row| holds(part, row, None));
            }
        }
    }
    Ok(joined)
}

fn add(joined: Vec<Joined>, at: usize, table: &Table, filter: &[Bound]) -> Result<Vec<Joined>, String> {
    // A comma join has its equalities in WHERE.
    let equalities = table
        .on
        .iter()
        .chain(if table.is_left { [].iter() } else { filter.iter() });
    let hashed = equalities.filter_map(|part| equality(part, at)).next();
    let partners = hashed.map(|(mine, theirs)| {
        let mut index: HashMap<String, Vec<&Arc<Row>>> = HashMap::new();
        for row in &table.rows {
            if let Some(key) = key_text(row.at(mine)) {
                index.entry(key).or_default().push(row);
            }
        }
        (index, theirs)
    });
    let mut result = Vec::new();
    for left in joined {
        let candidates: Vec<&Arc<Row>> = match &partners {
            Some((index, (their_table, their_column))) => {
                let value = left[*their_table].as_ref().map(|row| row.at(*their_column));
                value
                    .and_then(key_text)
                    .and_then(|key| index.get(&key))
                    .cloned()
                    .unwrap_or_default()
            }
            None => table.rows.iter().collect(),
        };
        let mut is_alone = true;
        for candidate in candidates {
            let mut row = left.clone();
            row.push(Some(Arc::clone(candidate)));
            if table.on.iter().all(|part| holds(part, &row, None)) {
                is_alone = false;
                result.push(row);
            }
        }
        if is_alone && table.is_left {
            let mut row = left;
            row.push(None);
            result.push(row);
        }
        if result.len() > MAX_ROWS {
            return Err("The query joins too many rows".to_owned());
        }
    }
    Ok(result)
}

/// `new.column = earlier.column`, either way round: the new table's column, and the other's table and column.
fn equality(part: &Bound, at: usize) -> Option<(usize, (usize, usize))> {
    let Bound::Binary(Operator::Equal, left, right) = part else {
        return None;
    };
    match (left.as_ref(), right.as_ref()) {
        (Bound::Column(new, mine), Bound::Column(earlier, theirs)) if *new == at && *earlier < at => {
            Some((*mine, (*earlier, *theirs)))
        }
        (Bound::Column(earlier, theirs), Bound::Column(new, mine)) if *new == at && *earlier < at => {
            Some((*mine, (*earlier, *theirs)))
        }
        _ => None,
    }
}

/// The last table that a condition speaks of.
fn last_table(part: &Bound) -> Option<usize> {
    fold(part, &|part| {
        if let Bound::Column(table, _) = part {
            Some(*table)
        } else {
            None
        }
    })
}

/// Whether a condition can only be judged with the display names and the time at hand.
fn needs_names(part: &Bound) -> bool {
    fold(part, &|part| matches!(part, Bound::Call(..)).then_some(1)).is_some()
}

/// The greatest of what `of` says about the parts of an expression.
fn fold(part: &Bound, of: &dyn Fn(&Bound) -> Option<usize>) -> Option<usize> {
    let below: Option<usize> = match part {
        Bound::Column(..) | Bound::Literal(_) | Bound::Star => None,
        Bound::Call(_, parts) => parts.iter().filter_map(|part| fold(part, of)).max(),
        Bound::Binary(_, left, right) | Bound::Like(left, right) => fold(left, of).max(fold(right, of)),
        Bound::Not(inner) | Bound::IsNull(inner) => fold(inner, of),
        Bound::In(inner, list) => list
            .iter()
            .filter_map(|part| fold(part, of))
            .max()
            .max(fold(inner, of)),
        Bound::Case(branches, otherwise) => {
            let branches = branches
                .iter()
                .filter_map(|(when, then)| fold(when, of).max(fold(then, of)))
                .max();
            branches.max(otherwise.as_ref().and_then(|otherwise| fold(otherwise, of)))
        }
    };
    below.max(of(part))
}

/// The rows that meet all of `WHERE`.
pub(super) fn filtered(query: &BoundQuery, rows: Vec<Joined>, context: &Context<'_>) -> Vec<Joined> {
    let mut rows = rows;
    rows.retain(|row| query.filter.iter().all(|part| holds(part, row, Some(context))));
    rows
}
