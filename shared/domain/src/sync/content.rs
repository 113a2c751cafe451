//! What a page's record is worth storing: its hash, and whether it can be stored at all.

use manifold_connectors::Record;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Bytes that a unified record may have.
pub const LARGEST_RECORD: usize = 350_000;
/// Bytes that an id may have.
const LONGEST_ID: usize = 512;

/// Hash of what is stored of a record: the unified text, and the source's where that is kept.
#[must_use]
pub fn content_hash(body: &[u8], raw: Option<&[u8]>) -> u64 {
    let hash = xxh3_64(body);
    raw.map_or(hash, |raw| xxh3_64_with_seed(raw, hash))
}

/// Why a record cannot be stored, in a sentence; `None` when it can.
#[must_use]
pub fn unfit(record: &Record) -> Option<String> {
    if record.id.is_empty() || record.id.len() > LONGEST_ID {
        return Some(format!(
            "The id has {} bytes; 1 to {LONGEST_ID} are possible.",
            record.id.len()
        ));
    }
    if record.body.len() > LARGEST_RECORD {
        let bytes = record.body.len();
        return Some(format!(
            "The record has {bytes} bytes; at most {LARGEST_RECORD} can be stored."
        ));
    }
    let end = record.body.iter().rev().find(|byte| !byte.is_ascii_whitespace());
    if end != Some(&b'}') || std::str::from_utf8(&record.body).is_err() {
        return Some("The record is not a JSON object in UTF-8.".to_owned());
    }
    None
}
