//! Keys of Finance & Operations begin with the legal entity.

use super::Finance;
use crate::company::Ids;
use crate::company::places::{self, Entity, Place};
use crate::dialect::Identity;
use crate::records::{decode, joined};

impl Ids for Finance {
    fn order(&self, ordinal: u64, company: &'static Entity) -> (String, String) {
        let number = format!("PO-{ordinal:06}");
        (format!("{}:{number}", company.area), number)
    }

    fn vendor(&self, _ordinal: u64, number: &str, company: &'static Entity) -> String {
        format!("{}:{number}", company.area)
    }

    fn item(&self, _ordinal: u64, number: &str, company: &'static Entity) -> String {
        format!("{}:{number}", company.area)
    }

    /// All nine parts of the key of a warehouse's stock; the five in the middle are the product's dimensions.
    fn level(&self, item_id: &str, _item_number: &str, place: &Place, _lot: &str) -> String {
        format!("{item_id}::::::{}:{}", place.site, place.location)
    }
}

/// A new record: `usmf:PO-000999`.
pub(super) fn of(id: &str) -> Option<Identity> {
    let parts = decode(id);
    match parts.as_slice() {
        [area, number] if !number.is_empty() => {
            let company = places::area(area)?;
            Some(Identity {
                id: joined(&parts),
                number: number.clone(),
                company: company.key,
            })
        }
        _ => None,
    }
}
