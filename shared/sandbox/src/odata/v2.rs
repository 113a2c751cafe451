//! The JSON of OData V2 as SAP Gateway writes it: `d.results`, `__metadata`, `__deferred`, `__next`.

use super::key;
use super::options::Shape;
use super::page::Page;
use super::push_json_string;
use super::row::{Row, push_properties};
use super::value::Value;
use crate::clock;

/// Writes entities of one service.
pub(crate) struct V2Writer<'a> {
    /// Absolute URL of the service, without a slash at its end.
    pub(crate) service: &'a str,
    /// Whether one record of each page is to be spoilt.
    pub(crate) poison: bool,
}

impl V2Writer<'_> {
    /// A list. `next` is the absolute URL of the next page.
    pub(crate) fn list(&self, page: &Page, shape: &Shape, counted: bool, next: Option<&str>) -> String {
        let mut out = String::from("{\"d\":{");
        if counted {
            out.push_str(&format!("\"__count\":\"{}\",", page.total));
        }
        out.push_str("\"results\":");
        self.rows(&mut out, &page.rows, shape, self.poison);
        if let Some(next) = next {
            out.push_str(",\"__next\":");
            push_json_string(&mut out, next);
        }
        out.push_str("}}");
        out
    }

    /// One entity.
    pub(crate) fn single(&self, row: &Row, shape: &Shape) -> String {
        let mut out = String::from("{\"d\":");
        self.entity(&mut out, row, shape, self.poison);
        out.push('}');
        out
    }

    fn rows(&self, out: &mut String, rows: &[std::sync::Arc<Row>], shape: &Shape, poison: bool) {
        let spoilt = poison.then_some(rows.len() / 2);
        out.push('[');
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            self.entity(out, row, shape, spoilt == Some(index));
        }
        out.push(']');
    }

    fn entity(&self, out: &mut String, row: &Row, shape: &Shape, poison: bool) {
        let uri = format!("{}/{}{}", self.service, row.of.set, key::of_row(row));
        out.push_str("{\"__metadata\":{\"id\":");
        push_json_string(out, &uri);
        out.push_str(",\"uri\":");
        push_json_string(out, &uri);
        out.push_str(",\"type\":");
        push_json_string(out, &row.of.name);
        if let Some(etag) = etag(row) {
            out.push_str(",\"etag\":");
            push_json_string(out, &etag);
        }
        out.push('}');
        if shape.select.as_ref().is_none_or(|select| !select.is_empty()) {
            out.push(',');
            push_properties(out, row, shape.select.as_deref(), poison);
        }
        for (position, nav) in row.of.navs.iter().enumerate() {
            if shape
                .shown_navs
                .as_ref()
                .is_some_and(|shown| !shown.contains(&position))
            {
                continue;
            }
            out.push_str(",\"");
            out.push_str(nav.name);
            out.push_str("\":");
            match shape.expand.get(&position) {
                Some(below) if nav.many => {
                    out.push_str("{\"results\":");
                    self.rows(out, row.linked(position), below, poison);
                    out.push('}');
                }
                Some(below) => match row.linked(position).first() {
                    Some(only) => self.entity(out, only, below, poison),
                    None => out.push_str("null"),
                },
                None => {
                    out.push_str("{\"__deferred\":{\"uri\":");
                    push_json_string(out, &format!("{uri}/{}", nav.name));
                    out.push_str("}}");
                }
            }
        }
        out.push('}');
    }
}

/// The version of an entity that carries a change time, as SAP Gateway forms it.
pub(crate) fn etag(row: &Row) -> Option<String> {
    match row.get("LastChangeDateTime") {
        Value::Instant(ms) => Some(format!("W/\"datetimeoffset'{}'\"", clock::rfc3339_short(*ms))),
        _ => None,
    }
}

/// A change time and a change day, for services that keep them apart.
pub(crate) fn day_and_time(ms: i64) -> (Value, Value) {
    (
        super::value::day(Some(ms)),
        Value::Time((ms - clock::midnight(ms)) / 1000),
    )
}
