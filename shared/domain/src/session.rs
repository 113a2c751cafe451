//! A person at the dashboard: a workspace key signs in, and a session stands for it from then on.
//!
//! A session is a token of its own kind, of which only the keyed hash is stored. It opens no API call. It
//! ends by itself, by signing out, and with the key that opened it.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    api_key,
    audit::{self, Actor},
    auth::{self, Caller},
    deployment::Domain,
    error::Problem,
    store::{
        Row, StoreError, Transaction,
        token::{Opens, TokenRow},
    },
    token::{self, Kind},
};

/// How long a session lasts, by the wall's clock: a working day, with no way to prolong it.
pub const LASTS: Duration = Duration::from_secs(12 * 3600);

/// A session that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The workspace.
    pub ws: String,
    /// The API key that signed in.
    pub key: String,
    /// When it ends.
    pub until: Timestamp,
}

/// Signs in with a workspace key: the session's token, shown here and never again.
///
/// # Errors
/// [`Problem::Unauthorized`] or [`Problem::TokenRevoked`] for a key that is not good,
/// [`Problem::Forbidden`] for a token of another kind.
pub async fn begin(domain: &Domain, key: &str, from: Actor) -> Result<SecretString, Problem> {
    let caller = auth::authenticate(domain, key).await?;
    let Caller::Workspace { ws, key } = caller else {
        return Err(Problem::Forbidden(
            "A workspace key (mfk_…) signs in; this is a token of another kind.".to_owned(),
        ));
    };
    let now = domain.ports.clock.now();
    let session = token::generate(Kind::Session, &*domain.ports.ids);
    let hash = domain.keys.token_hash(session.expose_secret());
    let actor = Actor {
        who: key.clone(),
        ..from
    };
    let row = TokenRow::until(
        &ws,
        Opens::Session { key: key.clone() },
        now,
        domain.ports.clock.wall() + LASTS,
    );
    let mut transaction = Transaction::new();
    transaction.put_token(&hash, &row)?;
    audit::add(&mut transaction, domain, &ws, &actor, "session.begin", &key)?;
    domain.store.transact(transaction).await?;
    Ok(session)
}

/// The session of a token.
///
/// # Errors
/// [`Problem::Unauthorized`] for one that is unknown or over, [`Problem::TokenRevoked`] when it was signed
/// out, or its key was withdrawn.
pub async fn open(domain: &Domain, session: &str) -> Result<Session, Problem> {
    if token::parse(session) != Some(Kind::Session) {
        return Err(Problem::Unauthorized);
    }
    let row = auth::valid_token(domain, session).await?;
    let (Opens::Session { key }, Some(until)) = (row.opens, row.valid_until) else {
        return Err(Problem::Unauthorized);
    };
    if !api_key::is_good(domain, &row.ws, &key).await? {
        return Err(Problem::TokenRevoked);
    }
    Ok(Session {
        ws: row.ws,
        key,
        until,
    })
}

/// Signs out. A session that is over already stays so.
///
/// # Errors
/// The store's.
pub async fn end(domain: &Domain, session: &str) -> Result<(), Problem> {
    if token::parse(session) != Some(Kind::Session) {
        return Ok(());
    }
    let mut transaction = Transaction::new();
    transaction.revoke_token(&domain.keys.token_hash(session), domain.ports.clock.now());
    match domain.store.transact(transaction).await {
        Ok(()) | Err(StoreError::Condition(Row::Token)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
