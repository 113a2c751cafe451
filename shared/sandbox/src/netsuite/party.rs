//! Vendors, items and stock as rows.

use std::sync::Arc;

use super::lists::{CLASSES, CURRENCIES, TERMS, UNITS, id_of};
use super::order::{entry, flag, number, seconds, text};
use super::tables::TABLES;
use crate::company::places;
use crate::company::{Company, Item, ItemKind, Level, Standing, Vendor};
use crate::decimal::Decimal;
use crate::odata::row::Row;
use crate::odata::value::Value;

/// The vendor, its address book and its address, by both names that each of them has.
pub(super) fn vendor(vendor: &Vendor) -> Vec<Arc<Row>> {
    let key = vendor.id.parse::<i64>().unwrap_or_default() + 700_000;
    let address = &vendor.address;
    let row = Row::new(TABLES.known("vendor"))
        .set("id", number(&vendor.id))
        .set("entityid", text(&vendor.number))
        .set("entitytitle", format!("{} {}", vendor.number, vendor.name))
        .set("altname", text(&vendor.name))
        .set("companyname", text(&vendor.name))
        .set("legalname", text(&vendor.legal_name))
        .set("printoncheckas", text(&vendor.legal_name))
        .set("isperson", "F")
        // Blocked vendors do not exist: a vendor is in use or not.
        .set("isinactive", flag(vendor.standing != Standing::Active))
        .set("email", text(&address.email))
        .set("phone", text(&address.phone))
        .set("url", text(&vendor.website))
        .set("category", 1_i64)
        .set("currency", entry(CURRENCIES, &vendor.currency))
        .set("terms", entry(TERMS, &vendor.payment_terms))
        .set("subsidiary", places::company(vendor.company).subsidiary)
        .set("vatregnumber", text(&vendor.tax_id))
        .set("taxidnum", text(&vendor.tax_id))
        .set("datecreated", seconds(Some(vendor.created)))
        .set("lastmodifieddate", seconds(Some(vendor.modified)))
        .set("defaultbillingaddress", key)
        .set("defaultshippingaddress", key)
        .set(
            "custentity_rating",
            vendor
                .custom
                .get("rating")
                .map_or(Value::Null, |rating| text(rating)),
        );
    let book = |table: &str| {
        let row = Row::new(TABLES.known(table))
            .set("internalid", key)
            .set("entity", number(&vendor.id))
            .set("addressbookaddress", key)
            .set("defaultbilling", "T")
            .set("defaultshipping", "T")
            .set("label", text(&address.city));
        Arc::new(row)
    };
    let entity_address = |table: &str| {
        let line = [
            address.street.as_str(),
            address.postal_code.as_str(),
            address.city.as_str(),
        ]
        .join(", ");
        let row = Row::new(TABLES.known(table))
            .set("nkey", key)
            .set("addressee", text(&vendor.legal_name))
            .set("attention", text(&vendor.contact))
            .set("addr1", text(&address.street))
            .set("addr2", text(&address.extra))
            .set("city", text(&address.city))
            .set("state", text(&address.region))
            .set("zip", text(&address.postal_code))
            .set("country", text(&address.country))
            .set("addrphone", text(&address.phone))
            .set("addrtext", line)
            .set("recordowner", number(&vendor.id))
            .set("lastmodifieddate", seconds(Some(vendor.modified)));
        Arc::new(row)
    };
    vec![
        Arc::new(row),
        book("vendoraddressbook"),
        book("entityaddressbook"),
        entity_address("entityaddress"),
        entity_address("vendoraddressbookentityaddress"),
    ]
}

const fn item_type(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Stock => "InvtPart",
        ItemKind::Service => "Service",
        ItemKind::NonStock => "NonInvtPart",
        ItemKind::Assembly => "Assembly",
    }
}

