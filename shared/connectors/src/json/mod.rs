//! JSON as text: finding values in it without building trees.
//!
//! Connectors read pages of megabytes of which they use a part. So the text is walked once, what is
//! not wanted is skipped, and what is wanted stays a slice of the page: a number keeps its digits.

mod path;
mod scan;
mod text;
mod words;

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

/// Stands for the records among the goals of a walk, instead of the number of a value.
const RECORDS: usize = usize::MAX;

/// Something to find: its number, and the rest of the way to it.
type Goal<'p> = (usize, &'p [Segment]);

/// Finds the records of a page and some values beside them in one pass.
///
/// # Errors
/// The text is not JSON, ends early, or nests deeper than 64 levels; or there is something else
/// than an array where the records should be. No array at all there counts as no records when the
/// path's parent exists (QuickBooks leaves the key out when a list is empty).
pub fn envelope<'a>(page: &'a [u8], records: &Path, wanted: &[&Path]) -> Result<Envelope<'a>, JsonError> {
    let mut found = Envelope {
        records: Vec::new(),
        values: vec![None; wanted.len()],
    };
    let mut goals: Vec<Goal<'_>> = vec![(RECORDS, records.segments())];
    let values = wanted.iter().enumerate();
    goals.extend(values.map(|(number, path)| (number, path.segments())));
    let mut scanner = Scanner::new(page);
    collect(&mut scanner, &goals, &mut found)?;
    scanner.finish()?;
    Ok(found)
}

/// The raw text of one value, `None` when it is not there or the text is broken before it.
#[must_use]
pub fn find<'a>(text: &'a [u8], path: &Path) -> Option<&'a [u8]> {
    let mut found = Envelope {
        records: Vec::new(),
        values: vec![None],
    };
    // What was found before a break in the text counts: error envelopes are often cut.
    let _ = collect(&mut Scanner::new(text), &[(0, path.segments())], &mut found);
    found.values[0]
}

/// The elements of an array, each as raw text.
///
/// # Errors
/// It is not an array, or broken.
pub fn elements(list: &[u8]) -> Result<Vec<&[u8]>, JsonError> {
    let mut rows = Vec::new();
    elements_into(&mut Scanner::new(list), &mut rows)?;
    Ok(rows)
}

fn elements_into<'a>(scanner: &mut Scanner<'a>, rows: &mut Vec<&'a [u8]>) -> Result<(), JsonError> {
    scanner.open_array()?;
    rows.clear();
    let mut first = true;
    while scanner.next_element(&mut first)? {
        rows.push(scanner.value()?);
    }
    Ok(())
}

/// Walks one value and notes where each goal's path ends.
fn collect<'a>(
    scanner: &mut Scanner<'a>,
    goals: &[Goal<'_>],
    found: &mut Envelope<'a>,
) -> Result<(), JsonError> {
    if let [(RECORDS, [])] = goals
        && scanner.peek()? != b'n'
    {
        // Megabytes of a page are here: its end is found together with its elements.
        return elements_into(scanner, &mut found.records);
    }
    if goals.is_empty() || goals.iter().any(|(_, path)| path.is_empty()) {
        let value = scanner.value()?;
        for (number, path) in goals {
            match (*number, path) {
                (RECORDS, []) if value == b"null" => found.records.clear(),
                (RECORDS, []) => elements_into(&mut Scanner::new(value), &mut found.records)?,
                (number, []) => found.values[number] = Some(value),
                (number, deeper) => collect(&mut Scanner::new(value), &[(number, deeper)], found)?,
            }
        }
        return Ok(());
    }
    let deeper = |leads: &dyn Fn(&Segment) -> bool| -> Vec<Goal<'_>> {
        let inside = goals.iter().filter(|(_, path)| leads(&path[0]));
        inside.map(|(number, path)| (*number, &path[1..])).collect()
    };
    let mut first = true;
    match scanner.peek()? {
        b'{' => {
            scanner.open_object()?;
            while let Some(key) = scanner.next_key(&mut first)? {
                collect(scanner, &deeper(&|step| step.is_key(&key)), found)?;
            }
            Ok(())
        }
        b'[' => {
            scanner.open_array()?;
            let mut place = 0;
            while scanner.next_element(&mut first)? {
                collect(scanner, &deeper(&|step| step.is_index(place)), found)?;
                place += 1;
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
