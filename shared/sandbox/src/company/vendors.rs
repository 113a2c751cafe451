//! Sixty vendors in four alphabets.

use std::collections::BTreeMap;

use super::places::{COMPANIES, Entity};
use super::seed::{below, pick};
use super::{Address, Ids, Standing, Vendor};
use crate::clock::{DAY, MINUTE};

/// How many vendors there are.
pub(super) const COUNT: u64 = 60;
/// Ordinal of the vendor of the shared order: a German firm that supplies the American company in euros.
pub(super) const SHARED: u64 = 7;

const NAMES: [&str; 30] = [
    "Northern Fasteners",
    "Delta Bearings",
    "Pacific Seals & Gaskets",
    "Harbor Steel Supply",
    "Lone Star Hydraulics",
    "Cascade Electrical",
    "Müller Präzisionsteile",
    "Großhandel Schäfer & Söhne",
    "Bremer Antriebstechnik",
    "Österreichische Wälzlager",
    "Kühltechnik Jäger",
    "Τεχνική Αθηνών",
    "Ελληνικά Ρουλεμάν",
    "日本精工部品",
    "東京油圧機器",
    "大阪電装",
    "Blue Ridge Lubricants",
    "Prairie Welding",
    "Summit Filters",
    "Granite Pumps",
    "Société Lyonnaise de Robinetterie",
    "Ferretería Ibérica",
    "O'Brien Tooling",
    "Ångström Sensorik",
    "Żelazo Polskie",
    "Pipe \"N\" Valve",
    "Smith, Jones & Co.",
    "Anatolian Castings",
    "Dvořák Strojírny",
    "Red River Safety",
];

/// Country, city, postal code, street, region, telephone prefix.
const TOWNS: [(&str, &str, &str, &str, &str, &str); 9] = [
    ("US", "Houston", "77002", "Main Street", "TX", "+1 713 555"),
    ("US", "Portland", "97201", "Harbor Way", "OR", "+1 503 555"),
    ("US", "Cleveland", "44114", "Lakeside Avenue", "OH", "+1 216 555"),
    ("DE", "Hamburg", "20457", "Am Sandtorkai", "HH", "+49 40 55 50"),
    ("DE", "Köln", "50667", "Domstraße", "NW", "+49 221 5550"),
    ("AT", "Linz", "4020", "Landstraße", "4", "+43 732 5550"),
    ("GR", "Αθήνα", "105 57", "Οδός Ερμού", "I", "+30 21 0555"),
    ("JP", "東京", "100-0001", "千代田区千代田", "13", "+81 3 5550"),
    ("JP", "大阪", "530-0001", "北区梅田", "27", "+81 6 5550"),
];

/// Which towns a company buys in, as indices of [`TOWNS`].
fn town(
    company: &Entity,
    ordinal: u64,
) -> &'static (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
) {
    let near: &[usize] = match company.country {
        "DE" => &[3, 4, 5, 6],
        "JP" => &[7, 8],
        _ => &[0, 1, 2],
    };
    &TOWNS[if ordinal == SHARED {
        4
    } else {
        *pick(11, ordinal, near)
    }]
}

/// All vendors, in order of their ordinals from 1.
pub(super) fn all(started_ms: i64, ids: &dyn Ids) -> Vec<Vendor> {
    (1..=COUNT)
        .map(|ordinal| vendor(ordinal, started_ms, ids))
        .collect()
}

fn vendor(ordinal: u64, started_ms: i64, ids: &dyn Ids) -> Vendor {
    let company = match ordinal {
        SHARED => &COMPANIES[0],
        _ => &COMPANIES[[0, 0, 1, 0, 2, 1][(ordinal % 6) as usize]],
    };
    let base = NAMES[((ordinal - 1) % 30) as usize];
    let suffix = if ordinal > 30 { " Group" } else { "" };
    let number = format!("{}", 10_300_000 + ordinal);
    let (country, city, postal_code, street, region, phone) = *town(company, ordinal);
    let legal_form = match country {
        "US" => "Inc.",
        "JP" => "株式会社",
        "GR" => "Α.Ε.",
        _ => "GmbH",
    };
    let created = started_ms - (720 + below(12, ordinal, 900)) * DAY;
    Vendor {
        id: ids.vendor(ordinal, &number, company),
        name: format!("{base}{suffix}"),
        legal_name: format!("{base}{suffix} {legal_form}"),
        company: company.key,
        standing: match ordinal {
            9 | 38 => Standing::Blocked,
            21 | 52 => Standing::Inactive,
            _ => Standing::Active,
        },
        tax_id: format!("{country}{:09}", 123_456_789 + ordinal * 7919),
        currency: if ordinal == SHARED {
            "EUR".to_owned()
        } else {
            company.currency.to_owned()
        },
        payment_terms: (*pick(13, ordinal, &["NT30", "NT60", "0001", "2%10"])).to_owned(),
        group: (*pick(14, ordinal, &["SUPL", "INTC", "ONET"])).to_owned(),
        website: format!("https://vendor{ordinal:02}.example"),
        contact: (*pick(
            15,
            ordinal,
            &["Anna Schmidt", "Ken Adams", "Γιώργος Παππάς", "山田 太郎", ""],
        ))
        .to_owned(),
        address: Address {
            street: format!("{street} {}", 1 + below(16, ordinal, 180)),
            extra: if ordinal.is_multiple_of(7) {
                "Building C".to_owned()
            } else {
                String::new()
            },
            city: city.to_owned(),
            region: region.to_owned(),
            postal_code: postal_code.to_owned(),
            country: country.to_owned(),
            phone: format!("{phone}{ordinal:03}"),
            email: format!("orders@vendor{ordinal:02}.example"),
        },
        created,
        modified: started_ms - DAY - below(17, ordinal, 40 * 24 * 60) * MINUTE,
        custom: BTreeMap::from([(
            "rating".to_owned(),
            (*pick(18, ordinal, &["A", "B", "C"])).to_owned(),
        )]),
        number,
    }
}
