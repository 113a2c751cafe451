//! Ids as our connectors give them: parts joined by `:`, odd bytes inside a part written `~hh`.

use crate::company::Company;
use crate::company::places::{PLACES, Place};
use crate::dialect::Dialect;

/// The parts of an id, decoded.
pub(crate) fn decode(id: &str) -> Vec<String> {
    id.split(':').map(decode_part).collect()
}

/// The form in which the sandbox keeps ids: decoded parts joined by `:`.
pub(crate) fn joined(parts: &[String]) -> String {
    parts.join(":")
}

fn decode_part(part: &str) -> String {
    let bytes = part.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'~').then(|| part.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| part.to_owned())
}

/// The stock level that an id names.
///
/// Which parts a connector puts into the id of a level is its own choice, so the level is found by what the
/// parts say: the item, the place and, where there is one, the lot.
pub(super) fn level(company: &Company, dialect: &dyn Dialect, id: &str) -> Option<String> {
    let parts = decode(id);
    let whole = joined(&parts);
    if company.levels.contains_key(&whole) {
        return Some(whole);
    }
    let item = item_of(company, &parts)?;
    let place = place_of(dialect, &parts);
    let mut candidates =
        company
            .levels
            .values()
            .filter(|level| level.item == item)
            .filter(|level| match place {
                Some(place) => level.location == place.location,
                None => true,
            });
    let exact = candidates
        .clone()
        .find(|level| level.lot.is_empty() || parts.contains(&level.lot));
    exact.or_else(|| candidates.next()).map(|level| level.id.clone())
}

/// The item that some of the parts name, by id or by number.
pub(super) fn item_of(company: &Company, parts: &[String]) -> Option<String> {
    let pairs = parts.windows(2).map(|pair| pair.join(":"));
    if let Some(id) = parts
        .iter()
        .cloned()
        .chain(pairs)
        .find(|id| company.items.contains_key(id))
    {
        return Some(id);
    }
    company
        .items
        .values()
        .find(|item| parts.contains(&item.number))
        .map(|item| item.id.clone())
}

/// The place that some of the parts name. Looked for from the end: items come first in every vendor's key.
pub(super) fn place_of(dialect: &dyn Dialect, parts: &[String]) -> Option<&'static Place> {
    let spelled = |part: &String| PLACES.iter().find(|place| dialect.place_key(place) == *part);
    let by_location = |part: &String| PLACES.iter().find(|place| place.location == part);
    let by_site = |part: &String| PLACES.iter().find(|place| place.site == part);
    let later = || parts.iter().skip(1).rev();
    later()
        .find_map(spelled)
        .or_else(|| later().find_map(by_location))
        .or_else(|| later().find_map(by_site))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn decodes_parts_and_escapes() {
        for (id, expected) in [
            ("4500000001", vec!["4500000001"]),
            ("usmf:PO-000123", vec!["usmf", "PO-000123"]),
            ("MAT~2F0090-B:1710:::", vec!["MAT/0090-B", "1710", "", "", ""]),
            ("~CE~B1", vec!["α"]),
            ("50~", vec!["50~"]),
            ("a~zz", vec!["a~zz"]),
        ] {
            assert_eq!(decode(id), expected, "{id}");
        }
    }
}
