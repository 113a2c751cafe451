//! One page of a list as it came, before anything is mapped.

use std::borrow::Cow;

use bytes::Bytes;
use jiff::Timestamp;

use super::{
    Client,
    ask::{Ask, Values},
    filter::{self, Conditions},
    paging::{self, Follows, Seen},
    parents::Parents,
    plan::{ListPlan, PagePlan},
    position::At,
};
use crate::{
    fault::{Fault, FaultKind},
    json::{JsonError, envelope, find, text_of},
    manifest::{List, Paging},
    transport::{Request, Response},
};

/// What one read asks for, the same for all of its pages.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub model: String,
    pub since: Option<Timestamp>,
    pub filters: Vec<(String, String)>,
    /// Only the record with this key, in the manifest's order of its parts.
    pub key: Option<Vec<String>>,
    /// Records a page.
    pub limit: u32,
    /// Only a look at what there is.
    pub look: bool,
    /// The parents that the read is among, where the list is read for each of them.
    pub parents: Parents,
}

/// A page whose envelope has been read.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Where the page begins: further on than was asked when parents without records were passed.
    pub at: At,
    /// The records' own texts, with the rows of related queries spliced in.
    pub rows: Vec<Bytes>,
    pub next: Option<At>,
    /// The next page is another parent's: an empty one is then no sign of a circle.
    pub moves_on: bool,
    pub total: Option<u64>,
    pub warning: Option<String>,
    /// Tells a page that comes twice; `None` for an empty one.
    pub fingerprint: Option<u64>,
}

/// A list, and what is asked of it.
#[derive(Debug)]
pub(super) struct Listing<'l> {
    pub list: &'l List,
    pub plan: &'l ListPlan,
    pub columns: &'l [String],
    pub conditions: Conditions<'l>,
    /// Records a page.
    pub limit: u32,
    /// What fills `{parent}`.
    pub parent: Option<&'l str>,
    /// Only a look at what there is.
    pub look: bool,
}

impl Client {
    /// Fetches the page at a place, and what belongs to its records.
    pub(super) async fn fetch(&self, query: &Query, at: &At) -> Result<Fetched, Fault> {
        let (list, compiled, columns) = self.model(&query.model)?;
        // `model` has been found by its list already.
        let key_paths = &self.connector.manifest().models[&query.model].key;
        let key = query.key.as_ref().map(|parts| {
            let paths = key_paths.iter().map(String::as_str);
            paths.zip(parts.iter().map(String::as_str)).collect()
        });
        let listing = Listing {
            list,
            plan: &compiled.list,
            columns,
            conditions: Conditions {
                since: query.since,
                after: None,
                key,
                fields: &query.filters,
            },
            limit: query.limit,
            parent: None,
            look: query.look,
        };
        match (&list.for_each, &compiled.list.for_each) {
            (Some(each), Some(plan)) => self.below(listing, (each, plan), &query.parents, at).await,
            _ => self.page(&listing, at).await,
        }
    }

