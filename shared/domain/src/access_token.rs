//! A connection's access token between invocations: sealed in the table, bound to connection,
//! generation and credentials.
//!
//! Nothing here ever fails a call: without the token there is one more sign-in.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    connection::Connection,
    deployment::Domain,
    store::{Change, Row, StoreError, Table, When, keys},
    systems::{AccessToken, TokenCache},
};

/// How long a renewal has its turn: longer than an exchange may take.
const TURN: SignedDuration = SignedDuration::from_secs(30);

/// The token is not used in its last minute: the call that carries it takes time.
const MARGIN_SECONDS: i64 = 60;

#[derive(Serialize, Deserialize)]
struct AccessRow {
    #[serde(with = "serde_bytes_form")]
    sealed: Vec<u8>,
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    valid_until: Option<Timestamp>,
}

/// The newest refresh token, and until when somebody uses it up.
#[derive(Serialize, Deserialize)]
struct RefreshRow {
    sealed: Option<String>,
}

/// Sealed bytes stand in rows as base64 text.
mod serde_bytes_form {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD_NO_PAD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        STANDARD_NO_PAD
            .decode(String::deserialize(from)?)
            .map_err(D::Error::custom)
    }
}

/// The token cache of one connection.
pub(crate) struct StoredToken {
    domain: Domain,
    ws: String,
    conn: String,
    generation: u64,
    context: String,
}

impl StoredToken {
    /// The cache that goes with the connection's present credentials.
    pub(crate) fn of(domain: &Domain, connection: &Connection) -> Self {
        Self {
            domain: domain.clone(),
            ws: connection.workspace.clone(),
            conn: connection.id.clone(),
            generation: connection.generation,
            context: format!(
                "access token of {} {}",
                connection.workspace,
                connection.vault_name()
            ),
        }
    }

    fn key(&self) -> keys::Key {
        keys::access_token(&self.ws, &self.conn, self.generation)
    }

    fn refresh_key(&self) -> keys::Key {
        keys::refresh_token(&self.ws, &self.conn, self.generation)
    }

    /// Bound to the credentials: what earlier ones brought does not open.
    fn refresh_context(&self) -> String {
        format!("refresh {}", self.context)
    }
}

#[async_trait]
impl TokenCache for StoredToken {
    async fn load(&self) -> Option<AccessToken> {
        let row: AccessRow = self
            .domain
            .store
            .get(Row::AccessToken, Table::State, &self.key())
            .await
            .ok()??;
        let over = row.valid_until.is_some_and(|until| {
            self.domain.ports.clock.wall().as_second() + MARGIN_SECONDS >= until.as_second()
        });
        if over {
            return None;
        }
        // A token of earlier credentials was sealed in another context and does not open.
        let secret = self.domain.keys.open(&self.context, &row.sealed).ok()?;
        let secret = std::str::from_utf8(&secret).ok()?;
        Some(AccessToken {
            secret: SecretString::from(secret),
            expires_at: row.valid_until,
        })
    }

    async fn save(&self, token: &AccessToken) {
        let plain = token.secret.expose_secret().as_bytes();
        let sealed = self
            .domain
            .keys
            .seal(&*self.domain.ports.ids, &self.context, plain);
        let row = AccessRow {
            sealed,
            valid_until: token.expires_at,
        };
        let saved = self
            .domain
            .store
            .put(Row::AccessToken, Table::State, &self.key(), &row, When::always())
            .await;
        if let Err(error) = saved {
            tracing::warn!(connection = %self.conn, %error, "the access token of {} could not be kept", self.conn);
        }
    }

    async fn refresh_token(&self) -> Option<SecretString> {
        let key = self.refresh_key();
        let row: RefreshRow = self
            .domain
            .store
            .get(Row::RefreshToken, Table::State, &key)
            .await
            .ok()??;
        let sealed = STANDARD_NO_PAD.decode(row.sealed?).ok()?;
        let plain = self.domain.keys.open(&self.refresh_context(), &sealed).ok()?;
        Some(SecretString::from(std::str::from_utf8(&plain).ok()?))
    }

    async fn keep_refresh_token(&self, token: &SecretString) -> Result<(), StoreError> {
        let plain = token.expose_secret().as_bytes();
        let context = self.refresh_context();
        let sealed = self.domain.keys.seal(&*self.domain.ports.ids, &context, plain);
        let change = Change::new().set("sealed", STANDARD_NO_PAD.encode(sealed));
        let key = self.refresh_key();
        self.domain
            .store
            .update(Row::RefreshToken, Table::State, &key, change, When::always())
            .await
    }

    async fn take_turn(&self) -> bool {
        let wall = self.domain.ports.clock.wall();
        let free = When::always().any_of([
            When::always().absent("turn_until"),
            When::always().lt("turn_until", wall),
        ]);
        let change = Change::new().set("turn_until", wall + TURN);
        let key = self.refresh_key();
        let taken = self
            .domain
            .store
            .update(Row::RefreshToken, Table::State, &key, change, free)
            .await;
        // A store that fails gives no turn: the call fails as one that waited too long.
        taken.is_ok()
    }

    async fn end_turn(&self) {
        let change = Change::new().remove("turn_until");
        let key = self.refresh_key();
        let ended = self
            .domain
            .store
            .update(Row::RefreshToken, Table::State, &key, change, When::always())
            .await;
        if let Err(error) = ended {
            tracing::warn!(connection = %self.conn, %error, "a renewal's turn of {} ends by itself", self.conn);
        }
    }

    async fn forget(&self) {
        let gone = self
            .domain
            .store
            .delete(Row::AccessToken, Table::State, &self.key(), When::always())
            .await;
        if let Err(error) = gone {
            tracing::warn!(connection = %self.conn, %error, "the access token of {} could not be dropped", self.conn);
        }
    }
}
