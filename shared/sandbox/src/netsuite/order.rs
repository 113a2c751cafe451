//! A purchase order as rows of `transaction` and `transactionline`.

use std::sync::Arc;

use super::lists::{ACCOUNTS, CURRENCIES, DEPARTMENTS, EMPLOYEES, INCOTERMS, TERMS, UNITS, id_of};
use super::tables::TABLES;
use crate::company::places;
use crate::company::{Line, Order, Status};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::{Value, day, instant};

/// The status letter of a purchase order, and the approval status.
pub(super) const fn status_letter(status: Status) -> (&'static str, i64) {
    match status {
        Status::Draft | Status::PendingApproval => ("A", 1),
        Status::Approved | Status::Sent => ("B", 2),
        Status::Rejected => ("C", 3),
        Status::PartiallyReceived => ("D", 2),
        Status::Received => ("F", 2),
        Status::Closed => ("G", 2),
        Status::Cancelled => ("H", 2),
        // No manual knows this one.
        Status::Unknown => ("Q", 2),
    }
}

/// `T` or `F`.
pub(super) const fn flag(yes: bool) -> &'static str {
    if yes { "T" } else { "F" }
}

/// A reference to an entry of a list; nothing when the list does not have it.
pub(super) fn entry(list: super::lists::List, name: &str) -> Value {
    id_of(list, name).map_or(Value::Null, Value::Whole)
}

/// An internal id that is kept as text.
pub(super) fn number(id: &str) -> Value {
    id.parse().map_or(Value::Null, Value::Whole)
}

/// A text; an empty one is no value.
pub(super) fn text(text: &str) -> Value {
    if text.is_empty() {
        Value::Null
    } else {
        Value::from(text)
    }
}

/// SuiteQL knows whole seconds.
pub(super) fn seconds(ms: Option<i64>) -> Value {
    instant(ms.map(|ms| ms.div_euclid(1000) * 1000))
}

/// The price of one unit: NetSuite has no price per hundred.
pub(super) fn rate(line: &Line) -> Decimal {
    line.unit_price.over(line.price_quantity, 8).trimmed()
}

/// The transaction, its main line, its item lines, where there is tax its tax line, and where it goes.
pub(super) fn rows(order: &Order) -> Vec<Arc<Row>> {
    let (letter, approval) = status_letter(order.status);
    let total = order.subtotal().plus(order.tax());
    let custom = |name: &str| order.custom.get(name).map_or(Value::Null, |value| text(value));
    let approved =
        matches!(order.status, Status::Approved | Status::Sent | Status::Received).then_some(order.created);
    let head = Row::new(TABLES.known("transaction"))
        .set("id", number(&order.id))
        .set("type", "PurchOrd")
        .set("tranid", text(&order.number))
        .set("transactionnumber", format!("PURCHORD{}", order.id))
        .set("trandisplayname", format!("Purchase Order #{}", order.number))
        .set("abbrevtype", "PURCHORD")
        .set("recordtype", "purchaseorder")
        .set("trandate", day(order.order_date))
        .set("createddate", seconds(Some(order.created)))
        .set("lastmodifieddate", seconds(order.modified))
        .set("createdby", entry(EMPLOYEES, &order.requester))
        .set("lastmodifiedby", entry(EMPLOYEES, &order.buyer))
        .set("duedate", day(order.required_date))
        .set("shipdate", day(order.required_date))
        .set("entity", number(&order.vendor))
        .set("employee", entry(EMPLOYEES, &order.buyer))
        .set("status", letter)
        .set("approvalstatus", approval)
        .set(
            "currency",
            order
                .currency
                .as_deref()
                .map_or(Value::Null, |code| entry(CURRENCIES, code)),
        )
        .set("exchangerate", order.exchange_rate)
        .set("memo", text(&order.description))
        // What is owed to a vendor is negative.
        .set("foreigntotal", Decimal::ZERO.minus(total))
        .set(
            "total",
            Decimal::ZERO.minus(total.times(order.exchange_rate).rounded(2)),
        )
        .set("taxtotal", order.tax())
        .set("terms", entry(TERMS, &order.payment_terms))
        .set("incoterm", entry(INCOTERMS, &order.incoterms))
        .set("shippingaddress", address_key(order))
        .set("posting", "F")
        .set("void", "F")
        .set("voided", "F")
        .set("custbody_cost_object", custom("cost_object"))
        .set("custbody_priority", custom("priority"))
        .set("custbody_budget", order.subtotal())
        .set("custbody_approved_on", day(approved));
    let mut rows = vec![Arc::new(head), Arc::new(main_line(order, total))];
    for (sequence, line) in (1..).zip(&order.lines) {
        rows.push(Arc::new(item_line(order, sequence, line)));
    }
    if !order.tax().is_zero() {
        rows.push(Arc::new(tax_line(order)));
    }
    rows.extend(ship_to(order));
    rows
}

