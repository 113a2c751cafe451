//! `$filter`: a small expression language over one row.
//!
//! Operators `eq ne gt ge lt le and or not`, parentheses, and the functions `substringof` (V2), `contains`
//! (V4), `startswith`, `endswith`, `tolower`, `toupper`.

use std::cmp::Ordering;

use super::Refused;
use super::lexer::{Token, tokens};
use super::row::Row;
use super::schema::EntityType;
use super::value::{Kind, Value};

/// A condition on a row.
#[derive(Debug)]
pub(crate) enum Filter {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Operand, Comparison, Operand),
    Text(TextTest, Operand, Operand),
    /// A boolean property or literal by itself.
    Flag(Operand),
}

/// What is compared.
#[derive(Debug)]
pub(crate) enum Operand {
    Property(usize),
    Literal(Value),
    Lower(Box<Self>),
    Upper(Box<Self>),
}

/// How it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// A test of a text against another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    Contains,
    Starts,
    Ends,
}

impl Filter {
    /// Reads an expression over the properties of a type.
    pub(crate) fn parse(text: &str, of: &EntityType) -> Result<Self, Refused> {
        let mut parser = Parser {
            tokens: tokens(text)?,
            at: 0,
            of,
        };
        let filter = parser.either()?;
        match parser.peek() {
            None => Ok(filter),
            Some(token) => Err(Refused::because(format!(
                "Syntax error in $filter near {token:?}."
            ))),
        }
    }

    /// Whether a row meets it.
    pub(crate) fn accepts(&self, row: &Row) -> bool {
        match self {
            Self::And(left, right) => left.accepts(row) && right.accepts(row),
            Self::Or(left, right) => left.accepts(row) || right.accepts(row),
            Self::Not(inner) => !inner.accepts(row),
            Self::Flag(operand) => operand.value(row) == Value::Flag(true),
            Self::Compare(left, comparison, right) => {
                compare(&left.value(row), *comparison, &right.value(row))
            }
            Self::Text(test, text, part) => match (text.value(row), part.value(row)) {
                (Value::Text(text), Value::Text(part)) => match test {
                    TextTest::Contains => text.contains(&part),
                    TextTest::Starts => text.starts_with(&part),
                    TextTest::Ends => text.ends_with(&part),
                },
                _ => false,
            },
        }
    }
}

impl Operand {
    fn value(&self, row: &Row) -> Value {
        match self {
            Self::Property(position) => row.at(*position).clone(),
            Self::Literal(value) => value.clone(),
            Self::Lower(inner) => changed(inner.value(row), |text| text.to_lowercase()),
            Self::Upper(inner) => changed(inner.value(row), |text| text.to_uppercase()),
        }
    }
}

fn changed(value: Value, change: impl Fn(&str) -> String) -> Value {
    if let Value::Text(text) = value {
        Value::Text(change(&text))
    } else {
        value
    }
}

