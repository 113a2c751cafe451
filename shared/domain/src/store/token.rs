//! Token rows: what a bearer token opens. The token itself is nowhere, only its keyed hash.

use jiff::{
    Timestamp,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use serde::{Deserialize, Serialize};

use super::{Change, Row, Store, StoreError, Table, Transaction, When, keys};

/// What a token opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Opens {
    /// The workspace, by this API key.
    Workspace {
        /// `key_…`
        key: String,
    },
    /// One connection, in one generation.
    Connection {
        /// `conn_…`
        conn: String,
        /// The generation that it was made in.
        generation: u64,
    },
    /// A link session.
    Link {
        /// `lnk_…`
        link: String,
    },
    /// The exchange of what a link session made.
    Public {
        /// `conn_…`
        conn: String,
        /// Whether the connection was there before, so that its token stays.
        repaired: bool,
    },
    /// The dashboard, as long as the API key that signed in is good.
    Session {
        /// `key_…`
        key: String,
    },
}

/// A token's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// The workspace that it belongs to.
    pub ws: String,
    /// What it opens.
    #[serde(flatten)]
    pub opens: Opens,
    /// When it was made.
    #[serde(with = "millis")]
    pub created_at: Timestamp,
    /// When it was revoked or used up.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// When it ends, by the wall's clock.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// When DynamoDB may remove the row, in seconds; only tokens that end by themselves have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

/// Seconds that a token's row outlives the token.
const OUTLIVES: i64 = 24 * 3600;

impl TokenRow {
    /// A token that lasts until it is revoked.
    #[must_use]
    pub fn lasting(ws: &str, opens: Opens, created_at: Timestamp) -> Self {
        Self {
            ws: ws.to_owned(),
            opens,
            created_at,
            revoked_at: None,
            valid_until: None,
            expires_at: None,
        }
    }

    /// A token that ends by itself.
    #[must_use]
    pub fn until(ws: &str, opens: Opens, created_at: Timestamp, valid_until: Timestamp) -> Self {
        Self {
            valid_until: Some(valid_until),
            expires_at: Some(valid_until.as_second() + OUTLIVES),
            ..Self::lasting(ws, opens, created_at)
        }
    }
}

impl Store {
    /// The row of a token's hash, as it is now.
    ///
    /// # Errors
    /// The store's.
    pub async fn token(&self, hash: &str) -> Result<Option<TokenRow>, StoreError> {
        self.get(Row::Token, Table::State, &keys::token(hash)).await
    }
}

impl Transaction {
    /// Writes a new token's row.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] never in practice.
    pub fn put_token(&mut self, hash: &str, row: &TokenRow) -> Result<&mut Self, StoreError> {
        self.put(Row::Token, Table::State, keys::token(hash), row, When::new_row())
    }

    /// Flags a token as revoked or used up, once; the row stays, so that it is known as such.
    pub fn revoke_token(&mut self, hash: &str, at: Timestamp) -> &mut Self {
        let change = Change::new().set("revoked_at", at);
        let when = When::row_exists().absent("revoked_at");
        self.update(Row::Token, Table::State, keys::token(hash), change, when)
    }
}
