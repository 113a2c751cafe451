//! A purchase order as `API_PURCHASEORDER_2` (OData V4) shows it.

use std::sync::Arc;

use super::order_v2::{
    address_id, deletion_code, house_number, is_delivered, is_invoiced, item_number, processing_status,
};
use super::schema_v4::V4;
use crate::company::places;
use crate::company::{Company, Line, Order, Status};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::{day, instant};

/// The order, its items, their deliveries, accounts, prices and addresses, and the order's notes.
pub(super) fn rows(company: &Company, order: &Order) -> Vec<Arc<Row>> {
    let mut below = Vec::new();
    let items: Vec<Arc<Row>> = order
        .lines
        .iter()
        .map(|line| item(order, line, &mut below))
        .collect();
    let notes = notes(order);
    let supplier_address = supplier_address(company, order);
    let (processing, open) = processing_status(order.status);
    let text = |name: &str| order.custom.get(name).cloned().unwrap_or_default();
    let approved =
        matches!(order.status, Status::Approved | Status::Sent | Status::Received).then_some(order.created);
    let head = Row::new(V4.known("PurchaseOrder"))
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderType", "NB")
        .set("CreatedByUser", "CB9980000012")
        .set("CreationDate", day(Some(order.created)))
        .set("PurchaseOrderDate", day(order.order_date))
        .set("LastChangeDateTime", instant(order.modified))
        .set("Language", "EN")
        .set("PurchaseOrderDeletionCode", deletion_code(order))
        .set("ReleaseIsNotCompleted", open)
        .set("PurchasingCompletenessStatus", order.status == Status::Draft)
        .set("PurchasingProcessingStatus", processing)
        .set("CompanyCode", order.company)
        .set("PurchasingOrganization", order.company)
        .set("PurchasingGroup", &order.buyer)
        .set("Supplier", &order.vendor)
        .set("SupplierAddressID", format!("2{}", order.vendor))
        .set("InvoicingParty", &order.vendor)
        .set("PaymentTerms", &order.payment_terms)
        .set("IncotermsClassification", &order.incoterms)
        .set("IncotermsLocation1", &order.incoterms_place)
        .set("DocumentCurrency", order.currency.clone().unwrap_or_default())
        .set("ExchangeRate", order.exchange_rate)
        .set("YY1_CostObject_PDH", text("cost_object"))
        .set("YY1_Priority_PDH", text("priority"))
        .set("YY1_Budget_PDH", order.subtotal())
        .set("YY1_ApprovedOn_PDH", day(approved))
        .link("_PurchaseOrderItem", items.clone())
        .link("_PurchaseOrderNote", notes.clone())
        .link("_SupplierAddress", supplier_address.clone());
    let mut rows = vec![Arc::new(head)];
    rows.extend(items);
    rows.extend(notes);
    rows.extend(supplier_address);
    rows.append(&mut below);
    rows
}

fn notes(order: &Order) -> Vec<Arc<Row>> {
    if order.notes.is_empty() {
        return Vec::new();
    }
    let note = Row::new(V4.known("PurchaseOrderNote"))
        .set("PurchaseOrder", &order.number)
        .set("TextObjectType", "F01")
        .set("Language", "EN")
        .set("PlainLongText", &order.notes);
    vec![Arc::new(note)]
}

/// The supplier's address as it was when the order was written.
fn supplier_address(company: &Company, order: &Order) -> Vec<Arc<Row>> {
    let Some(vendor) = company.vendors.get(&order.vendor) else {
        return Vec::new();
    };
    let address = &vendor.address;
    let (street, house) = house_number(&address.street);
    let row = Row::new(V4.known("PurchaseOrderSupplierAddress"))
        .set("SupplierAddressID", format!("2{}", order.vendor))
        .set("PurchaseOrder", &order.number)
        .set("AddressID", format!("2{}", order.vendor))
        .set("CorrespondenceLanguage", "EN")
        .set("AddresseeFullName", &vendor.name)
        .set("OrganizationName1", &vendor.name)
        .set("StreetName", street)
        .set("HouseNumber", house)
        .set("StreetSuffixName1", &address.extra)
        .set("CityName", &address.city)
        .set("PostalCode", &address.postal_code)
        .set("Region", &address.region)
        .set("Country", &address.country)
        .set("EmailAddress", &address.email);
    vec![Arc::new(row)]
}

/// The plant's address, which an item has unless somebody enters another.
fn delivery_address(order: &Order, line: &Line) -> Vec<Arc<Row>> {
    let Some(place) = places::by_location(&line.location) else {
        return Vec::new();
    };
    let name = places::company(order.company).name;
    let row = Row::new(V4.known("PurOrderItemDeliveryAddress"))
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderItem", item_number(line))
        .set("DeliveryAddressID", address_id(place))
        .set("AddressID", address_id(place))
        .set("AddresseeFullName", name)
        .set("OrganizationName1", name)
        .set("StreetName", place.street)
        .set("HouseNumber", place.house_number)
        .set("CityName", place.city)
        .set("PostalCode", place.postal_code)
        .set("Region", place.region)
        .set("Country", place.country);
    vec![Arc::new(row)]
}

