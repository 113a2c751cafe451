//! Reading: the same calls against each system, and answers of one shape.

use std::collections::{BTreeMap, BTreeSet};

use manifold_sandbox::SHARED_ORDER;
use serde_json::{Map, Value};

use super::{Tour, data, screen::seconds, text};
use crate::Failure;

/// The list that each system is asked for.
const LIST: &str = "/v1/purchase-orders?limit=3";

/// What is shown of the order that all systems have, and where it stands in the unified record.
const SHOWN: [(&str, &str); 15] = [
    ("id", "/id"),
    ("number", "/number"),
    ("status", "/status"),
    ("status_raw", "/status_raw"),
    ("vendor.name", "/vendor/name"),
    ("order_date", "/order_date"),
    ("required_date", "/required_date"),
    ("payment_terms", "/payment_terms"),
    ("currency", "/currency"),
    ("total.amount", "/total/amount"),
    ("line 1 item", "/lines/0/item/number"),
    ("  quantity", "/lines/0/quantity"),
    ("  unit_price", "/lines/0/unit_price/amount"),
    ("  total", "/lines/0/total/amount"),
    ("updated_at", "/updated_at"),
];

/// What must be the same in all of them.
const SAME: [&str; 6] = [
    "/model",
    "/status",
    "/currency",
    "/vendor/name",
    "/lines/0/quantity",
    "/lines/0/unit_price/amount",
];

/// Fewer fields in common would be no shape.
const FEWEST_FIELDS: usize = 20;

impl Tour {
    pub(super) async fn read(&mut self) -> Result<(), Failure> {
        self.screen
            .step("Read: the same call, the same shape, live from each system");
        self.screen.request(&format!(
            "GET {LIST}      Authorization: Bearer (the connection's token)"
        ));
        let mut rows = Vec::new();
        for guest in &self.guests {
            let answer = guest.api.get(LIST).await?;
            let took = seconds(answer.took);
            let orders = answer.expect(200)?;
            let orders = data(&orders)?;
            if orders.len() != 3 {
                return Err(
                    format!("{}: 3 orders were asked for, {} came", guest.title, orders.len()).into(),
                );
            }
            for (place, order) in orders.iter().enumerate() {
                let (title, took) = if place == 0 {
                    (guest.title.as_str(), took.as_str())
                } else {
                    ("", "")
                };
                rows.push(listed(title, took, order));
            }
        }
        self.screen.table(
            [34, 8, 11, 18, 12, 3, 5],
            ["", "took", "number", "status", "       total", "", "lines"],
            &rows,
        );
        self.read_shared().await
    }

    async fn read_shared(&mut self) -> Result<(), Failure> {
        let mut live = Vec::new();
        let mut synced = Vec::new();
        for guest in &self.guests {
            let shared = SHARED_ORDER.iter().find(|shared| shared.system == guest.system);
            let id = shared
                .ok_or_else(|| format!("{} does not have the shared order", guest.title))?
                .id;
            let path = format!("/v1/purchase-orders/{id}");
            live.push(guest.api.get(&path).await?.expect(200)?);
            synced.push(
                guest
                    .api
                    .get(&format!("{path}?source=synced"))
                    .await?
                    .expect(200)?,
            );
        }
        self.screen.line("");
        self.screen.request(
            "GET /v1/purchase-orders/{id}      one order that all of them have, in each one's words",
        );
        self.screen.beside(
            "",
            &self
                .guests
                .iter()
                .map(|guest| guest.system.clone())
                .collect::<Vec<_>>(),
            true,
        );
        for (label, pointer) in SHOWN {
            let values: Vec<String> = live.iter().map(|order| shown(order, pointer)).collect();
            self.screen.beside(label, &values, false);
        }
        for pointer in SAME {
            let values: BTreeSet<&str> = live.iter().map(|order| plain(text(order, pointer))).collect();
            if values.len() != 1 || values.contains("") {
                return Err(
                    format!("the shared order's {pointer} differs between the systems: {values:?}").into(),
                );
            }
        }
        let shape = common_shape(&live)?;
        self.screen.check(
            shape >= FEWEST_FIELDS,
            &format!("one shape: {shape} fields are in all of them, each of one type; status, vendor and prices agree"),
            &format!("{shape} fields"),
        )?;
        for (number, (live, synced)) in live.iter().zip(&synced).enumerate() {
            let title = &self.guests[number].title;
            if let Some(difference) = difference(live, synced) {
                return Err(
                    format!("{title}: the synced order differs from the live one: {difference}").into(),
                );
            }
        }
        self.screen.check(
            true,
            "?source=synced answers the same orders from the store, with seq and synced_at beside",
            "",
        )
    }
}

