//! What is gone: records that a complete read did not bring.
//!
//! Absence proves little. So each missing record is asked for by its id where the system can do that;
//! elsewhere it must be absent from two complete reads. And where much is missing at once, the read is
//! the more likely culprit: nothing is deleted until a person confirms.

use futures_util::{FutureExt as _, StreamExt as _, stream};
use manifold_connectors::{Fault, FaultKind, Record, Rejected};
use rustc_hash::FxHashSet;

use crate::store::{
    index::id_hash,
    journal::{ChangeKind, Entry},
    quarantine::PutAside,
    record_writes::RecordWrite,
    sync::{Seen, SyncFailure},
};

use super::{
    commit::{Changed, MOST_CHANGES},
    leg::{Leg, Stop},
};

/// Fewer missing records than this are never suspicious.
const SUSPICIOUS: u64 = 50;
/// Records that are asked for between two looks at the clock.
const BATCH: usize = 64;
/// Records that are asked for at the same time; the system's own budget may allow fewer.
const IN_FLIGHT: usize = 4;

/// What the system says of a record that a read did not bring.
enum Answer {
    Gone(String),
    There(Record),
    Unfit(Rejected),
    /// It does not say: the record stays.
    Unknown,
}

impl Leg<'_> {
    /// Looks for what is gone, after every page was read.
    pub(super) async fn sweep(&mut self) -> Result<(), Stop> {
        if self.row.run_mut().seen != Seen::Tracked {
            return Ok(());
        }
        let missing = self.index.missing();
        self.check_mass(missing.len() as u64)?;
        if missing.is_empty() {
            self.row.suspects = None;
            return Ok(());
        }
        let ids = self
            .index
            .ids_of(&self.domain.store, &self.partition, self.row.watermark, &missing)
            .await?;
        if self.traits.by_id {
            self.ask_for(ids).await
        } else {
            self.suspect(ids).await
        }
    }

    /// Refuses to believe that more than half of the model is gone, unless a person confirmed it.
    fn check_mass(&mut self, missing: u64) -> Result<(), Stop> {
        let counts = self.row.counts;
        let before = (self.row.live + counts.deleted).saturating_sub(counts.created);
        let gone = missing + counts.deleted;
        if gone <= SUSPICIOUS || gone * 2 <= before || self.row.run_mut().confirm_deletions {
            return Ok(());
        }
        Err(Stop::Failed(SyncFailure {
            code: "mass_deletion_suspected".to_owned(),
            message: format!(
                "{gone} of {before} records are missing from a complete read. Nothing was deleted. If they are \
                 really gone, start the sync with \"full\": true and \"confirm_deletions\": true."
            ),
        }))
    }

    /// Asks the system for each missing record.
    async fn ask_for(&mut self, ids: Vec<String>) -> Result<(), Stop> {
        for batch in ids.chunks(BATCH) {
            self.check_time()?;
            let (source, model, raw) = (self.source(), &self.row.model, self.connection.keep_raw);
            // Owned ids and boxed futures: a closure over references is not general enough to be sent.
            let answers: Vec<Result<Answer, Fault>> = stream::iter(batch.to_vec())
                .map(|id| {
                    async move {
                        Ok(match source.get(model, &id, raw).await {
                            Ok(None) => Answer::Gone(id),
                            Ok(Some(Ok(record))) => Answer::There(record),
                            Ok(Some(Err(rejected))) => Answer::Unfit(rejected),
                            Err(fault) if fault.kind.is_transient() => return Err(fault),
                            Err(fault) if fault.kind == FaultKind::Unauthorized => return Err(fault),
                            Err(_) => Answer::Unknown,
                        })
                    }
                    .boxed()
                })
                .buffered(IN_FLIGHT)
                .collect()
                .await;
            let (mut gone, mut there, mut unfit) = (Vec::new(), Vec::new(), Vec::new());
            for answer in answers {
                let answer = match answer {
                    Err(fault) if fault.kind.is_outage() => {
                        self.look_again(&fault).await?;
                        return Err(Stop::Stumbled(Box::new(fault)));
                    }
                    answer => answer.map_err(Stop::fault)?,
                };
                match answer {
                    Answer::Gone(id) => gone.push(id),
                    Answer::There(record) => there.push(record),
                    Answer::Unfit(rejected) => unfit.push(rejected),
                    Answer::Unknown => {}
                }
            }
            let mut work = self.compare(there).await?;
            work.aside.extend(unfit.into_iter().map(|rejected| {
                let (id, pointer, reason, raw) =
                    (rejected.id, rejected.pointer, rejected.reason, rejected.raw);
                PutAside {
                    id,
                    pointer,
                    reason,
                    raw,
                }
            }));
            self.put_aside(&work).await?;
            let mut changes = work.changes;
            changes.extend(gone.into_iter().map(|id| self.bury(id)));
            self.commit(changes).await?;
        }
        self.row.suspects = None;
        Ok(())
    }

    /// Deletes what was missing in the complete read before as well, and remembers the rest.
    async fn suspect(&mut self, ids: Vec<String>) -> Result<(), Stop> {
        // A record without a readable id may be any of the missing ones.
        if self.row.run_mut().unnamed {
            return Ok(());
        }
        let store = &self.domain.store;
        let confirmed = self.row.run_mut().confirm_deletions;
        let before: FxHashSet<u64> = match &self.row.suspects {
            Some(run) => store.suspects(&self.partition, run).await?.into_iter().collect(),
            None => FxHashSet::default(),
        };
        let (gone, suspected): (Vec<String>, Vec<String>) = ids
            .into_iter()
            .partition(|id| confirmed || before.contains(&id_hash(id)));
        let mut gone = gone;
        while !gone.is_empty() {
            let rest = gone.split_off(gone.len().min(MOST_CHANGES));
            let changes = gone.into_iter().map(|id| self.bury(id)).collect();
            self.commit(changes).await?;
            gone = rest;
        }
        self.row.suspects = None;
        if !suspected.is_empty() {
            let run = self.row.run_mut().id.clone();
            let hashes: Vec<u64> = suspected.iter().map(|id| id_hash(id)).collect();
            self.domain
                .store
                .put_suspects(&self.partition, &run, &hashes)
                .await?;
            self.row.suspects = Some(run);
        }
        Ok(())
    }

    fn bury(&mut self, id: String) -> Changed {
        self.index.set(id_hash(&id), None);
        let write = RecordWrite::Bury(self.partition.record(&id), self.now());
        Changed {
            entry: Entry {
                id,
                kind: ChangeKind::Deleted,
                hash: 0,
            },
            write,
        }
    }
}
