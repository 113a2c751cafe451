//! The journal: which records changed, in the order of their sequence numbers.
//!
//! A segment is written before the rows that it names, so that whoever takes over from a worker that
//! died knows every row that may have been touched. It counts once the watermark has passed it.
//!
//! | attribute | what |
//! | --- | --- |
//! | `b` | entries, packed: hashes, then deflated kinds and ids |
//! | `n` | how many entries; the sort key is the number of the first |
//! | `f` | fence of the run that wrote it |
//! | `t` | when, by the stack's clock, milliseconds |
//! | `run` | the run |
//! | `expires_at` | seconds; from then on nothing may rely on it |

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Item, Row, SortKeys, Store, StoreError, Table, Transaction, When,
    expression::Value as _,
    keys::{Key, Partition},
    packing::{Fields, Packer, Unpackable, Unpacker, put_number},
    rows::key_of,
};

/// How long changes can be read.
pub const KEPT: Duration = Duration::from_secs(90 * 24 * 3600);
/// Bytes that the entries of one segment may have before they are packed: far below an item's 400 KB.
const SEGMENT_BYTES: usize = 300_000;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new here.
    Created,
    /// Its content differs.
    Updated,
    /// It is gone.
    Deleted,
    /// Nothing: the worker died before its row was written. The number stays unused.
    Void,
}

impl ChangeKind {
    /// `created`, `updated`, `deleted`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Created => "created",
            ChangeKind::Updated => "updated",
            ChangeKind::Deleted => "deleted",
            ChangeKind::Void => "void",
        }
    }

    fn byte(self) -> u8 {
        match self {
            ChangeKind::Created => 0,
            ChangeKind::Updated => 1,
            ChangeKind::Deleted => 2,
            ChangeKind::Void => 3,
        }
    }

    fn of(byte: u8) -> Result<Self, Unpackable> {
        Ok(match byte {
            0 => ChangeKind::Created,
            1 => ChangeKind::Updated,
            2 => ChangeKind::Deleted,
            3 => ChangeKind::Void,
            _ => return Err(Unpackable),
        })
    }
}

/// One change of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The record's id.
    pub id: String,
    /// What happened.
    pub kind: ChangeKind,
    /// Hash of its content from now on; zero when it is gone.
    pub hash: u64,
}

/// Changes with numbers in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The number of the first entry; each next one has the next.
    pub first_seq: u64,
    /// The run that wrote it.
    pub run: String,
    /// Its fence.
    pub fence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The changes.
    pub entries: Vec<Entry>,
}

impl Segment {
    /// The number of its last entry.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        (self.first_seq + self.entries.len() as u64).saturating_sub(1)
    }

    /// Whether it was written too long ago to be relied upon.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).unsigned_abs() > KEPT && now > self.at
    }

    /// The row's attributes beside its key, and how many bytes the entries take packed.
    #[must_use]
    pub fn item(&self, packer: &mut Packer) -> (Item, u64) {
        let packed = pack(&self.entries, packer);
        let bytes = packed.len() as u64;
        let expires = self.at.as_second().saturating_add(KEPT.as_secs().cast_signed());
        let item = Item::from([
            ("b".to_owned(), packed.attribute()),
            ("n".to_owned(), self.entries.len().attribute()),
            ("f".to_owned(), self.fence.attribute()),
            ("t".to_owned(), self.at.attribute()),
            ("run".to_owned(), self.run.as_str().attribute()),
            (super::tables::TTL_ATTRIBUTE.to_owned(), expires.attribute()),
        ]);
        (item, bytes)
    }

    fn read(item: &Item, unpacker: &mut Unpacker) -> Result<Self, StoreError> {
        let key = key_of(item);
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<u64>().ok();
        let mut read = || -> Option<Self> {
            Some(Self {
                first_seq: key.sk.parse().ok()?,
                run: item.get("run")?.as_s().ok()?.clone(),
                fence: number("f")?,
                at: Timestamp::from_millisecond(number("t")?.cast_signed()).ok()?,
                entries: unpack(item.get("b")?.as_b().ok()?.as_ref(), unpacker).ok()?,
            })
        };
        read().ok_or_else(|| broken(key.clone()))
    }
}

fn broken(key: Key) -> StoreError {
    StoreError::Corrupt {
        pk: key.pk,
        sk: key.sk,
        reason: "not a segment".to_owned(),
    }
}

/// Hashes do not deflate and stand first; kinds and ids follow, deflated.
fn pack(entries: &[Entry], packer: &mut Packer) -> Vec<u8> {
    let mut plain = Vec::with_capacity(entries.iter().map(|entry| entry.id.len() + 3).sum());
    let mut packed = Vec::with_capacity(entries.len() * 12 + 16);
    put_number(&mut packed, entries.len() as u64);
    for entry in entries {
        packed.extend_from_slice(&entry.hash.to_le_bytes());
        plain.push(entry.kind.byte());
        put_number(&mut plain, entry.id.len() as u64);
        plain.extend_from_slice(entry.id.as_bytes());
    }
    packer.pack_into(&plain, &mut packed);
    packed
}

