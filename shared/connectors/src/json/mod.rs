//! JSON as text: finding values in it without building trees.
//!
//! Connectors read pages of megabytes of which they use a part. So the text is walked once, what is
//! not wanted is skipped, and what is wanted stays a slice of the page: a number keeps its digits.

mod path;
mod scan;
mod text;

pub use path::{Path, Segment};
pub use scan::{JsonError, Scanner};
pub use text::{is_valid, quoted, text_of};

/// The parts of a page that a read needs.
#[derive(Debug)]
pub struct Envelope<'a> {
    /// The records, each as the text of one JSON value.
    pub records: Vec<&'a [u8]>,
    /// The values asked for beside them, in the order asked.
    pub values: Vec<Option<&'a [u8]>>,
}

/// Finds the records of a page and some values beside them in one pass.
///
/// # Errors
/// The text is not JSON, ends early, or nests deeper than 64 levels; or there is something else
/// than an array where the records should be. No array at all there counts as no records when the
/// path's parent exists (QuickBooks leaves the key out when a list is empty).
pub fn envelope<'a>(page: &'a [u8], records: &Path, wanted: &[&Path]) -> Result<Envelope<'a>, JsonError> {
    let mut found: Vec<Option<&'a [u8]>> = vec![None; wanted.len() + 1];
    let mut scanner = Scanner::new(page);
    let mut goals: Vec<(usize, &[Segment])> = vec![(0, records.segments())];
    goals.extend(
        wanted
            .iter()
            .enumerate()
            .map(|(index, path)| (index + 1, path.segments())),
    );
    collect(&mut scanner, &goals, &mut found)?;
    scanner.finish()?;

    let rows = match found[0] {
        None | Some(b"null") => Vec::new(),
        Some(list) => elements(list)?,
    };
    found.remove(0);
    Ok(Envelope {
        records: rows,
        values: found,
    })
}

/// The raw text of one value, `None` when it is not there or the text is broken before it.
#[must_use]
pub fn find<'a>(text: &'a [u8], path: &Path) -> Option<&'a [u8]> {
    let mut found = [None];
    let goals = [(0, path.segments())];
    // What was found before a break in the text counts: error envelopes are often cut.
    let _ = collect(&mut Scanner::new(text), &goals, &mut found);
    found[0]
}

/// The elements of an array, each as raw text.
///
/// # Errors
/// It is not an array, or broken.
pub fn elements(list: &[u8]) -> Result<Vec<&[u8]>, JsonError> {
    let mut scanner = Scanner::new(list);
    scanner.open_array()?;
    let mut rows = Vec::new();
    let mut first = true;
    while scanner.next_element(&mut first)? {
        rows.push(scanner.value()?);
    }
    Ok(rows)
}

/// Walks one value and notes where each goal's path ends.
fn collect<'a>(
    scanner: &mut Scanner<'a>,
    goals: &[(usize, &[Segment])],
    found: &mut [Option<&'a [u8]>],
) -> Result<(), JsonError> {
    let here = goals.iter().any(|(_, path)| path.is_empty());
    if here || goals.is_empty() {
        let value = scanner.value()?;
        for (index, path) in goals {
            match path {
                [] => found[*index] = Some(value),
                deeper => collect(&mut Scanner::new(value), &[(*index, deeper)], found)?,
            }
        }
        return Ok(());
    }
    match scanner.peek()? {
        b'{' => {
            scanner.open_object()?;
            let mut first = true;
            while let Some(key) = scanner.next_key(&mut first)? {
                let deeper: Vec<_> = goals
                    .iter()
                    .filter(|(_, path)| path[0].is_key(&key))
                    .map(|(index, path)| (*index, &path[1..]))
                    .collect();
                collect(scanner, &deeper, found)?;
            }
            Ok(())
        }
        b'[' => {
            scanner.open_array()?;
            let mut first = true;
            let mut number = 0;
            while scanner.next_element(&mut first)? {
                let deeper: Vec<_> = goals
                    .iter()
                    .filter(|(_, path)| path[0].is_index(number))
                    .map(|(index, path)| (*index, &path[1..]))
                    .collect();
                collect(scanner, &deeper, found)?;
                number += 1;
            }
            Ok(())
        }
        _ => scanner.value().map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(records: &str, wanted: &str, page: &str) -> (Vec<String>, Option<String>) {
        let wanted = Path::parse(wanted).expect("path");
        let found = envelope(page.as_bytes(), &Path::parse(records).expect("path"), &[&wanted]).expect(page);
        let text = |raw: &[u8]| String::from_utf8_lossy(raw).into_owned();
        (
            found.records.into_iter().map(text).collect(),
            found.values[0].map(text),
        )
    }

    #[test]
    fn finds_records_and_what_stands_beside_them() {
        let page =
            r#"{"d":{"__count":"57","results":[{"a":1.10}, {"a":[1,{"b":"]}\""}]}],"__next":"http:\/\/x"}}"#;
        let (records, next) = paths("d/results", "d/__next", page);
        assert_eq!(records, [r#"{"a":1.10}"#, r#"{"a":[1,{"b":"]}\""}]}"#]);
        assert_eq!(next.as_deref(), Some(r#""http:\/\/x""#));
    }

    #[test]
    fn takes_a_bare_array_and_an_absent_one() {
        assert_eq!(paths("", "next", "[1, 2]").0, ["1", "2"]);
        assert_eq!(
            paths(
                "QueryResponse/PurchaseOrder",
                "time",
                r#"{"QueryResponse":{},"time":1}"#
            )
            .0,
            [""; 0]
        );
    }

    #[test]
    fn refuses_what_is_not_whole() {
        for page in [
            "",
            "{",
            r#"{"value":[{"a":1}"#,
            r#"{"value":[1,2}"#,
            r#"{"value":[1]} x"#,
            "<html>",
            r#"{"value":{}}"#,
        ] {
            assert!(
                envelope(page.as_bytes(), &Path::parse("value").expect("path"), &[]).is_err(),
                "{page}"
            );
        }
        let deep = "[".repeat(100);
        assert!(envelope(deep.as_bytes(), &Path::parse("value").expect("path"), &[]).is_err());
    }

    #[test]
    fn finds_one_value() {
        let text = br#"{"error":{"message":{"value":"No"},"list":[{"x":1},{"x":2}]}"#;
        let at = |path: &str| find(text, &Path::parse(path).expect("path")).map(<[u8]>::to_vec);
        assert_eq!(at("error/message/value"), Some(b"\"No\"".to_vec()));
        assert_eq!(at("error/list/1/x"), Some(b"2".to_vec()));
        assert_eq!(at("error/code"), None);
    }
}