/// Key of the order's copy of the address it goes to.
fn address_key(order: &Order) -> Value {
    match (order.ship_to(), order.id.parse::<i64>()) {
        (Some(_), Ok(id)) => Value::Whole(id.saturating_add(900_000)),
        _ => Value::Null,
    }
}

fn ship_to(order: &Order) -> Option<Arc<Row>> {
    let place = order.ship_to()?;
    let street = place.street_line();
    let row = Row::new(TABLES.known("transactionshippingaddress"))
        .set("nkey", address_key(order))
        .set("addressee", places::company(order.company).name)
        .set("addr1", street.as_str())
        .set("city", place.city)
        .set("state", place.region)
        .set("zip", place.postal_code)
        .set("country", place.country)
        .set(
            "addrtext",
            format!("{street}, {} {}", place.postal_code, place.city),
        )
        .set("override", "F")
        .set("recordowner", number(&order.id))
        .set("lastmodifieddate", seconds(order.modified));
    Some(Arc::new(row))
}

fn line(order: &Order, sequence: i64, (is_main, is_tax): (bool, bool)) -> Row {
    let key = order
        .id
        .parse::<i64>()
        .unwrap_or_default()
        .saturating_mul(100)
        .saturating_add(sequence);
    Row::new(TABLES.known("transactionline"))
        .set("id", sequence)
        .set("uniquekey", key)
        .set("transaction", number(&order.id))
        .set("linesequencenumber", sequence)
        .set("mainline", flag(is_main))
        .set("taxline", flag(is_tax))
        .set("entity", number(&order.vendor))
        .set("subsidiary", places::company(order.company).subsidiary)
        .set("linelastmodifieddate", seconds(order.modified))
}

/// The main line credits the vendor, so its amount is negative.
fn main_line(order: &Order, total: Decimal) -> Row {
    let owed = Decimal::ZERO.minus(total);
    line(order, 0, (true, false))
        .set(
            "location",
            order
                .ship_to()
                .map_or(Value::Null, |place| Value::Whole(place.id)),
        )
        .set("foreignamount", owed)
        .set("netamount", owed)
        .set("isclosed", "F")
}

fn item_line(order: &Order, sequence: i64, of: &Line) -> Row {
    let net = order.net(of);
    let place = places::by_location(&of.location);
    let row = line(order, sequence, (false, false))
        .set("memo", text(&of.description))
        .set("quantity", of.quantity)
        .set("quantityshiprecv", of.received)
        .set("quantitybilled", of.billed)
        .set("rate", rate(of))
        .set("netamount", net)
        .set("foreignamount", net)
        .set("taxamount", of.tax)
        .set("taxcode", text(&of.tax_code))
        .set(
            "units",
            id_of(UNITS, &of.unit).map_or_else(|| text(&of.unit), Value::Whole),
        )
        .set(
            "location",
            place.map_or(Value::Null, |place| Value::Whole(place.id)),
        )
        .set("department", entry(DEPARTMENTS, &of.cost_center))
        .set("project", text(&of.project))
        .set("expectedreceiptdate", day(of.due()))
        .set(
            "isclosed",
            flag(matches!(order.status, Status::Closed | Status::Cancelled)),
        )
        .set("isfullyshipped", flag(of.received >= of.quantity))
        .set(
            "custcol_gate",
            of.custom.get("gate").map_or(Value::Null, |gate| text(gate)),
        );
    match &of.item {
        Some(item) => row.set("item", number(item)).set("itemtype", "InvtPart"),
        // Free text is an expense line.
        None => row.set("expenseaccount", entry(ACCOUNTS, &of.account)),
    }
}

fn tax_line(order: &Order) -> Row {
    let sequence = i64::try_from(order.lines.len()).unwrap_or(0) + 1;
    line(order, sequence, (false, true))
        .set("itemtype", "TaxItem")
        .set("foreignamount", order.tax())
        .set("netamount", order.tax())
        .set("isclosed", "F")
}
