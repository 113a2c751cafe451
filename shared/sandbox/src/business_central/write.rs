//! Writing purchase orders: deep insert, changes of a header, deletion.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::identity::fresh_guid;
use super::refusal;
use super::schema::SCHEMA;
use crate::dialect::Model;
use crate::http::{Answer, Call};
use crate::odata::Refused;
use crate::odata::key::{Key, split};
use crate::odata::options::Shape;
use crate::odata::row::Row;
use crate::odata::v4::{V4Writer, etag};
use crate::odata::write::{Match, Names, Writable, matches, unified};
use crate::records::{Change, Operation};
use crate::system::System;

const ORDER: Names = &[
    ("number", "number"),
    ("vendorId", "vendor"),
    ("vendorNumber", "vendor"),
    ("currencyCode", "currency"),
    ("orderDate", "order_date"),
    ("requestedReceiptDate", "required_date"),
    ("purchaser", "buyer"),
    ("contosoCostObject", "custom_fields.contosoCostObject"),
    ("contosoPriority", "custom_fields.contosoPriority"),
];
const LINE: Names = &[
    ("itemId", "item"),
    ("lineObjectNumber", "item"),
    ("description", "description"),
    ("quantity", "quantity"),
    ("directUnitCost", "unit_price"),
    ("unitOfMeasureCode", "unit"),
    ("expectedReceiptDate", "required_date"),
    ("locationId", "location"),
    ("taxCode", "tax_code"),
    ("contosoGate", "custom_fields.contosoGate"),
];
const SET: &str = "purchaseOrders";

/// Answers a call that writes below a company.
pub(super) fn answer(system: &System, call: &Call, segment: &str) -> Answer {
    match (call.method.clone(), split(segment)) {
        (Method::POST, (SET, None)) => create(system, call),
        (Method::PATCH, (SET, Some(key))) => change(system, call, key, Operation::Put),
        (Method::DELETE, (SET, Some(key))) => change(system, call, key, Operation::Delete),
        _ => {
            let text = "This sandbox writes purchase orders only.";
            refusal::error(
                StatusCode::NOT_IMPLEMENTED,
                "BadRequest_MethodNotImplemented",
                text,
            )
        }
    }
}

fn bad(text: &str) -> Answer {
    refusal::error(StatusCode::BAD_REQUEST, "Application_DialogException", text)
}

fn row(system: &System, key: &str) -> Option<Arc<Row>> {
    let key = Key::parse(key);
    system
        .read(|books| books.rows(SET))
        .into_iter()
        .find(|row| key.matches(row))
}

fn create(system: &System, call: &Call) -> Answer {
    let writable = Writable {
        fields: ORDER,
        lines: Some(("purchaseOrderLines", LINE)),
    };
    let mut fields = match unified(&call.body, SCHEMA.known(SET), &SCHEMA, &writable) {
        Ok(fields) => fields,
        Err(Refused(text)) => return bad(&text),
    };
    if !fields.contains_key("vendor") {
        return bad("Vendor No. must have a value in Purchase Header.");
    }
    let count = system.read(|books| books.company.orders.len()) as u64;
    fields
        .entry("number")
        .or_insert_with(|| json!(format!("PO-{:06}", count + 1)));
    fields.entry("lines").or_insert_with(|| json!([]));
    let id = fresh_guid();
    match made(system, &id, Operation::Put, fields) {
        Ok(change) => {
            let Some(row) = row(system, &id) else {
                return bad("The order was not created.");
            };
            let mut answer = written(call, &row).with("location", &format!("{}({id})", call.url()));
            answer.status = StatusCode::CREATED;
            answer.changed(change)
        }
        Err(answer) => *answer,
    }
}

fn change(system: &System, call: &Call, key: &str, op: Operation) -> Answer {
    let Some(before) = row(system, key) else {
        return refusal::error(
            StatusCode::NOT_FOUND,
            "Internal_EntityWithIdDoesNotExist",
            "The requested entity does not exist.",
        );
    };
    match matches(call.header("if-match"), &etag(&before)) {
        Match::Yes => {}
        Match::Missing => {
            let text = "The If-Match header must be given.";
            return refusal::error(StatusCode::BAD_REQUEST, "BadRequest_IfMatchRequired", text);
        }
        Match::Stale => {
            let text = "Could not validate the client concurrency token required by the service.";
            return refusal::error(StatusCode::CONFLICT, "Request_EntityChanged", text);
        }
    }
    let fields = match op {
        Operation::Delete => Ok(Map::new()),
        Operation::Put => unified(
            &call.body,
            SCHEMA.known(SET),
            &SCHEMA,
            &Writable {
                fields: ORDER,
                lines: None,
            },
        ),
    };
    let fields = match fields {
        Ok(fields) => fields,
        Err(Refused(text)) => return bad(&text),
    };
    match made(system, before.text("id"), op, fields) {
        Ok(change) => match row(system, key) {
            Some(after) => written(call, &after).changed(change),
            None => Answer::empty().changed(change),
        },
        Err(answer) => *answer,
    }
}

fn made(system: &System, id: &str, op: Operation, fields: Map<String, Value>) -> Result<Change, Box<Answer>> {
    Change::made_by_client(system, Model::PurchaseOrder, id, op, fields)
        .map_err(|field| Box::new(bad(&format!("The value of {field} is not valid."))))
}

fn written(call: &Call, row: &Row) -> Answer {
    let context = format!("{}/$metadata#{SET}", call.root);
    let text = V4Writer {
        context: &context,
        poison: false,
    }
    .single(row, &Shape::default());
    Answer::json(text)
        .with("odata-version", "4.0")
        .with("etag", &etag(row))
}
