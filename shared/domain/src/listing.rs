//! Pages of lists that are read straight off a partition.

use serde::Serialize;

use crate::{
    cursor,
    deployment::Domain,
    error::Problem,
    store::{Row, RowPage, SortKeys, StoreError, Table},
};

/// The longest page.
pub const MOST: usize = 500;

/// Which page of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Paging<'a> {
    /// Entries a page, 1 to 500.
    pub limit: usize,
    /// Go on where the page of this cursor ended.
    pub cursor: Option<&'a str>,
}

impl Default for Paging<'_> {
    fn default() -> Self {
        Self {
            limit: 100,
            cursor: None,
        }
    }
}

impl Paging<'_> {
    /// The limit within its bounds.
    #[must_use]
    pub fn bounded(&self) -> usize {
        self.limit.clamp(1, MOST)
    }

    /// The position that the cursor holds.
    pub(crate) fn position(&self, domain: &Domain, bound_to: &str) -> Result<Option<String>, Problem> {
        let decode = |text| cursor::decode(&domain.keys, bound_to, text, domain.ports.clock.now());
        self.cursor.map(decode).transpose()
    }
}

/// A page of a list. Only `next_cursor: null` ends the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing<T> {
    /// The entries.
    pub data: Vec<T>,
    /// Where the next page starts.
    pub next_cursor: Option<String>,
}

/// In which order a partition is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    OldestFirst,
    NewestFirst,
}

/// A page of a whole partition. The cursor is bound to the partition, hence to the workspace.
pub(crate) async fn partition<T, V>(
    domain: &Domain,
    row: Row,
    pk: &str,
    order: Order,
    paging: Paging<'_>,
    show: impl Fn(T) -> V,
) -> Result<Listing<V>, Problem>
where
    T: serde::de::DeserializeOwned,
{
    let keys = match (paging.position(domain, pk)?, order) {
        (None, _) => SortKeys::All,
        (Some(last), Order::OldestFirst) => SortKeys::After(last),
        (Some(last), Order::NewestFirst) => SortKeys::Before(last),
    };
    let upwards = order == Order::OldestFirst;
    let page: Result<RowPage<T>, StoreError> = domain
        .store
        .query(row, Table::State, pk, &keys, paging.bounded(), upwards)
        .await;
    let page = page?;
    Ok(Listing {
        data: page.rows.into_iter().map(show).collect(),
        next_cursor: page
            .next
            .map(|last| cursor::encode(&domain.keys, pk, &last, None)),
    })
}
