//! A read under way: the next page is fetched while the current one is mapped.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, BuildHasherDefault},
    sync::Arc,
};

use async_trait::async_trait;
use bytes::Bytes;
use rustc_hash::FxHasher;
use tokio::task::JoinHandle;
use tracing::Instrument as _;

use super::{
    Client,
    fetch::{Fetched, Query},
    paging::stuck,
    parents::Parents,
    position::{At, Place},
};
use crate::{
    fault::{Fault, FaultKind},
    json::{Path, find, text_of},
    manifest::Paging,
    map::Plan,
    source::{Page, Pages, ReadRequest},
};

/// The most pages that one read goes through.
const MOST_PAGES: u32 = 100_000;
/// Empty pages in a row that a system may send (a filter applied after the page was cut) before it is
/// held to be going round in circles.
const MOST_EMPTY: u32 = 16;

/// A read of one model.
pub(super) struct Reading {
    client: Arc<Client>,
    /// What is read; the fault of a request that cannot be.
    plan: Result<Arc<Reads>, Fault>,
    /// Where the next page begins; `None` at the end.
    place: Option<Place>,
    /// The page there, on its way.
    ahead: Option<Ahead>,
    /// Records that came beyond the number asked for.
    rest: Option<Rest>,
    pages: u32,
    empty: u32,
    places: HashSet<u64>,
    fingerprints: HashSet<u64>,
}

/// What a read needs for each of its pages.
struct Reads {
    query: Query,
    map: Arc<Plan>,
    /// Where a record's key stands, for lists that go on behind one.
    key: Option<Path>,
    /// The list can go on behind any number of records.
    by_offset: bool,
    /// Records a page at the most.
    most: usize,
    raw: bool,
    /// Whether the whole list is wanted. A reader who names a page size wants a page: it costs the
    /// system one request, and only a second page shows that more are wanted.
    ahead: bool,
}

struct Rest {
    rows: Vec<Bytes>,
    at: At,
    next: Option<At>,
    total: Option<u64>,
    /// Records of the page passed already.
    skip: usize,
}

impl Reading {
    pub(super) fn new(client: Arc<Client>, request: ReadRequest) -> Self {
        let (plan, place) = match prepare(&client, request) {
            Ok((plan, place)) => (Ok(Arc::new(plan)), Some(place)),
            Err(fault) => (Err(fault), None),
        };
        Self {
            client,
            plan,
            place,
            ahead: None,
            rest: None,
            pages: 0,
            empty: 0,
            places: HashSet::new(),
            fingerprints: HashSet::new(),
        }
    }

    /// The page at the current place. It stays the current one until it came: after a fault, the same
    /// page is asked for again.
    async fn fetch(&mut self, reads: &Arc<Reads>, place: &Place) -> Result<Fetched, Fault> {
        let Some(ahead) = &mut self.ahead else {
            return self.client.fetch(&reads.query, &place.at).await;
        };
        let fetched = (&mut ahead.0).await;
        self.ahead = None;
        fetched.unwrap_or_else(|_| {
            // Only a panic in the task gets here.
            Err(Fault::new(
                FaultKind::Unavailable,
                "Reading ahead was cut off: try again.",
            ))
        })
    }

    /// Refuses what would never end.
    fn guard(&mut self, place: &Place, fetched: &Fetched) -> Result<(), Fault> {
        self.pages += 1;
        if self.pages > MOST_PAGES {
            return Err(stuck("it has over 100,000 pages"));
        }
        self.empty = if fetched.rows.is_empty() && !fetched.moves_on {
            self.empty + 1
        } else {
            0
        };
        if self.empty > MOST_EMPTY && fetched.next.is_some() {
            return Err(stuck("nothing but empty pages comes"));
        }
        if let Some(fingerprint) = fetched.fingerprint
            && !self.fingerprints.insert(fingerprint)
        {
            return Err(stuck("the same page came twice"));
        }
        let hasher = BuildHasherDefault::<FxHasher>::default();
        self.places.insert(hasher.hash_one(&place.at));
        if let Some(next) = &fetched.next
            && self.places.contains(&hasher.hash_one(next))
        {
            return Err(stuck("the next page is one that was read already"));
        }
        Ok(())
    }