fn listed(title: &str, took: &str, order: &Value) -> [String; 7] {
    [
        title.to_owned(),
        took.to_owned(),
        text(order, "/number").to_owned(),
        text(order, "/status").to_owned(),
        format!("{:>12}", text(order, "/total/amount")),
        text(order, "/total/currency").to_owned(),
        order["lines"].as_array().map_or(0, Vec::len).to_string(),
    ]
}

fn shown(order: &Value, pointer: &str) -> String {
    match order.pointer(pointer) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// How many fields all of these records have. A field that has another type in one than in another is
/// an error; one that a system lacks is only absent.
fn common_shape(records: &[Value]) -> Result<usize, Failure> {
    let mut seen: BTreeMap<String, (&str, BTreeSet<usize>)> = BTreeMap::new();
    for (number, record) in records.iter().enumerate() {
        let mut fields = Vec::new();
        fields_of(record, "", &mut fields);
        for (path, kind) in fields {
            let (known, having) = seen.entry(path.clone()).or_insert((kind, BTreeSet::new()));
            if *known != kind {
                return Err(format!("{path} is a {known} in one system and a {kind} in another").into());
            }
            having.insert(number);
        }
    }
    Ok(seen
        .values()
        .filter(|(_, having)| having.len() == records.len())
        .count())
}

/// Every field below a value with its type; all elements of a list count as one. What is each system's own
/// by definition is left out.
fn fields_of(value: &Value, path: &str, into: &mut Vec<(String, &'static str)>) {
    let kind = match value {
        Value::Null => return,
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(elements) => {
            elements
                .iter()
                .for_each(|element| fields_of(element, &format!("{path}[]"), into));
            "list"
        }
        Value::Object(fields) => {
            for (name, value) in fields
                .iter()
                .filter(|(name, _)| !["source_key", "custom_fields"].contains(&name.as_str()))
            {
                fields_of(value, &format!("{path}/{name}"), into);
            }
            "object"
        }
    };
    into.push((path.to_owned(), kind));
}

/// A decimal without the zeros that a system adds at its end: how many there are is its own affair.
fn plain(text: &str) -> &str {
    let is_decimal = text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_decimal {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// The first field that only one of them has, or has otherwise; what the store adds aside.
fn difference(live: &Value, synced: &Value) -> Option<String> {
    let fields = |order: &Value| -> Map<String, Value> {
        let all = order.as_object().cloned().unwrap_or_default();
        all.into_iter()
            .filter(|(name, _)| name != "seq" && name != "synced_at")
            .collect()
    };
    let (live, synced) = (fields(live), fields(synced));
    let names: BTreeSet<&String> = live.keys().chain(synced.keys()).collect();
    let differs = names
        .into_iter()
        .find(|name| live.get(*name) != synced.get(*name))?;
    Some(format!(
        "{differs} is {:?} live and {:?} synced",
        live.get(differs),
        synced.get(differs)
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shape_is_what_all_have_and_a_field_has_one_type() {
        let one = json!({"id": "1", "lines": [{"quantity": "1"}], "custom_fields": {"a": 1}});
        let other =
            json!({"id": "2", "lines": [{"quantity": "2", "unit": "EA"}], "custom_fields": {"a": "x"}});
        // The record, id, lines, one line, its quantity.
        assert_eq!(common_shape(&[one.clone(), other]).unwrap(), 5);
        let broken = json!({"id": 3});
        assert!(
            common_shape(&[one, broken])
                .unwrap_err()
                .to_string()
                .contains("/id is a text")
        );
    }

    #[test]
    fn zeros_at_the_end_of_a_decimal_say_nothing() {
        for (text, expected) in [
            ("40.000", "40"),
            ("12.50", "12.5"),
            ("100", "100"),
            ("1.0.x", "1.0.x"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn differences_are_named_and_what_the_store_adds_is_none() {
        let live = json!({"id": "1", "total": {"amount": "1.00"}});
        assert_eq!(
            difference(
                &live,
                &json!({"id": "1", "total": {"amount": "1.00"}, "seq": 4, "synced_at": "x"})
            ),
            None
        );
        assert!(
            difference(&live, &json!({"id": "1"}))
                .unwrap()
                .starts_with("total is")
        );
    }
}
