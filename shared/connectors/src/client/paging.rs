//! Where the next page begins, from what this one holds.

use std::hash::{BuildHasher as _, BuildHasherDefault};

use bytes::Bytes;
use rustc_hash::FxHasher;
use url::Url;

use super::position::At;
use crate::{
    fault::{Fault, FaultKind},
    json::text_of,
    manifest::Paging,
};

/// What is known of a page once its envelope has been read.
#[derive(Debug)]
pub(super) struct Seen<'p> {
    /// Where the page began.
    pub at: &'p At,
    /// The address that brought it: relative links start there.
    pub url: &'p Url,
    /// How many records were asked for.
    pub limit: u32,
    /// How many came.
    pub count: usize,
    /// How many there are in all, where the system says so.
    pub total: Option<u64>,
    /// The next link, or whether there is more, as it stands in the answer.
    pub signal: Option<&'p [u8]>,
    /// The last record's key.
    pub last_key: Option<String>,
}

/// How the list goes on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Follows {
    /// Where the next page begins; `None` at the end.
    pub next: Option<At>,
    /// What was odd about the end.
    pub warning: Option<String>,
}

/// Decides how a list goes on.
///
/// # Errors
/// `Blocked` for a link to a foreign host, `PaginationStuck` for more to come after an empty page,
/// `Malformed` for a record without the key to go on from.
pub(super) fn follow(paging: &Paging, page: &Seen<'_>) -> Result<Follows, Fault> {
    let full = page.count >= page.limit as usize;
    let said = page.signal.and_then(text_of).filter(|text| !text.is_empty());
    let next = match paging {
        Paging::NextLink { .. } => match &said {
            Some(link) => Some(At::Link(resolve(page.url, link)?)),
            None => {
                return Ok(Follows {
                    next: None,
                    warning: end_of_full_page(page, full),
                });
            }
        },
        Paging::Offset { more, next_link } => {
            let goes_on = match (more, next_link) {
                (Some(_), _) => said.as_deref() == Some("true"),
                // The link only tells that the server cut the page earlier than asked.
                (None, Some(_)) => full || said.is_some(),
                (None, None) => full,
            };
            if goes_on && page.count == 0 {
                return Err(stuck("an empty page says that there is more"));
            }
            let offset = match page.at {
                At::Offset(offset) => *offset,
                _ => 0,
            };
            goes_on.then(|| At::Offset(offset.saturating_add(page.count as u64)))
        }
        Paging::Pages { first } => {
            let number = match page.at {
                At::Page { number, .. } => *number,
                _ => (*first).into(),
            };
            full.then(|| At::Page {
                number: number.saturating_add(1),
                limit: page.limit,
            })
        }
        // The link only tells that the server cut the page: going on by key holds while records change.
        Paging::Keyset { .. } if full || said.is_some() => {
            if page.count == 0 {
                return Err(stuck("an empty page says that there is more"));
            }
            let key = page.last_key.clone().ok_or_else(|| {
                Fault::new(
                    FaultKind::Malformed,
                    "The last record of a page has no key to go on from.",
                )
            })?;
            Some(At::After(key))
        }
        Paging::Keyset { .. } | Paging::Whole => None,
    };
    Ok(Follows { next, warning: None })
}

/// A list that ends with a full page may have been cut without a word (Business One leaves the link out
/// when the asked number fits).
fn end_of_full_page(page: &Seen<'_>, full: bool) -> Option<String> {
    let complete = *page.at == At::Start && page.total == Some(page.count as u64);
    (full && !complete).then(|| {
        format!(
            "A full page of {} records came without a link to a next one: the list may be cut there.",
            page.count
        )
    })
}