    /// Fetches one page of one list.
    pub(super) async fn page(&self, listing: &Listing<'_>, at: &At) -> Result<Fetched, Fault> {
        let Listing { list, plan, .. } = *listing;
        let limit = match at {
            At::Page { limit, .. } => *limit,
            _ => listing.limit,
        };
        let mut values: Values<'_> = page_values(&list.paging, at, limit);
        values.columns = listing.columns;
        let mut ask = match (&list.one, &listing.conditions.key) {
            (Some(path), Some(key)) => {
                let parts = key.iter().map(|(path, part)| (*path, (*part).into()));
                values.texts.extend(parts);
                Ask::one(path)
            }
            _ => {
                let conditions = Conditions {
                    // Where the list itself sends the time, no condition does.
                    since: listing.conditions.since.filter(|_| !list.sends_since()),
                    after: match at {
                        At::After(key) => Some(key.as_str()),
                        _ => None,
                    },
                    ..listing.conditions.clone()
                };
                let joined = filter::joined(&list.filter, &conditions, |hole| self.setting(hole))?;
                values.texts.push(("where", joined.into()));
                list.into()
            }
        };
        values
            .texts
            .extend(listing.parent.map(|parent| ("parent", parent.into())));
        if let Some(since) = listing.conditions.since.filter(|_| list.sends_since()) {
            let spelt = filter::spelt(since, list.filter.since_format);
            values.texts.push(("since", spelt.into()));
        }

        let look = list.look.as_ref().filter(|_| listing.look);
        let parameters = look.map(|look| {
            let mut parameters = list.query.clone();
            parameters.extend(look.query.clone());
            parameters
        });
        if let Some(parameters) = &parameters {
            ask.query = parameters;
        }
        let request = self.page_request(ask, &values, at)?;
        let asked = request.url.clone();
        let response = self.exchange(request).await?;
        let total = plan.look.as_ref().filter(|_| look.is_some());
        let open = open(&response, &plan.page, total.or(plan.total.as_ref()))?;
        let total = open.total.and_then(text_of).and_then(|text| text.parse().ok());
        let Follows { next, warning } = paging::follow(
            &list.paging,
            &Seen {
                at,
                url: &asked,
                limit,
                count: open.rows.len(),
                total,
                signal: open.signal,
                last_key: open.last_key,
            },
        )?;
        let fingerprint = paging::fingerprint(&open.rows);
        let rows = if listing.look {
            open.rows
        } else {
            self.with_related(&list.related, &plan.related, list.filter.escape, open.rows)
                .await?
        };
        Ok(Fetched {
            at: at.clone(),
            rows,
            next,
            moves_on: false,
            total,
            warning,
            fingerprint,
        })
    }

    /// The request for a page: the list's own, or the next link's address with the list's headers.
    pub(super) fn page_request(&self, ask: Ask<'_>, values: &Values<'_>, at: &At) -> Result<Request, Fault> {
        let At::Link(link) = at else {
            return self.request(ask, values);
        };
        let url = self
            .base()
            .join(link)
            .ok()
            .filter(|url| url.origin() == self.base().origin());
        let foreign = || {
            Fault::new(
                FaultKind::Blocked,
                "The link to the next page leads to another host.",
            )
        };
        self.at(url.ok_or_else(foreign)?, ask, values)
    }
}

/// What fills a page's own holes.
pub(super) fn page_values<'v>(paging: &Paging, at: &At, limit: u32) -> Values<'v> {
    let mut texts: Vec<(&'static str, Cow<'static, str>)> = vec![("limit", limit.to_string().into())];
    match (paging, at) {
        (Paging::Offset { .. }, At::Offset(offset)) => texts.push(("offset", offset.to_string().into())),
        (Paging::Offset { .. }, _) => texts.push(("offset", "0".into())),
        (Paging::Pages { .. }, At::Page { number, .. }) => texts.push(("page", number.to_string().into())),
        (Paging::Pages { first }, _) => texts.push(("page", first.to_string().into())),
        _ => {}
    }
    Values { texts, columns: &[] }
}

/// The parts of one answer.
pub(super) struct Open<'r> {
    pub rows: Vec<Bytes>,
    pub signal: Option<&'r [u8]>,
    pub last_key: Option<String>,
    pub total: Option<&'r [u8]>,
}

/// Finds the records of an answer and what tells how to go on.
pub(super) fn open<'r>(
    response: &'r Response,
    plan: &PagePlan,
    total: Option<&crate::json::Path>,
) -> Result<Open<'r>, Fault> {
    let wanted: Vec<_> = plan.signal.iter().chain(total).collect();
    let found = envelope(&response.body, &plan.records, &wanted).map_err(|error| malformed(&error))?;
    let mut values = found.values.into_iter();
    let signal = plan.signal.as_ref().and_then(|_| values.next().flatten());
    let total = total.and_then(|_| values.next().flatten());
    let last_key = plan.key.as_ref().and_then(|path| {
        let key = find(found.records.last()?, path)?;
        text_of(key).map(Cow::into_owned)
    });
    let rows = found
        .records
        .iter()
        .map(|record| response.body.slice_ref(record))
        .collect();
    Ok(Open {
        rows,
        signal,
        last_key,
        total,
    })
}

fn malformed(error: &JsonError) -> Fault {
    Fault::new(
        FaultKind::Malformed,
        format!("The system's answer is not a page of records: {error}."),
    )
}
