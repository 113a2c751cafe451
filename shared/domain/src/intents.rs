//! Announces secrets before they are written to the vault, and destroys those that nobody came to own.
//!
//! The vault and the tables share no transaction. So a row announces a secret, the secret is written,
//! and the transaction that takes it over removes the row, on condition that it is still there. What is
//! left of a crash is a row that comes due, and its secret is destroyed.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    deployment::Domain,
    error::Problem,
    store::{Change, Item, Row, StoreError, Table, Transaction, When, due, keys},
};

/// How long a secret may wait for its owner. Whatever writes one is over long before, or was killed.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

#[derive(Serialize, Deserialize)]
struct IntentRow {
    /// From when on it may be swept, by the wall's clock.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    sweep_at: Timestamp,
    /// Somebody is destroying the secret: nobody can take it over any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sweeping: Option<bool>,
}

/// Announces that a secret is about to be written.
pub(crate) async fn announce(domain: &Domain, ws: &str, vault_name: &str) -> Result<(), StoreError> {
    let at = domain.ports.clock.wall() + PATIENCE;
    let (_, item) = row(ws, vault_name, at)?;
    domain
        .store
        .put_item(Row::Intent, Table::State, item, When::new_row())
        .await
}

/// Takes the secret over; refused on [`Row::Intent`] when it is being destroyed.
pub(crate) fn take_over(transaction: &mut Transaction, ws: &str, vault_name: &str) {
    let when = When::row_exists().absent("sweeping");
    transaction.delete(
        Row::Intent,
        Table::State,
        keys::vault_intent(ws, vault_name),
        when,
    );
}

/// Gives up a secret that has an owner: it is swept from now on.
pub(crate) fn abandon(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    vault_name: &str,
) -> Result<(), StoreError> {
    let (key, item) = row(ws, vault_name, domain.ports.clock.wall())?;
    transaction.put_item(Row::Intent, Table::State, key, item, When::always());
    Ok(())
}

/// Destroys the secret of an intent that is due, or does nothing. Safe to call at any time, any number
/// of times.
///
/// # Errors
/// The store's and the vault's; the row stays due.
pub async fn sweep(domain: &Domain, ws: &str, vault_name: &str) -> Result<(), Problem> {
    let key = keys::vault_intent(ws, vault_name);
    let row: Option<IntentRow> = domain.store.get(Row::Intent, Table::State, &key).await?;
    let Some(row) = row.filter(|row| row.sweep_at <= domain.ports.clock.wall()) else {
        return Ok(());
    };
    if row.sweeping.is_none() {
        // From here on a late owner is refused.
        let change = Change::new().set("sweeping", true);
        match domain
            .store
            .update(Row::Intent, Table::State, &key, change, When::row_exists())
            .await
        {
            Ok(()) => {}
            Err(StoreError::Condition(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    domain.ports.vault.destroy(vault_name).await?;
    domain
        .store
        .delete(Row::Intent, Table::State, &key, When::always())
        .await?;
    Ok(())
}

/// Gives up a secret that found no owner, at once; what fails here is left to [`sweep`].
pub(crate) async fn withdraw(domain: &Domain, ws: &str, vault_name: &str) {
    let key = keys::vault_intent(ws, vault_name);
    let now = domain.ports.clock.wall();
    let change = Change::new()
        .set("sweep_at", now)
        .set("sweeping", true)
        .due(&key, now);
    let marked = domain
        .store
        .update(Row::Intent, Table::State, &key, change, When::row_exists())
        .await;
    let swept = match marked {
        Ok(()) => sweep(domain, ws, vault_name).await,
        Err(StoreError::Condition(_)) => return,
        Err(error) => Err(error.into()),
    };
    if let Err(error) = swept {
        tracing::warn!(%error, "the secret {vault_name} found no owner; the schedule destroys it");
    }
}

fn row(ws: &str, vault_name: &str, at: Timestamp) -> Result<(keys::Key, Item), StoreError> {
    let key = keys::vault_intent(ws, vault_name);
    let mut item = crate::store::to_row(
        &key,
        &IntentRow {
            sweep_at: at,
            sweeping: None,
        },
    )?;
    item.extend(due::attributes(&key, at));
    Ok((key, item))
}
