//! Rows that a list does not bring: asked for by the keys of a whole page, and put into its records.
//!
//! NetSuite's SuiteQL brings orders without their lines. The lines of all orders of a page come by one
//! query (or some, by the manifest's `batch`), and each order's text then begins with
//! `{"@lines":[…],`: so mapping, and whoever reads the source text, find them like any other field.

use std::collections::HashMap;

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    Client,
    fetch::{self, Open},
    filter::key_list,
    paging::{self, Seen, stuck},
    plan::RelatedPlan,
    position::At,
};
use crate::{
    fault::{Fault, FaultKind},
    json::{Path, find, quoted, text_of},
    manifest::{Escape, Related},
};

/// Batches under way at a time. The budget may allow fewer; more would only wait for their turn.
const AT_A_TIME: usize = 8;
/// The most pages of rows for one batch of keys.
const MOST_PAGES: usize = 1_000;
/// The most bytes of rows for one page of records: more would not fit beside it in memory.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Rows by the parent's key.
type Grouped = HashMap<String, Vec<Bytes>>;

impl Client {
    /// Brings all related rows of a page's records, and gives the records with them.
    pub(super) async fn with_related(
        &self,
        queries: &[Related],
        plans: &[RelatedPlan],
        escape: Escape,
        mut records: Vec<Bytes>,
    ) -> Result<Vec<Bytes>, Fault> {
        for (query, plan) in queries.iter().zip(plans) {
            if records.is_empty() {
                break;
            }
            let keys: Vec<Option<String>> = records
                .iter()
                .map(|record| text_at(record, &plan.parent_key))
                .collect();
            let mut wanted: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
            wanted.sort_unstable();
            wanted.dedup();
            let batches = wanted
                .chunks(query.batch as usize)
                .map(|keys| self.rows(query, plan, escape, keys));
            let batches: Vec<_> = batches.collect();
            let mut batches = stream::iter(batches).buffered(AT_A_TIME);
            let mut grouped = Grouped::new();
            while let Some(rows) = batches.try_next().await? {
                for (key, row) in rows {
                    grouped.entry(key).or_default().push(row);
                }
            }
            for (record, key) in records.iter_mut().zip(&keys) {
                let rows = key
                    .as_ref()
                    .and_then(|key| grouped.get(key))
                    .map_or(&[][..], Vec::as_slice);
                *record = spliced(record, &query.name, rows);
            }
        }
        Ok(records)
    }

    /// Rows with the rows that belong to them.
    async fn with_their_own(
        &self,
        query: &Related,
        plan: &RelatedPlan,
        escape: Escape,
        rows: Vec<(String, Bytes)>,
    ) -> Result<Vec<(String, Bytes)>, Fault> {
        if query.related.is_empty() {
            return Ok(rows);
        }
        let (keys, rows): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        let rows = Box::pin(self.with_related(&query.related, &plan.related, escape, rows)).await?;
        Ok(keys.into_iter().zip(rows).collect())
    }

    /// The rows of some keys, each with its key, over as many pages as there are.
    async fn rows(
        &self,
        query: &Related,
        plan: &RelatedPlan,
        escape: Escape,
        keys: &[&str],
    ) -> Result<Vec<(String, Bytes)>, Fault> {
        let keys_text = if query.numeric_keys {
            numbers(keys)?
        } else {
            key_list(keys, escape)
        };
        let mut rows = Vec::new();
        let mut bytes = 0;
        let mut seen = Vec::new();
        let mut at = At::Start;
        for _ in 0..MOST_PAGES {
            let mut values = fetch::page_values(&query.paging, &at, query.page_size);
            values.texts.push(("keys", keys_text.as_str().into()));
            let request = self.page_request(query.into(), &values, &at)?;
            let url = request.url.clone();
            let response = self.exchange(request).await?;
            bytes += response.body.len();
            if bytes > MOST_BYTES {
                let message = format!(
                    "The rows `{}` of one page of records are over {MOST_BYTES} bytes.",
                    query.name
                );
                return Err(Fault::new(FaultKind::Malformed, message));
            }
            let Open {
                rows: page,
                signal,
                last_key,
                total: _,
            } = fetch::open(&response, &plan.page, None)?;
            let fingerprint = paging::fingerprint(&page);
            if fingerprint.is_some() && seen.contains(&fingerprint) {
                return Err(stuck("the same rows came twice"));
            }
            seen.push(fingerprint);
            let count = page.len();
            for row in page {
                // A row without its parent's key belongs to nobody.
                if let Some(key) = text_at(&row, &plan.key) {
                    rows.push((key, row));
                }
            }
            let limit = query.page_size;
            let page = Seen {
                at: &at,
                url: &url,
                limit,
                count,
                total: None,
                signal,
                last_key,
            };
            match paging::follow(&query.paging, &page)?.next {
                Some(next) => at = next,
                None => return self.with_their_own(query, plan, escape, rows).await,
            }
        }
        Err(stuck("the rows of one page of records have no end"))
    }
}

/// Keys as a list of numbers.
fn numbers(keys: &[&str]) -> Result<String, Fault> {
    let digits = |key: &&&str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
    if keys.iter().filter(digits).count() < keys.len() {
        let message = "A record has a key that is no number, where the connector expects one.";
        return Err(Fault::new(FaultKind::Malformed, message));
    }
    Ok(keys.join(","))
}

pub(super) fn text_at(record: &[u8], path: &Path) -> Option<String> {
    find(record, path).and_then(text_of).map(|text| text.into_owned())
}

/// A record with rows as its first field.
fn spliced(record: &[u8], name: &str, rows: &[Bytes]) -> Bytes {
    let size: usize = rows.iter().map(|row| row.len() + 1).sum();
    let mut list = Vec::with_capacity(size + 2);
    list.push(b'[');
    for (number, row) in rows.iter().enumerate() {
        if number > 0 {
            list.push(b',');
        }
        list.extend_from_slice(row);
    }
    list.push(b']');
    spliced_value(record, name, &list)
}

/// A record with a JSON value as its first field.
pub(super) fn spliced_value(record: &[u8], name: &str, value: &[u8]) -> Bytes {
    let Some((b'{', rest)) = record.trim_ascii().split_first() else {
        // Not an object: the mapping says so with a reason.
        return Bytes::copy_from_slice(record);
    };
    let mut text = Vec::with_capacity(record.len() + value.len() + name.len() + 8);
    text.push(b'{');
    quoted(name, &mut text);
    text.push(b':');
    text.extend_from_slice(value);
    if rest.trim_ascii_start() != b"}" {
        text.push(b',');
    }
    text.extend_from_slice(rest);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_the_first_field() {
        let rows = [Bytes::from_static(b"{\"n\":1}"), Bytes::from_static(b"{\"n\":2}")];
        for (record, rows, text) in [
            ("{\"id\":1}", &rows[..], r#"{"@lines":[{"n":1},{"n":2}],"id":1}"#),
            (" { \"id\":1 } ", &rows[..1], r#"{"@lines":[{"n":1}], "id":1 }"#),
            ("{ }", &[], r#"{"@lines":[] }"#),
            ("3", &rows[..], "3"),
        ] {
            assert_eq!(
                spliced(record.as_bytes(), "@lines", rows),
                text.as_bytes(),
                "{record}"
            );
        }
    }
}
