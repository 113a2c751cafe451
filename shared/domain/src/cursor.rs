//! Cursors: opaque to the caller, authenticated, and good for one query of one workspace only.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use subtle::ConstantTimeEq as _;

use crate::{deployment::DeploymentKeys, error::Problem};

const TAG: usize = 16;
/// No cursor of ours is longer; a longer text is not looked at.
const LONGEST: usize = 8 * 1024;

#[derive(Serialize)]
struct Sealed<'a, T> {
    #[serde(rename = "u", skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(rename = "p")]
    payload: &'a T,
}

#[derive(Deserialize)]
struct Opened<T> {
    #[serde(rename = "u", default)]
    until: Option<i64>,
    #[serde(rename = "p")]
    payload: T,
}

/// The cursor that says `payload` to the query that `bound_to` names (workspace, route, parameters).
///
/// With `until` it is refused from that time on.
///
/// # Panics
/// When `payload` has no JSON form, which no cursor of ours lacks.
pub fn encode<T: Serialize>(
    keys: &DeploymentKeys,
    bound_to: &str,
    payload: &T,
    until: Option<Timestamp>,
) -> String {
    let sealed = Sealed {
        until: until.map(Timestamp::as_millisecond),
        payload,
    };
    let body = serde_json::to_vec(&sealed).expect("a cursor is made of texts and numbers");
    let mut bytes = keys.cursor_tag(bound_to, &body).to_vec();
    bytes.extend_from_slice(&body);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a cursor says, if it was made for this very query.
///
/// # Errors
/// [`Problem::Unreadable`] when it was changed, belongs to another query, or is over.
pub fn decode<T: DeserializeOwned>(
    keys: &DeploymentKeys,
    bound_to: &str,
    text: &str,
    now: Timestamp,
) -> Result<T, Problem> {
    let refused =
        || Problem::Unreadable("The cursor is not one of this query. Start again without it.".to_owned());
    if text.len() > LONGEST {
        return Err(refused());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refused())?;
    let (tag, body) = bytes.split_at_checked(TAG).ok_or_else(refused)?;
    if !bool::from(keys.cursor_tag(bound_to, body).as_slice().ct_eq(tag)) {
        return Err(refused());
    }
    let opened: Opened<T> = serde_json::from_slice(body).map_err(|_| refused())?;
    if opened.until.is_some_and(|until| now.as_millisecond() >= until) {
        return Err(Problem::Unreadable(
            "The cursor is over. Start again without it.".to_owned(),
        ));
    }
    Ok(opened.payload)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_query_only() {
        let keys = DeploymentKeys::from_master(&SecretString::from("master"));
        let now = Timestamp::UNIX_EPOCH;
        let cursor = encode(&keys, "ws_1 events", &"evt_1", None);
        assert_eq!(
            decode::<String>(&keys, "ws_1 events", &cursor, now).unwrap(),
            "evt_1"
        );
        for (bound_to, text) in [
            ("ws_2 events", cursor.clone()),
            ("ws_1 ledger", cursor.clone()),
            ("ws_1 events", String::new()),
            ("ws_1 events", format!("{cursor}A")),
            ("ws_1 events", "x".repeat(LONGEST + 1)),
        ] {
            assert!(
                matches!(
                    decode::<String>(&keys, bound_to, &text, now),
                    Err(Problem::Unreadable(_))
                ),
                "{text}"
            );
        }
        for at in 0..cursor.len() {
            let mut flipped = cursor.clone().into_bytes();
            flipped[at] = if flipped[at] == b'A' { b'Q' } else { b'A' };
            let flipped = String::from_utf8(flipped).unwrap();
            let read = decode::<String>(&keys, "ws_1 events", &flipped, now);
            assert!(read.is_err() || flipped == cursor, "{flipped}");
        }
    }

    #[test]
    fn a_cursor_with_an_end_is_refused_from_then_on() {
        let keys = DeploymentKeys::from_master(&SecretString::from("master"));
        let until = Timestamp::from_second(10).unwrap();
        let cursor = encode(&keys, "q", &1, Some(until));
        assert_eq!(
            decode::<u8>(&keys, "q", &cursor, Timestamp::from_second(9).unwrap()).unwrap(),
            1
        );
        assert!(decode::<u8>(&keys, "q", &cursor, until).is_err());
    }
}
