//! One page: what of it is new, and what cannot be stored.

use std::sync::Arc;

use jiff::SignedDuration;
use manifold_connectors::{Fault, FaultKind, Page, Record};
use rustc_hash::FxHashMap;

use crate::store::{
    dictionary,
    index::id_hash,
    journal::{ChangeKind, Entry},
    quarantine::{PutAside, item_of},
    record_writes::{Content, RecordRow, RecordWrite},
    sync::{RunKind, SyncFailure},
};

use super::{
    commit::{Changed, MOST_CHANGES},
    content::{content_hash, unfit},
    leg::{Leg, Stop},
};

/// Pages of one run.
const MOST_PAGES: u64 = 200_000;
/// Records that one leg puts aside in the store; more are counted only.
const MOST_ASIDE: usize = 1_000;
/// Empty pages in a row that promise more.
const MOST_EMPTY: u32 = 3;
/// Progress without changes is saved this often.
const SAVE_EVERY: SignedDuration = SignedDuration::from_secs(20);

/// Notices a read that turns in a circle.
#[derive(Debug, Default)]
pub(super) struct Circle {
    positions: rustc_hash::FxHashSet<u64>,
    last_page: Option<u64>,
    empty: u32,
}

impl Circle {
    /// What is wrong with this page, in a sentence, when it shows that reading on would never end.
    fn check(&mut self, before: Option<&str>, page: &Page) -> Option<&'static str> {
        let next = page.next.as_ref()?;
        self.positions.extend(before.map(id_hash));
        if !self.positions.insert(id_hash(&next.0)) {
            return Some("The system sent a position for the next page that it had sent before.");
        }
        if page.records.is_empty() && page.rejected.is_empty() {
            self.empty += 1;
            let stuck = self.empty >= MOST_EMPTY;
            return stuck.then_some("The system sends empty pages and promises more.");
        }
        self.empty = 0;
        let content = page
            .records
            .iter()
            .fold(page.rejected.len() as u64, |hash, record| {
                xxhash_rust::xxh3::xxh3_64_with_seed(&record.body, hash)
            });
        let same = self.last_page.replace(content) == Some(content) && !page.records.is_empty();
        same.then_some("The system sent the same page twice.")
    }
}

/// What a number of records come to.
#[derive(Debug, Default)]
pub(super) struct Work {
    pub(super) changes: Vec<Changed>,
    pub(super) aside: Vec<PutAside>,
    /// Names of records that were put aside once and are read well now.
    pub(super) well: Vec<String>,
}

