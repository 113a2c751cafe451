//! Scalars of a JSON text.

use std::borrow::Cow;

use super::words::is_plain;

/// A string decoded, or a number or boolean as it is written; `None` for null, arrays and objects.
///
/// A string with broken escapes or bytes that are not UTF-8 is `None` too: whoever must tell the
/// difference checks [`is_valid`] first.
#[must_use]
pub fn text_of(raw: &[u8]) -> Option<Cow<'_, str>> {
    match raw.first()? {
        b'"' => {
            let inner = raw.get(1..raw.len() - 1)?;
            if !inner.contains(&b'\\') {
                return std::str::from_utf8(inner).ok().map(Cow::Borrowed);
            }
            serde_json::from_slice::<String>(raw).ok().map(Cow::Owned)
        }
        b'n' | b'[' | b'{' => None,
        _ => std::str::from_utf8(raw).ok().map(Cow::Borrowed),
    }
}

/// Whether a value is JSON to the letter: what is copied into an answer must be.
#[must_use]
pub fn is_valid(raw: &[u8]) -> bool {
    match raw.first() {
        Some(b'"') => {
            let inner = &raw[1..raw.len() - 1];
            if is_plain(inner) {
                return std::str::from_utf8(inner).is_ok();
            }
            serde_json::from_slice::<String>(raw).is_ok()
        }
        _ => serde_json::from_slice::<serde::de::IgnoredAny>(raw).is_ok() && std::str::from_utf8(raw).is_ok(),
    }
}

/// Writes a text as a JSON string.
pub fn quoted(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    serde_json::to_writer(out, text).expect("a string serialises");
}
