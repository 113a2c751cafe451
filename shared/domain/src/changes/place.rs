//! How far a reader of the feed is in one model.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::store::{
    journal::{ChangeKind, Entry},
    keys::{Partition, RECORD_SHARDS},
};

/// How far ahead of the journal a walk may see changes. One commit is under way at a time, and it is
/// smaller.
pub(super) const FURTHEST: u64 = 4_096;
const _: () = assert!(crate::sync::MOST_CHANGES as u64 <= FURTHEST);

/// A reader's place: what it has of the records, and of the journal.
///
/// Every record that the walk has passed is known to the reader as it was at `read`: the walk goes on
/// only when the journal is read to the watermark, and of the journal only what concerns the part that
/// was walked is shown. So a record comes first as the walk meets it, and then with each later change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The last number of the journal that was looked at.
    #[serde(rename = "a")]
    pub(super) read: u64,
    /// First number of the segment that holds the next.
    #[serde(rename = "f")]
    pub(super) segment: u64,
    /// How far the walk is; `None` once it is over.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub(super) walk: Option<Walked>,
    /// Later changes that the walk has seen already.
    #[serde(rename = "x", default, skip_serializing_if = "Ahead::is_empty")]
    pub(super) ahead: Ahead,
}

/// The part of a model's records that a walk has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Walked {
    /// The shard that it is in.
    #[serde(rename = "s")]
    pub(super) shard: u8,
    /// The last id of it that was looked at.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
}

impl Place {
    /// Before anything; `walk` where there are records to begin with.
    pub(super) fn start(watermark: u64, walk: bool) -> Self {
        Self {
            read: watermark,
            // What begins behind a watermark begins a segment.
            segment: watermark + 1,
            walk: walk.then_some(Walked { shard: 0, id: None }),
            ahead: Ahead::default(),
        }
    }

    /// Whether a reader here has to see this entry of the journal.
    pub(super) fn shows(&self, seq: u64, entry: &Entry) -> bool {
        let walked = self.walk.as_ref().is_none_or(|walk| walk.passed(&entry.id));
        walked && entry.kind != ChangeKind::Void && !self.ahead.holds(self.read, seq)
    }

    /// Everything up to this number was looked at.
    pub(super) fn read_to(&mut self, seq: u64) {
        self.ahead.move_on(seq - self.read);
        self.read = seq;
    }
}

impl Walked {
    fn passed(&self, id: &str) -> bool {
        let shard = Partition::shard_of(id);
        shard < self.shard || (shard == self.shard && self.id.as_deref().is_some_and(|last| id <= last))
    }

    /// The next shard; `None` after the last.
    pub(super) fn next_shard(&self) -> Option<Self> {
        (self.shard + 1 < RECORD_SHARDS).then_some(Self {
            shard: self.shard + 1,
            id: None,
        })
    }
}

/// Numbers above a reader's place, a bit each, the next number's first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ahead(Vec<u8>);

impl Ahead {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that it takes in a cursor, before the cursor itself is written as text.
    pub(super) fn text_bytes(&self) -> usize {
        self.0.len().div_ceil(3) * 4
    }

    fn holds(&self, read: u64, seq: u64) -> bool {
        let Some((byte, bit)) = place_of(read, seq) else {
            return false;
        };
        self.0.get(byte).is_some_and(|bits| bits & bit != 0)
    }

    /// Notes a number at most [`FURTHEST`] above `read`.
    pub(super) fn note(&mut self, read: u64, seq: u64) {
        if let Some((byte, bit)) = place_of(read, seq) {
            if self.0.len() <= byte {
                self.0.resize(byte + 1, 0);
            }
            self.0[byte] |= bit;
        }
    }

    /// The place moves by so many numbers.
    fn move_on(&mut self, by: u64) {
        let bytes = usize::try_from(by / 8).unwrap_or(usize::MAX).min(self.0.len());
        self.0.drain(..bytes);
        // Less than eight.
        let bits = (by % 8) as u32;
        if bits > 0 {
            let above: Vec<u8> = self.0.iter().skip(1).copied().chain([0]).collect();
            for (low, high) in self.0.iter_mut().zip(above) {
                *low = (*low >> bits) | (high << (8 - bits));
            }
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// Byte and bit of a number above `read`; `None` for any other and for one too far above.
fn place_of(read: u64, seq: u64) -> Option<(usize, u8)> {
    let above = seq.checked_sub(read + 1).filter(|above| *above < FURTHEST)?;
    // Below FURTHEST, so it fits.
    Some(((above / 8) as usize, 1 << (above % 8)))
}

impl Serialize for Ahead {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Ahead {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        URL_SAFE_NO_PAD.decode(text).map(Self).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_ahead_stay_while_the_place_moves(
            read in 0..u64::MAX / 2,
            above in prop::collection::btree_set(1..=FURTHEST, 0..50),
            steps in prop::collection::vec(0_u64..700, 0..12),
        ) {
            let mut ahead = Ahead::default();
            let wanted: BTreeSet<u64> = above.iter().map(|above| read + above).collect();
            for seq in &wanted {
                ahead.note(read, *seq);
            }
            let mut place = Place { ahead, ..Place::start(read, true) };
            for step in steps {
                let text = serde_json::to_string(&place.ahead).unwrap();
                prop_assert_eq!(text.len(), 2 + (place.ahead.0.len() * 4).div_ceil(3));
                place.ahead = serde_json::from_str(&text).unwrap();
                place.read_to(place.read + step);
                for seq in place.read + 1..=read + FURTHEST {
                    prop_assert_eq!(place.ahead.holds(place.read, seq), wanted.contains(&seq));
                }
                prop_assert!(!place.ahead.holds(place.read, place.read));
            }
            place.read_to(read + FURTHEST + 10_000);
            prop_assert!(place.ahead.is_empty());
        }
    }

    #[test]
    fn what_is_walked_ends_with_the_last_id() {
        let id = "4500000001";
        let shard = Partition::shard_of(id);
        let check = |walk: Walked, expected: bool| assert_eq!(walk.passed(id), expected, "{walk:?}");
        let at = |shard, id: Option<&str>| Walked {
            shard,
            id: id.map(str::to_owned),
        };
        check(at(shard, None), false);
        check(at(shard, Some("4500000000")), false);
        check(at(shard, Some(id)), true);
        check(at(shard, Some("45000000010")), true);
        check(at(shard + 1, None), true);
        check(at(shard.saturating_sub(1), Some(id)), shard == 0);
        assert_eq!(at(14, Some(id)).next_shard(), Some(at(15, None)));
        assert_eq!(at(15, Some(id)).next_shard(), None);
    }
}
