//! Segments of the change index: every live record's id and content hash, packed to some ten bytes.
//!
//! A fold writes all segments anew under its number, each holding the ids whose hash begins alike, so
//! that a segment once written never changes and one can be read without the others.

use std::collections::BTreeMap;

use super::{
    Item, Row, SortKeys, Store, StoreError, Table, When,
    expression::Value as _,
    keys::{Key, Partition},
    packing::{Fields, Packer, Unpackable, Unpacker, put_number},
    rows::key_of,
};

/// Bytes of a segment at which a fold aims: a read of few records reads few segments, each cheaply.
pub const SEGMENT_BYTES: u64 = 48_000;
/// A segment may grow to this; an item has 400 KB.
pub const LARGEST_SEGMENT: usize = 350_000;
/// Rows that one query of segments asks for; DynamoDB cuts at 1 MB anyhow.
const PAGE: usize = 64;

/// Ids with the hash of their content, in the order of the ids.
pub type Contents = BTreeMap<String, u64>;

/// Hash of an id: picks the segment by its highest bits, and stands for the id in memory.
#[must_use]
pub fn id_hash(id: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(id.as_bytes())
}

/// Which of `segments` (a power of two) an id's hash belongs to.
#[must_use]
pub fn segment_of(id_hash: u64, segments: u32) -> u32 {
    match segments.trailing_zeros() {
        0 => 0,
        // At most 32 bits are left.
        bits => (id_hash >> (64 - bits)) as u32,
    }
}

/// Hashes first, which do not deflate; then deflated ids, each as what differs from the one before.
#[must_use]
pub fn pack(contents: &Contents, packer: &mut Packer) -> Vec<u8> {
    let mut packed = Vec::with_capacity(contents.len() * 12 + 16);
    let mut plain = Vec::with_capacity(contents.len() * 8);
    put_number(&mut packed, contents.len() as u64);
    let mut before: &[u8] = b"";
    for (id, hash) in contents {
        packed.extend_from_slice(&hash.to_le_bytes());
        let id = id.as_bytes();
        let same = before.iter().zip(id).take_while(|(a, b)| a == b).count();
        put_number(&mut plain, same as u64);
        put_number(&mut plain, (id.len() - same) as u64);
        plain.extend_from_slice(&id[same..]);
        before = id;
    }
    packer.pack_into(&plain, &mut packed);
    packed
}

/// Calls `each` with every id and its content's hash, in the order of the ids.
///
/// # Errors
/// [`Unpackable`] for anything that [`pack`] did not make.
pub fn unpack(
    packed: &[u8],
    unpacker: &mut Unpacker,
    mut each: impl FnMut(&str, u64),
) -> Result<(), Unpackable> {
    let mut fields = Fields::new(packed);
    let count = fields.length()?;
    let mut hashes = Fields::new(fields.bytes(count.checked_mul(8).ok_or(Unpackable)?)?);
    let plain = unpacker.unpack(fields.rest())?;
    let mut texts = Fields::new(&plain);
    let mut id = Vec::new();
    for _ in 0..count {
        let same = texts.length()?;
        let rest = texts.length()?;
        if same > id.len() {
            return Err(Unpackable);
        }
        id.truncate(same);
        id.extend_from_slice(texts.bytes(rest)?);
        each(std::str::from_utf8(&id).map_err(|_| Unpackable)?, hashes.fixed()?);
    }
    Ok(())
}

/// A packed segment and its place.
#[derive(Debug)]
pub struct PackedSegment {
    /// Which segment of its fold.
    pub number: u32,
    key: Key,
    bytes: Vec<u8>,
}

impl PackedSegment {
    fn read(mut item: Item) -> Result<Self, StoreError> {
        let key = key_of(&item);
        let number = key.sk.rsplit('#').next().and_then(|number| number.parse().ok());
        let bytes = item.remove("b").and_then(|value| match value {
            aws_sdk_dynamodb::types::AttributeValue::B(blob) => Some(blob.into_inner()),
            _ => None,
        });
        match (number, bytes) {
            (Some(number), Some(bytes)) => Ok(Self { number, key, bytes }),
            _ => Err(broken(key)),
        }
    }

