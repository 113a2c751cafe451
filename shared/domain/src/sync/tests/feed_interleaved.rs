//! Readers of the feed against whatever happens meanwhile: syncs, deletions, workers that die half way through
//! a commit, and those who take over.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use proptest::prelude::*;

use super::{MODEL, Rig};
use crate::{
    changes,
    store::{journal::ChangeKind, sync::Asked},
    testing::{Death, each_case},
};

/// What happens next.
#[derive(Debug, Clone, Copy)]
enum Deed {
    /// A record is created or changed at the system.
    Put(u8),
    Remove(u8),
    Sync {
        full: bool,
    },
    /// Six records change from this one on, and the run dies after so many of their rows; its lease stays.
    Die {
        from: u8,
        written: usize,
    },
    /// The lease of a dead worker is over, and the next one comes.
    TakeOver,
    /// A reader begins anew.
    Begin(usize),
    /// A reader takes a page.
    Read {
        reader: usize,
        limit: usize,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        5 => (0_u8..24).prop_map(Deed::Put),
        3 => (0_u8..24).prop_map(Deed::Remove),
        3 => any::<bool>().prop_map(|full| Deed::Sync { full }),
        3 => (0_u8..24, 0_usize..5).prop_map(|(from, written)| Deed::Die { from, written }),
        2 => Just(Deed::TakeOver),
        2 => (0_usize..3).prop_map(Deed::Begin),
        8 => (0_usize..3, 1_usize..6).prop_map(|(reader, limit)| Deed::Read { reader, limit }),
    ]
}

#[derive(Debug, Default)]
struct Reader {
    cursor: Option<String>,
    seen: Vec<(u64, &'static str, String)>,
}

#[test]
fn each_reader_sees_every_record_created_first_and_every_later_change_once() {
    each_case(40, &prop::collection::vec(deed(), 10..40), play);
}

async fn play(deeds: Vec<Deed>) {
    let rig = Rig::start().await;
    rig.test.systems.page_size(5);
    rig.fill(8);
    rig.sync().await;
    let mut readers = [Reader::default(), Reader::default(), Reader::default()];
    for deed in deeds {
        match deed {
            Deed::Put(n) => put(&rig, n),
            Deed::Remove(n) => rig.test.systems.remove(MODEL, &format!("{n:05}")),
            Deed::Sync { full } => run(&rig, full).await,
            Deed::Die { from, written } => {
                rig.advance(Duration::from_secs(200));
                (from..from + 6).for_each(|n| put(&rig, n % 24));
                rig.test.probe.die(Death::BeforeRecord(written));
                run(&rig, true).await;
                rig.test.probe.revive();
            }
            Deed::Begin(reader) => readers[reader] = Reader::default(),
            Deed::TakeOver => {
                rig.advance(Duration::from_secs(200));
                run(&rig, true).await;
            }
            Deed::Read { reader, limit } => {
                read(&rig, &mut readers[reader], limit).await;
            }
        }
    }
    rig.advance(Duration::from_secs(200));
    run(&rig, true).await;
    run(&rig, true).await;
    assert_eq!(rig.stored().await, rig.at_system());
    let journal = journal(&rig).await;
    for reader in &mut readers {
        while read(&rig, reader, 7).await {}
        judge(reader, &journal, &rig.stored().await);
    }
}

fn put(rig: &Rig, n: u8) {
    rig.advance(Duration::from_secs(1));
    rig.put(&format!("{n:05}"), &format!("at {}", rig.now()));
}

/// A run, or the rest of one, as far as it comes.
async fn run(rig: &Rig, full: bool) {
    let asked = Asked {
        full,
        confirm_deletions: true,
    };
    // It may die, or find another one at work.
    if rig.try_ask(asked).await.is_ok() {
        let _ = rig.try_leg(Duration::from_secs(900)).await;
    }
}

/// Takes a page; whether there was anything in it.
async fn read(rig: &Rig, reader: &mut Reader, limit: usize) -> bool {
    let connection = rig.connection().await;
    let page = changes::read(
        &rig.test.domain,
        &connection,
        &[],
        reader.cursor.as_deref(),
        limit,
    )
    .await
    .unwrap();
    assert!(page.items.len() <= limit);
    assert!(
        page.up_to_date || !page.items.is_empty(),
        "an empty page before the end"
    );
    let any = !page.items.is_empty();
    reader.cursor = Some(page.next_cursor);
    let items = page.items.into_iter();
    reader
        .seen
        .extend(items.map(|item| (item.seq, item.change.as_str(), item.id)));
    any
}

/// All numbers by record, with what happened.
async fn journal(rig: &Rig) -> BTreeMap<String, Vec<(u64, &'static str)>> {
    let mut journal: BTreeMap<String, Vec<_>> = BTreeMap::new();
    let partition = rig.row().await.partition();
    let segments = rig
        .test
        .domain
        .store
        .journal(&partition, 1, 10_000)
        .await
        .unwrap();
    for segment in segments.segments {
        for (seq, entry) in (segment.first_seq..).zip(segment.entries) {
            if entry.kind != ChangeKind::Void {
                journal
                    .entry(entry.id)
                    .or_default()
                    .push((seq, entry.kind.as_str()));
            }
        }
    }
    journal
}

fn judge(
    reader: &Reader,
    journal: &BTreeMap<String, Vec<(u64, &'static str)>>,
    stored: &BTreeMap<String, String>,
) {
    let seen = &reader.seen;
    let seqs: BTreeSet<u64> = seen.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(seqs.len(), seen.len(), "no number twice: {seen:?}");
    let mut there = BTreeSet::new();
    let mut by_id: BTreeMap<&str, Vec<(u64, &'static str)>> = BTreeMap::new();
    for (seq, change, id) in seen {
        let fits = match *change {
            "created" => there.insert(id.as_str()),
            "deleted" => there.remove(id.as_str()),
            _ => there.contains(id.as_str()),
        };
        assert!(fits, "{change} {id} {seq}: {seen:?}");
        by_id.entry(id).or_default().push((*seq, change));
    }
    assert_eq!(there, stored.keys().map(String::as_str).collect(), "{seen:?}");
    for (id, seen) in by_id {
        let (first, _) = seen[0];
        let later: Vec<_> = journal[id]
            .iter()
            .filter(|(seq, _)| *seq > first)
            .copied()
            .collect();
        assert_eq!(seen[1..], later, "{id}: every later change, in order");
    }
}
