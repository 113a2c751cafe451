//! A purchase order as `API_PURCHASEORDER_PROCESS_SRV` shows it.

use std::sync::Arc;

use super::schema::V2;
use crate::company::places::{self, Place};
use crate::company::{Company, Line, Order, Status, Vendor};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::{day, instant};

/// The purchasing processing status (domain MEPROCSTATE), and whether the release is still open.
pub(super) const fn processing_status(status: Status) -> (&'static str, bool) {
    match status {
        Status::Draft => ("01", true),
        Status::PendingApproval => ("03", true),
        Status::Rejected => ("08", true),
        Status::Sent | Status::Cancelled => ("02", false),
        Status::Approved | Status::PartiallyReceived | Status::Received | Status::Closed => ("05", false),
        // No manual knows this one.
        Status::Unknown => ("97", false),
    }
}

/// `L`: deleted. A cancelled order is one that was marked for deletion.
pub(super) fn deletion_code(order: &Order) -> &'static str {
    if order.deleted || order.status == Status::Cancelled {
        "L"
    } else {
        ""
    }
}

/// Item numbers keep their zeros: `00010`.
pub(super) fn item_number(line: &Line) -> String {
    format!("{:05}", line.number)
}

/// Whether nothing more is to come.
pub(super) fn is_delivered(order: &Order, line: &Line) -> bool {
    order.status.is_delivered() || (!line.quantity.is_zero() && line.received >= line.quantity)
}

/// Whether nothing more is to be paid.
pub(super) fn is_invoiced(order: &Order, line: &Line) -> bool {
    order.status == Status::Closed || (!line.quantity.is_zero() && line.billed >= line.quantity)
}

/// The order, its items, schedule lines, notes, account assignments and prices.
pub(super) fn rows(company: &Company, order: &Order) -> Vec<Arc<Row>> {
    let mut below = Vec::new();
    let items: Vec<Arc<Row>> = order
        .lines
        .iter()
        .map(|line| item(order, line, &mut below))
        .collect();
    let notes = notes(order);
    let (processing, open) = processing_status(order.status);
    let currency = order.currency.clone().unwrap_or_default();
    let text = |name: &str| order.custom.get(name).cloned().unwrap_or_default();
    let approved =
        matches!(order.status, Status::Approved | Status::Sent | Status::Received).then_some(order.created);
    let head = Row::new(V2.known("A_PurchaseOrder"))
        .set("PurchaseOrder", &order.number)
        .set("CompanyCode", order.company)
        .set("PurchaseOrderType", "NB")
        .set("PurchasingDocumentDeletionCode", deletion_code(order))
        .set("PurchasingProcessingStatus", processing)
        .set("CreatedByUser", "CB9980000012")
        .set("CreationDate", day(Some(order.created)))
        .set("LastChangeDateTime", instant(order.modified))
        .set("Supplier", &order.vendor)
        .set("Language", "EN")
        .set("PaymentTerms", &order.payment_terms)
        .set("PurchasingOrganization", order.company)
        .set("PurchasingDocumentOrigin", "9")
        .set("PurchasingGroup", &order.buyer)
        .set("PurchaseOrderDate", day(order.order_date))
        .set("DocumentCurrency", currency)
        .set("ExchangeRate", order.exchange_rate.at_least(5).to_string())
        .set("IncotermsClassification", &order.incoterms)
        .set("IncotermsLocation1", &order.incoterms_place)
        .set("InvoicingParty", &order.vendor)
        .set("ReleaseIsNotCompleted", open)
        .set("PurchasingCompletenessStatus", order.status == Status::Draft)
        .set("YY1_CostObject_PDH", text("cost_object"))
        .set("YY1_Priority_PDH", text("priority"))
        .set("YY1_Budget_PDH", order.subtotal())
        .set("YY1_ApprovedOn_PDH", day(approved))
        .link("to_PurchaseOrderItem", items.clone())
        .link("to_PurchaseOrderNote", notes.clone());
    let head = with_supplier(head, company.vendors.get(&order.vendor));
    let mut rows = vec![Arc::new(head)];
    rows.extend(items);
    rows.extend(notes);
    rows.append(&mut below);
    rows
}

/// The supplier's address as it was when the order was written.
fn with_supplier(head: Row, vendor: Option<&Vendor>) -> Row {
    let Some(vendor) = vendor else { return head };
    let address = &vendor.address;
    let (street, house) = house_number(&address.street);
    head.set("AddressName", &vendor.name)
        .set("AddressStreetName", street)
        .set("AddressHouseNumber", house)
        .set("AddressCityName", &address.city)
        .set("AddressPostalCode", &address.postal_code)
        .set("AddressRegion", &address.region)
        .set("AddressCountry", &address.country)
        .set("AddressPhoneNumber", &address.phone)
        .set("AddressCorrespondenceLanguage", "EN")
}

/// SAP keeps the house number apart.
pub(super) fn house_number(street: &str) -> (&str, &str) {
    match street.rsplit_once(' ') {
        Some((street, house)) if house.starts_with(|c: char| c.is_ascii_digit()) => (street, house),
        _ => (street, ""),
    }
}

/// Number of a plant's address.
pub(super) fn address_id(place: &Place) -> String {
    format!("{}", 22_000 + place.id)
}

fn notes(order: &Order) -> Vec<Arc<Row>> {
    if order.notes.is_empty() {
        return Vec::new();
    }
    let note = Row::new(V2.known("A_PurchaseOrderNote"))
        .set("PurchaseOrder", &order.number)
        .set("TextObjectType", "F01")
        .set("Language", "EN")
        .set("PlainLongText", &order.notes);
    vec![Arc::new(note)]
}

