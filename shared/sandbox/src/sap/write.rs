//! Writing purchase orders: deep insert, and changes of a header or an item.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::order_v2::item_number;
use super::refusal;
use super::schema::V2;
use super::schema_v4::V4;
use crate::dialect::Model;
use crate::http::{Answer, Call};
use crate::odata::Refused;
use crate::odata::key::{self, Key, split};
use crate::odata::options::Shape;
use crate::odata::row::Row;
use crate::odata::schema::Schema;
use crate::odata::v2::{self, V2Writer};
use crate::odata::v4::{self, V4Writer};
use crate::odata::write::{Match, Names, Writable, matches, unified};
use crate::records::{Change, Operation};
use crate::system::System;

const ORDER: Names = &[
    ("Supplier", "vendor"),
    ("DocumentCurrency", "currency"),
    ("PaymentTerms", "payment_terms"),
    ("PurchasingGroup", "buyer"),
    ("PurchaseOrderDate", "order_date"),
    ("IncotermsClassification", "incoterms"),
    ("ExchangeRate", "exchange_rate"),
    ("YY1_CostObject_PDH", "custom_fields.YY1_CostObject_PDH"),
    ("YY1_Priority_PDH", "custom_fields.YY1_Priority_PDH"),
];
const ITEM: Names = &[
    ("PurchaseOrderItem", "line_number"),
    ("PurchaseOrderItemText", "description"),
    ("Material", "item"),
    ("Plant", "site"),
    ("StorageLocation", "location"),
    ("OrderQuantity", "quantity"),
    ("PurchaseOrderQuantityUnit", "unit"),
    ("NetPriceAmount", "unit_price"),
    ("NetPriceQuantity", "price_quantity"),
    ("TaxCode", "tax_code"),
    ("YY1_Gate_PDI", "custom_fields.YY1_Gate_PDI"),
];

/// One of the two versions of the purchase order service.
pub(super) struct Service {
    pub(super) in_v4: bool,
    /// Absolute URL, without a slash at its end.
    pub(super) url: String,
}

