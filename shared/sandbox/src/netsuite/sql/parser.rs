//! From words to a query.

use super::lexer::{Token, tokens};
use super::syntax::{Expression, Operator, Query, Source};
use crate::decimal::Decimal;
use crate::odata::value::Value;

/// Words that end an expression or an alias.
const RESERVED: [&str; 24] = [
    "FROM", "WHERE", "ORDER", "JOIN", "LEFT", "INNER", "ON", "AND", "OR", "NOT", "IN", "IS", "LIKE", "ASC",
    "DESC", "AS", "WHEN", "THEN", "ELSE", "END", "GROUP", "BETWEEN", "OUTER", "UNION",
];

/// Reads a query.
pub(super) fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
    };
    let query = parser.query()?;
    parser.takes_sign(";");
    match parser.tokens.get(parser.at) {
        None => Ok(query),
        Some(token) => Err(unexpected(Some(token))),
    }
}

fn unexpected(token: Option<&Token>) -> String {
    match token {
        None => "Unexpected end of the query".to_owned(),
        Some(Token::Word(word)) => format!("Unexpected '{word}'"),
        Some(Token::Text(text)) => format!("Unexpected '{text}'"),
        Some(Token::Number(number)) => format!("Unexpected {number}"),
        Some(Token::Sign(sign)) => format!("Unexpected '{sign}'"),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word))
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn needs(&mut self, word: &str) -> Result<(), String> {
        if self.takes(word) {
            Ok(())
        } else {
            Err(format!("{}, {word} is missing", unexpected(self.peek())))
        }
    }

    fn needs_sign(&mut self, sign: &str) -> Result<(), String> {
        if self.takes_sign(sign) {
            Ok(())
        } else {
            Err(format!("{}, '{sign}' is missing", unexpected(self.peek())))
        }
    }

    /// A name that is no key word, in lower case.
    fn name(&mut self) -> Option<String> {
        match self.peek() {
            Some(Token::Word(word))
                if !RESERVED
                    .iter()
                    .any(|reserved| word.eq_ignore_ascii_case(reserved)) =>
            {
                let name = word.to_lowercase();
                self.at += 1;
                Some(name)
            }
            _ => None,
        }
    }

    fn query(&mut self) -> Result<Query, String> {
        self.needs("SELECT")?;
        let is_distinct = self.takes("DISTINCT");
        let mut select = Vec::new();
        if !self.takes_sign("*") {
            loop {
                let expression = self.expression()?;
                let has_as = self.takes("AS");
                let alias = self.name();
                if has_as && alias.is_none() {
                    return Err(unexpected(self.peek()));
                }
                select.push((expression, alias));
                if !self.takes_sign(",") {
                    break;
                }
            }
        }
        self.needs("FROM")?;
        let from = self.from()?;
        let filter = if self.takes("WHERE") {
            Some(self.expression()?)
        } else {
            None
        };
        let mut order = Vec::new();
        if self.takes("ORDER") {
            self.needs("BY")?;
            loop {
                let expression = self.expression()?;
                let down = self.takes("DESC");
                if !down {
                    self.takes("ASC");
                }
                order.push((expression, down));
                if !self.takes_sign(",") {
                    break;
                }
            }
        }
        Ok(Query {
            is_distinct,
            select,
            from,
            filter,
            order,
        })
    }

    fn from(&mut self) -> Result<Vec<Source>, String> {
        let mut sources = vec![self.source(false)?];
        loop {
            if self.takes_sign(",") {
                sources.push(self.source(false)?);
                continue;
            }
            let is_left = self.takes("LEFT");
            if is_left {
                self.takes("OUTER");
            } else {
                self.takes("INNER");
            }
            if !self.takes("JOIN") {
                return if is_left {
                    Err(unexpected(self.peek()))
                } else {
                    Ok(sources)
                };
            }
            let mut source = self.source(is_left)?;
            self.needs("ON")?;
            source.on = Some(self.expression()?);
            sources.push(source);
        }
    }

    fn source(&mut self, is_left: bool) -> Result<Source, String> {
        let table = self.name().ok_or_else(|| unexpected(self.peek()))?;
        self.takes("AS");
        let alias = self.name().unwrap_or_else(|| table.clone());
        Ok(Source {
            table,
            alias,
            is_left,
            on: None,
        })
    }

    fn expression(&mut self) -> Result<Expression, String> {
        let mut left = self.conjunction()?;
        while self.takes("OR") {
            left = binary(Operator::Or, left, self.conjunction()?);
        }
        Ok(left)
    }

    fn conjunction(&mut self) -> Result<Expression, String> {
        let mut left = self.negation()?;
        while self.takes("AND") {
            left = binary(Operator::And, left, self.negation()?);
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expression, String> {
        if self.takes("NOT") {
            Ok(Expression::Not(Box::new(self.negation()?)))
        } else {
            self.comparison()
        }
    }

    fn comparison(&mut self) -> Result<Expression, String> {
        let left = self.sum()?;
        if self.takes("IS") {
            let negated = self.takes("NOT");
            self.needs("NULL")?;
            return Ok(maybe_not(negated, Expression::IsNull(Box::new(left))));
        }
        let negated = self.takes("NOT");
        if self.takes("IN") {
            self.needs_sign("(")?;
            let list = self.list()?;
            return Ok(maybe_not(negated, Expression::In(Box::new(left), list)));
        }
        if self.takes("LIKE") {
            let pattern = Box::new(self.sum()?);
            return Ok(maybe_not(negated, Expression::Like(Box::new(left), pattern)));
        }
        if self.takes("BETWEEN") {
            let low = binary(Operator::GreaterOrEqual, left.clone(), self.sum()?);
            self.needs("AND")?;
            let high = binary(Operator::LessOrEqual, left, self.sum()?);
            return Ok(maybe_not(negated, binary(Operator::And, low, high)));
        }
        if negated {
            return Err(unexpected(self.peek()));
        }
        let signs = [
            ("=", Operator::Equal),
            ("<>", Operator::NotEqual),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (sign, operator) in signs {
            if self.takes_sign(sign) {
                return Ok(binary(operator, left, self.sum()?));
            }
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign("+")) => Operator::Plus,
                Some(Token::Sign("-")) => Operator::Minus,
                Some(Token::Sign("||")) => Operator::Joined,
                _ => return Ok(left),
            };
            self.at += 1;
            left = binary(operator, left, self.product()?);
        }
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.term()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Sign("*")) => Operator::Times,
                Some(Token::Sign("/")) => Operator::Over,
                _ => return Ok(left),
            };
            self.at += 1;
            left = binary(operator, left, self.term()?);
        }
    }

    fn term(&mut self) -> Result<Expression, String> {
        if self.takes_sign("(") {
            let inner = self.expression()?;
            self.needs_sign(")")?;
            return Ok(inner);
        }
        if self.takes_sign("-") {
            let zero = Expression::Literal(Value::Decimal(Decimal::ZERO));
            return Ok(binary(Operator::Minus, zero, self.term()?));
        }
        if self.takes("CASE") {
            return self.case();
        }
        if self.takes("NULL") {
            return Ok(Expression::Literal(Value::Null));
        }
        match self.peek().cloned() {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(Expression::Literal(Value::Text(text)))
            }
            Some(Token::Number(number)) => {
                self.at += 1;
                Ok(Expression::Literal(Value::Decimal(number)))
            }
            token => {
                let name = self.name().ok_or_else(|| unexpected(token.as_ref()))?;
                self.named(name)
            }
        }
    }

    /// A column, a column of a table, or a call: `id`, `t.id`, `NVL(…)`, `BUILTIN.DF(…)`.
    fn named(&mut self, first: String) -> Result<Expression, String> {
        let second = if self.takes_sign(".") {
            Some(self.name().ok_or_else(|| unexpected(self.peek()))?)
        } else {
            None
        };
        if self.takes_sign("(") {
            let name = second
                .map_or(first.clone(), |second| format!("{first}.{second}"))
                .to_uppercase();
            if self.takes_sign("*") {
                self.needs_sign(")")?;
                return Ok(Expression::Call(name, vec![Expression::Star]));
            }
            if self.takes_sign(")") {
                return Ok(Expression::Call(name, Vec::new()));
            }
            return Ok(Expression::Call(name, self.list()?));
        }
        Ok(match second {
            Some(column) => Expression::Column(Some(first), column),
            None => Expression::Column(None, first),
        })
    }

    /// Expressions up to the closing bracket.
    fn list(&mut self) -> Result<Vec<Expression>, String> {
        let mut list = vec![self.expression()?];
        while self.takes_sign(",") {
            list.push(self.expression()?);
        }
        self.needs_sign(")")?;
        Ok(list)
    }

    fn case(&mut self) -> Result<Expression, String> {
        let subject = if self.is_word("WHEN") {
            None
        } else {
            Some(self.expression()?)
        };
        let mut branches = Vec::new();
        while self.takes("WHEN") {
            let condition = self.expression()?;
            self.needs("THEN")?;
            let condition = match &subject {
                Some(subject) => binary(Operator::Equal, subject.clone(), condition),
                None => condition,
            };
            branches.push((condition, self.expression()?));
        }
        let otherwise = if self.takes("ELSE") {
            Some(Box::new(self.expression()?))
        } else {
            None
        };
        self.needs("END")?;
        Ok(Expression::Case(branches, otherwise))
    }
}

fn binary(operator: Operator, left: Expression, right: Expression) -> Expression {
    Expression::Binary(operator, Box::new(left), Box::new(right))
}

fn maybe_not(negated: bool, expression: Expression) -> Expression {
    if negated {
        Expression::Not(Box::new(expression))
    } else {
        expression
    }
}
