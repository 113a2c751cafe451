//! Key predicates: `('4500000001')`, `(PurchaseOrder='1',PurchaseOrderItem='00010')`, `(guid)`.

use super::row::Row;
use super::value::Value;
use crate::decimal::Decimal;

/// The values of a key predicate, each with its property's name unless the key has one part only.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    parts: Vec<(Option<String>, String)>,
}

/// Splits `A_PurchaseOrder('1')` into the set and the text between the parentheses.
pub(crate) fn split(segment: &str) -> (&str, Option<&str>) {
    match segment.split_once('(') {
        Some((set, rest)) => (set, rest.strip_suffix(')')),
        None => (segment, None),
    }
}

impl Key {
    /// Reads what stands between the parentheses.
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut name = None;
        let mut current = String::new();
        let mut quoted = false;
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                // A doubled quote inside a literal stands for one.
                '\'' if quoted && characters.peek() == Some(&'\'') => {
                    current.push('\'');
                    characters.next();
                }
                '\'' => quoted = !quoted,
                '=' if !quoted => name = Some(std::mem::take(&mut current).trim().to_owned()),
                ',' if !quoted => parts.push((name.take(), std::mem::take(&mut current))),
                other => current.push(other),
            }
        }
        parts.push((name, current));
        // `guid'…'` and `datetime'…'` keep their prefix before the quoted text.
        for (_, value) in &mut parts {
            if let Some(rest) = value.strip_prefix("guid") {
                *value = rest.to_owned();
            }
        }
        Self { parts }
    }

    /// True when it names exactly the key properties of the row's type.
    pub(crate) fn fits(&self, row: &Row) -> bool {
        let keys = row.of.keys;
        self.parts.len() == keys.len()
            && self.parts.iter().all(|(name, _)| {
                name.as_deref()
                    .map_or(keys.len() == 1, |name| keys.contains(&name))
            })
    }

    /// True for the row that it names.
    pub(crate) fn matches(&self, row: &Row) -> bool {
        self.fits(row)
            && self.parts.iter().all(|(name, value)| {
                let name = name.as_deref().unwrap_or(row.of.keys[0]);
                match row.get(name) {
                    Value::Text(text) if row.of.position(name).is_some_and(|at| is_guid(row, at)) => {
                        text.eq_ignore_ascii_case(value)
                    }
                    Value::Text(text) => text == value,
                    other => other
                        .number()
                        .is_some_and(|number| Decimal::parse(value) == Some(number)),
                }
            })
    }
}

fn is_guid(row: &Row, position: usize) -> bool {
    row.of.properties[position].kind == super::value::Kind::Guid
}

/// The canonical key predicate of a row, with parentheses.
pub(crate) fn of_row(row: &Row) -> String {
    let literal = |name: &str| match row.get(name) {
        Value::Text(text) if row.of.position(name).is_some_and(|at| is_guid(row, at)) => text.clone(),
        Value::Text(text) => format!("'{}'", encode(&text.replace('\'', "''"))),
        Value::Whole(whole) => whole.to_string(),
        Value::Decimal(decimal) => decimal.to_string(),
        other => format!("{other:?}"),
    };
    match row.of.keys {
        [] => String::new(),
        [only] => format!("({})", literal(only)),
        several => {
            let parts: Vec<String> = several
                .iter()
                .map(|name| format!("{name}={}", literal(name)))
                .collect();
            format!("({})", parts.join(","))
        }
    }
}

/// Percent-encodes what a path cannot hold.
fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, IN_KEY).to_string()
}

const IN_KEY: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?');

#[cfg(test)]
mod tests {
    use super::{Key, split};

    fn parts(text: &str) -> Vec<(Option<String>, String)> {
        Key::parse(text).parts
    }

    #[test]
    fn reads_simple_named_and_quoted_keys() {
        assert_eq!(split("A_PurchaseOrder('1')"), ("A_PurchaseOrder", Some("'1'")));
        assert_eq!(split("A_PurchaseOrder"), ("A_PurchaseOrder", None));
        assert_eq!(parts("'4500000001'"), [(None, "4500000001".to_owned())]);
        assert_eq!(parts("'O''Brien, (1=1)'"), [(None, "O'Brien, (1=1)".to_owned())]);
        assert_eq!(parts("guid'00-11'"), [(None, "00-11".to_owned())]);
        assert_eq!(
            parts("dataAreaId='usmf',PurchaseOrderNumber='PO-1'"),
            [
                (Some("dataAreaId".to_owned()), "usmf".to_owned()),
                (Some("PurchaseOrderNumber".to_owned()), "PO-1".to_owned())
            ]
        );
    }
}
