//! A list that tells of one parent a request, read for each of them (the stock of one location, Tryton).
//!
//! A place in such a read is a page of parents, one of them, and a page of its own list: whoever goes on there
//! reads the page of parents again and finds the one. When it is gone meanwhile, its page is read from its
//! first parent on, since what came twice does no harm and what never came would.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use super::{
    Client,
    fetch::{Fetched, Listing},
    filter::Conditions,
    paging::{self, stuck},
    plan::ForEachPlan,
    position::At,
    related::{spliced_value, text_at},
};
use crate::{
    fault::{Fault, FaultKind},
    manifest::ForEach,
};

/// Parents without any record that one page passes over before it comes empty: whoever waits for a page
/// waits for no more requests than this.
const MOST_PASSED: usize = 16;

/// The page of parents that a read is on, kept between the pages of their lists.
#[derive(Debug, Default)]
pub(super) struct Parents(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    page: Option<Arc<ParentPage>>,
    /// Every page of parents so far: two that are the same would never end.
    seen: HashSet<u64>,
}

#[derive(Debug)]
struct ParentPage {
    at: At,
    /// Key and text of each parent, a key once.
    parents: Vec<(String, Bytes)>,
    next: Option<At>,
}

impl ParentPage {
    /// The place of the parent behind this one, here or on the next page.
    fn behind(&self, index: usize) -> Option<At> {
        let here = self.parents.get(index + 1).map(|(key, _)| At::Below {
            parents: Box::new(self.at.clone()),
            parent: Some(key.clone()),
            at: Box::new(At::Start),
        });
        here.or_else(|| {
            self.next.clone().map(|next| At::Below {
                parents: Box::new(next),
                parent: None,
                at: Box::new(At::Start),
            })
        })
    }
}

impl Client {
    /// Fetches the page at a place among parents; parents without records are passed over.
    pub(super) async fn below(
        &self,
        children: Listing<'_>,
        (each, plan): (&ForEach, &ForEachPlan),
        kept: &Parents,
        at: &At,
    ) -> Result<Fetched, Fault> {
        let (of_parents, of_children) = split(&children.conditions, each);
        let mut at = at.clone();
        let mut passed = 0;
        loop {
            let (parents_at, wanted, inner) = match &at {
                At::Below { parents, parent, at } => (&**parents, parent.as_deref(), &**at),
                _ => (&At::Start, None, &At::Start),
            };
            let listing = Listing {
                list: &each.list,
                plan: &plan.list,
                columns: &[],
                conditions: of_parents.borrowed(),
                limit: each.list.page_size,
                parent: None,
                look: false,
            };
            let page = self.parents(&listing, plan, kept, parents_at).await?;
            let found = wanted.and_then(|wanted| page.parents.iter().position(|(key, _)| key == wanted));
            let (index, inner) = found.map_or((0, At::Start), |index| (index, inner.clone()));
            let mut fetched = match page.parents.get(index) {
                Some((key, parent)) => {
                    let listing = Listing {
                        conditions: of_children.borrowed(),
                        parent: Some(key),
                        ..children
                    };
                    let fetched = self.page(&listing, &inner).await?;
                    let here = At::Below {
                        parents: Box::new(page.at.clone()),
                        parent: Some(key.clone()),
                        at: Box::new(inner),
                    };
                    with_parent(fetched, here, &each.name, parent)
                }
                None => nobody(at.clone()),
            };
            fetched.moves_on = fetched.next.is_none();
            fetched.next = fetched.next.or_else(|| page.behind(index));
            passed += 1;
            match &fetched.next {
                Some(next) if fetched.rows.is_empty() && fetched.moves_on && passed < MOST_PASSED => {
                    at = next.clone();
                }
                _ => return Ok(fetched),
            }
        }
    }

    /// The page of parents at a place, from the read's own memory or from the system.
    async fn parents(
        &self,
        listing: &Listing<'_>,
        plan: &ForEachPlan,
        kept: &Parents,
        at: &At,
    ) -> Result<Arc<ParentPage>, Fault> {
        if let Some(page) = kept.page(at) {
            return Ok(page);
        }
        let Fetched {
            rows,
            next,
            fingerprint,
            ..
        } = self.page(listing, at).await?;
        let mut keys = HashSet::new();
        let mut parents = Vec::with_capacity(rows.len());
        for row in rows {
            let key = text_at(&row, &plan.key).ok_or_else(|| {
                let message = "A record of the list that this one is read for each of has no key.";
                Fault::new(FaultKind::Malformed, message)
            })?;
            if keys.insert(key.clone()) {
                parents.push((key, row));
            }
        }
        let page = ParentPage {
            at: at.clone(),
            parents,
            next,
        };
        kept.keep(page, fingerprint)
    }
}

impl Parents {
    fn page(&self, at: &At) -> Option<Arc<ParentPage>> {
        // What is kept is whole at every moment, whoever panicked meanwhile.
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.page.as_ref().filter(|page| page.at == *at).cloned()
    }

    fn keep(&self, page: ParentPage, fingerprint: Option<u64>) -> Result<Arc<ParentPage>, Fault> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fingerprint) = fingerprint
            && !kept.seen.insert(fingerprint)
        {
            return Err(stuck("the same page of parents came twice"));
        }
        let page = Arc::new(page);
        kept.page = Some(page.clone());
        Ok(page)
    }
}

/// What is asked of one of the two lists.
struct Asked<'c> {
    conditions: Conditions<'c>,
    fields: Vec<(String, String)>,
}

impl Asked<'_> {
    fn borrowed(&self) -> Conditions<'_> {
        Conditions {
            fields: &self.fields,
            ..self.conditions.clone()
        }
    }
}

/// What is asked of the parents, and what of their lists.
fn split<'c>(asked: &Conditions<'c>, each: &'c ForEach) -> (Asked<'c>, Asked<'c>) {
    let (of_parents, of_children) = asked
        .fields
        .iter()
        .cloned()
        .partition(|(name, _)| each.list.filter.fields.contains_key(name));
    let own = |path: &str| {
        let inside = path.strip_prefix(each.name.as_str())?.strip_prefix('/')?;
        (inside == each.key).then_some(each.key.as_str())
    };
    let parts = asked.key.as_ref();
    let key = |parents: bool| {
        parts.map(|parts| {
            let parts = parts.iter().filter_map(|(path, value)| match own(path) {
                Some(path) => parents.then_some((path, *value)),
                None => (!parents).then_some((*path, *value)),
            });
            parts.collect()
        })
    };
    let parents = Conditions {
        key: key(true),
        ..Conditions::default()
    };
    let children = Conditions {
        since: asked.since,
        key: key(false),
        ..Conditions::default()
    };
    (
        Asked {
            conditions: parents,
            fields: of_parents,
        },
        Asked {
            conditions: children,
            fields: of_children,
        },
    )
}

/// A page with its parent in each record.
fn with_parent(mut fetched: Fetched, here: At, name: &str, parent: &[u8]) -> Fetched {
    for row in &mut fetched.rows {
        *row = spliced_value(row, name, parent);
    }
    // With the parent in it: the records of two parents may be the same to the last byte.
    fetched.fingerprint = paging::fingerprint(&fetched.rows);
    fetched.next = fetched.next.map(|next| here.with_inner(next));
    fetched.at = here;
    // What a parent's list says of its size says nothing of all of them.
    fetched.total = None;
    fetched
}

/// A page of parents without any.
fn nobody(at: At) -> Fetched {
    Fetched {
        at,
        rows: Vec::new(),
        next: None,
        moves_on: false,
        total: None,
        warning: None,
        fingerprint: None,
    }
}
