//! Words of a query.

use crate::decimal::Decimal;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A name or key word, as written.
    Word(String),
    Text(String),
    Number(Decimal),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Longer ones first.
const SIGNS: [&str; 17] = [
    "<>", "!=", "<=", ">=", "||", "=", "<", ">", "(", ")", ",", ".", "*", "+", "-", "/", ";",
];

/// Splits a query into words.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment
                .split_once('\n')
                .map_or("", |(_, after)| after)
                .trim_start();
            continue;
        }
        let length = match first {
            '\'' => {
                let (text, length) = quoted(rest, '\'')?;
                tokens.push(Token::Text(text));
                length
            }
            '"' => {
                let (name, length) = quoted(rest, '"')?;
                tokens.push(Token::Word(name));
                length
            }
            '0'..='9' => {
                let length = rest
                    .find(|c: char| !c.is_ascii_digit() && c != '.')
                    .unwrap_or(rest.len());
                let number = Decimal::parse(&rest[..length])
                    .ok_or_else(|| format!("Invalid number {}", &rest[..length]))?;
                tokens.push(Token::Number(number));
                length
            }
            _ if first.is_alphabetic() || first == '_' => {
                let length = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..length].to_owned()));
                length
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| format!("Unexpected character '{first}'"))?;
                tokens.push(Token::Sign(sign));
                sign.len()
            }
        };
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

/// A quoted text, where a doubled quote stands for one, and its length with the quotes.
fn quoted(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut plain = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character != quote {
            plain.push(character);
        } else if characters.peek().is_some_and(|(_, next)| *next == quote) {
            plain.push(quote);
            characters.next();
        } else {
            return Ok((plain, at + 1));
        }
    }
    Err("A quoted text is not closed".to_owned())
}
