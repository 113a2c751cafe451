//! A record as the API serves it: what the system said, and what we know of it, in one object.

use jiff::Timestamp;

/// What is spliced into a record's body when it is served.
#[derive(Debug, Clone, Copy, Default)]
pub struct Served<'a> {
    /// `conn_…`
    pub connection_id: &'a str,
    /// When we last stored it; `None` for a record read live.
    pub synced_at: Option<Timestamp>,
    /// The number of its last change; `None` for a record read live.
    pub seq: Option<u64>,
    /// When we saw that it is gone.
    pub deleted_at: Option<Timestamp>,
    /// The record as the system sent it, when that was asked for.
    pub raw: Option<&'a [u8]>,
}

/// A time as every answer has it: RFC 3339 in UTC with milliseconds.
#[must_use]
pub fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// The body of a record, an object's text, with ours before its last brace.
///
/// A body that is not an object comes back as it is. `raw` goes in as JSON where it is JSON and as
/// a string where it is not (XML).
#[must_use]
pub fn present(body: &[u8], served: &Served<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 128 + served.raw.map_or(0, <[u8]>::len));
    present_into(&mut out, body, served);
    out
}

/// As [`present`], behind what is already in `out`.
pub fn present_into(out: &mut Vec<u8>, body: &[u8], served: &Served<'_>) {
    let Some(end) = body.iter().rposition(|byte| *byte == b'}') else {
        out.extend_from_slice(body);
        return;
    };
    out.extend_from_slice(&body[..end]);
    let empty = body[..end].iter().rev().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    // Ids of ours hold nothing that JSON escapes.
    out.extend_from_slice(if empty {
        b"\"connection_id\":\""
    } else {
        b",\"connection_id\":\""
    });
    out.extend_from_slice(served.connection_id.as_bytes());
    out.push(b'"');
    if let Some(at) = served.synced_at {
        text(out, "synced_at", &time(at));
    }
    if let Some(seq) = served.seq {
        out.extend_from_slice(b",\"seq\":");
        out.extend_from_slice(seq.to_string().as_bytes());
    }
    // The system's own word on when it was deleted stands where it gave one.
    if let Some(at) = served.deleted_at.filter(|_| !has_member(body, "deleted_at")) {
        text(out, "deleted_at", &time(at));
    }
    if let Some(raw) = served.raw {
        out.extend_from_slice(b",\"raw\":");
        raw_value(out, raw);
    }
    out.push(b'}');
}

fn text(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":\"");
    out.extend_from_slice(value.as_bytes());
    out.push(b'"');
}

fn raw_value(out: &mut Vec<u8>, raw: &[u8]) {
    if serde_json::from_slice::<serde::de::IgnoredAny>(raw).is_ok() {
        out.extend_from_slice(raw);
    } else {
        json_text(out, &String::from_utf8_lossy(raw));
    }
}

/// Writes a text as a JSON string.
pub(crate) fn json_text(out: &mut Vec<u8>, text: &str) {
    // Text always serialises, and a vector takes every byte.
    serde_json::to_writer(out, text).expect("a string can be written to a vector");
}

/// Records that are presented already, as a list's JSON: `{"data":[…],"next_cursor":null|"…"}`.
#[must_use]
pub fn list(records: &[Vec<u8>], next_cursor: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(records.iter().map(|record| record.len() + 1).sum::<usize>() + 256);
    out.extend_from_slice(b"{\"data\":[");
    for (place, record) in records.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        out.extend_from_slice(record);
    }
    out.extend_from_slice(b"],\"next_cursor\":");
    match next_cursor {
        Some(cursor) => json_text(&mut out, cursor),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
    out
}

/// Whether the object has this member at its top. Only asked of deleted records, which are few.
fn has_member(body: &[u8], name: &str) -> bool {
    type Members<'a> = std::collections::BTreeMap<std::borrow::Cow<'a, str>, serde::de::IgnoredAny>;
    serde_json::from_slice::<Members<'_>>(body).is_ok_and(|members| members.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, served: &Served<'_>, expected: &str) {
        let shown = present(body.as_bytes(), served);
        assert_eq!(String::from_utf8(shown).unwrap(), expected);
    }

    fn at() -> Timestamp {
        "2026-03-01T10:00:00.123456Z".parse().unwrap()
    }

    #[test]
    fn live_records_have_the_connection_only() {
        let served = Served {
            connection_id: "conn_1",
            ..Served::default()
        };
        check(r#"{"id":"7"}"#, &served, r#"{"id":"7","connection_id":"conn_1"}"#);
        check("{ }", &served, r#"{ "connection_id":"conn_1"}"#);
    }

    #[test]
    fn stored_records_have_time_and_number() {
        let served = Served {
            connection_id: "conn_1",
            synced_at: Some(at()),
            seq: Some(4),
            ..Served::default()
        };
        check(
            r#"{"id":"7","total":{"amount":"19.10"}}"#,
            &served,
            r#"{"id":"7","total":{"amount":"19.10"},"connection_id":"conn_1","synced_at":"2026-03-01T10:00:00.123Z","seq":4}"#,
        );
    }

    #[test]
    fn the_systems_own_deletion_time_stands() {
        let served = Served {
            connection_id: "c",
            deleted_at: Some(at()),
            ..Served::default()
        };
        check(
            r#"{"id":"7"}"#,
            &served,
            r#"{"id":"7","connection_id":"c","deleted_at":"2026-03-01T10:00:00.123Z"}"#,
        );
        check(
            r#"{"deleted_at":"2020"}"#,
            &served,
            r#"{"deleted_at":"2020","connection_id":"c"}"#,
        );
        check(
            r#"{"a":{"deleted_at":1}}"#,
            &served,
            r#"{"a":{"deleted_at":1},"connection_id":"c","deleted_at":"2026-03-01T10:00:00.123Z"}"#,
        );
    }

    #[test]
    fn raw_is_json_or_text() {
        let served = |raw| Served {
            connection_id: "c",
            raw: Some(raw),
            ..Served::default()
        };
        check(
            "{}",
            &served(br#"{"x":1.10}"#),
            r#"{"connection_id":"c","raw":{"x":1.10}}"#,
        );
        check(
            "{}",
            &served(b"<x>\"1\"</x>"),
            r#"{"connection_id":"c","raw":"<x>\"1\"</x>"}"#,
        );
    }
}
