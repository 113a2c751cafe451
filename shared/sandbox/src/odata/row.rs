//! One row of a vendor's table: typed values, the rows below it, and its JSON rendered at most once.

use std::sync::{Arc, OnceLock};

use super::schema::EntityType;
use super::value::Value;

/// One entity. Only what differs from the initial value is stored.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) of: &'static EntityType,
    /// Sorted by the property's position.
    values: Vec<(usize, Value)>,
    /// Parallel to `of.navs`.
    navs: Vec<Vec<Arc<Row>>>,
    text: OnceLock<Text>,
}

/// The rendered properties, and where each begins.
#[derive(Debug)]
struct Text {
    json: String,
    starts: Vec<usize>,
}

impl Row {
    /// An entity with initial values.
    pub(crate) fn new(of: &'static EntityType) -> Self {
        Self {
            of,
            values: Vec::new(),
            navs: of.navs.iter().map(|_| Vec::new()).collect(),
            text: OnceLock::new(),
        }
    }

    /// Sets a property that the type has.
    pub(crate) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let at = self.of.position(name);
        debug_assert!(at.is_some(), "{} has no {name}", self.of.name);
        if let Some(at) = at {
            match self.values.binary_search_by_key(&at, |(position, _)| *position) {
                Ok(slot) => self.values[slot].1 = value.into(),
                Err(slot) => self.values.insert(slot, (at, value.into())),
            }
        }
        self
    }

    /// Fills a navigation property.
    pub(crate) fn link(mut self, name: &str, rows: Vec<Arc<Row>>) -> Self {
        let at = self.of.nav(name);
        debug_assert!(at.is_some(), "{} has no {name}", self.of.name);
        if let Some(at) = at {
            self.navs[at] = rows;
        }
        self
    }

    /// The value of the property at a position.
    pub(crate) fn at(&self, position: usize) -> &Value {
        match self.values.binary_search_by_key(&position, |(at, _)| *at) {
            Ok(slot) => &self.values[slot].1,
            Err(_) => &self.of.properties[position].initial,
        }
    }

    /// The value of a property; nothing when the type does not have it.
    pub(crate) fn get(&self, name: &str) -> &Value {
        self.of
            .position(name)
            .map_or(&Value::Null, |position| self.at(position))
    }

    /// The text of a property, empty when it is not text.
    pub(crate) fn text(&self, name: &str) -> &str {
        if let Value::Text(text) = self.get(name) {
            text
        } else {
            ""
        }
    }

    /// The rows behind the navigation property at a position.
    pub(crate) fn linked(&self, position: usize) -> &[Arc<Row>] {
        &self.navs[position]
    }

    /// All properties as `"Name":value` joined by commas.
    pub(crate) fn json(&self) -> &str {
        &self.rendered().json
    }

    /// One property as `"Name":value`.
    pub(crate) fn property_json(&self, position: usize) -> &str {
        let text = self.rendered();
        let start = text.starts[position];
        // One comma lies between this property and the next.
        let end = text
            .starts
            .get(position + 1)
            .map_or(text.json.len(), |next| next - 1);
        &text.json[start..end]
    }

    fn rendered(&self) -> &Text {
        self.text.get_or_init(|| {
            let mut json = String::new();
            let mut starts = Vec::with_capacity(self.of.properties.len());
            for (position, property) in self.of.properties.iter().enumerate() {
                if position > 0 {
                    json.push(',');
                }
                starts.push(json.len());
                match self.values.binary_search_by_key(&position, |(at, _)| *at) {
                    Ok(slot) => {
                        json.push('"');
                        json.push_str(property.name);
                        json.push_str("\":");
                        self.of
                            .flavour
                            .write(&mut json, &self.values[slot].1, property.kind);
                    }
                    Err(_) => json.push_str(&property.initial_text),
                }
            }
            Text { json, starts }
        })
    }
}

/// What a poisoned record holds in place of a good value: an amount that is none, a day that no calendar has.
///
/// Times stay as they are, so that only the record is bad and not the order of the list.
pub(crate) fn poisoned_json(row: &Row, position: usize) -> Option<String> {
    use super::value::{Flavour, Kind};
    let property = &row.of.properties[position];
    let text = match (property.kind, row.of.flavour) {
        (Kind::Decimal(_), _) => "12,3x",
        (Kind::Day, Flavour::SapV2) => "/Date(31.02.2026)/",
        (Kind::Day, Flavour::Finance) => "2026-02-31T12:00:00Z",
        (Kind::Day, _) => "2026-02-31",
        _ => return None,
    };
    Some(format!("\"{}\":\"{text}\"", property.name))
}

/// Appends the properties at these positions (all of them for `None`), poisoned if so wanted.
pub(crate) fn push_properties(out: &mut String, row: &Row, select: Option<&[usize]>, poison: bool) {
    if !poison {
        match select {
            None => out.push_str(row.json()),
            Some(positions) => push_joined(out, positions.iter().map(|at| row.property_json(*at))),
        }
        return;
    }
    let all: Vec<usize> = (0..row.of.properties.len()).collect();
    let positions = select.unwrap_or(&all);
    let nothing_to_spoil = positions.iter().all(|at| poisoned_json(row, *at).is_none());
    let parts: Vec<String> = positions
        .iter()
        .enumerate()
        .map(|(index, at)| match poisoned_json(row, *at) {
            Some(bad) => bad,
            // A type without amounts and days: a list where a text belongs, after the key.
            None if nothing_to_spoil && index == 1 => {
                format!("\"{}\":[\"12,3x\"]", row.of.properties[*at].name)
            }
            None => row.property_json(*at).to_owned(),
        })
        .collect();
    push_joined(out, parts.iter().map(String::as_str));
}

fn push_joined<'a>(out: &mut String, parts: impl Iterator<Item = &'a str>) {
    for (index, part) in parts.enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(part);
    }
}
