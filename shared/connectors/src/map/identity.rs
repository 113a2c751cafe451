//! Ids: the system's own key in a form that stands in a path as it is.

/// The most bytes of an id.
pub const MOST_ID: usize = 512;

/// Joins the parts of a key by `:` and writes bytes that a path cannot hold as `~hh`.
#[must_use]
pub fn encode<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut id = Vec::new();
    for (number, part) in parts.into_iter().enumerate() {
        add(part, number, &mut id);
    }
    String::from_utf8(id).expect("nothing but ASCII is written")
}

/// Adds one part of an id; what is written stands in a JSON string as it is.
pub fn add(part: &str, number: usize, id: &mut Vec<u8>) {
    if number > 0 {
        id.push(b':');
    }
    if part.bytes().all(stands_as_it_is) {
        return id.extend_from_slice(part.as_bytes());
    }
    for byte in part.bytes() {
        if stands_as_it_is(byte) {
            id.push(byte);
        } else {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            id.extend([b'~', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

fn stands_as_it_is(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'@')
}

/// The parts of an id as the system knows them; `None` when it is not one that [`encode`] makes.
#[must_use]
pub fn decode(id: &str) -> Option<Vec<String>> {
    if id.is_empty() || id.len() > MOST_ID {
        return None;
    }
    id.split(':').map(decode_part).collect()
}

fn decode_part(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'~' => {
                let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            byte if stands_as_it_is(*byte) => bytes.push(*byte),
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_what_a_path_can_hold() {
        assert_eq!(encode(["00010"]), "00010");
        assert_eq!(encode(["usmf", "PO/1 ü"]), "usmf:PO~2f1~20~c3~bc");
        assert_eq!(
            decode("usmf:PO~2f1~20~c3~bc"),
            Some(vec!["usmf".into(), "PO/1 ü".into()])
        );
        for bad in ["", "a b", "~", "~g0", "~ff", &"x".repeat(513)] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn comes_back(parts in prop::collection::vec(".{0,20}", 1..4)) {
            let id = encode(parts.iter().map(String::as_str));
            prop_assume!(!id.is_empty() && id.len() <= MOST_ID);
            prop_assert_eq!(decode(&id), Some(parts));
        }
    }
}
