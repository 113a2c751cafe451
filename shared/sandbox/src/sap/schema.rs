//! Entity sets of the V2 services that the sandbox plays. Navigation properties without data here are left out.

use std::sync::LazyLock;

use super::{properties_order as order, properties_partner as partner, properties_product as product};
use crate::odata::schema::{Schema, many, one};
use crate::odata::value::Flavour;

/// The V2 services and the entity sets of each.
pub(super) const SERVICES: [(&str, &[&str]); 4] = [
    (
        "API_PURCHASEORDER_PROCESS_SRV",
        &[
            "A_PurchaseOrder",
            "A_PurchaseOrderItem",
            "A_PurchaseOrderScheduleLine",
            "A_PurchaseOrderNote",
            "A_PurchaseOrderItemNote",
            "A_PurOrdAccountAssignment",
            "A_PurOrdPricingElement",
        ],
    ),
    (
        "API_BUSINESS_PARTNER",
        &[
            "A_BusinessPartner",
            "A_Supplier",
            "A_SupplierCompany",
            "A_SupplierPurchasingOrg",
            "A_BusinessPartnerAddress",
            "A_AddressEmailAddress",
            "A_AddressPhoneNumber",
            "A_AddressHomePageURL",
            "A_BusinessPartnerTaxNumber",
            "A_BusinessPartnerRole",
            "A_BusinessPartnerBank",
        ],
    ),
    (
        "API_PRODUCT_SRV",
        &[
            "A_Product",
            "A_ProductDescription",
            "A_ProductPlant",
            "A_ProductSupplyPlanning",
            "A_ProductValuation",
            "A_ProductUnitsOfMeasure",
            "A_ProductProcurement",
        ],
    ),
    (
        "API_MATERIAL_STOCK_SRV",
        &["A_MatlStkInAcctMod", "A_MaterialStock"],
    ),
];

const ITEM_KEY: &[&str] = &["PurchaseOrder", "PurchaseOrderItem"];
const COMMUNICATION_KEY: &[&str] = &["AddressID", "Person", "OrdinalNumber"];

/// All V2 entity sets.
pub(super) static V2: LazyLock<Schema> = LazyLock::new(|| {
    let schema = orders(Schema::new(Flavour::SapV2));
    stock(products(partners(schema)))
});

fn orders(schema: Schema) -> Schema {
    let name = |entity: &str| format!("API_PURCHASEORDER_PROCESS_SRV.{entity}Type");
    let order_navs = vec![
        many("to_PurchaseOrderItem", "A_PurchaseOrderItem"),
        many("to_PurchaseOrderNote", "A_PurchaseOrderNote"),
    ];
    let item_navs = vec![
        one("to_PurchaseOrder", "A_PurchaseOrder"),
        many("to_AccountAssignment", "A_PurOrdAccountAssignment"),
        many("to_PurchaseOrderItemNote", "A_PurchaseOrderItemNote"),
        many("to_PurchaseOrderPricingElement", "A_PurOrdPricingElement"),
        many("to_ScheduleLine", "A_PurchaseOrderScheduleLine"),
    ];
    schema
        .with(
            "A_PurchaseOrder",
            &name("A_PurchaseOrder"),
            &["PurchaseOrder"],
            order::ORDER,
            order_navs,
        )
        .with(
            "A_PurchaseOrderItem",
            &name("A_PurchaseOrderItem"),
            ITEM_KEY,
            order::ITEM,
            item_navs,
        )
        .with(
            "A_PurchaseOrderScheduleLine",
            &name("A_PurchaseOrderScheduleLine"),
            &["PurchasingDocument", "PurchasingDocumentItem", "ScheduleLine"],
            order::SCHEDULE,
            Vec::new(),
        )
        .with(
            "A_PurchaseOrderNote",
            &name("A_PurchaseOrderNote"),
            &["PurchaseOrder", "TextObjectType", "Language"],
            order::NOTE,
            Vec::new(),
        )
        .with(
            "A_PurchaseOrderItemNote",
            &name("A_PurchaseOrderItemNote"),
            &["PurchaseOrder", "PurchaseOrderItem", "TextObjectType", "Language"],
            order::ITEM_NOTE,
            Vec::new(),
        )
        .with(
            "A_PurOrdAccountAssignment",
            &name("A_PurOrdAccountAssignment"),
            &["PurchaseOrder", "PurchaseOrderItem", "AccountAssignmentNumber"],
            order::ASSIGNMENT,
            Vec::new(),
        )
        .with(
            "A_PurOrdPricingElement",
            &name("A_PurOrdPricingElement"),
            &[
                "PurchaseOrder",
                "PurchaseOrderItem",
                "PricingDocument",
                "PricingDocumentItem",
                "PricingProcedureStep",
                "PricingProcedureCounter",
            ],
            order::PRICING,
            Vec::new(),
        )
}

