//! Stock levels.

use super::fields::Fields;
use super::{Change, RecordError, decode, ids};
use crate::company::places;
use crate::company::{Company, Level};
use crate::decimal::Decimal;
use crate::dialect::{Dialect, Model};

/// Creates or changes a stock level; answers its id and the fields that the dialect has nowhere.
pub(super) fn put(
    change: &Change,
    dialect: &dyn Dialect,
    company: &mut Company,
) -> Result<(String, Vec<String>), RecordError> {
    let known = exact(company, dialect, &change.id);
    let mut level = match known.and_then(|id| company.levels.get(&id)) {
        Some(level) => level.clone(),
        None => created(change, dialect, company)?,
    };
    let mut fields = Fields::new(&change.body, "", dialect, Model::InventoryLevel);
    fields.decimal("quantity_on_hand", &mut level.on_hand)?;
    fields.decimal("quantity_reserved", &mut level.reserved)?;
    fields.decimal("quantity_on_order", &mut level.on_order)?;
    fields.decimal("reorder_point", &mut level.reorder_point)?;
    fields.decimal("min", &mut level.minimum)?;
    fields.decimal("max", &mut level.maximum)?;
    // These are the record's key: they are given, and they stay.
    for name in ["item", "site", "location", "lot", "unit"] {
        let _ = fields.take(name);
    }
    let ignored = fields.ignored();
    level.modified = change.at_ms;
    let id = level.id.clone();
    company.levels.insert(id.clone(), level);
    Ok((id, ignored))
}

/// The level that the id names with its place; a level of another place is not meant.
fn exact(company: &Company, dialect: &dyn Dialect, id: &str) -> Option<String> {
    let found = ids::level(company, dialect, id)?;
    let place = ids::place_of(dialect, &decode(id));
    let level = company.levels.get(&found)?;
    place
        .is_none_or(|place| place.location == level.location)
        .then_some(found)
}

fn created(change: &Change, dialect: &dyn Dialect, company: &Company) -> Result<Level, RecordError> {
    let parts = decode(&change.id);
    let item = ids::item_of(company, &parts)
        .and_then(|id| company.items.get(&id))
        .ok_or(RecordError::BadId)?;
    let place = ids::place_of(dialect, &parts).or_else(|| places::of_company(item.company).next());
    let place = place.ok_or(RecordError::BadId)?;
    Ok(Level {
        id: dialect.level(&item.id, &item.number, place, ""),
        item: item.id.clone(),
        site: place.site.to_owned(),
        location: place.location.to_owned(),
        lot: String::new(),
        on_hand: Decimal::ZERO,
        reserved: Decimal::ZERO,
        on_order: Decimal::ZERO,
        reorder_point: Decimal::ZERO,
        minimum: Decimal::ZERO,
        maximum: Decimal::ZERO,
        modified: change.at_ms,
    })
}
