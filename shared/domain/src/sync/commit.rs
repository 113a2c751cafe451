//! A page's commit, in an order that survives a death at every point:
//!
//! 1. the journal segment, on condition that connection and lease stand: from now on everybody knows
//!    which rows may be touched;
//! 2. the rows, each on condition that no newer run was there;
//! 3. watermark, position and counts in one transaction, on the same conditions: from now on readers
//!    see the changes.

use crate::store::{
    Row, StoreError, Table, Transaction, When,
    journal::{self, ChangeKind, Entry, Segment},
    keys,
    record_writes::RecordWrite,
};

use super::leg::{Leg, Stop};

/// Changes that one commit takes: a transaction has 4 MB, and an id up to 512 bytes.
pub(crate) const MOST_CHANGES: usize = 4_000;

/// One record that differs from what is stored.
#[derive(Debug)]
pub(super) struct Changed {
    pub(super) entry: Entry,
    pub(super) write: RecordWrite,
}

impl Leg<'_> {
    /// Commits changes together with the row as the caller left it.
    pub(super) async fn commit(&mut self, changes: Vec<Changed>) -> Result<(), Stop> {
        if !changes.is_empty() {
            let (entries, writes): (Vec<Entry>, Vec<RecordWrite>) = changes
                .into_iter()
                .map(|changed| (changed.entry, changed.write))
                .unzip();
            let first_seq = self.row.next_seq;
            self.count(entries.iter().map(|entry| entry.kind));
            self.write_journal(entries).await?;
            let written = self
                .domain
                .store
                .write_records(self.row.fence, (first_seq..).zip(writes).collect())
                .await;
            written.map_err(|error| match error {
                StoreError::Condition(_) => Stop::Fenced,
                error => error.into(),
            })?;
            self.row.watermark = self.row.next_seq - 1;
            self.unannounced = true;
        }
        self.save().await
    }

    /// Counts changes in the row, which is written with the last step.
    pub(super) fn count(&mut self, kinds: impl Iterator<Item = ChangeKind>) {
        for kind in kinds {
            let (counts, live) = (&mut self.row.counts, &mut self.row.live);
            match kind {
                ChangeKind::Created => {
                    counts.created += 1;
                    *live += 1;
                }
                ChangeKind::Updated => counts.updated += 1,
                ChangeKind::Deleted => {
                    counts.deleted += 1;
                    *live = live.saturating_sub(1);
                }
                ChangeKind::Void => {}
            }
        }
    }

    async fn write_journal(&mut self, entries: Vec<Entry>) -> Result<(), Stop> {
        let now = self.now();
        let run = self
            .row
            .run
            .as_ref()
            .map(|run| run.id.clone())
            .unwrap_or_default();
        let mut transaction = Transaction::new();
        let connected = When::connected(self.row.generation).of_epoch(self.row.epoch);
        let connection = keys::connection(&self.row.ws, &self.row.conn);
        transaction
            .check(Row::Connection, Table::State, connection, connected)
            .check_fence(&self.row);
        for entries in journal::parts(entries) {
            let segment = Segment {
                first_seq: self.row.next_seq,
                run: run.clone(),
                fence: self.row.fence,
                at: now,
                entries,
            };
            self.row.next_seq = segment.last_seq() + 1;
            self.row.unfolded += transaction.put_journal(&self.partition, &segment, &mut self.packer);
        }
        self.row.unfolded_since.get_or_insert(now);
        self.domain
            .store
            .transact(transaction)
            .await
            .map_err(|error| match error {
                StoreError::Condition(Row::Connection) => Stop::Gone,
                StoreError::Condition(_) => Stop::Fenced,
                error => error.into(),
            })
    }
}
