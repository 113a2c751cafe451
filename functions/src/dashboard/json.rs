//! JSON as people read it: on lines, indented, coloured. The text is walked and never parsed into numbers, so
//! that every digit and the order of fields are the source's.

use maud::{Markup, html};

/// Deeper than this is left as it is.
const DEEPEST: usize = 64;

/// What a piece of the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Key,
    Text,
    Plain,
    Mark,
}

/// The text on lines; as it came when it is no JSON.
pub fn shown(text: &str) -> Markup {
    let Some(pieces) = pieces(text) else {
        return html! { (text) };
    };
    html! {
        @for (kind, piece) in &pieces {
            @match kind {
                Kind::Key => span class="j-key" { (piece) },
                Kind::Text => span class="j-text" { (piece) },
                Kind::Plain => span class="j-plain" { (piece) },
                Kind::Mark => (piece),
            }
        }
    }
}

fn pieces(text: &str) -> Option<Vec<(Kind, String)>> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut pieces: Vec<(Kind, String)> = Vec::new();
    let mut rest = text.trim_start();
    let mut depth: usize = 0;
    // Marks gather until something with a colour comes.
    let mut mark = String::new();
    while let Some(first) = rest.chars().next() {
        match first {
            '"' => {
                let (string, after) = rest.split_at(string_length(rest)?);
                rest = after.trim_start();
                push(&mut pieces, &mut mark);
                let kind = if rest.starts_with(':') {
                    Kind::Key
                } else {
                    Kind::Text
                };
                pieces.push((kind, string.to_owned()));
            }
            '{' | '[' => {
                rest = rest[1..].trim_start();
                mark.push(first);
                if let Some(closing) = rest.chars().next().filter(|next| matches!(next, '}' | ']')) {
                    rest = rest[1..].trim_start();
                    mark.push(closing);
                } else {
                    depth += 1;
                    if depth > DEEPEST {
                        return None;
                    }
                    line(&mut mark, depth);
                }
            }
            '}' | ']' => {
                rest = rest[1..].trim_start();
                depth = depth.checked_sub(1)?;
                line(&mut mark, depth);
                mark.push(first);
            }
            ',' => {
                rest = rest[1..].trim_start();
                mark.push(',');
                line(&mut mark, depth);
            }
            ':' => {
                rest = rest[1..].trim_start();
                mark.push_str(": ");
            }
            _ => {
                let end = rest
                    .find(|letter: char| matches!(letter, ',' | '}' | ']') || letter.is_whitespace())
                    .unwrap_or(rest.len());
                let (plain, after) = rest.split_at(end);
                rest = after.trim_start();
                push(&mut pieces, &mut mark);
                pieces.push((Kind::Plain, plain.to_owned()));
            }
        }
    }
    push(&mut pieces, &mut mark);
    Some(pieces)
}

fn push(pieces: &mut Vec<(Kind, String)>, mark: &mut String) {
    if !mark.is_empty() {
        pieces.push((Kind::Mark, std::mem::take(mark)));
    }
}

fn line(mark: &mut String, depth: usize) {
    mark.push('\n');
    mark.extend(std::iter::repeat_n("  ", depth));
}

/// Bytes of the string that the text begins with, quotes included.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, lines: &str) {
        let pieces = pieces(text).expect(text);
        let joined: String = pieces.iter().map(|(_, piece)| piece.as_str()).collect();
        assert_eq!(joined, lines);
    }

    #[test]
    fn json_stands_on_lines_with_every_digit() {
        check(
            r#"{"b":1.10,"a":[],"c":{}}"#,
            "{\n  \"b\": 1.10,\n  \"a\": [],\n  \"c\": {}\n}",
        );
        check(
            r#" [ {"x" : "a, \"}" } , null ] "#,
            "[\n  {\n    \"x\": \"a, \\\"}\"\n  },\n  null\n]",
        );
        check("1e400", "1e400");
        check(r#""only text""#, r#""only text""#);
    }

    #[test]
    fn what_is_no_json_stays_as_it_is_and_all_is_escaped() {
        assert_eq!(shown("<x>1</x>").into_string(), "&lt;x&gt;1&lt;/x&gt;");
        let coloured = shown(r#"{"<b>":"</span><script>"}"#).into_string();
        assert!(
            !coloured.contains("<b>") && !coloured.contains("<script>"),
            "{coloured}"
        );
        assert!(
            coloured.contains("j-key") && coloured.contains("j-text"),
            "{coloured}"
        );
        assert!(shown(&"[".repeat(200)).into_string().starts_with("[["));
    }
}
