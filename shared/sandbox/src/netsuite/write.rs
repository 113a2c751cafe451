//! Writing purchase orders by the record service.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::lists::{CURRENCIES, List, TERMS};
use super::refusal;
use crate::dialect::Model;
use crate::http::{Answer, Call};
use crate::records::{Change, Operation};
use crate::system::System;

/// Names of the record service and the unified fields that they set.
const FIELDS: [(&str, &str); 5] = [
    ("tranId", "number"),
    ("tranDate", "order_date"),
    ("dueDate", "required_date"),
    ("memo", "description"),
    ("exchangeRate", "exchange_rate"),
];
const LINE_FIELDS: [(&str, &str); 4] = [
    ("description", "description"),
    ("quantity", "quantity"),
    ("rate", "unit_price"),
    ("expectedReceiptDate", "required_date"),
];

/// Creates a purchase order: 204, and its address in `Location`.
pub(super) fn create(system: &System, call: &Call) -> Answer {
    let fields = match unified(&call.body) {
        Ok(fields) => fields,
        Err(text) => return refusal::error(StatusCode::BAD_REQUEST, "INVALID_CONTENT", &text),
    };
    let vendor = fields.get("vendor").and_then(Value::as_str).unwrap_or_default();
    if !system.read(|books| books.company.vendors.contains_key(vendor)) {
        return user_error("Please enter value(s) for: Vendor");
    }
    if !fields.contains_key("lines") {
        return user_error("You must enter at least one line item for this transaction.");
    }
    let last = system.read(|books| {
        books
            .company
            .orders
            .keys()
            .filter_map(|id| id.parse::<u64>().ok())
            .max()
    });
    let id = (last.unwrap_or(20_000) + 1).to_string();
    match Change::made_by_client(system, Model::PurchaseOrder, &id, Operation::Put, fields) {
        Ok(change) => Answer::empty()
            .with("location", &format!("{}/{id}", call.url()))
            .changed(change),
        Err(field) => user_error(&format!("Invalid value for {field}.")),
    }
}

/// Changes a purchase order. With `replace=item` the given lines are all lines; without it they are added.
pub(super) fn change(system: &System, call: &Call, id: &str) -> Answer {
    let mut fields = match unified(&call.body) {
        Ok(fields) => fields,
        Err(text) => return refusal::error(StatusCode::BAD_REQUEST, "INVALID_CONTENT", &text),
    };
    let kept = system.read(|books| {
        let order = books.company.orders.get(id)?;
        Some(
            order
                .lines
                .iter()
                .map(|line| json!({"line_number": line.number}))
                .collect::<Vec<_>>(),
        )
    });
    let Some(mut lines) = kept else { return missing() };
    let replaces = call
        .pairs()
        .iter()
        .any(|(name, value)| name == "replace" && value == "item");
    if let (Some(Value::Array(given)), false) = (fields.get_mut("lines"), replaces) {
        lines.append(given);
        fields.insert("lines".to_owned(), Value::Array(lines));
    }
    applied(system, id, Operation::Put, fields)
}

/// Deletes a purchase order.
pub(super) fn delete(system: &System, id: &str) -> Answer {
    if system.read(|books| books.company.orders.contains_key(id)) {
        applied(system, id, Operation::Delete, Map::new())
    } else {
        missing()
    }
}

fn applied(system: &System, id: &str, op: Operation, fields: Map<String, Value>) -> Answer {
    match Change::made_by_client(system, Model::PurchaseOrder, id, op, fields) {
        Ok(change) => Answer::empty().changed(change),
        Err(field) => user_error(&format!("Invalid value for {field}.")),
    }
}

fn user_error(text: &str) -> Answer {
    refusal::error(
        StatusCode::BAD_REQUEST,
        "USER_ERROR",
        &format!("Error while accessing a resource. {text}"),
    )
}

fn missing() -> Answer {
    let text = "The record instance does not exist. Provide a valid record instance ID.";
    refusal::error(StatusCode::NOT_FOUND, "NONEXISTENT_ID", text)
}

/// The unified fields of a record as a client sends it.
fn unified(body: &[u8]) -> Result<Map<String, Value>, String> {
    let given: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| format!("Invalid content: {error}."))?;
    let mut fields = renamed(&given, &FIELDS);
    if let Some(id) = referred(&given, "entity") {
        fields.insert("vendor".to_owned(), Value::String(id));
    }
    for (name, list, field) in [
        ("currency", CURRENCIES, "currency"),
        ("terms", TERMS, "payment_terms"),
    ] {
        if let Some(text) = referred(&given, name).and_then(|id| named(list, &id)) {
            fields.insert(field.to_owned(), json!(text));
        }
    }
    let custom: Map<String, Value> = given
        .iter()
        .filter(|(name, _)| name.starts_with("custbody_"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if !custom.is_empty() {
        fields.insert("custom_fields".to_owned(), Value::Object(custom));
    }
    if let Some(items) = given
        .get("item")
        .and_then(|sublist| sublist.get("items"))
        .and_then(Value::as_array)
    {
        fields.insert(
            "lines".to_owned(),
            items.iter().filter_map(Value::as_object).map(line).collect(),
        );
    }
    Ok(fields)
}

fn line(given: &Map<String, Value>) -> Value {
    let mut fields = renamed(given, &LINE_FIELDS);
    for name in ["item", "location"] {
        if let Some(id) = referred(given, name) {
            fields.insert(name.to_owned(), Value::String(id));
        }
    }
    Value::Object(fields)
}

fn renamed(given: &Map<String, Value>, names: &[(&str, &str)]) -> Map<String, Value> {
    let pair =
        |(name, field): &(&str, &str)| given.get(*name).map(|value| ((*field).to_owned(), value.clone()));
    names.iter().filter_map(pair).collect()
}

/// The id in `{"id": …}`.
fn referred(given: &Map<String, Value>, name: &str) -> Option<String> {
    match given.get(name)?.get("id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn named(list: List, id: &str) -> Option<&'static str> {
    list.iter()
        .find(|(known, _)| known.to_string() == id)
        .map(|(_, name)| *name)
}