/// A next link as path and query, if it leads to the host that was asked.
fn resolve(asked: &Url, link: &str) -> Result<String, Fault> {
    let malformed = || {
        Fault::new(
            FaultKind::Malformed,
            "The link to the next page is not an address.",
        )
    };
    let url = asked.join(link).map_err(|_| malformed())?;
    if url.origin() != asked.origin() {
        // Following it would hand the credentials to whoever is there.
        let (there, here) = (
            url.host_str().unwrap_or("nowhere"),
            asked.host_str().unwrap_or_default(),
        );
        let message =
            format!("The link to the next page leads to {there} instead of {here}, so it was not followed.");
        return Err(Fault::new(FaultKind::Blocked, message));
    }
    Ok(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
}

pub(super) fn stuck(why: &str) -> Fault {
    Fault::new(
        FaultKind::PaginationStuck,
        format!("The list would never end: {why}."),
    )
}

/// What makes a page this page: its first and last record and their number. Two pages of one list
/// cannot share that, since a record is in a list once.
pub(super) fn fingerprint(rows: &[Bytes]) -> Option<u64> {
    let hasher = BuildHasherDefault::<FxHasher>::default();
    Some(hasher.hash_one((rows.first()?, rows.last()?, rows.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Paging {
        Paging::NextLink { path: "next".into() }
    }

    fn go_on(paging: &Paging, at: &At, count: usize, signal: Option<&str>) -> Result<Follows, FaultKind> {
        let url = Url::parse("https://erp.example.com/odata/orders?$top=2").expect("url");
        let last_key = (count > 0).then(|| "k9".to_owned());
        let signal = signal.map(str::as_bytes);
        follow(
            paging,
            &Seen {
                at,
                url: &url,
                limit: 2,
                count,
                total: None,
                signal,
                last_key,
            },
        )
        .map_err(|fault| fault.kind)
    }

    fn next(paging: &Paging, at: &At, count: usize, signal: Option<&str>) -> Result<Option<At>, FaultKind> {
        go_on(paging, at, count, signal).map(|follows| follows.next)
    }

    #[test]
    fn links_are_absolute_or_relative_and_stay_on_the_host() {
        for (signal, path) in [
            (
                r#""https://erp.example.com/odata/orders?$skiptoken=2""#,
                "/odata/orders?$skiptoken=2",
            ),
            (r#""https:\/\/erp.example.com:443\/odata\/x""#, "/odata/x"),
            (r#""orders?$skiptoken=2""#, "/odata/orders?$skiptoken=2"),
            (r#""?page=2""#, "/odata/orders?page=2"),
            (r#""/other#part""#, "/other"),
            (r#""https://me:pw@erp.example.com/x""#, "/x"),
        ] {
            assert_eq!(
                next(&link(), &At::Start, 2, Some(signal)),
                Ok(Some(At::Link(path.into()))),
                "{signal}"
            );
        }
        for signal in [
            r#""https://evil.example/odata""#,
            r#""http://erp.example.com/odata""#,
            r#""https://erp.example.com:8443/""#,
            r#""//evil.example/""#,
            r#""\\\\evil.example/""#,
        ] {
            assert_eq!(
                next(&link(), &At::Start, 2, Some(signal)),
                Err(FaultKind::Blocked),
                "{signal}"
            );
        }
        for end in [None, Some("null"), Some(r#""""#)] {
            assert_eq!(next(&link(), &At::Start, 1, end), Ok(None));
        }
    }

    #[test]
    fn a_full_page_without_a_link_is_odd() {
        assert!(go_on(&link(), &At::Start, 2, None).is_ok_and(|follows| follows.warning.is_some()));
        assert!(go_on(&link(), &At::Start, 1, None).is_ok_and(|follows| follows.warning.is_none()));
        let url = Url::parse("https://erp.example.com/").expect("url");
        let all = Seen {
            at: &At::Start,
            url: &url,
            limit: 2,
            count: 2,
            total: Some(2),
            signal: None,
            last_key: None,
        };
        assert_eq!(
            follow(&link(), &all),
            Ok(Follows {
                next: None,
                warning: None
            })
        );
    }

    #[test]
    fn offsets_grow_by_what_came() {
        let told = Paging::Offset {
            more: Some("hasMore".into()),
            next_link: None,
        };
        let linked = Paging::Offset {
            more: None,
            next_link: Some("d/__next".into()),
        };
        let silent = Paging::Offset {
            more: None,
            next_link: None,
        };
        assert_eq!(next(&told, &At::Start, 1, Some("true")), Ok(Some(At::Offset(1))));
        assert_eq!(
            next(&told, &At::Offset(4), 2, Some("true")),
            Ok(Some(At::Offset(6)))
        );
        assert_eq!(next(&told, &At::Offset(4), 2, Some("false")), Ok(None));
        assert_eq!(
            next(&told, &At::Offset(4), 0, Some("true")),
            Err(FaultKind::PaginationStuck)
        );
        assert_eq!(next(&silent, &At::Offset(4), 2, None), Ok(Some(At::Offset(6))));
        assert_eq!(next(&silent, &At::Offset(4), 1, None), Ok(None));
        // The server cut the page to one record and says so.
        assert_eq!(
            next(&linked, &At::Offset(4), 1, Some("\"x\"")),
            Ok(Some(At::Offset(5)))
        );
        assert_eq!(next(&linked, &At::Offset(4), 1, None), Ok(None));
    }

    #[test]
    fn pages_count() {
        let pages = Paging::Pages { first: 1 };
        assert_eq!(
            next(&pages, &At::Start, 2, None),
            Ok(Some(At::Page { number: 2, limit: 2 }))
        );
        assert_eq!(
            next(&pages, &At::Page { number: 7, limit: 2 }, 2, None),
            Ok(Some(At::Page { number: 8, limit: 2 }))
        );
        assert_eq!(next(&pages, &At::Page { number: 7, limit: 2 }, 0, None), Ok(None));
    }

    #[test]
    fn keys_go_on_behind_the_last_one() {
        let keyset = Paging::Keyset {
            key: "id".into(),
            next_link: Some("next".into()),
        };
        let after = Ok(Some(At::After("k9".into())));
        assert_eq!(next(&keyset, &At::Start, 2, None), after);
        assert_eq!(
            next(&keyset, &At::Start, 1, Some(r#""https://other.example/?cut=1""#)),
            after
        );
        assert_eq!(next(&keyset, &At::Start, 1, None), Ok(None));
        assert_eq!(
            next(&keyset, &At::Start, 0, Some(r#""x""#)),
            Err(FaultKind::PaginationStuck)
        );
    }
}