/// Nothing equals only nothing, and is neither more nor less than anything.
fn compare(left: &Value, comparison: Comparison, right: &Value) -> bool {
    if *left == Value::Null || *right == Value::Null {
        return match comparison {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            _ => false,
        };
    }
    // Finance & Operations finds parts of a text by `eq '*part*'`.
    if let (Value::Text(text), Value::Text(pattern)) = (left, right)
        && pattern.len() > 1
        && pattern.starts_with('*')
        && pattern.ends_with('*')
    {
        let found = text.contains(pattern.trim_matches('*'));
        return found == (comparison == Comparison::Equal);
    }
    let Some(ordering) = left.compare(right) else {
        return false;
    };
    match comparison {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::NotEqual => ordering != Ordering::Equal,
        Comparison::Greater => ordering == Ordering::Greater,
        Comparison::GreaterOrEqual => ordering != Ordering::Less,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
    }
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    of: &'a EntityType,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, Refused> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| Refused::because("The expression in $filter ends too early."))
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Result<(), Refused> {
        let found = self.next()?;
        if found == *token {
            Ok(())
        } else {
            Err(Refused::because(format!(
                "Syntax error in $filter near {found:?}."
            )))
        }
    }

    fn either(&mut self) -> Result<Filter, Refused> {
        let mut left = self.both()?;
        while self.takes("or") {
            left = Filter::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter, Refused> {
        let mut left = self.negated()?;
        while self.takes("and") {
            left = Filter::And(Box::new(left), Box::new(self.negated()?));
        }
        Ok(left)
    }

    fn negated(&mut self) -> Result<Filter, Refused> {
        if self.takes("not") {
            return Ok(Filter::Not(Box::new(self.negated()?)));
        }
        if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let inner = self.either()?;
            self.expect(&Token::Close)?;
            return Ok(inner);
        }
        self.condition()
    }

    fn condition(&mut self) -> Result<Filter, Refused> {
        if let Some(Token::Word(word)) = self.peek() {
            let test = match word.as_str() {
                "substringof" | "contains" => Some(TextTest::Contains),
                "startswith" => Some(TextTest::Starts),
                "endswith" => Some(TextTest::Ends),
                _ => None,
            };
            if let Some(test) = test {
                return self.text_test(test);
            }
        }
        let left = self.operand()?;
        let comparison = match self.peek() {
            Some(Token::Word(word)) => match word.as_str() {
                "eq" => Comparison::Equal,
                "ne" => Comparison::NotEqual,
                "gt" => Comparison::Greater,
                "ge" => Comparison::GreaterOrEqual,
                "lt" => Comparison::Less,
                "le" => Comparison::LessOrEqual,
                _ => return Ok(Filter::Flag(left)),
            },
            _ => return Ok(Filter::Flag(left)),
        };
        self.at += 1;
        let right = self.operand()?;
        self.check(&left, &right)?;
        let is_member = matches!(right, Operand::Literal(Value::Member(_)));
        if is_member && !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            return Err(Refused::because(
                "Members of an enumeration are compared with eq and ne only.",
            ));
        }
        Ok(Filter::Compare(left, comparison, right))
    }

    /// `substringof('part',Name)` has its arguments the other way round.
    fn text_test(&mut self, test: TextTest) -> Result<Filter, Refused> {
        let swapped = matches!(self.next()?, Token::Word(word) if word == "substringof");
        self.expect(&Token::Open)?;
        let first = self.operand()?;
        self.expect(&Token::Comma)?;
        let second = self.operand()?;
        self.expect(&Token::Close)?;
        let filter = if swapped {
            Filter::Text(test, second, first)
        } else {
            Filter::Text(test, first, second)
        };
        // V2 clients often write `substringof('x',Name) eq true`.
        if self.takes("eq") {
            return match self.next()? {
                Token::Literal(Value::Flag(true)) => Ok(filter),
                Token::Literal(Value::Flag(false)) => Ok(Filter::Not(Box::new(filter))),
                token => Err(Refused::because(format!(
                    "Syntax error in $filter near {token:?}."
                ))),
            };
        }
        Ok(filter)
    }

    fn operand(&mut self) -> Result<Operand, Refused> {
        match self.next()? {
            Token::Literal(value) => Ok(Operand::Literal(value)),
            Token::Word(word) if word == "tolower" || word == "toupper" => {
                self.expect(&Token::Open)?;
                let inner = Box::new(self.operand()?);
                self.expect(&Token::Close)?;
                Ok(if word == "tolower" {
                    Operand::Lower(inner)
                } else {
                    Operand::Upper(inner)
                })
            }
            Token::Word(word) => match self.of.position(&word) {
                Some(position) => Ok(Operand::Property(position)),
                None => Err(Refused::because(format!(
                    "Property {word} not found in type {}.",
                    short(&self.of.name)
                ))),
            },
            token => Err(Refused::because(format!(
                "Syntax error in $filter near {token:?}."
            ))),
        }
    }

    /// A number is not compared with a text, nor a date with a number.
    fn check(&self, left: &Operand, right: &Operand) -> Result<(), Refused> {
        for (property, literal) in [(left, right), (right, left)] {
            if let (Operand::Property(position), Operand::Literal(value)) = (property, literal)
                && !comparable(self.of.properties[*position].kind, value)
            {
                let name = self.of.properties[*position].name;
                return Err(Refused::because(format!(
                    "Operator is not applicable to property {name} and this literal."
                )));
            }
        }
        Ok(())
    }
}

fn comparable(kind: Kind, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(_) => matches!(kind, Kind::Text | Kind::Guid),
        Value::Member(_) => kind == Kind::Member,
        Value::Flag(_) => kind == Kind::Flag,
        Value::Whole(_) | Value::Decimal(_) => matches!(kind, Kind::Whole | Kind::Decimal(_)),
        Value::Day(_) | Value::Instant(_) => matches!(kind, Kind::Day | Kind::Instant),
        Value::Time(_) => kind == Kind::Time,
    }
}

/// The type's name without its namespace.
pub(crate) fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