fn assignment(order: &Order, line: &Line) -> Vec<Arc<Row>> {
    if line.cost_center.is_empty() && line.project.is_empty() {
        return Vec::new();
    }
    let row = Row::new(V4.known("PurchaseOrderAccountAssignment"))
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderItem", item_number(line))
        .set("AccountAssignmentNumber", "01")
        .set("OrderQuantityUnit", &line.unit)
        .set("Quantity", line.quantity)
        .set("DocumentCurrency", order.currency.clone().unwrap_or_default())
        .set("PurgDocNetAmount", order.net(line))
        .set("GLAccount", &line.account)
        .set("CostCenter", &line.cost_center)
        .set("ControllingArea", "A000")
        .set("WBSElementExternalID", &line.project)
        .set("CompanyCode", order.company);
    vec![Arc::new(row)]
}

fn prices(order: &Order, line: &Line) -> Vec<Arc<Row>> {
    let row = Row::new(V4.known("PurOrderItemPricingElement"))
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderItem", item_number(line))
        .set("PricingDocument", format!("1{}", order.number))
        .set("PricingDocumentItem", item_number(line))
        .set("PricingProcedureStep", "020")
        .set("PricingProcedureCounter", "000")
        .set("ConditionType", "PPR0")
        .set("ConditionRateAmount", line.unit_price)
        .set("ConditionCurrency", order.currency.clone().unwrap_or_default())
        .set("TransactionCurrency", order.currency.clone().unwrap_or_default())
        .set("ConditionAmount", order.net(line))
        .set("ConditionQuantityUnit", &line.unit)
        .set("ConditionQuantity", line.price_quantity);
    vec![Arc::new(row)]
}

fn item(order: &Order, line: &Line, below: &mut Vec<Arc<Row>>) -> Arc<Row> {
    let schedule = schedule(order, line);
    let (assignment, prices) = (assignment(order, line), prices(order, line));
    let address = delivery_address(order, line);
    for more in [&schedule, &assignment, &prices, &address] {
        below.extend(more.iter().cloned());
    }
    let net = order.net(line);
    let currency = order.currency.clone().unwrap_or_default();
    let row = Row::new(V4.known("PurchaseOrderItem"))
        .set("PurchaseOrder", &order.number)
        .set("PurchaseOrderItem", item_number(line))
        .set("PurchaseOrderCategory", "F")
        .set("DocumentCurrency", currency)
        .set("PurchasingDocumentDeletionCode", deletion_code(order))
        .set("MaterialGroup", "L001")
        .set("Material", line.item.clone().unwrap_or_default())
        .set("PurchaseOrderItemText", &line.description)
        .set("ProductTypeCode", "1")
        .set("CompanyCode", order.company)
        .set("Plant", &line.site)
        .set("StorageLocation", &line.location)
        .set("PurchaseOrderQuantityUnit", &line.unit)
        .set("OrderPriceUnit", &line.unit)
        .set("BaseUnit", &line.unit)
        .set("NetPriceQuantity", line.price_quantity)
        .set("OrderPriceUnitToOrderUnitNmrtr", Decimal::from(1))
        .set("OrdPriceUnitToOrderUnitDnmntr", Decimal::from(1))
        .set("IsCompletelyDelivered", is_delivered(order, line))
        .set("IsFinallyInvoiced", is_invoiced(order, line))
        .set("GoodsReceiptIsExpected", true)
        .set("InvoiceIsExpected", true)
        .set("RequisitionerName", &order.requester)
        .set("PurchaseOrderItemCategory", "0")
        .set(
            "AccountAssignmentCategory",
            if assignment.is_empty() { "" } else { "K" },
        )
        .set("NetAmount", net)
        .set("GrossAmount", net)
        .set("EffectiveAmount", net)
        .set("OrderQuantity", line.quantity)
        .set("NetPriceAmount", line.unit_price)
        .set("TaxCode", &line.tax_code)
        .set(
            "YY1_Gate_PDI",
            line.custom.get("gate").cloned().unwrap_or_default(),
        )
        .link("_DeliveryAddress", address)
        .link("_PurOrdAccountAssignment", assignment)
        .link("_PurOrdPricingElement", prices)
        .link("_PurchaseOrderScheduleLineTP", schedule);
    Arc::new(row)
}

/// What has arrived is taken from the first deliveries first.
fn schedule(order: &Order, line: &Line) -> Vec<Arc<Row>> {
    let mut received = if is_delivered(order, line) {
        line.quantity
    } else {
        line.received
    };
    let mut rows = Vec::new();
    for (number, delivery) in (1..).zip(&line.schedule) {
        let here = received.least(delivery.quantity);
        received = received.minus(here);
        let row = Row::new(V4.known("PurchaseOrderScheduleLine"))
            .set("PurchaseOrder", &order.number)
            .set("PurchaseOrderItem", item_number(line))
            .set("ScheduleLine", format!("{number:04}"))
            .set("ScheduleLineDeliveryDate", day(delivery.day))
            .set("SchedLineStscDeliveryDate", day(delivery.day))
            .set("ScheduleLineOrderQuantity", delivery.quantity)
            .set("OpenPurchaseOrderQuantity", delivery.quantity.minus(here))
            .set("PurchaseOrderQuantityUnit", &line.unit)
            .set("Currency", order.currency.clone().unwrap_or_default())
            .set("DelivDateCategory", "1")
            .set("ScheduleLineOrderDate", day(order.order_date));
        rows.push(Arc::new(row));
    }
    rows
}