    /// Calls `each` with every id and its content's hash.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not a segment.
    pub fn each(&self, unpacker: &mut Unpacker, each: impl FnMut(&str, u64)) -> Result<(), StoreError> {
        unpack(&self.bytes, unpacker, each).map_err(|_| broken(self.key.clone()))
    }
}

fn broken(key: Key) -> StoreError {
    StoreError::Corrupt {
        pk: key.pk,
        sk: key.sk,
        reason: "not a segment of the index".to_owned(),
    }
}

impl Store {
    /// One segment of a fold.
    ///
    /// # Errors
    /// The store's; [`StoreError::Corrupt`] when it is missing.
    pub async fn index_segment(
        &self,
        partition: &Partition,
        fold: u64,
        number: u32,
    ) -> Result<PackedSegment, StoreError> {
        let key = partition.index(fold, number);
        let item = self.get_item(Row::Index, Table::Records, &key).await?;
        item.map_or_else(|| Err(broken(key)), PackedSegment::read)
    }

    /// Segments of a fold from one on, as many as one query brings.
    ///
    /// # Errors
    /// The store's.
    pub async fn index_segments(
        &self,
        partition: &Partition,
        fold: u64,
        from: u32,
    ) -> Result<Vec<PackedSegment>, StoreError> {
        let keys = SortKeys::Between(partition.index(fold, from).sk, partition.index(fold, u32::MAX).sk);
        let page = self
            .query_items(
                Row::Index,
                Table::Records,
                &partition.index_pk(),
                &keys,
                PAGE,
                true,
            )
            .await?;
        page.rows.into_iter().map(PackedSegment::read).collect()
    }

    /// Writes a segment. Fold numbers are never used twice, so that nobody reads it yet.
    ///
    /// # Errors
    /// The store's.
    pub async fn put_index(
        &self,
        partition: &Partition,
        fold: u64,
        number: u32,
        packed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let mut item = Item::from([("b".to_owned(), packed.attribute())]);
        item.extend(partition.index(fold, number).attributes());
        self.put_item(Row::Index, Table::Records, item, When::always())
            .await
    }

    /// Removes the segments of all folds before this one; what is left over goes the next time.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_index_before(&self, partition: &Partition, fold: u64) -> Result<(), StoreError> {
        let keys = SortKeys::Before(partition.index(fold, 0).sk);
        self.remove_range(Row::Index, &partition.index_pk(), &keys)
            .await
            .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(count: u64) -> Contents {
        (0..count)
            .map(|n| (format!("45{:08}", n * 3), n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
            .collect()
    }

    #[test]
    fn contents_are_packed_and_unpacked() {
        for mut contents in [Contents::new(), contents(1), contents(5000)] {
            contents.insert("a".repeat(512), 9);
            contents.insert("ü:~2f".to_owned(), 10);
            let packed = pack(&contents, &mut Packer::new());
            let mut read = Contents::new();
            unpack(&packed, &mut Unpacker::new(), |id, hash| {
                read.insert(id.to_owned(), hash);
            })
            .unwrap();
            assert_eq!(read, contents);
        }
    }

    #[test]
    fn a_record_takes_about_ten_bytes() {
        let bytes = pack(&contents(4096), &mut Packer::new()).len();
        assert!(bytes < 4096 * 10, "{bytes} bytes");
    }

    #[test]
    fn the_highest_bits_pick_the_segment() {
        assert_eq!(segment_of(u64::MAX, 1), 0);
        assert_eq!(segment_of(u64::MAX, 16), 15);
        assert_eq!(segment_of(1 << 63, 2), 1);
        assert_eq!(segment_of(0, 1024), 0);
    }

    #[test]
    fn broken_bytes_are_refused() {
        let packed = pack(&contents(10), &mut Packer::new());
        assert_eq!(
            unpack(&packed[..packed.len() - 2], &mut Unpacker::new(), |_, _| {}),
            Err(Unpackable)
        );
        assert_eq!(
            unpack(&[0xff, 0xff, 3], &mut Unpacker::new(), |_, _| {}),
            Err(Unpackable)
        );
    }
}
