//! A purchase order and its lines.

use std::sync::Arc;

use super::identity::guid;
use super::party;
use super::schema::SCHEMA;
use crate::company::places;
use crate::company::{Company, Line, Order, Status};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::Value;

/// The status, with its blanks escaped as OData does in names.
pub(super) const fn status_name(status: Status) -> &'static str {
    match status {
        // Whoever rejects an order sends it back; whoever cancels one reopens and deletes it.
        Status::Draft | Status::Rejected | Status::Cancelled => "Draft",
        Status::PendingApproval => "In_x0020_Review",
        Status::Approved | Status::Sent | Status::PartiallyReceived | Status::Received | Status::Closed => {
            "Open"
        }
        // An extension's own value.
        Status::Unknown => "Held_x0020_By_x0020_Customs",
    }
}

/// A day; nothing leaves the empty one.
fn with_day(row: Row, name: &str, day: Option<i64>) -> Row {
    match day {
        Some(ms) => row.set(name, Value::Day(crate::clock::midnight(ms))),
        None => row,
    }
}

/// The order and its lines, the order first.
pub(super) fn rows(company: &Company, order: &Order) -> Vec<Arc<Row>> {
    let lines: Vec<Arc<Row>> = (1..)
        .zip(&order.lines)
        .map(|(at, one)| Arc::new(line(company, order, at, one)))
        .collect();
    let vendor = company.vendors.get(&order.vendor);
    let custom = |name: &str| order.custom.get(name).cloned().unwrap_or_default();
    let is_received =
        !order.lines.is_empty() && order.lines.iter().all(|line| line.received >= line.quantity);
    let (net, tax) = (order.subtotal(), order.tax());
    let mut row = Row::new(SCHEMA.known("purchaseOrders"))
        .set("id", &order.id)
        .set("number", &order.number)
        .set("vendorId", &order.vendor)
        .set("payToVendorId", &order.vendor)
        .set("currencyCode", order.currency.clone().unwrap_or_default())
        .set("purchaser", &order.buyer)
        .set("totalAmountExcludingTax", net)
        .set("totalTaxAmount", tax)
        .set("totalAmountIncludingTax", net.plus(tax))
        .set("fullyReceived", is_received)
        .set("status", status_name(order.status))
        .set("shipToName", places::company(order.company).name)
        .set("contosoCostObject", custom("cost_object"))
        .set("contosoPriority", custom("priority"))
        .set("contosoBudget", net)
        .link("purchaseOrderLines", lines.clone());
    row = with_day(row, "orderDate", order.order_date);
    row = with_day(row, "postingDate", order.order_date);
    row = with_day(row, "requestedReceiptDate", order.required_date);
    if let Some(ms) = order.modified {
        row = row.set("lastModifiedDateTime", Value::Instant(ms));
    }
    if let Some(code) = &order.currency {
        row = row
            .set("currencyId", guid(code, 0))
            .link("currency", vec![party::currency(code)]);
    }
    if !order.payment_terms.is_empty() {
        let terms = party::terms(&order.payment_terms);
        row = row
            .set("paymentTermsId", guid(&order.payment_terms, 0))
            .link("paymentTerm", vec![terms]);
    }
    if !order.incoterms.is_empty() {
        row = row
            .set("shipmentMethodId", guid(&order.incoterms, 2))
            .link("shipmentMethod", vec![party::shipment_method(&order.incoterms)]);
    }
    if let Some(place) = order.ship_to() {
        row = row
            .set("shipToAddressLine1", place.street_line())
            .set("shipToCity", place.city)
            .set("shipToCountry", place.country)
            .set("shipToState", place.region)
            .set("shipToPostCode", place.postal_code);
    }
    if let Some(vendor) = vendor {
        let address = &vendor.address;
        row = row
            .set("vendorNumber", &vendor.number)
            .set("vendorName", &vendor.name)
            .set("payToName", &vendor.name)
            .set("payToVendorNumber", &vendor.number)
            .set("buyFromAddressLine1", &address.street)
            .set("buyFromAddressLine2", &address.extra)
            .set("buyFromCity", &address.city)
            .set("buyFromCountry", &address.country)
            .set("buyFromState", &address.region)
            .set("buyFromPostCode", &address.postal_code)
            .link("vendor", vec![party::vendor(vendor)]);
    }
    let mut rows = vec![Arc::new(row)];
    rows.extend(lines);
    rows
}

/// The price of one unit: Business Central has no price per hundred.
fn unit_cost(line: &Line) -> Decimal {
    line.unit_price.over(line.price_quantity, 8).trimmed()
}

fn line(company: &Company, order: &Order, sequence: i64, line: &Line) -> Row {
    let net = order.net(line);
    let percent = if net.is_zero() {
        Decimal::ZERO
    } else {
        line.tax.times(Decimal::from(100)).over(net, 0)
    };
    let place = places::by_location(&line.location);
    let open = line.quantity.minus(line.received);
    let mut row = Row::new(SCHEMA.known("purchaseOrderLines"))
        .set("id", line_guid(&order.id, sequence))
        .set("documentId", &order.id)
        // Lines are numbered in steps of ten thousand.
        .set("sequence", sequence * 10_000)
        .set("description", &line.description)
        .set("unitOfMeasureId", guid(&line.unit, 0))
        .set("unitOfMeasureCode", &line.unit)
        .set("quantity", line.quantity)
        .set("directUnitCost", unit_cost(line))
        .set("amountExcludingTax", net)
        .set("taxCode", &line.tax_code)
        .set("taxPercent", percent)
        .set("totalTaxAmount", line.tax)
        .set("amountIncludingTax", net.plus(line.tax))
        .set("netAmount", net)
        .set("netTaxAmount", line.tax)
        .set("netAmountIncludingTax", net.plus(line.tax))
        .set("receivedQuantity", line.received)
        .set("invoicedQuantity", line.billed)
        .set("receiveQuantity", open)
        .set("invoiceQuantity", line.quantity.minus(line.billed))
        .set(
            "contosoGate",
            line.custom.get("gate").cloned().unwrap_or_default(),
        );
    row =
        with_day(row, "expectedReceiptDate", line.due()).link("unitOfMeasure", vec![party::unit(&line.unit)]);
    if let Some(place) = place {
        row = row
            .set("locationId", guid("location", place.id.unsigned_abs()))
            .link("location", vec![party::location(place)]);
    }
    match line.item.as_ref() {
        Some(id) => {
            let item = company.items.get(id);
            let number = item.map(|item| item.number.clone()).unwrap_or_default();
            let below = item.map(|item| party::item(company, item)).into_iter().collect();
            row.set("itemId", id)
                .set("lineType", "Item")
                .set("lineObjectNumber", number)
                .link("item", below)
        }
        None => row
            .set("lineType", "Account")
            .set("accountId", guid(&line.account, 0))
            .set("lineObjectNumber", &line.account),
    }
}

/// The order's GUID with the line's position in its last digits.
fn line_guid(order: &str, sequence: i64) -> String {
    let head = order.get(..32).unwrap_or(order);
    format!("{head}{:04x}", sequence + 0x1000)
}
