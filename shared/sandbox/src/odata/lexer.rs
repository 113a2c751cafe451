//! Words of an OData expression.

use super::Refused;
use super::value::Value;
use crate::clock;
use crate::decimal::Decimal;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Open,
    Close,
    Comma,
    /// A property path, an operator or a function's name.
    Word(String),
    Literal(Value),
}

/// Splits an expression into words.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Refused> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            _ if first.is_whitespace() => rest = &rest[first.len_utf8()..],
            '(' | ')' | ',' => {
                tokens.push(match first {
                    '(' => Token::Open,
                    ')' => Token::Close,
                    _ => Token::Comma,
                });
                rest = &rest[1..];
            }
            '\'' => {
                let (literal, after) = quoted(rest)?;
                tokens.push(Token::Literal(Value::Text(literal)));
                rest = after;
            }
            _ => {
                let end = rest
                    .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '\''))
                    .unwrap_or(rest.len());
                let word = &rest[..end];
                if rest[end..].starts_with('\'') {
                    let (literal, after) = quoted(&rest[end..])?;
                    tokens.push(Token::Literal(typed(word, literal)?));
                    rest = after;
                } else {
                    tokens.push(bare(word)?);
                    rest = &rest[end..];
                }
            }
        }
    }
    Ok(tokens)
}

/// Reads a literal in single quotes, where two of them stand for one; answers what follows, too.
fn quoted(text: &str) -> Result<(String, &str), Refused> {
    let mut literal = String::new();
    let mut at = 1;
    loop {
        let Some(end) = text[at..].find('\'') else {
            return Err(Refused::because("A string literal is not closed."));
        };
        literal.push_str(&text[at..at + end]);
        at += end + 1;
        if !text[at..].starts_with('\'') {
            return Ok((literal, &text[at..]));
        }
        literal.push('\'');
        at += 1;
    }
}

/// `datetime'…'` and its kind, and V4 enum literals such as `Microsoft.Dynamics.DataEntities.NoYes'Yes'`.
fn typed(prefix: &str, literal: String) -> Result<Value, Refused> {
    let bad = || Refused::because(format!("Invalid literal {prefix}'{literal}'."));
    match prefix {
        "datetime" => clock::parse_iso(&literal).map(Value::Instant).ok_or_else(bad),
        // Unlike `datetime`, this one needs a zone.
        "datetimeoffset" => {
            let zoned = literal.ends_with('Z') || literal.rfind(['+', '-']).is_some_and(|at| at > 10);
            clock::parse_iso(&literal)
                .filter(|_| zoned)
                .map(Value::Instant)
                .ok_or_else(bad)
        }
        "time" => time(&literal).map(Value::Time).ok_or_else(bad),
        "guid" => Ok(Value::Text(literal.to_ascii_lowercase())),
        _ if prefix.contains('.') => Ok(Value::Member(literal)),
        _ => Err(bad()),
    }
}

/// `PT10H30M00S` as seconds since midnight.
fn time(text: &str) -> Option<i64> {
    let (hours, rest) = text.strip_prefix("PT")?.split_once('H')?;
    let (minutes, rest) = rest.split_once('M')?;
    let seconds: i64 = rest.strip_suffix('S')?.parse().ok()?;
    Some(hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60 + seconds)
}

/// A word without quotes: a name, a number, a boolean, or one of V4's bare dates and GUIDs.
fn bare(word: &str) -> Result<Token, Refused> {
    let literal = match word {
        "null" => Some(Value::Null),
        "true" => Some(Value::Flag(true)),
        "false" => Some(Value::Flag(false)),
        _ if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Some(number_or_date(word)?),
        _ if is_guid(word) => Some(Value::Text(word.to_ascii_lowercase())),
        _ => None,
    };
    if let Some(value) = literal {
        return Ok(Token::Literal(value));
    }
    if word
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '$'))
    {
        return Ok(Token::Word(word.to_owned()));
    }
    Err(Refused::because(format!("Syntax error at '{word}'.")))
}

fn number_or_date(word: &str) -> Result<Value, Refused> {
    if is_guid(word) {
        return Ok(Value::Text(word.to_ascii_lowercase()));
    }
    // V2 marks the type of a number with a letter at its end.
    let plain = word
        .strip_suffix(['m', 'M', 'L', 'l', 'd', 'D', 'f', 'F'])
        .unwrap_or(word);
    if let Some(decimal) = Decimal::parse(plain) {
        return Ok(Value::Decimal(decimal));
    }
    let value = if word.contains('T') {
        clock::parse_iso(word).map(Value::Instant)
    } else {
        clock::parse_iso(word).map(Value::Day)
    };
    value.ok_or_else(|| Refused::because(format!("Invalid literal '{word}'.")))
}

fn is_guid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
