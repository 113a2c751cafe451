//! Three hundred items and where they lie.

use std::collections::BTreeMap;

use super::places::{self, COMPANIES};
use super::seed::{below, mix, pick};
use super::{Ids, Item, ItemKind, Level, Standing, Vendor};
use crate::clock::{DAY, MINUTE};
use crate::decimal::Decimal;

/// How many items there are.
pub(super) const COUNT: u64 = 300;

/// Name, unit, group, kind.
const KINDS: [(&str, &str, &str, ItemKind); 15] = [
    ("Hex bolt M8x40", "EA", "FASTENER", ItemKind::Stock),
    ("Ball bearing 6204-2RS", "EA", "BEARING", ItemKind::Stock),
    ("Hydraulic oil HLP 46", "L", "LUBRICANT", ItemKind::Stock),
    ("Sechskantmutter M8 verzinkt", "EA", "FASTENER", ItemKind::Stock),
    ("Οδοντωτός ιμάντας", "EA", "DRIVE", ItemKind::Stock),
    ("油圧ポンプ", "EA", "PUMP", ItemKind::Assembly),
    ("Steel plate S235 10 mm", "KG", "STEEL", ItemKind::Stock),
    ("Proximity sensor M12", "EA", "SENSOR", ItemKind::Stock),
    ("Control cable 4x0.75", "M", "CABLE", ItemKind::Stock),
    ("On-site maintenance", "H", "SERVICE", ItemKind::Service),
    ("Cartridge filter 10 µm", "EA", "FILTER", ItemKind::Stock),
    ("Safety gloves, size L", "PAA", "SAFETY", ItemKind::NonStock),
    ("Gear motor 0.75 kW", "EA", "DRIVE", ItemKind::Assembly),
    ("Wälzlagerfett 1 kg", "KG", "LUBRICANT", ItemKind::Stock),
    ("Gasket 3/4\"", "EA", "SEAL", ItemKind::Stock),
];

/// All items, in order of their ordinals from 1.
pub(super) fn all(started_ms: i64, ids: &dyn Ids, vendors: &[Vendor]) -> Vec<Item> {
    (1..=COUNT)
        .map(|ordinal| item(ordinal, started_ms, ids, vendors))
        .collect()
}

/// The number people use; some are mostly zeros, which every reader has to keep.
fn number(ordinal: u64) -> String {
    match ordinal {
        10 => "00010".to_owned(),
        47 => "000000000000004711".to_owned(),
        90 => "MAT/0090-B".to_owned(),
        _ => format!("MAT-{ordinal:04}"),
    }
}

fn item(ordinal: u64, started_ms: i64, ids: &dyn Ids, vendors: &[Vendor]) -> Item {
    let company = &COMPANIES[[0, 0, 0, 1, 2][(ordinal % 5) as usize]];
    let (name, unit, group, kind) = KINDS[((ordinal - 1) % 15) as usize];
    let number = number(ordinal);
    let digits = super::currency_digits(company.currency);
    let cost = Decimal::new(i128::from(150 + below(21, ordinal, 90_000)), 2).rounded(digits);
    let likely: Vec<&Vendor> = vendors
        .iter()
        .filter(|vendor| vendor.company == company.key)
        .collect();
    Item {
        id: ids.item(ordinal, &number, company),
        name: format!("{name} #{ordinal}"),
        description: format!("{name}, batch of drawing {}", 1000 + ordinal),
        company: company.key,
        kind,
        standing: match ordinal {
            14 => Standing::Blocked,
            33 | 180 => Standing::Inactive,
            _ => Standing::Active,
        },
        group: group.to_owned(),
        unit: unit.to_owned(),
        price: cost.times(Decimal::new(13, 1)).rounded(digits),
        cost,
        currency: company.currency.to_owned(),
        manufacturer: (*pick(22, ordinal, &["SKF", "Bosch Rexroth", "ifm", "NSK", ""])).to_owned(),
        part_number: format!("P{:06}", mix(23, ordinal) % 1_000_000),
        barcode: if ordinal.is_multiple_of(4) {
            String::new()
        } else {
            format!("40{:011}", mix(24, ordinal) % 100_000_000_000)
        },
        vendor: likely
            .get((mix(25, ordinal) as usize) % likely.len().max(1))
            .map(|vendor| vendor.id.clone()),
        weight: Decimal::new(i128::from(5 + below(26, ordinal, 20_000)), 3),
        serial_tracked: kind == ItemKind::Assembly,
        lot_tracked: group == "LUBRICANT",
        created: started_ms - (800 + below(27, ordinal, 500)) * DAY,
        modified: started_ms - DAY - below(28, ordinal, 55 * 24 * 60) * MINUTE,
        custom: BTreeMap::from([(
            "abc_class".to_owned(),
            (*pick(29, ordinal, &["A", "B", "C"])).to_owned(),
        )]),
        number,
    }
}

/// Stock of every item that is kept in stock, in one or more places of its company.
pub(super) fn levels(started_ms: i64, ids: &dyn Ids, items: &[Item]) -> Vec<Level> {
    let mut levels = Vec::new();
    for (ordinal, item) in (1_u64..).zip(items) {
        if matches!(item.kind, ItemKind::Service | ItemKind::NonStock) {
            continue;
        }
        for (index, place) in (0_u64..).zip(places::of_company(item.company)) {
            let salt = ordinal * 8 + index;
            if index > 0 && mix(31, salt).is_multiple_of(3) {
                continue;
            }
            levels.push(level(salt, started_ms, ids, item, place));
        }
    }
    levels
}

fn level(salt: u64, started_ms: i64, ids: &dyn Ids, item: &Item, place: &places::Place) -> Level {
    let lot = if item.lot_tracked {
        format!("LOT{:05}", mix(32, salt) % 100_000)
    } else {
        String::new()
    };
    let fraction = matches!(item.unit.as_str(), "KG" | "L" | "M");
    let on_hand = match mix(33, salt) % 12 {
        0 => Decimal::ZERO,
        _ if fraction => Decimal::new(i128::from(below(34, salt, 900_000)), 3),
        _ => Decimal::from(below(34, salt, 900)),
    };
    let reorder = Decimal::from(10 + below(35, salt, 50));
    Level {
        id: ids.level(&item.id, &item.number, place, &lot),
        item: item.id.clone(),
        site: place.site.to_owned(),
        location: place.location.to_owned(),
        lot,
        on_hand,
        reserved: on_hand.over(Decimal::from(10), 0),
        on_order: Decimal::from(below(36, salt, 40)),
        reorder_point: reorder,
        minimum: reorder.over(Decimal::from(2), 0),
        maximum: reorder.times(Decimal::from(20)),
        modified: started_ms - below(37, salt, 30 * 24 * 60) * MINUTE,
    }
}
