//! Wanted keys of an object, looked up for every key of every record.
//!
//! A general hash map spends most of its time on the keys that are not wanted, which are most. Here a
//! key's mark is made of its length, its first and its last bytes, and one look at a small table tells
//! nearly always that a key is not there.

/// What is wanted of each key.
#[derive(Debug)]
pub struct Keys<T> {
    entries: Vec<(Box<[u8]>, T)>,
    /// Mark and entry, by the mark's highest bits; at least half of the places are empty.
    places: Vec<Place>,
    /// How far a mark is shifted to be a place.
    shift: u32,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    mark: u64,
    entry: u32,
}

/// No mark is zero.
const EMPTY: Place = Place { mark: 0, entry: 0 };

impl<T> Default for Keys<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            places: vec![EMPTY; 2],
            shift: 63,
        }
    }
}

/// Tells most pairs of keys apart.
#[inline]
fn mark(key: &[u8]) -> u64 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
            (Some(first), Some(last)) => (
                u32::from_le_bytes(*first).into(),
                u32::from_le_bytes(*last).into(),
            ),
            _ => (key.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)), 0),
        },
    };
    (first ^ last.rotate_left(29) ^ key.len() as u64).wrapping_mul(SPREAD) | 1
}

impl<T> Keys<T> {
    /// Whether no key is wanted.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is wanted of this key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<&T> {
        let mark = mark(key);
        let mut at = (mark >> self.shift) as usize;
        loop {
            let place = self.places[at];
            if place.mark == mark {
                let (wanted, value) = &self.entries[place.entry as usize];
                if **wanted == *key {
                    return Some(value);
                }
            } else if place.mark == EMPTY.mark {
                return None;
            }
            at = (at + 1) & (self.places.len() - 1);
        }
    }
}

impl<T: Default> Keys<T> {
    /// What is wanted of this key, nothing yet for a new one.
    pub fn entry(&mut self, key: &str) -> &mut T {
        let key = key.as_bytes();
        let known = self.entries.iter().position(|(known, _)| **known == *key);
        let at = known.unwrap_or_else(|| {
            self.entries.push((key.into(), T::default()));
            self.spread();
            self.entries.len() - 1
        });
        &mut self.entries[at].1
    }

    fn spread(&mut self) {
        let count = (self.entries.len() * 4).next_power_of_two();
        self.places = vec![EMPTY; count];
        self.shift = 64 - count.trailing_zeros();
        for (entry, (key, _)) in self.entries.iter().enumerate() {
            let mark = mark(key);
            let mut at = (mark >> self.shift) as usize;
            while self.places[at].mark != EMPTY.mark {
                at = (at + 1) % count;
            }
            // A manifest names far fewer than four billion keys.
            self.places[at] = Place {
                mark,
                entry: entry as u32,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_was_put_and_nothing_else(
            keys in prop::collection::vec("[ab]{0,3}|PurchaseOrder[a-c]{0,2}Item", 0..40),
            asked in "[ab]{0,3}|PurchaseOrder[a-c]{0,2}Item",
        ) {
            let mut found = Keys::<usize>::default();
            for (number, key) in keys.iter().enumerate() {
                *found.entry(key) = number + 1;
            }
            prop_assert_eq!(found.is_empty(), keys.is_empty());
            let last = keys.iter().rposition(|key| *key == asked).map(|number| number + 1);
            prop_assert_eq!(found.get(asked.as_bytes()).copied(), last);
        }
    }
}