impl Service {
    fn schema(&self) -> &'static Schema {
        if self.in_v4 { &V4 } else { &V2 }
    }

    fn set(&self) -> &'static str {
        if self.in_v4 {
            "PurchaseOrder"
        } else {
            "A_PurchaseOrder"
        }
    }

    fn item_set(&self) -> &'static str {
        if self.in_v4 {
            "PurchaseOrderItem"
        } else {
            "A_PurchaseOrderItem"
        }
    }

    fn refused(&self, status: StatusCode, code: &str, text: &str) -> Answer {
        if self.in_v4 {
            refusal::v4(status, code, text)
        } else {
            refusal::v2(status, code, text)
        }
    }

    fn bad(&self, text: &str) -> Answer {
        self.refused(StatusCode::BAD_REQUEST, "/IWBEP/CX_MGW_BUSI_EXCEPTION", text)
    }

    /// Answers a call that writes.
    pub(super) fn write(&self, system: &System, call: &Call, steps: &[&str]) -> Answer {
        let is_change = matches!(call.method.as_str(), "PATCH" | "MERGE" | "PUT")
            || call
                .header("x-http-method")
                .is_some_and(|method| matches!(method, "MERGE" | "PATCH"));
        let (set, key) = steps.first().map(|step| split(step)).unwrap_or_default();
        match key {
            None if call.method == Method::POST && set == self.set() && steps.len() == 1 => {
                self.create(system, call)
            }
            Some(key) if is_change && set == self.set() && steps.len() == 1 => self.change(system, call, key),
            Some(key) if is_change && set == self.item_set() && steps.len() == 1 => {
                self.change_item(system, call, key)
            }
            _ => self.refused(
                StatusCode::NOT_IMPLEMENTED,
                "/IWBEP/CM_MGW_RT/021",
                "The method is not implemented for this resource.",
            ),
        }
    }

    fn create(&self, system: &System, call: &Call) -> Answer {
        let nav = if self.in_v4 {
            "_PurchaseOrderItem"
        } else {
            "to_PurchaseOrderItem"
        };
        let writable = Writable {
            fields: ORDER,
            lines: Some((nav, ITEM)),
        };
        let entity = self.schema().known(self.set());
        let mut fields = match unified(&call.body, entity, self.schema(), &writable) {
            Ok(fields) => fields,
            Err(Refused(text)) => return self.bad(&text),
        };
        let known = |vendor: &str| system.read(|books| books.company.vendors.contains_key(vendor));
        match fields.get("vendor").and_then(Value::as_str) {
            None => return self.bad("Enter a supplier."),
            Some(vendor) if !known(vendor) => return self.bad(&format!("Supplier {vendor} does not exist.")),
            Some(_) => {}
        }
        if fields
            .get("lines")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty)
        {
            return self.bad("A purchase order needs at least one item.");
        }
        fields.insert("status".to_owned(), json!("approved"));
        let last = system.read(|books| {
            books
                .company
                .orders
                .keys()
                .filter_map(|id| id.parse::<u64>().ok())
                .max()
        });
        let number = (last.unwrap_or(4_500_000_000) + 1).to_string();
        let change = match apply(system, &number, fields) {
            Ok(change) => change,
            Err(field) => return self.bad(&format!("The value of {field} is not valid.")),
        };
        let Some(row) = self.row(system, &format!("'{number}'")) else {
            return self.bad("The purchase order was not created.");
        };
        let location = format!("{}/{}{}", self.url, self.set(), key::of_row(&row));
        let mut answer = Answer::json(self.text(&row)).with("location", &location);
        answer.status = StatusCode::CREATED;
        answer.changed(change)
    }

    fn change(&self, system: &System, call: &Call, key: &str) -> Answer {
        let Some(row) = self.row(system, key) else {
            return self.missing();
        };
        if let Some(answer) = self.precondition(call, &row) {
            return answer;
        }
        let entity = self.schema().known(self.set());
        match unified(
            &call.body,
            entity,
            self.schema(),
            &Writable {
                fields: ORDER,
                lines: None,
            },
        ) {
            Ok(fields) => self.done(apply(system, row.text("PurchaseOrder"), fields)),
            Err(Refused(text)) => self.bad(&text),
        }
    }

    fn change_item(&self, system: &System, call: &Call, key: &str) -> Answer {
        let key = Key::parse(key);
        let rows = system.read(|books| books.rows(self.item_set()));
        let Some(row) = rows.iter().find(|row| key.matches(row)) else {
            return self.missing();
        };
        let entity = self.schema().known(self.item_set());
        let fields = match unified(
            &call.body,
            entity,
            self.schema(),
            &Writable {
                fields: ITEM,
                lines: None,
            },
        ) {
            Ok(fields) => fields,
            Err(Refused(text)) => return self.bad(&text),
        };
        let number = row.text("PurchaseOrder");
        // The other items stay: they are given by their numbers only.
        let lines = system.read(|books| {
            let order = books.company.orders.get(number)?;
            let line = |line: &crate::company::Line| {
                let mut given = if item_number(line) == row.text("PurchaseOrderItem") {
                    fields.clone()
                } else {
                    Map::new()
                };
                given.insert("line_number".to_owned(), json!(line.number));
                Value::Object(given)
            };
            Some(order.lines.iter().map(line).collect::<Vec<_>>())
        });
        let body = Map::from_iter([("lines".to_owned(), Value::Array(lines.unwrap_or_default()))]);
        self.done(apply(system, number, body))
    }

    fn done(&self, applied: Result<Change, String>) -> Answer {
        match applied {
            Ok(change) => Answer::empty().changed(change),
            Err(field) => self.bad(&format!("The value of {field} is not valid.")),
        }
    }

    fn precondition(&self, call: &Call, row: &Row) -> Option<Answer> {
        let etag = if self.in_v4 {
            v4::etag(row)
        } else {
            v2::etag(row).unwrap_or_else(|| "*".to_owned())
        };
        match matches(call.header("if-match"), &etag) {
            Match::Yes => None,
            Match::Missing => Some(self.refused(
                StatusCode::PRECONDITION_REQUIRED,
                "/IWFND/CM_MGW/428",
                "The data services request is required to be conditional. Try using the \"If-Match\" header.",
            )),
            Match::Stale => Some(self.refused(
                StatusCode::PRECONDITION_FAILED,
                "/IWBEP/CM_MGW_RT/412",
                "Precondition failed.",
            )),
        }
    }

    fn row(&self, system: &System, key: &str) -> Option<std::sync::Arc<Row>> {
        let key = Key::parse(key);
        system
            .read(|books| books.rows(self.set()))
            .into_iter()
            .find(|row| key.matches(row))
    }

    fn text(&self, row: &Row) -> String {
        let shape = Shape::default();
        if self.in_v4 {
            V4Writer {
                context: "$metadata#PurchaseOrder",
                poison: false,
            }
            .single(row, &shape)
        } else {
            V2Writer {
                service: &self.url,
                poison: false,
            }
            .single(row, &shape)
        }
    }

    fn missing(&self) -> Answer {
        self.refused(
            StatusCode::NOT_FOUND,
            "/IWBEP/CM_MGW_RT/020",
            "Resource not found for the given key.",
        )
    }
}

/// Applies the fields to an order; the error names the field that cannot hold its value.
fn apply(system: &System, number: &str, body: Map<String, Value>) -> Result<Change, String> {
    Change::made_by_client(system, Model::PurchaseOrder, number, Operation::Put, body)
}
