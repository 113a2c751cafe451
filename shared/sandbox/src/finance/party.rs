//! Vendors, released products, stock, and lists that never change.

use std::sync::Arc;

use super::order::{after_area, no_yes};
use super::schema::SCHEMA;
use crate::company::places::{self, COMPANIES, PLACES};
use crate::company::{Company, Item, ItemKind, Level, Standing, Vendor};
use crate::decimal::Decimal;
use crate::odata::row::Row;

/// Countries are known by three letters here.
pub(super) fn country(code: &str) -> &str {
    match code {
        "US" => "USA",
        "DE" => "DEU",
        "AT" => "AUT",
        "GR" => "GRC",
        "JP" => "JPN",
        other => other,
    }
}

/// A vendor.
pub(super) fn vendor(vendor: &Vendor) -> Arc<Row> {
    let address = &vendor.address;
    let hold = match vendor.standing {
        Standing::Active => "No",
        Standing::Blocked => "Payment",
        Standing::Inactive => "All",
    };
    let row = Row::new(SCHEMA.known("VendorsV3"))
        .set("dataAreaId", places::company(vendor.company).area)
        .set("VendorAccountNumber", &vendor.number)
        .set("VendorOrganizationName", &vendor.name)
        .set(
            "VendorSearchName",
            vendor.name.chars().take(20).collect::<String>(),
        )
        .set("VendorPartyType", "Organization")
        .set("VendorPartyNumber", format!("P{}", vendor.number))
        .set("VendorGroupId", &vendor.group)
        .set("CurrencyCode", &vendor.currency)
        .set("DefaultPaymentTermsName", &vendor.payment_terms)
        .set("TaxExemptNumber", &vendor.tax_id)
        .set("AddressDescription", &vendor.name)
        .set("AddressStreet", &address.street)
        .set("AddressBuildingCompliment", &address.extra)
        .set("AddressCity", &address.city)
        .set("AddressStateId", &address.region)
        .set("AddressZipCode", &address.postal_code)
        .set("AddressCountryRegionId", country(&address.country))
        .set("AddressCountryRegionISOCode", &address.country)
        .set(
            "FormattedPrimaryAddress",
            format!("{}\n{} {}", address.street, address.postal_code, address.city),
        )
        .set("PrimaryEmailAddress", &address.email)
        .set("PrimaryPhoneNumber", &address.phone)
        .set("PrimaryURL", &vendor.website)
        .set("OnHoldStatus", hold)
        .set("LanguageId", "en-US")
        .set("IsOneTimeVendor", no_yes(false))
        .set(
            "CTSORating",
            vendor.custom.get("rating").cloned().unwrap_or_default(),
        );
    Arc::new(row)
}

/// A released product.
pub(super) fn item(company: &Company, item: &Item) -> Arc<Row> {
    let vendor = item.vendor.as_ref().and_then(|id| company.vendors.get(id));
    let tracking = match (item.serial_tracked, item.lot_tracked) {
        (true, _) => "SerialDim",
        (_, true) => "BatchDim",
        _ => "None",
    };
    let row = Row::new(SCHEMA.known("ReleasedProductsV2"))
        .set("dataAreaId", places::company(item.company).area)
        .set("ItemNumber", &item.number)
        .set("ProductNumber", &item.number)
        .set("ProductName", &item.name)
        .set("ProductDescription", &item.description)
        .set("ProductSearchName", &item.name)
        .set("SearchName", &item.name)
        .set(
            "ProductType",
            if item.kind == ItemKind::Service {
                "Service"
            } else {
                "Item"
            },
        )
        .set("ProductSubtype", "Product")
        .set("ProductGroupId", &item.group)
        .set(
            "ItemModelGroupId",
            match item.kind {
                ItemKind::NonStock => "NonStocked",
                ItemKind::Service => "Service",
                _ => "FIFO",
            },
        )
        .set("InventoryUnitSymbol", &item.unit)
        .set("PurchaseUnitSymbol", &item.unit)
        .set("SalesUnitSymbol", &item.unit)
        .set("BOMUnitSymbol", &item.unit)
        .set("UnitCost", item.cost)
        .set("UnitCostQuantity", Decimal::from(1))
        .set("PurchasePrice", item.cost)
        .set("PurchasePriceQuantity", Decimal::from(1))
        .set("SalesPrice", item.price)
        .set("SalesPriceQuantity", Decimal::from(1))
        .set(
            "PrimaryVendorAccountNumber",
            vendor.map(|vendor| vendor.number.clone()).unwrap_or_default(),
        )
        .set("NetProductWeight", item.weight)
        .set("TrackingDimensionGroupName", tracking)
        .set("StorageDimensionGroupName", "SiteWH")
        .set(
            "ProductLifecycleStateId",
            match item.standing {
                Standing::Active => "",
                Standing::Blocked => "OnHold",
                Standing::Inactive => "Obsolete",
            },
        )
        .set("IsUnitCostAutomaticallyUpdated", no_yes(true))
        .set(
            "CTSOAbcClass",
            item.custom.get("abc_class").cloned().unwrap_or_default(),
        );
    Arc::new(row)
}

/// The stock of one item in one warehouse, by both names that the entity has had.
pub(super) fn level(company: &Company, level: &Level) -> Vec<Arc<Row>> {
    let item = company.items.get(&level.item);
    let area = level.item.split_once(':').map_or("usmf", |(area, _)| area);
    let row = |set: &str| {
        let row = Row::new(SCHEMA.known(set))
            .set("dataAreaId", area)
            .set(
                "ItemNumber",
                item.map_or_else(|| after_area(&level.item).to_owned(), |item| item.number.clone()),
            )
            .set("InventorySiteId", &level.site)
            .set("InventoryWarehouseId", &level.location)
            .set(
                "ProductName",
                item.map(|item| item.name.clone()).unwrap_or_default(),
            )
            .set("OnHandQuantity", level.on_hand)
            .set("ReservedOnHandQuantity", level.reserved)
            .set("AvailableOnHandQuantity", level.available())
            .set("OrderedQuantity", level.on_order)
            .set("AvailableOrderedQuantity", level.on_order)
            .set("TotalAvailableQuantity", level.available().plus(level.on_order))
            .set("AreWarehouseManagementProcessesUsed", no_yes(false));
        Arc::new(row)
    };
    vec![row("InventWarehouseOnHandEntries"), row("WarehousesOnHandV2")]
}

/// Rows that belong to no record.
pub(super) fn fixed() -> Vec<Arc<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for entity in COMPANIES {
        let row = Row::new(SCHEMA.known("LegalEntities"))
            .set("LegalEntityId", entity.area)
            .set("Name", entity.name);
        rows.push(row.set("AddressCountryRegionId", country(entity.country)));
    }
    let mut last = "";
    for place in PLACES {
        let area = places::company(place.company).area;
        if place.site != last {
            last = place.site;
            let row = Row::new(SCHEMA.known("OperationalSites")).set("dataAreaId", area);
            rows.push(row.set("SiteId", place.site).set("SiteName", place.site_name));
        }
        let row = Row::new(SCHEMA.known("Warehouses"))
            .set("dataAreaId", area)
            .set("WarehouseId", place.location);
        let row = row
            .set("WarehouseName", place.name)
            .set("OperationalSiteId", place.site);
        rows.push(row.set("WarehouseType", "Standard"));
    }
    rows.into_iter().map(Arc::new).collect()
}
