//! Where a read stands, and how that becomes a text that somebody can hand back later.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, FaultKind},
    manifest::Paging,
    source::Position,
};

/// Raised when the meaning of a stored position changes; older ones are then refused.
const VERSION: u8 = 1;

/// The most bytes of a position; a SAP `$skiptoken` can take 2,000.
const MOST_BYTES: usize = 16_384;

/// Where one page of a list begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum At {
    /// The list's first page.
    Start,
    /// Behind a next link: its path and query. The host is always the configured one, whatever
    /// somebody may have written into a position.
    Link(String),
    /// Behind so many records.
    Offset(u64),
    /// A numbered page, which means something only together with the page size that was used.
    Page { number: u64, limit: u32 },
    /// Behind the record with this key.
    After(String),
}

/// A page, and how many of its records are passed already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub at: At,
    pub skip: u32,
}

impl Place {
    /// The list's beginning.
    pub const START: Self = Self {
        at: At::Start,
        skip: 0,
    };

    /// The beginning of a page.
    pub fn page(at: At) -> Self {
        Self { at, skip: 0 }
    }

    /// As a text.
    pub fn to_position(&self) -> Position {
        // Numbers, texts and an enum of them always serialise.
        let text = serde_json::to_vec(&(VERSION, &self.at, self.skip)).expect("a place serialises");
        Position(URL_SAFE_NO_PAD.encode(text))
    }

    /// From a text that [`Place::to_position`] made for a list that pages like this one.
    pub fn from_position(position: &Position, paging: &Paging) -> Result<Self, Fault> {
        Self::read(position, paging).ok_or_else(|| {
            let message = "This cursor is not one that this list gave: start again without a cursor.";
            Fault::new(FaultKind::Rejected, message).about("cursor")
        })
    }

    fn read(position: &Position, paging: &Paging) -> Option<Self> {
        if position.0.len() > MOST_BYTES {
            return None;
        }
        let text = URL_SAFE_NO_PAD.decode(&position.0).ok()?;
        let (version, at, skip): (u8, At, u32) = serde_json::from_slice(&text).ok()?;
        let fits = match (&at, paging) {
            (At::Start, _)
            | (At::Offset(_), Paging::Offset { .. })
            | (At::Page { limit: 1.., .. }, Paging::Pages { .. })
            | (At::After(_), Paging::Keyset { .. }) => true,
            (At::Link(link), Paging::NextLink { .. }) => link.starts_with('/'),
            _ => false,
        };
        (version == VERSION && fits).then_some(Self { at, skip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_is_short() {
        let keyset = Paging::Keyset {
            key: "id".into(),
            next_link: None,
        };
        let link = Paging::NextLink { path: "next".into() };
        for (place, paging) in [
            (Place::START, &keyset),
            (
                Place {
                    at: At::After("4500000123".into()),
                    skip: 0,
                },
                &keyset,
            ),
            (
                Place {
                    at: At::Link("/orders?$skiptoken=ü".into()),
                    skip: 3,
                },
                &link,
            ),
            (
                Place {
                    at: At::Offset(200),
                    skip: 0,
                },
                &Paging::Offset {
                    more: None,
                    next_link: None,
                },
            ),
            (
                Place {
                    at: At::Page { number: 3, limit: 50 },
                    skip: 7,
                },
                &Paging::Pages { first: 0 },
            ),
        ] {
            let position = place.to_position();
            assert!(position.0.len() < 80, "{position:?}");
            assert_eq!(Place::from_position(&position, paging), Ok(place));
        }
    }

    #[test]
    fn what_this_list_did_not_give_is_refused() {
        let keyset = Paging::Keyset {
            key: "id".into(),
            next_link: None,
        };
        let foreign = |text: &str| Position(URL_SAFE_NO_PAD.encode(text));
        for position in [
            Position("not base64!".into()),
            Position(String::new()),
            foreign("[1,\"start\"]"),
            foreign("[2,\"start\",0]"),
            foreign("[1,{\"offset\":3},0]"),
            Position("A".repeat(MOST_BYTES + 1)),
        ] {
            let fault = Place::from_position(&position, &keyset).expect_err(&position.0);
            assert_eq!(
                (fault.kind, fault.about.as_deref()),
                (FaultKind::Rejected, Some("cursor"))
            );
        }
        let link = Paging::NextLink { path: "next".into() };
        assert!(Place::from_position(&foreign("[1,{\"link\":\"https://evil.example/\"},0]"), &link).is_err());
        assert!(
            Place::from_position(
                &foreign("[1,{\"page\":{\"number\":1,\"limit\":0}},0]"),
                &Paging::Pages { first: 0 }
            )
            .is_err()
        );
    }
}
