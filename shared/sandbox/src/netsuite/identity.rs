//! NetSuite's ids are whole numbers that mean nothing; people see `tranid`, `entityid` and `itemid`.

use super::NetSuite;
use crate::company::Ids;
use crate::company::places::{COMPANIES, Entity, Place};
use crate::dialect::{Identity, Model};

impl Ids for NetSuite {
    fn order(&self, ordinal: u64, _company: &'static Entity) -> (String, String) {
        ((20_000 + ordinal).to_string(), format!("PO-{ordinal:06}"))
    }

    fn vendor(&self, ordinal: u64, _number: &str, _company: &'static Entity) -> String {
        (1000 + ordinal).to_string()
    }

    fn item(&self, ordinal: u64, _number: &str, _company: &'static Entity) -> String {
        (3000 + ordinal).to_string()
    }

    fn level(&self, item_id: &str, _item_number: &str, place: &Place, _lot: &str) -> String {
        format!("{item_id}:{}", place.id)
    }
}

/// A new record keeps the internal id that it is given.
pub(super) fn of(model: Model, id: &str) -> Option<Identity> {
    let is_number = !id.is_empty() && id.len() <= 18 && id.bytes().all(|byte| byte.is_ascii_digit());
    let number = match model {
        Model::PurchaseOrder => format!("PO-{id}"),
        Model::Vendor => format!("V{id}"),
        _ => format!("ITEM-{id}"),
    };
    is_number.then(|| Identity {
        id: id.to_owned(),
        number,
        company: COMPANIES[0].key,
    })
}
