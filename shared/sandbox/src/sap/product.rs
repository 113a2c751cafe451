//! Items as `API_PRODUCT_SRV` shows them, and their stock as `API_MATERIAL_STOCK_SRV` does.

use std::sync::Arc;

use super::schema::V2;
use crate::company::places;
use crate::company::{Company, Item, ItemKind, Level, Standing};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::{day, instant};

/// Product types that SAP delivers.
const fn product_type(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Stock => "HAWA",
        ItemKind::Service => "SERV",
        ItemKind::NonStock => "NLAG",
        ItemKind::Assembly => "HALB",
    }
}

/// The product with its descriptions, plants and prices, and the head of its stock.
pub(super) fn rows(company: &Company, item: &Item) -> Vec<Arc<Row>> {
    let mut rows = Vec::new();
    let descriptions =
        [("EN", item.name.clone()), ("DE", format!("{} (DE)", item.name))].map(|(language, text)| {
            let row = Row::new(V2.known("A_ProductDescription"));
            Arc::new(
                row.set("Product", &item.number)
                    .set("Language", language)
                    .set("ProductDescription", text),
            )
        });
    let mut sites: Vec<&str> = places::of_company(item.company).map(|place| place.site).collect();
    sites.dedup();
    let plants: Vec<Arc<Row>> = sites
        .iter()
        .map(|site| plant(company, item, site, &mut rows))
        .collect();
    let prices: Vec<Arc<Row>> = sites.iter().map(|site| valuation(item, site)).collect();
    let procurement = Row::new(V2.known("A_ProductProcurement"));
    let procurement = Arc::new(
        procurement
            .set("Product", &item.number)
            .set("PurchaseOrderQuantityUnit", &item.unit),
    );
    let unit = Row::new(V2.known("A_ProductUnitsOfMeasure"))
        .set("Product", &item.number)
        .set("AlternativeUnit", &item.unit)
        .set("QuantityNumerator", Decimal::from(1))
        .set("QuantityDenominator", Decimal::from(1))
        .set("GlobalTradeItemNumber", &item.barcode)
        .set("BaseUnit", &item.unit);
    let unit = Arc::new(unit);
    let product = Row::new(V2.known("A_Product"))
        .set("Product", &item.number)
        .set("ProductType", product_type(item.kind))
        .set(
            "CrossPlantStatus",
            if item.standing == Standing::Blocked {
                "01"
            } else {
                ""
            },
        )
        .set("CreationDate", day(Some(item.created)))
        .set("CreatedByUser", "CB9980000012")
        .set("LastChangeDate", day(Some(item.modified)))
        .set("LastChangeDateTime", instant(Some(item.modified)))
        .set("IsMarkedForDeletion", item.standing == Standing::Inactive)
        .set("GrossWeight", item.weight.times(Decimal::new(11, 1)).rounded(3))
        .set("PurchaseOrderQuantityUnit", &item.unit)
        .set("WeightUnit", "KG")
        .set("NetWeight", item.weight)
        .set("ProductGroup", &item.group)
        .set("BaseUnit", &item.unit)
        .set("SizeOrDimensionText", "")
        .set("ProductStandardID", &item.barcode)
        .set(
            "InternationalArticleNumberCat",
            if item.barcode.is_empty() { "" } else { "HE" },
        )
        .set("IsBatchManagementRequired", item.lot_tracked)
        .set("ProductManufacturerNumber", &item.part_number)
        .set("ManufacturerNumber", &item.manufacturer)
        .set(
            "SerialNumberProfile",
            if item.serial_tracked { "0001" } else { "" },
        )
        .set(
            "YY1_AbcClass_PRD",
            item.custom.get("abc_class").cloned().unwrap_or_default(),
        )
        .link("to_Description", descriptions.to_vec())
        .link("to_Plant", plants.clone())
        .link("to_ProductProcurement", vec![procurement.clone()])
        .link("to_ProductUnitsOfMeasure", vec![unit.clone()])
        .link("to_Valuation", prices.clone());
    rows.push(Arc::new(product));
    rows.extend(descriptions);
    rows.extend(plants);
    rows.extend(prices);
    rows.extend([procurement, unit]);
    rows.push(material_stock(company, item));
    rows
}

fn plant(company: &Company, item: &Item, site: &str, rows: &mut Vec<Arc<Row>>) -> Arc<Row> {
    let here = || levels(company, item).filter(|level| level.site == site);
    let sum = |of: fn(&Level) -> Decimal| here().fold(Decimal::ZERO, |sum, level| sum.plus(of(level)));
    let planning = Row::new(V2.known("A_ProductSupplyPlanning"))
        .set("Product", &item.number)
        .set("Plant", site)
        .set("MRPType", "VB")
        .set("SafetyStockQuantity", sum(|level| level.minimum))
        .set("MaximumStockQuantity", sum(|level| level.maximum))
        .set("ReorderThresholdQuantity", sum(|level| level.reorder_point))
        .set("PlannedDeliveryDurationInDays", Decimal::from(7))
        .set("BaseUnit", &item.unit);
    let planning = Arc::new(planning);
    rows.push(planning.clone());
    let plant = Row::new(V2.known("A_ProductPlant"))
        .set("Product", &item.number)
        .set("Plant", site)
        .set("PurchasingGroup", "001")
        .set("ProfitCenter", "YB600")
        .set("MRPType", "VB")
        .set("IsMarkedForDeletion", item.standing == Standing::Inactive)
        .set("IsBatchManagementRequired", item.lot_tracked)
        .set("ProcurementType", "F")
        .set("BaseUnit", &item.unit)
        .link("to_ProductSupplyPlanning", vec![planning]);
    Arc::new(plant)
}

fn valuation(item: &Item, site: &str) -> Arc<Row> {
    let row = Row::new(V2.known("A_ProductValuation"))
        .set("Product", &item.number)
        .set("ValuationArea", site)
        .set("ValuationClass", "3100")
        .set("StandardPrice", item.cost)
        .set("PriceUnitQty", Decimal::from(1))
        .set("InventoryValuationProcedure", "S")
        .set("MovingAveragePrice", item.cost)
        .set("Currency", &item.currency)
        .set("BaseUnit", &item.unit);
    Arc::new(row)
}

fn levels<'a>(company: &'a Company, item: &'a Item) -> impl Iterator<Item = &'a Level> {
    company.levels.values().filter(|level| level.item == item.id)
}

fn material_stock(company: &Company, item: &Item) -> Arc<Row> {
    let below = levels(company, item)
        .map(|level| Arc::new(stock_row(level, &item.unit)))
        .collect();
    let row = Row::new(V2.known("A_MaterialStock"))
        .set("Material", &item.number)
        .set("MaterialBaseUnit", &item.unit)
        .link("to_MatlStkInAcctMod", below);
    Arc::new(row)
}

/// One stock level.
pub(super) fn stock(company: &Company, level: &Level) -> Vec<Arc<Row>> {
    let unit = company
        .items
        .get(&level.item)
        .map(|item| item.unit.as_str())
        .unwrap_or("EA");
    vec![Arc::new(stock_row(level, unit))]
}

fn stock_row(level: &Level, unit: &str) -> Row {
    Row::new(V2.known("A_MatlStkInAcctMod"))
        .set("Material", &level.item)
        .set("Plant", &level.site)
        .set("StorageLocation", &level.location)
        .set("Batch", &level.lot)
        .set("InventoryStockType", "01")
        .set("MaterialBaseUnit", unit)
        .set("MatlWrhsStkQtyInMatlBaseUnit", level.on_hand)
}
