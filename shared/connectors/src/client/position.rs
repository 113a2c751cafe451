//! Where a read stands, and how that becomes a text that somebody can hand back later.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    fault::{Fault, FaultKind},
    manifest::{List, Paging},
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
    /// In the list of one parent.
    Below {
        /// Where the page of parents begins that it is on.
        parents: Box<At>,
        /// Its key; the first one of that page when none is named, or when this one is gone.
        parent: Option<String>,
        /// Where the page begins in its own list.
        at: Box<At>,
    },
}

impl At {
    /// In one's parent list, or in the list itself.
    pub fn inner(&self) -> &Self {
        match self {
            Self::Below { at, .. } => at,
            at => at,
        }
    }

    /// The same parent's list at another place; the list itself where there are no parents.
    pub fn with_inner(&self, inner: Self) -> Self {
        match self {
            Self::Below { parents, parent, .. } => Self::Below {
                parents: parents.clone(),
                parent: parent.clone(),
                at: Box::new(inner),
            },
            _ => inner,
        }
    }

    /// Whether a list that pages like this one can have given it.
    fn fits(&self, list: &List) -> bool {
        match (self, &list.for_each) {
            (Self::Start, _) => true,
            (Self::Below { parents, at, .. }, Some(each)) => {
                parents.pages_like(&each.list.paging) && at.pages_like(&list.paging)
            }
            (at, None) => at.pages_like(&list.paging),
            (_, Some(_)) => false,
        }
    }

    fn pages_like(&self, paging: &Paging) -> bool {
        match (self, paging) {
            (Self::Start, _)
            | (Self::Offset(_), Paging::Offset { .. })
            | (Self::Page { limit: 1.., .. }, Paging::Pages { .. })
            | (Self::After(_), Paging::Keyset { .. }) => true,
            (Self::Link(link), Paging::NextLink { .. }) => link.starts_with('/'),
            _ => false,
        }
    }
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
    pub fn from_position(position: &Position, list: &List) -> Result<Self, Fault> {
        Self::read(position, list).ok_or_else(|| {
            let message = "This cursor is not one that this list gave: start again without a cursor.";
            Fault::new(FaultKind::Rejected, message).about("cursor")
        })
    }

    fn read(position: &Position, list: &List) -> Option<Self> {
        if position.0.len() > MOST_BYTES {
            return None;
        }
        let text = URL_SAFE_NO_PAD.decode(&position.0).ok()?;
        let (version, at, skip): (u8, At, u32) = serde_json::from_slice(&text).ok()?;
        (version == VERSION && at.fits(list)).then_some(Self { at, skip })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(paging: &str) -> List {
        let text = format!(
            "path = \"/\"\nrecords = \"\"\npage_size = 1\nmax_page_size = 1\npaging = {{ {paging} }}\n"
        );
        toml::from_str(&text).expect("a list")
    }

    fn below(paging: &str, parents: &str) -> List {
        List {
            for_each: Some(Box::new(crate::manifest::ForEach {
                name: "@parent".into(),
                key: "id".into(),
                list: list(parents),
            })),
            ..list(paging)
        }
    }

    const KEYSET: &str = "keyset = { key = \"id\" }";
    const LINK: &str = "next_link = { path = \"next\" }";

    fn in_parent(parents: At, at: At) -> At {
        At::Below {
            parents: Box::new(parents),
            parent: Some("7".into()),
            at: Box::new(at),
        }
    }

    #[test]
    fn comes_back_and_is_short() {
        let after = || At::After("4500000123".into());
        for (at, skip, list) in [
            (At::Start, 0, list(KEYSET)),
            (after(), 0, list(KEYSET)),
            (At::Link("/orders?$skiptoken=ü".into()), 3, list(LINK)),
            (At::Offset(200), 0, list("offset = {}")),
            (At::Page { number: 3, limit: 50 }, 7, list("pages = {}")),
            (
                in_parent(after(), At::Offset(50)),
                0,
                below("offset = {}", KEYSET),
            ),
            (in_parent(At::Start, At::Start), 0, below(KEYSET, KEYSET)),
        ] {
            let place = Place { at, skip };
            let position = place.to_position();
            assert!(position.0.len() < 130, "{position:?}");
            assert_eq!(Place::from_position(&position, &list), Ok(place));
        }
    }

    #[test]
    fn what_this_list_did_not_give_is_refused() {
        let foreign = |text: &str| Position(URL_SAFE_NO_PAD.encode(text));
        for position in [
            Position("not base64!".into()),
            Position(String::new()),
            foreign("[1,\"start\"]"),
            foreign("[2,\"start\",0]"),
            foreign("[1,{\"offset\":3},0]"),
            Position("A".repeat(MOST_BYTES + 1)),
        ] {
            let fault = Place::from_position(&position, &list(KEYSET)).expect_err(&position.0);
            assert_eq!(
                (fault.kind, fault.about.as_deref()),
                (FaultKind::Rejected, Some("cursor"))
            );
        }
        let place = |at: At| Place::page(at).to_position();
        for (position, list) in [
            (place(At::Link("https://evil.example/".into())), list(LINK)),
            (place(At::Page { number: 1, limit: 0 }), list("pages = {}")),
            (place(in_parent(At::Start, At::Start)), list(KEYSET)),
            (place(At::After("1".into())), below(KEYSET, KEYSET)),
            (place(in_parent(At::Offset(1), At::Start)), below(KEYSET, KEYSET)),
            (
                place(in_parent(At::Start, in_parent(At::Start, At::Start))),
                below(KEYSET, KEYSET),
            ),
        ] {
            assert!(Place::from_position(&position, &list).is_err(), "{position:?}");
        }
    }
}
