//! Preset dictionaries: what the records of a model have in common, so that no row needs to say it.
//!
//! Keys and punctuation are most of a small record. With a dictionary they cost next to nothing already where
//! they stand first, and a row of a typical order stays below the 1 KB that one write unit takes.
//!
//! A row names the dictionary that it was packed with, so that a dictionary is never changed and never removed. For
//! a model that has grown a new one is added behind the old; rows get it when they are written again.

/// What packed bytes with a dictionary begin with: no deflated bytes do, since it announces a block of a kind that
/// does not exist. The dictionary's number follows.
pub(super) const LEAD: u8 = 0x07;

/// A text that stands before everything that is packed with it.
#[derive(Debug)]
pub struct Dictionary {
    /// How rows name it.
    pub(super) number: u8,
    model: &'static str,
    pub(super) text: &'static [u8],
}

macro_rules! dictionaries {
    ($($number:literal $model:literal $file:literal;)*) => {
        /// All that ever were, by their numbers.
        const ALL: &[Dictionary] = &[$(Dictionary {
            number: $number,
            model: $model,
            text: include_bytes!(concat!("dictionaries/", $file)),
        }),*];
    };
}

dictionaries! {
    1 "site" "site.1.txt";
    2 "location" "location.1.txt";
    3 "user" "user.1.txt";
    4 "vendor" "vendor.1.txt";
    5 "item" "item.1.txt";
    6 "inventory_level" "inventory_level.1.txt";
    7 "purchase_order" "purchase_order.1.txt";
    8 "goods_receipt" "goods_receipt.1.txt";
    9 "supplier_invoice" "supplier_invoice.1.txt";
    10 "asset" "asset.1.txt";
    11 "work_order" "work_order.1.txt";
}

/// The newest dictionary of a model.
#[must_use]
pub fn of(model: &str) -> Option<&'static Dictionary> {
    ALL.iter().rev().find(|dictionary| dictionary.model == model)
}

/// The dictionary that a row names.
pub(super) fn numbered(number: u8) -> Option<&'static Dictionary> {
    ALL.iter().find(|dictionary| dictionary.number == number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_model_has_one() {
        for model in manifold_connectors::model::MODELS {
            assert!(of(model.name).is_some(), "{} has no dictionary", model.name);
        }
    }

    #[test]
    fn none_that_was_ever_used_is_changed() {
        let numbers: BTreeSet<u8> = ALL.iter().map(|dictionary| dictionary.number).collect();
        assert_eq!(numbers.len(), ALL.len());
        let hashes: Vec<String> = ALL
            .iter()
            .map(|dictionary| {
                let hash = xxhash_rust::xxh3::xxh3_64(dictionary.text);
                format!("{} {} {hash:016x}", dictionary.number, dictionary.model)
            })
            .collect();
        // A line may be added here, and no other may change: rows out there need the old bytes.
        insta::assert_snapshot!(hashes.join("\n"), @r"
        1 site 6e86c889e27183bc
        2 location db9165c32fc419e2
        3 user 86c6f1ad5970fc31
        4 vendor 16556e649e89d5a5
        5 item 559f65141e325225
        6 inventory_level 61ede2945edacd48
        7 purchase_order f7e9a00ad2d03fdc
        8 goods_receipt e1a195926c8154f2
        9 supplier_invoice 7aa78cb693401e27
        10 asset 0fbfd7f48af39fae
        11 work_order e17691292a3ad23e
        ");
    }
}
