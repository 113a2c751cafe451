//! Single records of the REST record service, for reading one at a time.

use serde_json::{Map, Value, json};

use super::fixed::STATUSES;
use super::lists::{CURRENCIES, EMPLOYEES, TERMS, UNITS, id_of};
use super::order::{rate, status_letter};
use crate::clock::{iso_day, rfc3339_short};
use crate::company::places;
use crate::company::{Company, Item, Line, Order, Standing, Vendor};
use crate::decimal::Decimal;

/// Record types that can be read, each with the ids that there are.
pub(super) fn ids(company: &Company, kind: &str) -> Option<Vec<String>> {
    match kind {
        "purchaseOrder" => Some(company.orders.keys().cloned().collect()),
        "vendor" => Some(company.vendors.keys().cloned().collect()),
        "inventoryItem" => Some(company.items.keys().cloned().collect()),
        _ => None,
    }
}

/// One record. Sublists are links unless they are asked for.
pub(super) fn read(company: &Company, root: &str, kind: &str, id: &str, expand: bool) -> Option<Value> {
    let fields = match kind {
        "purchaseOrder" => order(company, company.orders.get(id)?, expand),
        "vendor" => vendor(company.vendors.get(id)?),
        "inventoryItem" => item(company.items.get(id)?),
        _ => return None,
    };
    let link = format!("{root}/services/rest/record/v1/{kind}/{id}");
    let mut body = Map::new();
    body.insert("links".to_owned(), json!([{"rel": "self", "href": link}]));
    if let Value::Object(fields) = fields {
        // What is empty is left out.
        body.extend(
            fields
                .into_iter()
                .filter(|(_, value)| !value.is_null() && value != ""),
        );
    }
    if kind == "purchaseOrder" && !expand {
        body.insert(
            "item".to_owned(),
            json!({"links": [{"rel": "self", "href": format!("{link}/item")}]}),
        );
    }
    Some(Value::Object(body))
}

/// A number as this service writes it, where it fits one; else as text.
fn number(decimal: Decimal) -> Value {
    serde_json::from_str(&decimal.trimmed().to_string())
        .unwrap_or_else(|_| Value::String(decimal.to_string()))
}

fn reference(id: &str, name: &str) -> Value {
    json!({"id": id, "refName": name})
}

fn listed(list: super::lists::List, name: &str) -> Value {
    id_of(list, name).map_or(Value::Null, |id| reference(&id.to_string(), name))
}

fn order(company: &Company, order: &Order, expand: bool) -> Value {
    let (letter, approval) = status_letter(order.status);
    let status = STATUSES
        .iter()
        .find(|(known, _)| *known == letter)
        .map_or(letter, |(_, name)| *name);
    let vendor = company.vendors.get(&order.vendor);
    let total = order.subtotal().plus(order.tax());
    let mut fields = json!({
        "id": order.id,
        "tranId": order.number,
        "tranDate": order.order_date.map(iso_day),
        "dueDate": order.required_date.map(iso_day),
        "createdDate": rfc3339_short(order.created),
        "lastModifiedDate": order.modified.map(rfc3339_short),
        "entity": vendor.map(|vendor| reference(&vendor.id, &format!("{} {}", vendor.number, vendor.name))),
        "employee": listed(EMPLOYEES, &order.buyer),
        "currency": order.currency.as_deref().map(|code| listed(CURRENCIES, code)),
        "exchangeRate": number(order.exchange_rate),
        "memo": order.description,
        "status": {"id": status_id(letter), "refName": status},
        "orderStatus": {"id": letter, "refName": status},
        "approvalStatus": {"id": approval.to_string()},
        "terms": listed(TERMS, &order.payment_terms),
        "subtotal": number(order.subtotal()),
        "taxTotal": number(order.tax()),
        "total": number(total),
        "custbody_cost_object": order.custom.get("cost_object"),
        "custbody_priority": order.custom.get("priority"),
    });
    if expand {
        let items: Vec<Value> = (1..)
            .zip(&order.lines)
            .map(|(at, one)| line(company, order, at, one))
            .collect();
        fields["item"] = json!({"items": items, "totalResults": order.lines.len()});
    }
    fields
}

fn status_id(letter: &str) -> String {
    format!("PurchOrd:{letter}")
}

fn line(company: &Company, order: &Order, sequence: usize, line: &Line) -> Value {
    let item = line.item.as_ref().and_then(|id| company.items.get(id));
    let place = places::by_location(&line.location);
    json!({
        "line": sequence,
        "item": item.map(|item| reference(&item.id, &item.number)),
        "description": line.description,
        "quantity": number(line.quantity),
        "quantityReceived": number(line.received),
        "quantityBilled": number(line.billed),
        "rate": number(rate(line)),
        "amount": number(order.net(line)),
        "units": id_of(UNITS, &line.unit).map(|id| id.to_string()),
        "location": place.map(|place| reference(&place.id.to_string(), place.name)),
        "expectedReceiptDate": line.due().map(iso_day)
    })
}

fn vendor(vendor: &Vendor) -> Value {
    json!({
        "id": vendor.id,
        "entityId": vendor.number,
        "companyName": vendor.name,
        "legalName": vendor.legal_name,
        "isInactive": vendor.standing != Standing::Active,
        "email": vendor.address.email,
        "phone": vendor.address.phone,
        "url": vendor.website,
        "currency": listed(CURRENCIES, &vendor.currency),
        "terms": listed(TERMS, &vendor.payment_terms),
        "vatRegNumber": vendor.tax_id,
        "dateCreated": rfc3339_short(vendor.created),
        "lastModifiedDate": rfc3339_short(vendor.modified)
    })
}

fn item(item: &Item) -> Value {
    json!({
        "id": item.id,
        "itemId": item.number,
        "displayName": item.name,
        "purchaseDescription": item.description,
        "isInactive": item.standing != Standing::Active,
        "cost": number(item.cost),
        "upcCode": item.barcode,
        "mpn": item.part_number,
        "manufacturer": item.manufacturer,
        "createdDate": rfc3339_short(item.created),
        "lastModifiedDate": rfc3339_short(item.modified)
    })
}
