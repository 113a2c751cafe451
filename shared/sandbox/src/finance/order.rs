//! A purchase order's header and lines.

use std::sync::Arc;

use super::party::country;
use super::schema::SCHEMA;
use crate::company::places;
use crate::company::{Company, Line, Order, Status};
use crate::odata::row::Row;
use crate::odata::value::Value;

/// Order status and approval status: together they say where an order stands.
const fn statuses(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Draft => ("Backorder", "Draft"),
        Status::PendingApproval => ("Backorder", "InReview"),
        Status::Approved => ("Backorder", "Approved"),
        Status::Rejected => ("Backorder", "Rejected"),
        Status::Sent | Status::PartiallyReceived => ("Backorder", "Confirmed"),
        Status::Received => ("Received", "Confirmed"),
        Status::Closed => ("Invoiced", "Finalized"),
        Status::Cancelled => ("Canceled", "Confirmed"),
        // An extension's own value.
        Status::Unknown => ("Backorder", "Quarantined"),
    }
}

/// `Yes` or `No`.
pub(super) const fn no_yes(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}

/// A day; nothing leaves the empty one.
fn with_day(row: Row, name: &str, day: Option<i64>) -> Row {
    match day {
        Some(ms) => row.set(name, Value::Day(crate::clock::midnight(ms))),
        None => row,
    }
}

/// What follows the legal entity in an id.
pub(super) fn after_area(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, rest)| rest)
}

/// The header and its lines, the header first.
pub(super) fn rows(company: &Company, order: &Order) -> Vec<Arc<Row>> {
    let area = places::company(order.company).area;
    let (status, approval) = statuses(order.status);
    let lines: Vec<Arc<Row>> = (1..)
        .zip(&order.lines)
        .map(|(at, one)| Arc::new(line(order, area, at, one)))
        .collect();
    let custom = |name: &str| order.custom.get(name).cloned().unwrap_or_default();
    let vendor = company.vendors.get(&order.vendor);
    let account = vendor.map_or_else(
        || after_area(&order.vendor).to_owned(),
        |vendor| vendor.number.clone(),
    );
    let first = order.lines.first();
    let approved =
        matches!(order.status, Status::Approved | Status::Sent | Status::Received).then_some(order.created);
    let mut row = Row::new(SCHEMA.known("PurchaseOrderHeadersV2"))
        .set("dataAreaId", area)
        .set("PurchaseOrderNumber", &order.number)
        // The vendor's name at the time of the order; not a title.
        .set(
            "PurchaseOrderName",
            vendor.map(|vendor| vendor.name.clone()).unwrap_or_default(),
        )
        .set("PurchaseOrderStatus", status)
        .set("DocumentApprovalStatus", approval)
        .set("OrderVendorAccountNumber", &account)
        .set("InvoiceVendorAccountNumber", &account)
        .set("CurrencyCode", order.currency.clone().unwrap_or_default())
        .set("PaymentTermsName", &order.payment_terms)
        .set("DeliveryTermsId", &order.incoterms)
        .set("OrdererPersonnelNumber", &order.buyer)
        .set("RequesterPersonnelNumber", &order.requester)
        .set(
            "DefaultReceivingSiteId",
            first.map(|line| line.site.clone()).unwrap_or_default(),
        )
        .set(
            "DefaultReceivingWarehouseId",
            first.map(|line| line.location.clone()).unwrap_or_default(),
        )
        .set("DeliveryAddressName", places::company(order.company).name)
        .set("LanguageId", "en-US")
        .set("IsChangeManagementActive", "Yes")
        .set("PriceIncludesSalesTax", "No")
        .set("IsOneTimeVendor", "No")
        .set("PurchaseOrderHeaderCreationMethod", "Purchase")
        .set("VendorTransactionSettlementType", "None")
        .set("CTSOCostObject", custom("cost_object"))
        .set("CTSOPriority", custom("priority"))
        .set("CTSOBudget", order.subtotal())
        .link("PurchaseOrderLines", lines.clone());
    if let Some(place) = order.ship_to() {
        row = row
            .set("DeliveryAddressStreet", place.street)
            .set("DeliveryAddressStreetNumber", place.house_number)
            .set("DeliveryAddressCity", place.city)
            .set("DeliveryAddressStateId", place.region)
            .set("DeliveryAddressZipCode", place.postal_code)
            .set("DeliveryAddressCountryRegionId", country(place.country))
            .set("DeliveryAddressCountryRegionISOCode", place.country);
    }
    row = with_day(row, "AccountingDate", order.order_date);
    row = with_day(row, "RequestedDeliveryDate", order.required_date);
    row = with_day(row, "CTSOApprovedOn", approved);
    let mut rows = vec![Arc::new(row)];
    rows.extend(lines);
    rows
}

fn line_status(order: &Order, line: &Line) -> &'static str {
    match order.status {
        Status::Cancelled => "Canceled",
        Status::Closed => "Invoiced",
        _ if !line.quantity.is_zero() && line.received >= line.quantity => "Received",
        _ => "Backorder",
    }
}

fn line(order: &Order, area: &str, number: i64, line: &Line) -> Row {
    let row = Row::new(SCHEMA.known("PurchaseOrderLinesV2"))
        .set("dataAreaId", area)
        .set("PurchaseOrderNumber", &order.number)
        .set("LineNumber", number)
        .set("LineDescription", &line.description)
        .set(
            "ItemNumber",
            line.item.as_deref().map(after_area).unwrap_or_default(),
        )
        .set(
            "ProcurementProductCategoryName",
            if line.item.is_none() { "Services" } else { "" },
        )
        .set("OrderedPurchaseQuantity", line.quantity)
        .set("PurchaseUnitSymbol", &line.unit)
        .set("PurchasePrice", line.unit_price)
        .set("PurchasePriceQuantity", line.price_quantity)
        .set("LineAmount", order.net(line))
        .set("ReceivingSiteId", &line.site)
        .set("ReceivingWarehouseId", &line.location)
        // The vendor's group and the item's: what both have in common is the tax.
        .set(
            "SalesTaxGroupCode",
            if line.tax_code == "I0" {
                "EXEMPT"
            } else {
                "DOMESTIC"
            },
        )
        .set("SalesTaxItemGroupCode", &line.tax_code)
        .set("MainAccountIdDisplayValue", &line.account)
        .set("DefaultLedgerDimensionDisplayValue", &line.cost_center)
        .set("ProjectId", &line.project)
        .set("PurchaseOrderLineStatus", line_status(order, line))
        .set("IsLineStopped", no_yes(false))
        .set("IsDeleted", no_yes(false))
        .set("IsNewFixedAsset", no_yes(false))
        .set("RequesterPersonnelNumber", &order.requester)
        .set("CTSOGate", line.custom.get("gate").cloned().unwrap_or_default());
    let row = with_day(row, "RequestedDeliveryDate", line.due());
    // Whoever approved the order has heard from the vendor when it comes.
    let is_agreed = !matches!(
        order.status,
        Status::Draft | Status::PendingApproval | Status::Rejected
    );
    with_day(row, "ConfirmedDeliveryDate", line.due().filter(|_| is_agreed))
}
