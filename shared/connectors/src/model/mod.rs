//! The unified models: one schema each, the same for every system.
//!
//! Each field is written once, as a documented field of a Rust type. From it come the JSON Schema,
//! the check of every manifest's mapping, the OpenAPI document and the mapping view.

#[macro_use]
mod declare;

mod inventory;
mod maintenance;
mod partners;
mod parts;
mod purchasing;

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};

pub use declare::{Described, FieldSpec, Kind};
pub use inventory::{InventoryLevel, Item, ItemType};
pub use maintenance::{Asset, AssetStatus, Priority, WorkOrder, WorkOrderStatus, WorkOrderType};
pub use partners::{Location, Site, User, Vendor, VendorStatus};
pub use parts::{Address, Amount, Date, DateTime, Measure, Quantity, Reference};
pub use purchasing::{GoodsReceipt, PurchaseOrder, PurchaseOrderLine, PurchaseOrderStatus, SupplierInvoice};

/// One unified model.
#[derive(Debug, Clone, Copy)]
pub struct Model {
    /// `purchase_order`.
    pub name: &'static str,
    /// `purchase-orders`: stands in the API's paths.
    pub path: &'static str,
    /// What a person calls several of them.
    pub title: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Its fields, in the order of the schema and of every record.
    pub fields: &'static [FieldSpec],
    schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Model {
    /// The JSON Schema (2020-12) of one record, self-contained.
    #[must_use]
    pub fn json_schema(&self) -> serde_json::Value {
        let mut generator = SchemaSettings::draft2020_12()
            .with(|s| s.inline_subschemas = true)
            .into_generator();
        let schema = (self.schema)(&mut generator);
        serde_json::Value::from(schema)
    }

    /// The same over a generator that collects what models share, for documents that hold several.
    #[must_use]
    pub fn schema_in(&self, generator: &mut SchemaGenerator) -> serde_json::Value {
        serde_json::Value::from((self.schema)(generator))
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static FieldSpec> {
        self.fields.iter().find(|field| field.name() == name)
    }
}

macro_rules! models {
    ($($type:ident $name:literal $path:literal $title:literal;)*) => {
        /// Every unified model, in the order in which a sync runs them: what others refer to comes first.
        pub const MODELS: &[Model] = &[$(Model {
            name: $name,
            path: $path,
            title: $title,
            doc: $type::DOC,
            fields: $type::FIELDS,
            schema: <$type as schemars::JsonSchema>::json_schema,
        }),*];
    };
}

models! {
    Site "site" "sites" "Sites";
    Location "location" "locations" "Locations";
    User "user" "users" "Users";
    Vendor "vendor" "vendors" "Vendors";
    Item "item" "items" "Items";
    InventoryLevel "inventory_level" "inventory-levels" "Inventory levels";
    PurchaseOrder "purchase_order" "purchase-orders" "Purchase orders";
    GoodsReceipt "goods_receipt" "goods-receipts" "Goods receipts";
    SupplierInvoice "supplier_invoice" "supplier-invoices" "Supplier invoices";
    Asset "asset" "assets" "Assets";
    WorkOrder "work_order" "work-orders" "Work orders";
}

/// The model of this name (`purchase_order`).
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.name == name)
}

/// The model with this path (`purchase-orders`).
#[must_use]
pub fn by_path(path: &str) -> Option<&'static Model> {
    MODELS.iter().find(|model| model.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_documented_and_in_the_schema() {
        for model in MODELS {
            let schema = model.json_schema();
            let properties = schema["properties"].as_object().expect("an object");
            assert_eq!(properties.len(), model.fields.len(), "{}", model.name);
            for field in model.fields {
                assert!(
                    !field.doc().is_empty(),
                    "{}.{} has no words",
                    model.name,
                    field.name()
                );
                assert!(
                    properties.contains_key(field.name()),
                    "{}.{}",
                    model.name,
                    field.name()
                );
            }
            assert_eq!(
                schema["required"],
                serde_json::json!(["id", "model"]),
                "{}",
                model.name
            );
        }
    }

    #[test]
    fn finds_models_by_name_and_path() {
        assert_eq!(
            by_name("purchase_order").map(|model| model.path),
            Some("purchase-orders")
        );
        assert_eq!(
            by_path("inventory-levels").map(|model| model.name),
            Some("inventory_level")
        );
        assert!(by_name("purchase-orders").is_none());
    }
}
