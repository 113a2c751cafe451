//! Items.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::Fields;
use super::{Change, RecordError, decode, joined};
use crate::company::places;
use crate::company::{Company, Item, ItemKind, Standing};
use crate::decimal::Decimal;
use crate::dialect::{Dialect, Model};

/// Creates or changes an item; answers its id and the fields that the dialect has nowhere.
pub(super) fn put(
    change: &Change,
    dialect: &dyn Dialect,
    company: &mut Company,
) -> Result<(String, Vec<String>), RecordError> {
    let id = joined(&decode(&change.id));
    let mut item = match company.items.get(&id) {
        Some(item) => item.clone(),
        None => created(change, dialect)?,
    };
    let mut fields = Fields::new(&change.body, "", dialect, Model::Item);
    fields.text("number", &mut item.number)?;
    fields.text("name", &mut item.name)?;
    fields.text("description", &mut item.description)?;
    fields.word("group", &mut item.group)?;
    fields.text("base_unit", &mut item.unit)?;
    fields.text("currency", &mut item.currency)?;
    fields.text("manufacturer", &mut item.manufacturer)?;
    fields.text("manufacturer_part_number", &mut item.part_number)?;
    fields.decimal("cost", &mut item.cost)?;
    fields.decimal("price", &mut item.price)?;
    if let Some(value) = fields.take("type") {
        item.kind = value
            .as_str()
            .and_then(ItemKind::named)
            .ok_or_else(|| fields.bad("type"))?;
    }
    if let Some(value) = fields.take("status") {
        item.standing = value
            .as_str()
            .and_then(Standing::named)
            .ok_or_else(|| fields.bad("status"))?;
    }
    if let Some(value) = fields.take("serial_tracked") {
        item.serial_tracked = value.as_bool().ok_or_else(|| fields.bad("serial_tracked"))?;
    }
    if let Some(value) = fields.take("lot_tracked") {
        item.lot_tracked = value.as_bool().ok_or_else(|| fields.bad("lot_tracked"))?;
    }
    if let Some(Value::Array(barcodes)) = fields.take("barcodes") {
        item.barcode = barcodes
            .first()
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
    }
    let mut ignored = fields.custom(dialect, Model::Item, &mut item.custom);
    ignored.extend(fields.ignored());
    item.modified = change.at_ms;
    let id = item.id.clone();
    company.items.insert(id.clone(), item);
    Ok((id, ignored))
}

fn created(change: &Change, dialect: &dyn Dialect) -> Result<Item, RecordError> {
    let identity = dialect
        .identify(Model::Item, &change.id)
        .ok_or(RecordError::BadId)?;
    Ok(Item {
        id: identity.id,
        name: format!("Item {}", identity.number),
        number: identity.number,
        description: String::new(),
        company: identity.company,
        kind: ItemKind::Stock,
        standing: Standing::Active,
        group: "FASTENER".to_owned(),
        unit: "EA".to_owned(),
        cost: Decimal::from(1),
        price: Decimal::from(1),
        currency: places::company(identity.company).currency.to_owned(),
        manufacturer: String::new(),
        part_number: String::new(),
        barcode: String::new(),
        vendor: None,
        weight: Decimal::ZERO,
        serial_tracked: false,
        lot_tracked: false,
        created: change.at_ms,
        modified: change.at_ms,
        custom: BTreeMap::new(),
    })
}