fn partners(schema: Schema) -> Schema {
    let name = |entity: &str| format!("API_BUSINESS_PARTNER.{entity}Type");
    let partner_navs = vec![
        many("to_BusinessPartnerAddress", "A_BusinessPartnerAddress"),
        many("to_BusinessPartnerBank", "A_BusinessPartnerBank"),
        many("to_BusinessPartnerRole", "A_BusinessPartnerRole"),
        many("to_BusinessPartnerTax", "A_BusinessPartnerTaxNumber"),
        one("to_Supplier", "A_Supplier"),
    ];
    let supplier_navs = vec![
        many("to_SupplierCompany", "A_SupplierCompany"),
        many("to_SupplierPurchasingOrg", "A_SupplierPurchasingOrg"),
    ];
    let address_navs = vec![
        many("to_EmailAddress", "A_AddressEmailAddress"),
        many("to_PhoneNumber", "A_AddressPhoneNumber"),
        many("to_URLAddress", "A_AddressHomePageURL"),
    ];
    schema
        .with(
            "A_BusinessPartner",
            &name("A_BusinessPartner"),
            &["BusinessPartner"],
            partner::PARTNER,
            partner_navs,
        )
        .with(
            "A_Supplier",
            &name("A_Supplier"),
            &["Supplier"],
            partner::SUPPLIER,
            supplier_navs,
        )
        .with(
            "A_SupplierCompany",
            &name("A_SupplierCompany"),
            &["Supplier", "CompanyCode"],
            partner::SUPPLIER_COMPANY,
            Vec::new(),
        )
        .with(
            "A_SupplierPurchasingOrg",
            &name("A_SupplierPurchasingOrg"),
            &["Supplier", "PurchasingOrganization"],
            partner::SUPPLIER_PURCHASING,
            Vec::new(),
        )
        .with(
            "A_BusinessPartnerAddress",
            &name("A_BusinessPartnerAddress"),
            &["BusinessPartner", "AddressID"],
            partner::ADDRESS,
            address_navs,
        )
        .with(
            "A_AddressEmailAddress",
            &name("A_AddressEmailAddress"),
            COMMUNICATION_KEY,
            partner::EMAIL,
            Vec::new(),
        )
        .with(
            "A_AddressPhoneNumber",
            &name("A_AddressPhoneNumber"),
            COMMUNICATION_KEY,
            partner::PHONE,
            Vec::new(),
        )
        .with(
            "A_AddressHomePageURL",
            &name("A_AddressHomePageURL"),
            COMMUNICATION_KEY,
            partner::URL,
            Vec::new(),
        )
        .with(
            "A_BusinessPartnerTaxNumber",
            &name("A_BusinessPartnerTaxNumber"),
            &["BusinessPartner", "BPTaxType"],
            partner::TAX,
            Vec::new(),
        )
        .with(
            "A_BusinessPartnerRole",
            &name("A_BusinessPartnerRole"),
            &["BusinessPartner", "BusinessPartnerRole"],
            partner::ROLE,
            Vec::new(),
        )
        .with(
            "A_BusinessPartnerBank",
            &name("A_BusinessPartnerBank"),
            &["BusinessPartner", "BankIdentification"],
            partner::BANK,
            Vec::new(),
        )
}

fn products(schema: Schema) -> Schema {
    let name = |entity: &str| format!("API_PRODUCT_SRV.{entity}Type");
    let product_navs = vec![
        many("to_Description", "A_ProductDescription"),
        many("to_Plant", "A_ProductPlant"),
        one("to_ProductProcurement", "A_ProductProcurement"),
        many("to_ProductUnitsOfMeasure", "A_ProductUnitsOfMeasure"),
        many("to_Valuation", "A_ProductValuation"),
    ];
    let plant_navs = vec![one("to_ProductSupplyPlanning", "A_ProductSupplyPlanning")];
    schema
        .with(
            "A_Product",
            &name("A_Product"),
            &["Product"],
            product::PRODUCT,
            product_navs,
        )
        .with(
            "A_ProductDescription",
            &name("A_ProductDescription"),
            &["Product", "Language"],
            product::DESCRIPTION,
            Vec::new(),
        )
        .with(
            "A_ProductPlant",
            &name("A_ProductPlant"),
            &["Product", "Plant"],
            product::PLANT,
            plant_navs,
        )
        .with(
            "A_ProductSupplyPlanning",
            &name("A_ProductSupplyPlanning"),
            &["Product", "Plant"],
            product::PLANNING,
            Vec::new(),
        )
        .with(
            "A_ProductValuation",
            &name("A_ProductValuation"),
            &["Product", "ValuationArea", "ValuationType"],
            product::VALUATION,
            Vec::new(),
        )
        .with(
            "A_ProductUnitsOfMeasure",
            &name("A_ProductUnitsOfMeasure"),
            &["Product", "AlternativeUnit"],
            product::UNITS,
            Vec::new(),
        )
        .with(
            "A_ProductProcurement",
            &name("A_ProductProcurement"),
            &["Product"],
            product::PROCUREMENT,
            Vec::new(),
        )
}

fn stock(schema: Schema) -> Schema {
    let key: &[&str] = &[
        "Material",
        "Plant",
        "StorageLocation",
        "Batch",
        "Supplier",
        "Customer",
        "WBSElementInternalID",
        "SDDocument",
        "SDDocumentItem",
        "InventorySpecialStockType",
        "InventoryStockType",
    ];
    schema
        .with(
            "A_MatlStkInAcctMod",
            "API_MATERIAL_STOCK_SRV.A_MatlStkInAcctModType",
            key,
            product::STOCK,
            vec![one("to_MaterialStock", "A_MaterialStock")],
        )
        .with(
            "A_MaterialStock",
            "API_MATERIAL_STOCK_SRV.A_MaterialStockType",
            &["Material"],
            product::MATERIAL_STOCK,
            vec![many("to_MatlStkInAcctMod", "A_MatlStkInAcctMod")],
        )
}
