//! Business Central's ids are GUIDs; people see numbers.

use super::BusinessCentral;
use crate::company::Ids;
use crate::company::places::{COMPANIES, Entity, Place};
use crate::company::seed::mix;
use crate::dialect::{Identity, Model};
use crate::sessions::random_text;

/// The GUID of a thing of some kind: always the same one.
pub(super) fn guid(kind: &str, ordinal: u64) -> String {
    let salt = kind.bytes().fold(0_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let (high, low) = (mix(salt, ordinal), mix(salt.wrapping_add(1), ordinal));
    let part = |value: u64, mask: u64| value & mask;
    format!(
        "{:08x}-{:04x}-ef11-{:04x}-{:012x}",
        part(high, 0xffff_ffff),
        part(high >> 32, 0xffff),
        0x8000 | part(high >> 48, 0x3fff),
        part(low, 0xffff_ffff_ffff)
    )
}

/// A GUID that nothing has yet.
pub(super) fn fresh_guid() -> String {
    let random = random_text();
    format!(
        "{}-{}-4{}-9{}-{}",
        &random[..8],
        &random[8..12],
        &random[13..16],
        &random[17..20],
        &random[20..32]
    )
}

impl Ids for BusinessCentral {
    fn order(&self, ordinal: u64, _company: &'static Entity) -> (String, String) {
        (guid("order", ordinal), format!("PO-{ordinal:06}"))
    }

    fn vendor(&self, ordinal: u64, _number: &str, _company: &'static Entity) -> String {
        guid("vendor", ordinal)
    }

    fn item(&self, ordinal: u64, _number: &str, _company: &'static Entity) -> String {
        guid("item", ordinal)
    }

    fn level(&self, item_id: &str, _item_number: &str, place: &Place, _lot: &str) -> String {
        format!("{item_id}:{}", place.location)
    }
}

/// A new record keeps the GUID that it is given, and is numbered after it.
pub(super) fn of(model: Model, id: &str) -> Option<Identity> {
    let is_guid = id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    let prefix = match model {
        Model::PurchaseOrder => "PO",
        Model::Vendor => "V",
        _ => "ITEM",
    };
    is_guid.then(|| Identity {
        id: id.to_owned(),
        number: format!("{prefix}-{}", &id[..8]),
        company: COMPANIES[0].key,
    })
}