fn item(order: &Order, line: &Line, below: &mut Vec<Arc<Row>>) -> Arc<Row> {
    let schedule = schedule(order, line);
    let assignment = assignment(order, line);
    let prices = prices(order, line);
    below.extend(schedule.iter().chain(&assignment).chain(&prices).cloned());
    let row = delivered_to(Row::new(V2.known("A_PurchaseOrderItem")), order, line)
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderItem", item_number(line))
        .set("PurchasingDocumentDeletionCode", deletion_code(order))
        .set("PurchaseOrderItemText", &line.description)
        .set("Plant", &line.site)
        .set("StorageLocation", &line.location)
        .set("MaterialGroup", "L001")
        .set("OrderQuantity", line.quantity)
        .set("PurchaseOrderQuantityUnit", &line.unit)
        .set("OrderPriceUnit", &line.unit)
        .set("DocumentCurrency", order.currency.clone().unwrap_or_default())
        .set("NetPriceAmount", line.unit_price)
        .set("NetPriceQuantity", line.price_quantity)
        .set("OrderPriceUnitToOrderUnitNmrtr", Decimal::from(1))
        .set("OrdPriceUnitToOrderUnitDnmntr", Decimal::from(1))
        .set("TaxCode", &line.tax_code)
        .set("IsCompletelyDelivered", is_delivered(order, line))
        .set("IsFinallyInvoiced", is_invoiced(order, line))
        .set("PurchaseOrderItemCategory", "0")
        .set(
            "AccountAssignmentCategory",
            if assignment.is_empty() { "" } else { "K" },
        )
        .set("GoodsReceiptIsExpected", true)
        .set("InvoiceIsExpected", true)
        .set("RequisitionerName", &order.requester)
        .set("Material", line.item.clone().unwrap_or_default())
        .set("ProductType", "1")
        .set(
            "YY1_Gate_PDI",
            line.custom.get("gate").cloned().unwrap_or_default(),
        )
        .link("to_AccountAssignment", assignment)
        .link("to_PurchaseOrderPricingElement", prices)
        .link("to_ScheduleLine", schedule);
    Arc::new(row)
}

/// The plant's address, which an item has unless somebody enters another.
fn delivered_to(row: Row, order: &Order, line: &Line) -> Row {
    let Some(place) = places::by_location(&line.location) else {
        return row;
    };
    let name = places::company(order.company).name;
    row.set("DeliveryAddressID", address_id(place))
        .set("DeliveryAddressName", name)
        .set("DeliveryAddressFullName", name)
        .set("DeliveryAddressStreetName", place.street)
        .set("DeliveryAddressHouseNumber", place.house_number)
        .set("DeliveryAddressCityName", place.city)
        .set("DeliveryAddressPostalCode", place.postal_code)
        .set("DeliveryAddressRegion", place.region)
        .set("DeliveryAddressCountry", place.country)
}

fn schedule(order: &Order, line: &Line) -> Vec<Arc<Row>> {
    let row = |(number, delivery): (usize, &crate::company::Delivery)| {
        Row::new(V2.known("A_PurchaseOrderScheduleLine"))
            .set("PurchasingDocument", &order.number)
            .set("PurchasingDocumentItem", item_number(line))
            .set("ScheduleLine", format!("{number:04}"))
            .set("DelivDateCategory", "1")
            .set("ScheduleLineDeliveryDate", day(delivery.day))
            .set("SchedLineStscDeliveryDate", day(delivery.day))
            .set("PurchaseOrderQuantityUnit", &line.unit)
            .set("ScheduleLineOrderQuantity", delivery.quantity)
    };
    (1..)
        .zip(&line.schedule)
        .map(|pair| Arc::new(row(pair)))
        .collect()
}

fn assignment(order: &Order, line: &Line) -> Vec<Arc<Row>> {
    if line.cost_center.is_empty() && line.project.is_empty() {
        return Vec::new();
    }
    let row = Row::new(V2.known("A_PurOrdAccountAssignment"))
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderItem", item_number(line))
        .set("AccountAssignmentNumber", "01")
        .set("PurchaseOrderQuantityUnit", &line.unit)
        .set("Quantity", line.quantity)
        .set("DocumentCurrency", order.currency.clone().unwrap_or_default())
        .set("PurgDocNetAmount", order.net(line))
        .set("GLAccount", &line.account)
        .set("CostCenter", &line.cost_center)
        .set("ControllingArea", "A000")
        .set("WBSElementExternalID", &line.project);
    vec![Arc::new(row)]
}

fn prices(order: &Order, line: &Line) -> Vec<Arc<Row>> {
    let row = Row::new(V2.known("A_PurOrdPricingElement"))
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderItem", item_number(line))
        .set("PricingDocument", format!("1{}", order.number))
        .set("PricingDocumentItem", item_number(line))
        .set("PricingProcedureStep", "020")
        .set("PricingProcedureCounter", "000")
        .set("ConditionType", "PPR0")
        .set("ConditionRateValue", line.unit_price)
        .set("ConditionCurrency", order.currency.clone().unwrap_or_default())
        .set("TransactionCurrency", order.currency.clone().unwrap_or_default())
        .set("ConditionAmount", order.net(line))
        .set("ConditionQuantityUnit", &line.unit)
        .set("ConditionQuantity", line.price_quantity);
    vec![Arc::new(row)]
}
