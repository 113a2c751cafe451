//! The JSON of OData V4: `value`, `@odata.context`, `@odata.count`, `@odata.nextLink`, `@odata.etag`.

use std::sync::Arc;

use super::options::Shape;
use super::page::Page;
use super::push_json_string;
use super::row::{Row, push_properties};
use super::value::Value;

/// Writes entities of one service.
pub(crate) struct V4Writer<'a> {
    /// What `@odata.context` says.
    pub(crate) context: &'a str,
    /// Whether one record of each page is to be spoilt.
    pub(crate) poison: bool,
}

impl V4Writer<'_> {
    /// A list. `next` is written as it stands: absolute with some vendors, relative with others.
    pub(crate) fn list(&self, page: &Page, shape: &Shape, counted: bool, next: Option<&str>) -> String {
        let mut out = String::from("{\"@odata.context\":");
        push_json_string(&mut out, self.context);
        if counted {
            out.push_str(&format!(",\"@odata.count\":{}", page.total));
        }
        out.push_str(",\"value\":");
        rows(&mut out, &page.rows, shape, self.poison);
        if let Some(next) = next {
            out.push_str(",\"@odata.nextLink\":");
            push_json_string(&mut out, next);
        }
        out.push('}');
        out
    }

    /// One entity.
    pub(crate) fn single(&self, row: &Row, shape: &Shape) -> String {
        let mut out = String::from("{\"@odata.context\":");
        push_json_string(&mut out, &format!("{}/$entity", self.context));
        out.push(',');
        members(&mut out, row, shape, self.poison);
        out.push('}');
        out
    }
}

fn rows(out: &mut String, rows: &[Arc<Row>], shape: &Shape, poison: bool) {
    let spoilt = poison.then_some(rows.len() / 2);
    out.push('[');
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push('{');
        members(out, row, shape, spoilt == Some(index));
        out.push('}');
    }
    out.push(']');
}

fn members(out: &mut String, row: &Row, shape: &Shape, poison: bool) {
    out.push_str("\"@odata.etag\":");
    push_json_string(out, &etag(row));
    if shape.select.as_ref().is_none_or(|select| !select.is_empty()) {
        out.push(',');
        push_properties(out, row, shape.select.as_deref(), poison);
    }
    for (position, below) in &shape.expand {
        let nav = &row.of.navs[*position];
        out.push_str(",\"");
        out.push_str(nav.name);
        out.push_str("\":");
        match (nav.many, row.linked(*position)) {
            (true, linked) => rows(out, linked, below, poison),
            (false, [only, ..]) => {
                out.push('{');
                members(out, only, below, poison);
                out.push('}');
            }
            (false, []) => out.push_str("null"),
        }
    }
}

/// The version of an entity: a digest of its change time, or of all that it holds where it has none.
pub(crate) fn etag(row: &Row) -> String {
    let changed = ["lastModifiedDateTime", "LastChangeDateTime"]
        .iter()
        .find_map(|name| match row.get(name) {
            Value::Instant(ms) => Some(*ms),
            _ => None,
        });
    match changed {
        Some(ms) => format!("W/\"'{ms}'\""),
        None => {
            let sum = row.json().bytes().fold(0_u64, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u64::from(byte))
            });
            format!("W/\"'{sum:016x}'\"")
        }
    }
}