impl Leg<'_> {
    /// Works a page into what is stored, and notes how far the run came.
    pub(super) async fn take_page(&mut self, page: Page, circle: &mut Circle) -> Result<(), Stop> {
        let run = self.row.run_mut();
        if let Some(reason) = circle.check(run.position.as_deref(), &page) {
            return Err(Stop::fault(Fault::new(FaultKind::PaginationStuck, reason)));
        }
        if run.pages >= MOST_PAGES {
            return Err(Stop::Failed(SyncFailure {
                code: "too_long".to_owned(),
                message: format!("The run went over {MOST_PAGES} pages."),
            }));
        }
        for warning in &page.warnings {
            tracing::warn!(target: "sync", connection = %self.row.conn, model = %self.row.model, "{warning}");
        }
        let Page {
            records,
            rejected,
            next,
            ..
        } = page;
        self.row.counts.read += (records.len() + rejected.len()) as u64;
        let newest = records.iter().filter_map(|record| record.modified_at).max();
        let run = self.row.run_mut();
        run.newest = run.newest.max(newest);
        let mut work = self.compare(records).await?;
        for rejected in rejected {
            if let Some(id) = &rejected.id {
                self.index.meet(id_hash(id));
            }
            let (id, pointer, reason, raw) = (rejected.id, rejected.pointer, rejected.reason, rejected.raw);
            work.aside.push(PutAside {
                id,
                pointer,
                reason,
                raw,
            });
        }
        self.put_aside(&work).await?;
        let mut changes = work.changes;
        while changes.len() > MOST_CHANGES {
            let rest = changes.split_off(MOST_CHANGES);
            self.commit(changes).await?;
            changes = rest;
        }
        let run = self.row.run_mut();
        run.pages += 1;
        run.all_read = next.is_none();
        run.position = next.map(|next| next.0);
        let idle = self.domain.ports.clock.wall().duration_since(self.saved_at) < SAVE_EVERY;
        if changes.is_empty() && idle {
            Ok(())
        } else {
            self.commit(changes).await
        }
    }

    /// Sets records against what is stored of them.
    pub(super) async fn compare(&mut self, records: Vec<Record>) -> Result<Work, Stop> {
        let store = &self.domain.store;
        let ids: Vec<u64> = records.iter().map(|record| id_hash(&record.id)).collect();
        self.index
            .load_for(store, &self.partition, self.row.watermark, &ids)
            .await?;
        let mut work = Work::default();
        // Where a record that changed stands in `changes`, should it come again in the same page.
        let mut places: FxHashMap<u64, usize> = FxHashMap::default();
        for record in records {
            self.compare_one(record, &mut work, &mut places);
        }
        Ok(work)
    }

    fn compare_one(&mut self, record: Record, work: &mut Work, places: &mut FxHashMap<u64, usize>) {
        let id = id_hash(&record.id);
        let known = self.index.meet(id);
        if let Some(reason) = unfit(&record) {
            work.aside.push(unfit_record(record, reason));
            return;
        }
        if !self.aside.is_empty() {
            let item = item_of(&self.row.model, Some(&record.id), &[]);
            if self.aside.contains(&item) {
                work.well.push(item);
            }
        }
        let raw = record.raw.as_deref().filter(|_| self.connection.keep_raw);
        let hash = content_hash(&record.body, raw);
        let again = places.get(&id).copied();
        let stored = if record.deleted { None } else { Some(hash) };
        if (known == stored && again.is_none()) || (known.is_none() && self.is_before_history(&record)) {
            self.row.counts.unchanged += 1;
            return;
        }
        let dictionary = dictionary::of(&self.row.model);
        let content = Content::pack(
            &mut self.packer,
            dictionary,
            &record.body,
            raw,
            record.modified_at,
        );
        let Some(content) = content else {
            let reason = "The record with its source text is too large to be stored.".to_owned();
            work.aside.push(unfit_record(record, reason));
            return;
        };
        let now = self.now();
        let row = RecordRow {
            key: self.partition.record(&record.id),
            content,
            now,
            deleted_at: record.deleted.then_some(now),
        };
        // Coming again in one page it was new, or not, before the page.
        let was_there = match again {
            Some(at) => work.changes[at].entry.kind != ChangeKind::Created,
            None => known.is_some(),
        };
        let kind = match (record.deleted, was_there) {
            (true, true) => ChangeKind::Deleted,
            // It came and went within one page: nobody needs to hear of it.
            (true, false) => ChangeKind::Void,
            (false, true) => ChangeKind::Updated,
            (false, false) => ChangeKind::Created,
        };
        let write = if kind == ChangeKind::Created {
            RecordWrite::New(row)
        } else {
            RecordWrite::Put(row)
        };
        self.index.set(id, stored);
        let entry = Entry {
            id: record.id,
            kind,
            hash: stored.unwrap_or(0),
        };
        match again {
            Some(at) => work.changes[at] = Changed { entry, write },
            None => {
                places.insert(id, work.changes.len());
                work.changes.push(Changed { entry, write });
            }
        }
    }

    /// A system that cannot filter sends its whole past; what is older than the history stays out.
    fn is_before_history(&self, record: &Record) -> bool {
        let modified = record.modified_at.filter(|_| !self.traits.incremental);
        modified.is_some_and(|at| self.row.history_since.is_some_and(|since| at < since))
    }

    /// Puts aside what cannot be stored, and lets go what is well again.
    pub(super) async fn put_aside(&mut self, work: &Work) -> Result<(), Stop> {
        let store = &self.domain.store;
        let now = self.now();
        for aside in &work.aside {
            self.row.counts.quarantined += 1;
            self.row.quarantine = true;
            let run = self.row.run.as_mut();
            if let Some(run) = run.filter(|_| aside.id.is_none()) {
                run.unnamed = true;
            }
            if self.put_aside < MOST_ASIDE {
                self.put_aside += 1;
                let item = store.put_aside(self.scope(), &self.row.model, aside, now).await?;
                self.aside.insert(item);
            }
        }
        for item in &work.well {
            store.release(self.scope(), item).await?;
            self.aside.remove(item);
        }
        Ok(())
    }

    /// Loads the names of what is put aside, so that it is let go when it comes well.
    pub(super) async fn load_aside(&mut self) -> Result<(), Stop> {
        if self.row.quarantine {
            let items = self
                .domain
                .store
                .quarantine_items(self.scope(), &self.row.model)
                .await?;
            self.row.quarantine = !items.is_empty();
            self.aside = items.into_iter().collect();
        }
        Ok(())
    }

    /// Reads pages until the last one.
    pub(super) async fn read_pages(&mut self) -> Result<(), Stop> {
        if self
            .row
            .run
            .as_ref()
            .is_some_and(|run| run.kind != RunKind::Incremental)
        {
            self.index
                .load_all(&self.domain.store, &self.partition, self.row.watermark)
                .await?;
        }
        let mut circle = Circle::default();
        // The request that failed is made once more when the system answers another.
        let mut again = false;
        while !self.row.run_mut().all_read {
            let mut pages = Arc::clone(self.source()).read(self.request());
            loop {
                self.check_time()?;
                match pages.next().await {
                    Ok(Some(page)) => {
                        self.answered().await?;
                        again = false;
                        self.take_page(page, &mut circle).await?;
                        if self.row.run_mut().all_read {
                            break;
                        }
                    }
                    Ok(None) => {
                        self.row.run_mut().all_read = true;
                        break;
                    }
                    Err(fault) if fault.kind.is_outage() && again => {
                        return Err(Stop::Stumbled(Box::new(fault)));
                    }
                    Err(fault) if fault.kind.is_outage() => {
                        self.look_again(&fault).await?;
                        again = true;
                        break;
                    }
                    Err(fault) => return Err(Stop::fault(fault)),
                }
            }
        }
        Ok(())
    }
}

fn unfit_record(record: Record, reason: String) -> PutAside {
    let raw = record.raw.unwrap_or_else(|| record.body.into());
    PutAside {
        id: Some(record.id).filter(|id| !id.is_empty()),
        pointer: String::new(),
        reason,
        raw,
    }
}
