//! Tidies up after a disconnect: the secret, the access token, due syncs of the generation that ended.
//!
//! All of it is inert already; this only removes it. Any part may be done twice.

use serde::{Deserialize, Serialize};

use crate::{
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::{Change, Row, StoreError, Table, Transaction, When, due, keys},
};

#[derive(Serialize, Deserialize)]
struct CleanupRow {
    vault_name: String,
}

/// Puts the clean-up of a connection that ends into the transaction that ends it.
pub(crate) fn add(
    transaction: &mut Transaction,
    domain: &Domain,
    ending: &Connection,
) -> Result<(), StoreError> {
    let key = keys::cleanup(&ending.workspace, &ending.id, ending.generation);
    let mut item = crate::store::to_row(
        &key,
        &CleanupRow {
            vault_name: ending.vault_name(),
        },
    )?;
    item.extend(due::attributes(&key, domain.ports.clock.now()));
    transaction.put_item(Row::Cleanup, Table::State, key, item, When::new_row());
    Ok(())
}

/// Does the clean-up of a generation, or nothing when it was done.
///
/// # Errors
/// The store's and the vault's; the row stays due.
pub async fn run(domain: &Domain, ws: &str, conn: &str, generation: u64) -> Result<(), Problem> {
    let key = keys::cleanup(ws, conn, generation);
    let row: Option<CleanupRow> = domain.store.get(Row::Cleanup, Table::State, &key).await?;
    let Some(row) = row else { return Ok(()) };
    domain.ports.vault.destroy(&row.vault_name).await?;
    let access = keys::access_token(ws, conn, generation);
    domain
        .store
        .delete(Row::AccessToken, Table::State, &access, When::always())
        .await?;
    let refresh = keys::refresh_token(ws, conn, generation);
    domain
        .store
        .delete(Row::RefreshToken, Table::State, &refresh, When::always())
        .await?;
    let probe = keys::probe(ws, conn, generation);
    domain
        .store
        .delete(Row::Probe, Table::State, &probe, When::always())
        .await?;
    // A connection has at most as many syncs as one query brings.
    for sync in domain.store.syncs(ws, conn).await? {
        retire_sync(domain, &keys::sync(ws, conn, &sync.model), generation).await?;
    }
    domain
        .store
        .delete(Row::Cleanup, Table::State, &key, When::always())
        .await?;
    Ok(())
}

/// Takes a sync of this generation or an older one off the due index. Its revision rises, so that a
/// worker that still holds it cannot write it back.
pub(crate) async fn retire_sync(domain: &Domain, key: &keys::Key, generation: u64) -> Result<(), StoreError> {
    let change = Change::new()
        .not_due()
        .remove("wake_at")
        .remove("lease_until")
        .add("rev", 1);
    let when = When::row_exists().le("generation", generation);
    match domain
        .store
        .update(Row::Sync, Table::State, key, change, when)
        .await
    {
        Err(StoreError::Condition(_)) => Ok(()),
        done => done,
    }
}
