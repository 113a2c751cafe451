//! SAP's ids are the numbers that people use.

use super::Sap;
use crate::company::Ids;
use crate::company::places::{COMPANIES, Entity, Place};
use crate::dialect::{Identity, Model};
use crate::records::{decode, joined};

impl Ids for Sap {
    fn order(&self, ordinal: u64, _company: &'static Entity) -> (String, String) {
        let number = (4_500_000_000 + ordinal).to_string();
        (number.clone(), number)
    }

    fn vendor(&self, _ordinal: u64, number: &str, _company: &'static Entity) -> String {
        number.to_owned()
    }

    fn item(&self, _ordinal: u64, number: &str, _company: &'static Entity) -> String {
        number.to_owned()
    }

    /// All eleven parts of the key of `A_MatlStkInAcctMod`, in the EDMX's order; `01` is unrestricted stock.
    fn level(&self, item_id: &str, _item_number: &str, place: &Place, lot: &str) -> String {
        format!("{item_id}:{}:{}:{lot}:::::::01", place.site, place.location)
    }
}

/// A new record's number is its id.
pub(super) fn of(model: Model, id: &str) -> Option<Identity> {
    let parts = decode(id);
    let longest = if model == Model::PurchaseOrder || model == Model::Vendor {
        10
    } else {
        40
    };
    match parts.as_slice() {
        [only] if !only.is_empty() && only.chars().count() <= longest => Some(Identity {
            id: joined(&parts),
            number: only.clone(),
            company: COMPANIES[0].key,
        }),
        _ => None,
    }
}
