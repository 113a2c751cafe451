//! A purchase order as `API_PURCHASEORDER_2` (OData V4) shows it.

use std::sync::Arc;

use super::order_v2::{deletion_code, is_delivered, is_invoiced, item_number, processing_status};
use super::schema::V4;
use crate::company::{Line, Order, Status};
use crate::odata::row::Row;
use crate::odata::value::{day, instant};

/// The order, its items, schedule lines and notes.
pub(super) fn rows(order: &Order) -> Vec<Arc<Row>> {
    let mut below = Vec::new();
    let items: Vec<Arc<Row>> = order
        .lines
        .iter()
        .map(|line| item(order, line, &mut below))
        .collect();
    let notes = notes(order);
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
        .link("_PurchaseOrderNote", notes.clone());
    let mut rows = vec![Arc::new(head)];
    rows.extend(items);
    rows.extend(notes);
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

fn item(order: &Order, line: &Line, below: &mut Vec<Arc<Row>>) -> Arc<Row> {
    let schedule = schedule(order, line);
    below.extend(schedule.iter().cloned());
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
        .set("IsCompletelyDelivered", is_delivered(order, line))
        .set("IsFinallyInvoiced", is_invoiced(order, line))
        .set("GoodsReceiptIsExpected", true)
        .set("InvoiceIsExpected", true)
        .set("RequisitionerName", &order.requester)
        .set("PurchaseOrderItemCategory", "0")
        .set(
            "AccountAssignmentCategory",
            if line.cost_center.is_empty() { "" } else { "K" },
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
