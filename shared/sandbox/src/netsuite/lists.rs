//! Lists of the account whose entries other records refer to by internal id.

/// A list: internal id and name of each entry.
pub(super) type List = &'static [(i64, &'static str)];

/// ISO codes; the currencies' names are others, see `fixed`.
pub(super) const CURRENCIES: List = &[
    (1, "USD"),
    (2, "GBP"),
    (3, "CAD"),
    (4, "EUR"),
    (5, "JPY"),
    (6, "CHF"),
];
pub(super) const TERMS: List = &[(1, "0001"), (2, "NT30"), (3, "NT60"), (4, "2%10")];
pub(super) const EMPLOYEES: List = &[(501, "BAUER"), (502, "JDOE"), (503, "TANAKA"), (504, "PAPAS")];
pub(super) const INCOTERMS: List = &[(1, "DAP"), (2, "EXW"), (3, "FCA")];
pub(super) const UNITS: List = &[(1, "EA"), (2, "KG"), (3, "L"), (4, "M"), (5, "H"), (6, "PAA")];
pub(super) const CLASSES: List = &[
    (1, "BEARING"),
    (2, "CABLE"),
    (3, "DRIVE"),
    (4, "FASTENER"),
    (5, "FILTER"),
    (6, "LUBRICANT"),
    (7, "PUMP"),
    (8, "SAFETY"),
    (9, "SEAL"),
    (10, "SENSOR"),
    (11, "SERVICE"),
    (12, "STEEL"),
];
pub(super) const DEPARTMENTS: List = &[(1, "CC-100"), (2, "CC-200")];
pub(super) const ACCOUNTS: List = &[(400, "400000"), (510, "510000"), (655, "655000")];

/// The internal id of an entry.
pub(super) fn id_of(list: List, name: &str) -> Option<i64> {
    list.iter().find(|(_, known)| *known == name).map(|(id, _)| *id)
}
