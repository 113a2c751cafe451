//! Bytes by the eight: most texts of a record are so short that a call into a library would cost more
//! than looking at them.

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);

/// Marks bytes that are zero. Only the lowest mark is sure: the ones above it may be carried over.
#[inline]
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGHS
}

#[inline]
const fn equal(word: u64, byte: u8) -> u64 {
    zeros(word ^ (ONES * byte as u64))
}

/// Where the first quote or backslash is.
#[inline]
pub fn quote_or_backslash(text: &[u8]) -> Option<usize> {
    let mut rest = text;
    while let Some((bytes, behind)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*bytes);
        let marks = equal(word, b'"') | equal(word, b'\\');
        if marks != 0 {
            return Some(text.len() - rest.len() + marks.trailing_zeros() as usize / 8);
        }
        rest = behind;
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(text.len() - rest.len() + at)
}

/// Whether no byte is a backslash or a control character: JSON then holds the text as it is.
#[inline]
pub fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let odd = words.iter().fold(0, |marks, bytes| {
        let word = u64::from_le_bytes(*bytes);
        let controls = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        marks | controls | equal(word, b'\\')
    });
    odd == 0 && rest.iter().all(|byte| *byte >= 0x20 && *byte != b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            8 => 0x20..0x7f_u8,
            1 => any::<u8>(),
            1 => prop::sample::select(b"\"\\\0\x1f\x80\xa2\xdc".to_vec()),
        ];
        prop::collection::vec(byte, 0..40)
    }

    proptest! {
        #[test]
        fn finds_what_a_look_at_each_byte_finds(text in text()) {
            let first = text.iter().position(|byte| matches!(byte, b'"' | b'\\'));
            prop_assert_eq!(quote_or_backslash(&text), first);
            let plain = text.iter().all(|byte| *byte >= 0x20 && *byte != b'\\');
            prop_assert_eq!(is_plain(&text), plain);
        }
    }
}
