//! Filtering, ordering and cutting rows into pages.

use std::cmp::Ordering;
use std::sync::Arc;

use super::options::Options;
use super::row::Row;

/// One page of an answer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Arc<Row>>,
    /// Rows that meet the filter, on all pages.
    pub(crate) total: usize,
    /// Where the next page begins, and what is left of `$top` then.
    pub(crate) next: Option<(usize, Option<usize>)>,
}

impl Page {
    /// The page that the options ask for, of at most `cap` rows.
    pub(crate) fn cut(rows: Vec<Arc<Row>>, options: &Options, cap: usize) -> Self {
        let mut found = rows;
        if let Some(filter) = &options.filter {
            found.retain(|row| filter.accepts(row));
        }
        if !options.order.is_empty() {
            // Stable: rows that are equal stay in the order of their keys.
            found.sort_by(|left, right| by_order(left, right, &options.order));
        }
        let total = found.len();
        let start = options.resume.unwrap_or(options.skip).min(total);
        let wanted = options.top.unwrap_or(usize::MAX).min(total - start);
        let here = wanted.min(cap);
        let next = (wanted > here).then(|| (start + here, options.top.map(|top| top - here)));
        found.truncate(start + here);
        Self {
            rows: found.split_off(start),
            total,
            next,
        }
    }
}

fn by_order(left: &Row, right: &Row, order: &[(usize, bool)]) -> Ordering {
    for (position, down) in order {
        let ordering = left.at(*position).rank(right.at(*position));
        let ordering = if *down { ordering.reverse() } else { ordering };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}
