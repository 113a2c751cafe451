//! Entity sets of the V4 purchase order service. Navigation properties without data here are left out.

use std::sync::LazyLock;

use super::properties_order_v4 as order;
use crate::odata::schema::{Schema, many, one};
use crate::odata::value::Flavour;

const ITEM_KEY: &[&str] = &["PurchaseOrder", "PurchaseOrderItem"];

/// The service.
pub(super) static V4: LazyLock<Schema> = LazyLock::new(|| {
    let schema = Schema::new(Flavour::SapV4)
        .with(
            "PurchaseOrder",
            &name("PurchaseOrder"),
            &["PurchaseOrder"],
            order::ORDER,
            vec![
                many("_PurchaseOrderItem", "PurchaseOrderItem"),
                many("_PurchaseOrderNote", "PurchaseOrderNote"),
                one("_SupplierAddress", "PurchaseOrderSupplierAddress"),
            ],
        )
        .with(
            "PurchaseOrderItem",
            &name("PurchaseOrderItem"),
            ITEM_KEY,
            order::ITEM,
            vec![
                one("_DeliveryAddress", "PurOrderItemDeliveryAddress"),
                one("_PurchaseOrder", "PurchaseOrder"),
                many("_PurchaseOrderItemNote", "PurchaseOrderItemNote"),
                many("_PurchaseOrderScheduleLineTP", "PurchaseOrderScheduleLine"),
                many("_PurOrdAccountAssignment", "PurchaseOrderAccountAssignment"),
                many("_PurOrdPricingElement", "PurOrderItemPricingElement"),
            ],
        );
    below(schema)
});

fn name(entity: &str) -> String {
    format!("com.sap.gateway.srvd_a2x.api_purchaseorder_2.v0001.{entity}_Type")
}

/// What hangs below an order and its items.
fn below(schema: Schema) -> Schema {
    let sets: [(&'static str, &'static [&'static str], &'static str); 7] = [
        (
            "PurchaseOrderScheduleLine",
            &["PurchaseOrder", "PurchaseOrderItem", "ScheduleLine"],
            order::SCHEDULE,
        ),
        (
            "PurchaseOrderNote",
            &["PurchaseOrder", "TextObjectType", "Language"],
            order::NOTE,
        ),
        (
            "PurchaseOrderItemNote",
            &["PurchaseOrder", "PurchaseOrderItem", "TextObjectType", "Language"],
            order::ITEM_NOTE,
        ),
        (
            "PurchaseOrderAccountAssignment",
            &["PurchaseOrder", "PurchaseOrderItem", "AccountAssignmentNumber"],
            order::ASSIGNMENT,
        ),
        (
            "PurOrderItemPricingElement",
            &[
                "PurchaseOrder",
                "PurchaseOrderItem",
                "PricingDocument",
                "PricingDocumentItem",
                "PricingProcedureStep",
                "PricingProcedureCounter",
            ],
            order::PRICING,
        ),
        (
            "PurOrderItemDeliveryAddress",
            &["PurchaseOrder", "PurchaseOrderItem", "DeliveryAddressID"],
            order::DELIVERY_ADDRESS,
        ),
        (
            "PurchaseOrderSupplierAddress",
            &["SupplierAddressID", "PurchaseOrder"],
            order::SUPPLIER_ADDRESS,
        ),
    ];
    sets.into_iter().fold(schema, |schema, (set, key, properties)| {
        schema.with(set, &name(set), key, properties, Vec::new())
    })
}
