//! Taking over from a worker that died: its last commit may have stopped half way.
//!
//! Every row that it may have touched is named by a journal segment behind the watermark. Each of
//! these rows is closed to the dead worker (which may only be asleep) and asked for the change that
//! reached it. Changes that arrived are kept under their numbers, the others are struck out, and the
//! watermark moves behind them. So index, rows and feed agree again, nothing has to be remembered,
//! and dying here as well only means to do it once more.

use crate::store::journal::{ChangeKind, Segment};

use super::leg::{Leg, Stop};

/// Segments that one query asks for; a commit has one, or a few where ids are long.
const PAGE: usize = 16;

impl Leg<'_> {
    /// Settles what the last worker left behind. The lease is ours.
    pub(super) async fn settle(&mut self) -> Result<(), Stop> {
        let store = &self.domain.store;
        let mut settled = false;
        loop {
            let page = store
                .journal(&self.partition, self.row.watermark + 1, PAGE)
                .await?;
            if page.segments.is_empty() {
                break;
            }
            for segment in page.segments {
                self.settle_segment(segment).await?;
                settled = true;
            }
        }
        if settled { self.save().await } else { Ok(()) }
    }

    async fn settle_segment(&mut self, mut segment: Segment) -> Result<(), Stop> {
        let store = &self.domain.store;
        let ids: Vec<String> = segment.entries.iter().map(|entry| entry.id.clone()).collect();
        let reached = store
            .close_records(self.row.fence, &self.partition, &ids)
            .await
            .map_err(|error| match error {
                crate::store::StoreError::Condition(_) => Stop::Fenced,
                error => error.into(),
            })?;
        for ((seq, entry), reached) in (segment.first_seq..).zip(&mut segment.entries).zip(reached) {
            if reached != Some(seq) {
                entry.kind = ChangeKind::Void;
                entry.hash = 0;
            }
        }
        segment.fence = self.row.fence;
        store.replace_journal(&self.partition, &segment).await?;
        self.count(segment.entries.iter().map(|entry| entry.kind));
        self.row.unfolded += segment.item(&mut self.packer).1;
        self.row.unfolded_since.get_or_insert(segment.at);
        self.row.watermark = segment.last_seq();
        self.unannounced = true;
        self.row.next_seq = self.row.watermark + 1;
        Ok(())
    }
}
