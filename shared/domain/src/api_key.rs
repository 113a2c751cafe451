//! A workspace's API keys, added and revoked with the admin key, and shown to the workspace.
//!
//! The last key may be revoked too: a leaked key must go at once, and the operator can add another.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    audit::{self, Actor},
    deployment::Domain,
    error::Problem,
    listing::MOST,
    store::{
        Change, Row, RowPage, SortKeys, StoreError, Table, Transaction, When, keys,
        token::{Opens, TokenRow},
    },
    token::{self, Kind},
    workspace,
};

/// An API key's row: says which token it is, by its hash.
#[derive(Serialize, Deserialize)]
struct ApiKeyRow {
    id: String,
    token_hash: String,
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    created_at: Timestamp,
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    revoked_at: Option<Timestamp>,
}

/// A key as people see it; nothing of the token is left to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// `key_…`
    pub id: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A workspace's keys, the oldest first, revoked ones too: at most 500.
///
/// # Errors
/// The store's.
pub async fn list(domain: &Domain, ws: &str) -> Result<Vec<ApiKey>, Problem> {
    let range = SortKeys::Prefix(keys::API_KEY_PREFIX.to_owned());
    let page: Result<RowPage<ApiKeyRow>, StoreError> = domain
        .store
        .query(
            Row::ApiKey,
            Table::State,
            &keys::workspace_pk(ws),
            &range,
            MOST,
            true,
        )
        .await;
    let shown = page?.rows.into_iter().map(|row| ApiKey {
        id: row.id,
        created_at: row.created_at,
        revoked_at: row.revoked_at,
    });
    Ok(shown.collect())
}

/// Whether the workspace has this key and it was not revoked.
pub(crate) async fn is_good(domain: &Domain, ws: &str, id: &str) -> Result<bool, Problem> {
    let row: Option<ApiKeyRow> = domain
        .store
        .get(Row::ApiKey, Table::State, &keys::api_key(ws, id))
        .await?;
    Ok(row.is_some_and(|row| row.revoked_at.is_none()))
}

/// Adds a key: its id, and the token, which is shown here and never again.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such workspace.
pub async fn add(domain: &Domain, actor: &Actor, ws: &str) -> Result<(String, SecretString), Problem> {
    workspace::get(domain, ws).await?;
    let mut transaction = Transaction::new();
    let (id, token) = make(&mut transaction, domain, ws)?;
    audit::add(&mut transaction, domain, ws, actor, "key.add", &id)?;
    domain.store.transact(transaction).await?;
    Ok((id, token))
}

/// Revokes a key: it is refused from now on. Revoking twice is the same as once.
///
/// # Errors
/// [`Problem::NotFound`] when the workspace has no such key.
pub async fn revoke(domain: &Domain, actor: &Actor, ws: &str, id: &str) -> Result<(), Problem> {
    let key = keys::api_key(ws, id);
    let row: Option<ApiKeyRow> = domain.store.get(Row::ApiKey, Table::State, &key).await?;
    let row = row.ok_or_else(|| Problem::NotFound(format!("key {id} in this workspace")))?;
    if row.revoked_at.is_some() {
        return Ok(());
    }
    let now = domain.ports.clock.now();
    let mut transaction = Transaction::new();
    let when = When::row_exists().absent("revoked_at");
    transaction.update(
        Row::ApiKey,
        Table::State,
        key,
        Change::new().set("revoked_at", now),
        when,
    );
    transaction.revoke_token(&row.token_hash, now);
    audit::add(&mut transaction, domain, ws, actor, "key.revoke", id)?;
    match domain.store.transact(transaction).await {
        // Somebody else revoked it meanwhile.
        Ok(()) | Err(StoreError::Condition(Row::ApiKey | Row::Token)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Puts a new key and its token into a transaction.
pub(crate) fn make(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
) -> Result<(String, SecretString), StoreError> {
    let now = domain.ports.clock.now();
    let id = domain.ports.ids.id("key", now);
    let token = token::generate(Kind::Workspace, &*domain.ports.ids);
    let token_hash = domain.keys.token_hash(token.expose_secret());
    transaction.put_token(
        &token_hash,
        &TokenRow::lasting(ws, Opens::Workspace { key: id.clone() }, now),
    )?;
    let row = ApiKeyRow {
        id: id.clone(),
        token_hash,
        created_at: now,
        revoked_at: None,
    };
    transaction.put(
        Row::ApiKey,
        Table::State,
        keys::api_key(ws, &id),
        &row,
        When::new_row(),
    )?;
    Ok((id, token))
}