/// The item, and who sells it.
pub(super) fn item(company: &Company, item: &Item) -> Vec<Arc<Row>> {
    let unit = id_of(UNITS, &item.unit).map_or_else(|| text(&item.unit), Value::Whole);
    let mine = company.levels.values().filter(|level| level.item == item.id);
    let on_hand = mine.fold(Decimal::ZERO, |sum, level| sum.plus(level.on_hand));
    let row = Row::new(TABLES.known("item"))
        .set("id", number(&item.id))
        .set("itemid", text(&item.number))
        .set("fullname", text(&item.number))
        .set("displayname", text(&item.name))
        .set("description", text(&item.description))
        .set("purchasedescription", text(&item.description))
        .set("salesdescription", text(&item.description))
        .set("itemtype", item_type(item.kind))
        .set("subtype", "Purchase")
        .set("isinactive", flag(item.standing != Standing::Active))
        .set("createddate", seconds(Some(item.created)))
        .set("lastmodifieddate", seconds(Some(item.modified)))
        .set("cost", item.cost)
        .set("averagecost", item.cost)
        .set("lastpurchaseprice", item.cost)
        .set("baseprice", item.price)
        .set("unitstype", 1_i64)
        .set("stockunit", unit.clone())
        .set("purchaseunit", unit.clone())
        .set("saleunit", unit)
        .set(
            "class",
            id_of(CLASSES, &item.group).map_or_else(|| text(&item.group), Value::Whole),
        )
        .set("subsidiary", places::company(item.company).subsidiary)
        .set("manufacturer", text(&item.manufacturer))
        .set("mpn", text(&item.part_number))
        .set("upccode", text(&item.barcode))
        .set("vendor", item.vendor.as_deref().map_or(Value::Null, number))
        .set("vendorname", text(&item.part_number))
        .set("isserialitem", flag(item.serial_tracked))
        .set("islotitem", flag(item.lot_tracked))
        .set("weight", item.weight)
        .set("weightunit", 3_i64)
        .set("totalquantityonhand", on_hand)
        .set("leadtime", 7_i64)
        .set(
            "custitem_abc_class",
            item.custom
                .get("abc_class")
                .map_or(Value::Null, |class| text(class)),
        );
    let mut rows = vec![Arc::new(row)];
    if let Some(vendor) = item.vendor.as_ref().and_then(|id| company.vendors.get(id)) {
        let sold_by = Row::new(TABLES.known("itemvendor"))
            .set("item", number(&item.id))
            .set("vendor", number(&vendor.id))
            .set("vendorcode", text(&item.part_number))
            .set("purchaseprice", item.cost)
            .set("preferredvendor", "T")
            .set("subsidiary", places::company(item.company).subsidiary);
        rows.push(Arc::new(sold_by));
    }
    rows
}

/// The stock in one place, in the three tables that show it.
pub(super) fn level(level: &Level) -> Vec<Arc<Row>> {
    let place = places::by_location(&level.location).map_or(Value::Null, |place| Value::Whole(place.id));
    let keyed = |table: &str| {
        Row::new(TABLES.known(table))
            .set("item", number(&level.item))
            .set("location", place.clone())
    };
    let stock = |table: &str| {
        let row = keyed(table)
            .set("quantityonhand", level.on_hand)
            .set("quantityavailable", level.available())
            .set("quantityonorder", level.on_order)
            .set("quantitycommitted", level.reserved)
            .set("quantitybackordered", Decimal::ZERO)
            .set("reorderpoint", level.reorder_point)
            .set("preferredstocklevel", level.maximum)
            .set("safetystocklevel", level.minimum)
            .set("lastquantityavailablechange", seconds(Some(level.modified)));
        Arc::new(row)
    };
    let balance = keyed("inventorybalance")
        .set("quantityonhand", level.on_hand)
        .set("quantityavailable", level.available())
        .set("inventorystatus", 1_i64);
    vec![
        stock("inventoryitemlocations"),
        stock("aggregateitemlocation"),
        Arc::new(balance),
    ]
}