fn unpack(packed: &[u8], unpacker: &mut Unpacker) -> Result<Vec<Entry>, Unpackable> {
    let mut fields = Fields::new(packed);
    let count = fields.length()?;
    let mut hashes = Fields::new(fields.bytes(count.checked_mul(8).ok_or(Unpackable)?)?);
    let plain = unpacker.unpack(fields.rest())?;
    let mut texts = Fields::new(&plain);
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        let kind = ChangeKind::of(texts.byte()?)?;
        let length = texts.length()?;
        let id = std::str::from_utf8(texts.bytes(length)?)
            .map_err(|_| Unpackable)?
            .to_owned();
        entries.push(Entry {
            id,
            kind,
            hash: hashes.fixed()?,
        });
    }
    Ok(entries)
}

/// Entries in parts that fit one segment each.
#[must_use]
pub fn parts(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut parts = Vec::with_capacity(1);
    let mut part = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.id.len() + 11;
        if bytes + size > SEGMENT_BYTES && !part.is_empty() {
            parts.push(std::mem::take(&mut part));
            bytes = 0;
        }
        bytes += size;
        part.push(entry);
    }
    if !part.is_empty() {
        parts.push(part);
    }
    parts
}

/// Segments of a journal from a number on, and whether there may be more.
#[derive(Debug)]
pub struct Segments {
    /// In the order of their numbers.
    pub segments: Vec<Segment>,
    /// Where to go on; `None` after the last.
    pub next: Option<u64>,
}

impl Store {
    /// At most `limit` segments whose first number is at least `from`.
    ///
    /// # Errors
    /// The store's.
    pub async fn journal(
        &self,
        partition: &Partition,
        from: u64,
        limit: usize,
    ) -> Result<Segments, StoreError> {
        let keys = SortKeys::Between(partition.journal(from).sk, partition.journal(u64::MAX).sk);
        let page = self
            .query_items(
                Row::Journal,
                Table::Records,
                &partition.journal_pk(),
                &keys,
                limit,
                true,
            )
            .await?;
        let mut unpacker = Unpacker::new();
        let segments: Vec<Segment> = page
            .rows
            .iter()
            .map(|item| Segment::read(item, &mut unpacker))
            .collect::<Result<_, _>>()?;
        let next = page.next.and(segments.last()).map(|last| last.first_seq + 1);
        Ok(Segments { segments, next })
    }

    /// Replaces a segment whose run died by what is left of it. Only the holder of the lease does that.
    ///
    /// # Errors
    /// The store's.
    pub async fn replace_journal(&self, partition: &Partition, segment: &Segment) -> Result<(), StoreError> {
        let (mut item, _) = segment.item(&mut Packer::new());
        item.extend(partition.journal(segment.first_seq).attributes());
        let mine = When::always().le("f", segment.fence);
        self.put_item(Row::Journal, Table::Records, item, mine).await
    }
}

impl Transaction {
    /// Puts a segment that is not there yet; answers the bytes of its entries.
    pub fn put_journal(&mut self, partition: &Partition, segment: &Segment, packer: &mut Packer) -> u64 {
        let (item, bytes) = segment.item(packer);
        self.put_item(
            Row::Journal,
            Table::Records,
            partition.journal(segment.first_seq),
            item,
            When::new_row(),
        );
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, kind: ChangeKind, hash: u64) -> Entry {
        Entry {
            id: id.to_owned(),
            kind,
            hash,
        }
    }

    #[test]
    fn entries_are_packed_and_unpacked() {
        let entries = vec![
            entry("4500000001", ChangeKind::Created, u64::MAX),
            entry("", ChangeKind::Updated, 0),
            entry("a:b~2f", ChangeKind::Deleted, 7),
            entry("ü", ChangeKind::Void, 8),
        ];
        let packed = pack(&entries, &mut Packer::new());
        assert_eq!(unpack(&packed, &mut Unpacker::new()), Ok(entries));
        assert_eq!(unpack(&packed[..5], &mut Unpacker::new()), Err(Unpackable));
    }

    #[test]
    fn a_thousand_entries_take_about_eleven_bytes_each() {
        let entries: Vec<Entry> = (0..1000u64)
            .map(|n| {
                entry(
                    &format!("45{n:08}"),
                    ChangeKind::Created,
                    n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                )
            })
            .collect();
        let bytes = pack(&entries, &mut Packer::new()).len();
        assert!(bytes < 12_000, "{bytes} bytes");
    }

    #[test]
    fn parts_keep_the_order_and_fit() {
        let entries: Vec<Entry> = (0..3000)
            .map(|n| entry(&format!("{n:0512}"), ChangeKind::Created, n))
            .collect();
        let parts = parts(entries.clone());
        assert!(parts.len() > 4);
        assert!(
            parts
                .iter()
                .all(|part| pack(part, &mut Packer::new()).len() < 350_000)
        );
        assert_eq!(parts.concat(), entries);
    }
}
