//! The parts of a query, as they are written.

use crate::odata::value::Value;

/// An expression. Conditions are expressions, too.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// A column, with the table's name or alias if one is given. Names are in lower case.
    Column(Option<String>, String),
    Literal(Value),
    /// `*`, as in `COUNT(*)`.
    Star,
    /// A function's name in upper case, and its arguments.
    Call(String, Vec<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    /// `IS NULL`.
    IsNull(Box<Expression>),
    In(Box<Expression>, Vec<Expression>),
    Like(Box<Expression>, Box<Expression>),
    /// `CASE WHEN … THEN … [ELSE …] END`.
    Case(Vec<(Expression, Expression)>, Option<Box<Expression>>),
}

/// An operator between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Times,
    Over,
    Joined,
}

/// A table in `FROM`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Source {
    pub(super) table: String,
    pub(super) alias: String,
    /// Keeps rows on the left that find no partner.
    pub(super) is_left: bool,
    pub(super) on: Option<Expression>,
}

/// A whole query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Query {
    pub(super) is_distinct: bool,
    /// Empty for `*`.
    pub(super) select: Vec<(Expression, Option<String>)>,
    pub(super) from: Vec<Source>,
    pub(super) filter: Option<Expression>,
    /// Each with whether it goes downwards.
    pub(super) order: Vec<(Expression, bool)>,
}