    /// Has the next page fetched while this one is worked on.
    async fn read_ahead(&mut self, reads: &Arc<Reads>, next: &At) {
        let (client, reads, at) = (self.client.clone(), reads.clone(), next.clone());
        let fetch = async move { client.fetch(&reads.query, &at).await };
        let task = tokio::spawn(fetch.in_current_span());
        self.ahead = Some(Ahead(task));
        // On a runtime of one thread, the task gets to send its request before mapping takes the thread:
        // a yielding task is resumed once no other one can go on.
        tokio::task::yield_now().await;
    }
}

/// A fetch that ends with whoever waits for it.
struct Ahead(JoinHandle<Result<Fetched, Fault>>);

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[async_trait]
impl Pages for Reading {
    async fn next(&mut self) -> Result<Option<Page>, Fault> {
        let reads = self.plan.clone()?;
        if let Some(rest) = self.rest.take() {
            return Ok(Some(self.page(&reads, rest, None)));
        }
        let Some(place) = self.place.clone() else {
            return Ok(None);
        };
        let fetched = self.fetch(&reads, &place).await?;
        self.guard(&place, &fetched)?;
        if let Some(next) = fetched.next.as_ref().filter(|_| reads.ahead || self.pages > 1) {
            self.read_ahead(&reads, next).await;
        }
        self.place = fetched.next.clone().map(Place::page);
        let Fetched {
            at,
            rows,
            next,
            moves_on: _,
            total,
            warning,
            fingerprint: _,
        } = fetched;
        let skip = (place.skip as usize).min(rows.len());
        Ok(Some(self.page(
            &reads,
            Rest {
                rows,
                at,
                next,
                total,
                skip,
            },
            warning,
        )))
    }
}

impl Reading {
    /// Maps as many records as were asked for, and keeps the rest.
    fn page(&mut self, reads: &Reads, mut from: Rest, warning: Option<String>) -> Page {
        let end = from.rows.len().min(from.skip + reads.most);
        let mut page = Page {
            total: from.total,
            warnings: warning.into_iter().collect(),
            ..Page::default()
        };
        for row in &from.rows[from.skip..end] {
            match reads.map.map(row, reads.raw.then_some(row)) {
                Ok(record) => page.records.push(record),
                Err(rejected) => page.rejected.push(rejected),
            }
        }
        if end == from.rows.len() {
            page.next = from.next.map(|at| Place::page(at).to_position());
        } else {
            page.next = Some(reads.within(&from, end).to_position());
            from.skip = end;
            self.rest = Some(from);
        }
        page
    }
}

impl Reads {
    /// A place inside a page. Where the list can begin there by itself, no record is fetched twice.
    fn within(&self, page: &Rest, passed: usize) -> Place {
        let last_key = || {
            let key = find(&page.rows[passed - 1], self.key.as_ref()?)?;
            text_of(key).map(|key| key.into_owned())
        };
        let inner = match (page.at.inner(), last_key()) {
            (_, Some(key)) => At::After(key),
            (At::Offset(offset), None) => At::Offset(offset + passed as u64),
            (At::Start, None) if self.by_offset => At::Offset(passed as u64),
            _ => {
                return Place {
                    at: page.at.clone(),
                    // A page has at most some thousand records.
                    skip: u32::try_from(passed).unwrap_or(u32::MAX),
                };
            }
        };
        Place::page(page.at.with_inner(inner))
    }
}

fn prepare(client: &Client, request: ReadRequest) -> Result<(Reads, Place), Fault> {
    let (list, compiled, _) = client.model(&request.model)?;
    let unsupported = |what: &str| {
        let message = format!(
            "{} cannot filter `{}` by `{what}`.",
            client.connector.manifest().name,
            request.model
        );
        Fault::new(FaultKind::Unsupported, message).about(what)
    };
    if request.since.is_some() && !list.is_incremental() {
        return Err(unsupported("modified_after"));
    }
    if let Some((name, _)) = request
        .filters
        .iter()
        .find(|(name, _)| !list.filters().any(|known| known == name))
    {
        return Err(unsupported(name));
    }
    let place = match &request.position {
        Some(position) => Place::from_position(position, list)?,
        None => Place::START,
    };
    let most = request.page_size.unwrap_or(list.page_size).max(1);
    let key = compiled.list.page.key.clone();
    let reads = Reads {
        map: compiled.map,
        key,
        by_offset: matches!(list.paging, Paging::Offset { .. }),
        most: most as usize,
        raw: request.raw,
        ahead: request.page_size.is_none(),
        query: Query {
            model: request.model,
            since: request.since,
            filters: request.filters,
            key: None,
            limit: most.min(list.max_page_size),
            look: request.look,
            parents: Parents::default(),
        },
    };
    Ok((reads, place))
}
