//! Writing purchase orders: a header first, then its lines one by one; there is no deep insert.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::refusal;
use super::schema::SCHEMA;
use crate::company::places;
use crate::dialect::Model;
use crate::http::{Answer, Call};
use crate::odata::Refused;
use crate::odata::key::{self, Key, split};
use crate::odata::options::Shape;
use crate::odata::v4::{V4Writer, etag};
use crate::odata::value::Value as Cell;
use crate::odata::write::{Names, Writable, unified};
use crate::records::{Change, Operation};
use crate::system::System;

const HEADER: Names = &[
    ("dataAreaId", "area"),
    ("PurchaseOrderNumber", "number"),
    ("OrderVendorAccountNumber", "vendor"),
    ("CurrencyCode", "currency"),
    ("AccountingDate", "order_date"),
    ("RequestedDeliveryDate", "required_date"),
    ("PaymentTermsName", "payment_terms"),
    ("DeliveryTermsId", "incoterms"),
    ("OrdererPersonnelNumber", "buyer"),
    ("RequesterPersonnelNumber", "requester"),
    ("CTSOCostObject", "custom_fields.CTSOCostObject"),
    ("CTSOPriority", "custom_fields.CTSOPriority"),
];
const LINE: Names = &[
    ("dataAreaId", "area"),
    ("PurchaseOrderNumber", "number"),
    ("LineDescription", "description"),
    ("ItemNumber", "item"),
    ("OrderedPurchaseQuantity", "quantity"),
    ("PurchaseUnitSymbol", "unit"),
    ("PurchasePrice", "unit_price"),
    ("PurchasePriceQuantity", "price_quantity"),
    ("RequestedDeliveryDate", "required_date"),
    ("ReceivingSiteId", "site"),
    ("ReceivingWarehouseId", "location"),
    ("ProjectId", "project"),
    ("CTSOGate", "custom_fields.CTSOGate"),
];
const HEADERS: &str = "PurchaseOrderHeadersV2";
const LINES: &str = "PurchaseOrderLinesV2";

/// Answers a call that writes.
pub(super) fn answer(system: &System, call: &Call, segment: &str) -> Answer {
    let done = match (call.method.clone(), split(segment)) {
        (Method::POST, (HEADERS, None)) => create(system, call),
        (Method::POST, (LINES, None)) => add_line(system, call),
        (Method::PATCH, (HEADERS, Some(key))) => change(system, call, key, Operation::Put),
        (Method::DELETE, (HEADERS, Some(key))) => change(system, call, key, Operation::Delete),
        (Method::PATCH, (LINES, Some(key))) => change_line(system, call, key),
        _ => {
            let text = "This sandbox writes purchase orders only.";
            return refusal::error(
                StatusCode::NOT_IMPLEMENTED,
                text,
                "System.NotImplementedException",
            );
        }
    };
    done.unwrap_or_else(|Refused(text)| {
        refusal::error(
            StatusCode::BAD_REQUEST,
            &text,
            "Microsoft.Dynamics.Platform.Integration.Services.OData.ODataValidationException",
        )
    })
}

fn fields(call: &Call, set: &str, names: Names) -> Result<Map<String, Value>, Refused> {
    unified(
        &call.body,
        SCHEMA.known(set),
        &SCHEMA,
        &Writable {
            fields: names,
            lines: None,
        },
    )
}

/// Takes the key out of the fields: the legal entity, where none is given the default one, and the number.
fn take_key(fields: &mut Map<String, Value>) -> (String, Option<String>) {
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    let area = text(fields.remove("area")).unwrap_or_else(|| places::COMPANIES[0].area.to_owned());
    (area.to_lowercase(), text(fields.remove("number")))
}

fn create(system: &System, call: &Call) -> Result<Answer, Refused> {
    let mut fields = fields(call, HEADERS, HEADER)?;
    let (area, number) = take_key(&mut fields);
    let number = number.unwrap_or_else(|| next_number(system));
    let id = format!("{area}:{number}");
    if system.read(|books| books.company.orders.contains_key(&id)) {
        return Err(Refused::because(format!(
            "Purchase order {number} already exists."
        )));
    }
    let account = fields.get("vendor").and_then(Value::as_str).unwrap_or_default();
    if !system.read(|books| books.company.vendors.contains_key(&format!("{area}:{account}"))) {
        return Err(Refused::because(format!(
            "The vendor account '{account}' does not exist in {area}."
        )));
    }
    fields.insert("lines".to_owned(), json!([]));
    let change = made(system, &id, Operation::Put, fields)?;
    let key = format!("dataAreaId='{area}',PurchaseOrderNumber='{number}'");
    Ok(created(system, call, HEADERS, &key).changed(change))
}

