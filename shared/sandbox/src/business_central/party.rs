//! Vendors, items, stock movements, and lists that never change.

use std::sync::Arc;

use super::identity::guid;
use super::schema::SCHEMA;
use crate::company::places::{COMPANIES, PLACES, Place};
use crate::company::{Company, Item, ItemKind, Level, Standing, Vendor};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::Value;

/// A vendor.
pub(super) fn vendor(vendor: &Vendor) -> Arc<Row> {
    let address = &vendor.address;
    // No blank, escaped, means that nothing is blocked.
    let blocked = match vendor.standing {
        Standing::Active => "_x0020_",
        Standing::Blocked => "Payment",
        Standing::Inactive => "All",
    };
    let row = Row::new(SCHEMA.known("vendors"))
        .set("id", &vendor.id)
        .set("number", &vendor.number)
        .set("displayName", &vendor.name)
        .set("addressLine1", &address.street)
        .set("addressLine2", &address.extra)
        .set("city", &address.city)
        .set("state", &address.region)
        .set("country", &address.country)
        .set("postalCode", &address.postal_code)
        .set("phoneNumber", &address.phone)
        .set("email", &address.email)
        .set("website", &vendor.website)
        .set("taxRegistrationNumber", &vendor.tax_id)
        .set("currencyId", guid(&vendor.currency, 0))
        .set("currencyCode", &vendor.currency)
        .set("paymentTermsId", guid(&vendor.payment_terms, 0))
        .set("taxLiable", true)
        .set("blocked", blocked)
        .set("lastModifiedDateTime", Value::Instant(vendor.modified))
        .set(
            "contosoRating",
            vendor.custom.get("rating").cloned().unwrap_or_default(),
        )
        .link("paymentTerm", vec![terms(&vendor.payment_terms)])
        .link("currency", vec![currency(&vendor.currency)]);
    Arc::new(row)
}

const fn item_type(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Stock | ItemKind::Assembly => "Inventory",
        ItemKind::Service => "Service",
        ItemKind::NonStock => "Non_x002D_Inventory",
    }
}

/// An item with its stock in all locations.
pub(super) fn item(company: &Company, item: &Item) -> Arc<Row> {
    let mine = company.levels.values().filter(|level| level.item == item.id);
    let stock = mine.fold(Decimal::ZERO, |sum, level| sum.plus(level.on_hand));
    let row = Row::new(SCHEMA.known("items"))
        .set("id", &item.id)
        .set("number", &item.number)
        .set("displayName", &item.name)
        .set("type", item_type(item.kind))
        .set("itemCategoryId", guid(&item.group, 0))
        .set("itemCategoryCode", &item.group)
        .set("blocked", item.standing != Standing::Active)
        .set("gtin", &item.barcode)
        .set("inventory", stock)
        .set("unitPrice", item.price)
        .set("unitCost", item.cost)
        .set("baseUnitOfMeasureId", guid(&item.unit, 0))
        .set("baseUnitOfMeasureCode", &item.unit)
        .set("lastModifiedDateTime", Value::Instant(item.modified))
        .set(
            "contosoAbcClass",
            item.custom.get("abc_class").cloned().unwrap_or_default(),
        );
    Arc::new(row)
}

/// The API has no stock by location: it has the movements that led to it. Here it is one of each place.
pub(super) fn ledger_entry(company: &Company, level: &Level) -> Arc<Row> {
    let item = company.items.get(&level.item);
    let number = item.map(|item| item.number.clone()).unwrap_or_default();
    let cost = item
        .map(|item| item.cost.times(level.on_hand).rounded(2))
        .unwrap_or(Decimal::ZERO);
    let sum = level.id.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let row = Row::new(SCHEMA.known("itemLedgerEntries"))
        .set("id", guid(&level.id, 1))
        .set("entryNumber", i64::try_from(sum % 1_000_000_000).unwrap_or(0))
        .set("itemNumber", number)
        .set("postingDate", Value::Day(crate::clock::midnight(level.modified)))
        .set("entryType", "Positive_x0020_Adjmt_x002E_")
        .set("documentNumber", format!("STOCK-{}", level.location))
        .set("description", format!("Stock in {}", level.location))
        .set("quantity", level.on_hand)
        .set("costAmountActual", cost)
        .set("lastModifiedDateTime", Value::Instant(level.modified));
    Arc::new(row)
}

/// A storage location.
pub(super) fn location(place: &Place) -> Arc<Row> {
    let row = Row::new(SCHEMA.known("locations"))
        .set("id", guid("location", place.id.unsigned_abs()))
        .set("code", place.location)
        .set("displayName", place.name)
        .set("addressLine1", place.street_line())
        .set("city", place.city)
        .set("state", place.region)
        .set("postalCode", place.postal_code)
        .set("country", place.country)
        .set("lastModifiedDateTime", Value::Instant(1_600_000_000_000));
    Arc::new(row)
}

/// Payment terms of a code.
pub(super) fn terms(code: &str) -> Arc<Row> {
    let days = if code == "NT60" { "60D" } else { "30D" };
    let row = Row::new(SCHEMA.known("paymentTerms"))
        .set("id", guid(code, 0))
        .set("code", code)
        .set("displayName", format!("Payment terms {code}"))
        .set("dueDateCalculation", days);
    Arc::new(row)
}

/// A shipment method, which here says who bears the cost and risk of delivery: `DAP`.
pub(super) fn shipment_method(code: &str) -> Arc<Row> {
    let name = match code {
        "DAP" => "Delivered at Place",
        "EXW" => "Ex Works",
        "FCA" => "Free Carrier",
        other => other,
    };
    let row = Row::new(SCHEMA.known("shipmentMethods"))
        .set("id", guid(code, 2))
        .set("code", code)
        .set("displayName", name);
    Arc::new(row)
}

/// A unit of measure of a code.
pub(super) fn unit(code: &str) -> Arc<Row> {
    let row = Row::new(SCHEMA.known("unitsOfMeasure"))
        .set("id", guid(code, 0))
        .set("code", code)
        .set("displayName", code)
        .set("internationalStandardCode", code);
    Arc::new(row)
}

/// A currency of a code.
pub(super) fn currency(code: &str) -> Arc<Row> {
    let row = Row::new(SCHEMA.known("currencies"))
        .set("id", guid(code, 0))
        .set("code", code)
        .set("displayName", code)
        .set("amountDecimalPlaces", if code == "JPY" { "0:0" } else { "2:2" });
    Arc::new(row)
}

/// Rows that belong to no record.
pub(super) fn fixed() -> Vec<Arc<Row>> {
    let mut rows: Vec<Arc<Row>> = PLACES.iter().map(location).collect();
    rows.extend(["0001", "NT30", "NT60", "2%10"].map(terms));
    rows.extend(["USD", "EUR", "GBP", "JPY", "CHF"].map(currency));
    rows.extend(["DAP", "EXW", "FCA"].map(shipment_method));
    rows.extend(["EA", "KG", "L", "M", "H", "PAA"].map(unit));
    for (id, name) in [
        (super::COMPANY, COMPANIES[0].name),
        ("8a0e4c77-6e20-ef11-9f89-6045bdc8a1f0", "My Company"),
    ] {
        let row = Row::new(SCHEMA.known("companies"))
            .set("id", id)
            .set("systemVersion", "24.0.18700.0");
        rows.push(Arc::new(
            row.set("name", name)
                .set("displayName", name)
                .set("systemCreatedAt", Value::Instant(1_600_000_000_000)),
        ));
    }
    rows
}
