//! A small SuiteQL: one `SELECT` over one or more joined tables.
//!
//! `SELECT [DISTINCT] columns FROM table [alias] [, table | [LEFT] JOIN table ON …] [WHERE …] [ORDER BY …]`, with
//! the functions in `functions` and `COUNT(*)`, `MIN`, `MAX`, `SUM` over all rows. Anything else is refused, as a
//! query that the real one would run and this one would misread is worse than an error.

mod bind;
mod evaluate;
mod functions;
mod join;
mod lexer;
mod mask;
mod parser;
mod syntax;

use crate::netsuite::display::Display;
use crate::odata::value::Value;
use crate::system::Books;

pub(super) use evaluate::shown;

/// The result of a query: the columns' names in lower case, and the rows.
#[derive(Debug)]
pub(super) struct Result {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

/// Runs a query. The error says what is wrong with it.
pub(super) fn run(books: &Books, text: &str, now_ms: i64) -> std::result::Result<Result, String> {
    let query = parser::parse(text)?;
    let bound = bind::bind(&query, books)?;
    let rows = join::rows(&bound)?;
    let context = evaluate::Context {
        display: Display::new(books),
        now_ms,
    };
    evaluate::results(&bound, rows, &context)
}

#[cfg(test)]
mod tests;