fn next_number(system: &System) -> String {
    let digits = |id: &String| {
        id.rsplit('-')
            .next()
            .and_then(|digits| digits.parse::<u64>().ok())
    };
    let last = system.read(|books| books.company.orders.keys().filter_map(digits).max());
    format!("PO-{:06}", last.unwrap_or(0) + 1)
}

/// The lines that an order has, each by its number only, so that they stay as they are.
fn kept_lines(system: &System, id: &str) -> Result<Vec<Value>, Refused> {
    system.read(|books| {
        let order = books
            .company
            .orders
            .get(id)
            .ok_or_else(|| Refused::because("The purchase order does not exist."))?;
        Ok(order
            .lines
            .iter()
            .map(|line| json!({"line_number": line.number}))
            .collect())
    })
}

fn add_line(system: &System, call: &Call) -> Result<Answer, Refused> {
    let mut fields = fields(call, LINES, LINE)?;
    let (area, number) = take_key(&mut fields);
    let number = number.ok_or_else(|| Refused::because("PurchaseOrderNumber must be given."))?;
    let id = format!("{area}:{number}");
    let mut lines = kept_lines(system, &id)?;
    lines.push(Value::Object(fields));
    let position = lines.len();
    let change = made(
        system,
        &id,
        Operation::Put,
        Map::from_iter([("lines".to_owned(), Value::Array(lines))]),
    )?;
    let key = format!("dataAreaId='{area}',PurchaseOrderNumber='{number}',LineNumber={position}");
    Ok(created(system, call, LINES, &key).changed(change))
}

fn change(system: &System, call: &Call, key: &str, op: Operation) -> Result<Answer, Refused> {
    let key = Key::parse(key);
    let rows = system.read(|books| books.rows(HEADERS));
    let Some(row) = rows.iter().find(|row| key.matches(row)) else {
        return Ok(missing());
    };
    let id = format!("{}:{}", row.text("dataAreaId"), row.text("PurchaseOrderNumber"));
    let mut body = Map::new();
    if op == Operation::Put {
        body = fields(call, HEADERS, HEADER)?;
        take_key(&mut body);
    }
    Ok(Answer::empty().changed(made(system, &id, op, body)?))
}

fn change_line(system: &System, call: &Call, key: &str) -> Result<Answer, Refused> {
    let key = Key::parse(key);
    let rows = system.read(|books| books.rows(LINES));
    let Some(row) = rows.iter().find(|row| key.matches(row)) else {
        return Ok(missing());
    };
    let id = format!("{}:{}", row.text("dataAreaId"), row.text("PurchaseOrderNumber"));
    let mut lines = kept_lines(system, &id)?;
    let mut given = fields(call, LINES, LINE)?;
    take_key(&mut given);
    if let Cell::Whole(number) = row.get("LineNumber")
        && let Some(Value::Object(line)) = usize::try_from(number - 1).ok().and_then(|at| lines.get_mut(at))
    {
        line.extend(given);
    }
    let body = Map::from_iter([("lines".to_owned(), Value::Array(lines))]);
    Ok(Answer::empty().changed(made(system, &id, Operation::Put, body)?))
}

fn made(system: &System, id: &str, op: Operation, body: Map<String, Value>) -> Result<Change, Refused> {
    Change::made_by_client(system, Model::PurchaseOrder, id, op, body)
        .map_err(|field| Refused::because(format!("The value of {field} is not valid.")))
}

/// 201 with what was created.
fn created(system: &System, call: &Call, set: &str, key: &str) -> Answer {
    let key = Key::parse(key);
    let Some(row) = system
        .read(|books| books.rows(set))
        .into_iter()
        .find(|row| key.matches(row))
    else {
        return missing();
    };
    let context = format!("{}/data/$metadata#{set}", call.root);
    let text = V4Writer {
        context: &context,
        poison: false,
    }
    .single(&row, &Shape::default());
    let location = format!("{}/data/{set}{}", call.root, key::of_row(&row));
    let mut answer = Answer::json(text)
        .with("location", &location)
        .with("etag", &etag(&row));
    answer.status = StatusCode::CREATED;
    answer
}

fn missing() -> Answer {
    refusal::error(
        StatusCode::NOT_FOUND,
        "The entity was not found.",
        "System.Exception",
    )
}
