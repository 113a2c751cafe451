//! A connection's access token between invocations: sealed in the table, bound to connection,
//! generation and credentials; and, where renewing uses something up, whose turn it is and what came last.
//!
//! An access token that is lost costs one sign-in. A refresh token that is lost costs a person's, so that whoever cannot
//! keep one is told. Nothing is kept for a connection that was disconnected or has other credentials by now: it would
//! outlive the clean-up, or take the place of what the new credentials brought.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use manifold_connectors::auth::Turn;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    connection::Connection,
    deployment::Domain,
    store::{Change, Row, StoreError, Table, Transaction, When, keys},
    systems::{AccessToken, TokenCache},
};

/// How long a renewal has its turn: longer than the two exchanges that are usual may take. A third may outlast it, and
/// then its number tells it from the turn that somebody else has taken.
const TURN: SignedDuration = SignedDuration::from_secs(45);

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

/// The newest refresh token, and whose turn it is to use it up.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RefreshRow {
    sealed: Option<String>,
    /// The last turn that was taken.
    turn: u64,
    /// Until when it lasts, by the wall's clock.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    turn_until: Option<Timestamp>,
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
    credentials_version: u64,
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
            credentials_version: connection.credentials_version,
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

    async fn refresh_row(&self) -> Result<RefreshRow, StoreError> {
        let key = self.refresh_key();
        let row = self
            .domain
            .store
            .get(Row::RefreshToken, Table::State, &key)
            .await?;
        Ok(row.unwrap_or_default())
    }

    /// A transaction that goes on only while the connection stands and has these credentials.
    fn while_it_stands(&self) -> Transaction {
        let mut transaction = Transaction::new();
        let stands = When::connected(self.generation).eq("credentials_version", self.credentials_version);
        let key = keys::connection(&self.ws, &self.conn);
        transaction.check(Row::Connection, Table::State, key, stands);
        transaction
    }

    async fn change_refresh_row(&self, change: Change, when: When) -> Result<(), StoreError> {
        let mut transaction = self.while_it_stands();
        transaction.update(Row::RefreshToken, Table::State, self.refresh_key(), change, when);
        self.domain.store.transact(transaction).await
    }

    async fn try_to_save(&self, row: &AccessRow) -> Result<(), StoreError> {
        let mut transaction = self.while_it_stands();
        transaction.put(Row::AccessToken, Table::State, self.key(), row, When::always())?;
        self.domain.store.transact(transaction).await
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
        if row
            .valid_until
            .is_some_and(|until| until <= self.domain.ports.clock.wall())
        {
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
        if let Err(error) = self.try_to_save(&row).await {
            tracing::warn!(connection = %self.conn, %error, "the access token of {} could not be kept", self.conn);
        }
    }

    async fn refresh_token(&self) -> Result<Option<SecretString>, StoreError> {
        let row = self.refresh_row().await?;
        // What earlier credentials brought was sealed in another context and does not open.
        let open = |sealed: String| {
            let sealed = STANDARD_NO_PAD.decode(sealed).ok()?;
            let plain = self.domain.keys.open(&self.refresh_context(), &sealed).ok()?;
            Some(SecretString::from(std::str::from_utf8(&plain).ok()?))
        };
        Ok(row.sealed.and_then(open))
    }

    async fn keep_refresh_token(&self, turn: Turn, token: &SecretString) -> Result<(), StoreError> {
        let plain = token.expose_secret().as_bytes();
        let context = self.refresh_context();
        let sealed = self.domain.keys.seal(&*self.domain.ports.ids, &context, plain);
        let change = Change::new()
            .set("sealed", STANDARD_NO_PAD.encode(sealed))
            .set("kept_by", turn.0);
        // Whoever is late, its turn being over, keeps what it brought unless a later one has kept something.
        let newest = When::always().any_of([
            When::always().absent("kept_by"),
            When::always().lt("kept_by", turn.0),
        ]);
        self.change_refresh_row(change, newest).await
    }

    async fn take_turn(&self) -> Option<Turn> {
        let wall = self.domain.ports.clock.wall();
        // A store that fails gives no turn, nor does a connection that was disconnected or repaired meanwhile: the call
        // fails as one that waited too long.
        let row = self.refresh_row().await.ok()?;
        if row.turn_until.is_some_and(|until| wall < until) {
            return None;
        }
        let turn = Turn(row.turn + 1);
        let change = Change::new().set("turn", turn.0).set("turn_until", wall + TURN);
        let unchanged = match row.turn {
            0 => When::always().absent("turn"),
            last => When::always().eq("turn", last),
        };
        self.change_refresh_row(change, unchanged).await.ok()?;
        Some(turn)
    }

    async fn end_turn(&self, turn: Turn) {
        let change = Change::new().remove("turn_until");
        let key = self.refresh_key();
        let mine = When::always().eq("turn", turn.0);
        let ended = self
            .domain
            .store
            .update(Row::RefreshToken, Table::State, &key, change, mine)
            .await;
        match ended {
            // Somebody else has the next turn, or the connection was disconnected.
            Ok(()) | Err(StoreError::Condition(_)) => {}
            Err(error) => {
                tracing::warn!(connection = %self.conn, %error, "a renewal's turn of {} ends by itself", self.conn);
            }
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
