//! From an entity that a client sends to fields of the unified model, which `records` knows how to apply.

use serde_json::{Map, Value, json};

use super::Refused;
use super::filter::short;
use super::schema::{EntityType, Schema};
use crate::clock::rfc3339;

/// Property names and the unified fields that they set.
pub(crate) type Names = &'static [(&'static str, &'static str)];

/// What of an entity can be written.
pub(crate) struct Writable {
    pub(crate) fields: Names,
    /// The navigation property that holds the lines, and what of a line can be written.
    pub(crate) lines: Option<(&'static str, Names)>,
}

/// Reads an entity. A property that the type does not have is refused; one that it has and that nothing here
/// depends on is accepted and forgotten.
pub(crate) fn unified(
    body: &[u8],
    entity: &'static EntityType,
    schema: &'static Schema,
    writable: &Writable,
) -> Result<Map<String, Value>, Refused> {
    let given: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| Refused::because(format!("Malformed request body: {error}.")))?;
    let mut fields = named(&given, entity, writable.fields)?;
    let Some((nav, names)) = writable.lines else {
        return Ok(fields);
    };
    let Some(position) = entity.nav(nav) else {
        return Ok(fields);
    };
    let target = schema.known(entity.navs[position].set);
    // V2 clients send a bare list or one inside `results`.
    let lines = given
        .get(nav)
        .and_then(|value| value.get("results").unwrap_or(value).as_array());
    if let Some(lines) = lines {
        let lines = lines.iter().map(|line| match line {
            Value::Object(line) => named(line, target, names).map(Value::Object),
            _ => Err(Refused::because(format!("{nav} must hold entities."))),
        });
        fields.insert("lines".to_owned(), Value::Array(lines.collect::<Result<_, _>>()?));
    }
    Ok(fields)
}

fn named(
    given: &Map<String, Value>,
    entity: &EntityType,
    names: Names,
) -> Result<Map<String, Value>, Refused> {
    let mut fields = Map::new();
    for (name, value) in given {
        let is_known = entity.position(name).is_some() || entity.nav(name).is_some();
        if !is_known && !name.starts_with("__") && !name.contains('@') {
            let text = format!("Property {name} is invalid for type {}.", short(&entity.name));
            return Err(Refused::because(text));
        }
        let Some((_, field)) = names.iter().find(|(known, _)| known == name) else {
            continue;
        };
        let value = plain(value);
        match field.strip_prefix("custom_fields.") {
            Some(custom) => {
                let all = fields.entry("custom_fields").or_insert_with(|| json!({}));
                all[custom] = value;
            }
            None => {
                fields.insert((*field).to_owned(), value);
            }
        }
    }
    Ok(fields)
}

/// V2 dates as RFC 3339; everything else as it stands.
fn plain(value: &Value) -> Value {
    let ms = value
        .as_str()
        .and_then(|text| text.strip_prefix("/Date("))
        .and_then(|rest| {
            let end = rest.find(')')?;
            let number = rest[..end]
                .split_once('+')
                .map_or(&rest[..end], |(number, _)| number);
            number.parse::<i64>().ok()
        });
    ms.map_or_else(|| value.clone(), |ms| Value::String(rfc3339(ms)))
}

/// Whether an `If-Match` header allows a change of an entity with this version.
pub(crate) enum Match {
    Yes,
    /// The header is missing.
    Missing,
    /// The entity has changed since.
    Stale,
}

/// Compares `If-Match` with an entity's version.
pub(crate) fn matches(header: Option<&str>, etag: &str) -> Match {
    match header {
        None => Match::Missing,
        Some("*") => Match::Yes,
        Some(given) if given == etag => Match::Yes,
        Some(_) => Match::Stale,
    }
}
