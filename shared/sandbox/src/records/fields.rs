//! Reading a record in the unified shape: what is there is taken, what the dialect lacks is named.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::RecordError;
use crate::clock::parse_iso;
use crate::decimal::Decimal;
use crate::dialect::{Dialect, Model};

/// Computed or the system's own: read by clients, never written, and silently left alone.
const READ_ONLY: [&str; 15] = [
    "id",
    "source_key",
    "model",
    "connection_id",
    "status_raw",
    "created_at",
    "updated_at",
    "deleted_at",
    "synced_at",
    "seq",
    "raw",
    "subtotal",
    "tax_total",
    "total",
    "quantity_available",
];

/// The fields of a record, or of one line (then with the prefix `lines.`).
pub(super) struct Fields<'a> {
    body: &'a Map<String, Value>,
    prefix: &'static str,
    lacks: &'static [&'static str],
    taken: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of a record of this model.
    pub(super) fn new(
        body: &'a Map<String, Value>,
        prefix: &'static str,
        dialect: &dyn Dialect,
        model: Model,
    ) -> Self {
        Self {
            body,
            prefix,
            lacks: dialect.lacks(model),
            taken: Vec::new(),
        }
    }

    /// The value of a field that is given and that the dialect has.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        let value = self.body.get(name)?;
        if self.is_lacking(name) {
            return None;
        }
        self.taken.push(name);
        Some(value)
    }

    /// A text; `null` empties it.
    pub(super) fn text(&mut self, name: &'static str, target: &mut String) -> Result<(), RecordError> {
        if let Some(value) = self.take(name) {
            *target = plain(value).ok_or_else(|| self.bad(name))?;
        }
        Ok(())
    }

    /// A day or an instant; `null` empties it.
    pub(super) fn day(&mut self, name: &'static str, target: &mut Option<i64>) -> Result<(), RecordError> {
        if let Some(value) = self.take(name) {
            *target = match value {
                Value::Null => None,
                Value::String(text) => Some(crate::clock::midnight(
                    parse_iso(text).ok_or_else(|| self.bad(name))?,
                )),
                _ => return Err(self.bad(name)),
            };
        }
        Ok(())
    }

    /// A decimal, or an amount whose currency is answered.
    pub(super) fn decimal(
        &mut self,
        name: &'static str,
        target: &mut Decimal,
    ) -> Result<Option<String>, RecordError> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let (number, currency) = match value {
            Value::Object(amount) => (
                amount.get("amount").unwrap_or(&Value::Null),
                amount.get("currency"),
            ),
            other => (other, None),
        };
        *target = match number {
            Value::Null => Decimal::ZERO,
            other => plain(other)
                .and_then(|text| Decimal::parse(&text))
                .ok_or_else(|| self.bad(name))?,
        };
        Ok(currency.and_then(Value::as_str).map(str::to_owned))
    }

    /// A reference: the id, or else the number, or else the name; or a bare text.
    pub(super) fn reference(&mut self, name: &'static str) -> Result<Option<Reference>, RecordError> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let of = |part: &str| value.get(part).and_then(plain).filter(|text| !text.is_empty());
        match value {
            Value::Null => Ok(Some(Reference::default())),
            Value::Object(_) => Ok(Some(Reference {
                id: of("id"),
                number: of("number"),
                name: of("name"),
            })),
            other => Ok(Some(Reference {
                id: Some(plain(other).ok_or_else(|| self.bad(name))?),
                ..Reference::default()
            })),
        }
    }

    /// A reference of which only the best word matters: a person, a place, a cost centre.
    pub(super) fn word(&mut self, name: &'static str, target: &mut String) -> Result<(), RecordError> {
        if let Some(reference) = self.reference(name)? {
            *target = reference
                .id
                .or(reference.number)
                .or(reference.name)
                .unwrap_or_default();
        }
        Ok(())
    }

    /// Custom fields by the names that they have in the dialect; answers those that it does not have.
    pub(super) fn custom(
        &mut self,
        dialect: &dyn Dialect,
        model: Model,
        target: &mut BTreeMap<String, String>,
    ) -> Vec<String> {
        let Some(Value::Object(given)) = self.take("custom_fields") else {
            return Vec::new();
        };
        let mut unknown = Vec::new();
        for (name, value) in given {
            match dialect.custom_field(model, name) {
                Some(field) => {
                    target.insert(field.to_owned(), plain(value).unwrap_or_default());
                }
                None => unknown.push(format!("{}custom_fields.{name}", self.prefix)),
            }
        }
        unknown
    }

    /// Given fields that nobody took.
    pub(super) fn ignored(self) -> Vec<String> {
        let named =
            |name: &&String| !self.taken.contains(&name.as_str()) && !READ_ONLY.contains(&name.as_str());
        self.body
            .keys()
            .filter(named)
            .map(|name| format!("{}{name}", self.prefix))
            .collect()
    }

    /// The error for a value that cannot be.
    pub(super) fn bad(&self, name: &str) -> RecordError {
        RecordError::BadField(format!("{}{name}", self.prefix))
    }

    fn is_lacking(&self, name: &str) -> bool {
        self.lacks
            .iter()
            .any(|lacking| lacking.strip_prefix(self.prefix) == Some(name))
    }
}

/// `{id, number?, name?}`.
#[derive(Debug, Default, Clone)]
pub(super) struct Reference {
    pub(super) id: Option<String>,
    pub(super) number: Option<String>,
    pub(super) name: Option<String>,
}

/// A text, a number or a flag as text; `null` as empty text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
