//! Credits: a workspace has a pool, and a connection holds some of it while it exists.
//!
//! `held + free = total` always: no row is written that moves one without the other, each in the same
//! transaction as its line in the ledger.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    deployment::Domain,
    error::Problem,
    listing::{self, Listing, Order, Paging},
    store::{Change, Row, StoreError, Table, Transaction, When, keys},
};

/// How a workspace's credits stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credits {
    /// What the workspace has in all.
    pub total: u64,
    /// What its connections hold.
    pub held: u64,
    /// What is left.
    pub free: u64,
}

/// What a movement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// The total changes: `amount` is what was added, or taken away when negative.
    Granted,
    /// A connection takes `amount` from free to held.
    Held,
    /// A connection gives `amount` back.
    Released,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// `mov_…`
    pub id: String,
    /// When.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
    /// What it does.
    #[serde(rename = "type")]
    pub kind: MovementKind,
    /// How many credits.
    pub amount: i64,
    /// The connection that holds or gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
}

/// A workspace's credits now.
///
/// # Errors
/// [`Problem::NotFound`] when there is no such workspace.
pub async fn balance(domain: &Domain, ws: &str) -> Result<Credits, Problem> {
    let row: Option<Credits> = domain
        .store
        .get(Row::Workspace, Table::State, &keys::workspace(ws))
        .await?;
    row.ok_or_else(|| Problem::NotFound(format!("workspace {ws}")))
}

/// Every movement of a workspace's credits, the newest first.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of something else.
pub async fn ledger(domain: &Domain, ws: &str, paging: Paging<'_>) -> Result<Listing<Movement>, Problem> {
    let pk = keys::ledger_pk(ws);
    listing::partition(
        domain,
        Row::Ledger,
        &pk,
        Order::NewestFirst,
        paging,
        |movement: Movement| movement,
    )
    .await
}

/// Refuses when fewer than `needed` credits are free now. The transaction checks again.
pub(crate) async fn require(domain: &Domain, ws: &str, needed: u32) -> Result<(), Problem> {
    let free = balance(domain, ws).await?.free;
    if free < u64::from(needed) {
        return Err(Problem::InsufficientCredits { needed, free });
    }
    Ok(())
}

/// Moves credits from free to held; refused on [`Row::Workspace`] when too few are free.
pub(crate) fn hold(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    conn: &str,
    amount: u32,
) -> Result<(), StoreError> {
    let credits = i64::from(amount);
    let change = Change::new().add("held", credits).add("free", -credits);
    let when = When::row_exists().ge("free", amount);
    transaction.update(Row::Workspace, Table::State, keys::workspace(ws), change, when);
    note(transaction, domain, ws, MovementKind::Held, credits, Some(conn))
}

/// Moves credits from held back to free.
pub(crate) fn release(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    conn: &str,
    amount: u32,
) -> Result<(), StoreError> {
    let credits = i64::from(amount);
    let change = Change::new().add("held", -credits).add("free", credits);
    let when = When::row_exists().ge("held", amount);
    transaction.update(Row::Workspace, Table::State, keys::workspace(ws), change, when);
    note(
        transaction,
        domain,
        ws,
        MovementKind::Released,
        credits,
        Some(conn),
    )
}

/// Writes a line of the ledger.
pub(crate) fn note(
    transaction: &mut Transaction,
    domain: &Domain,
    ws: &str,
    kind: MovementKind,
    amount: i64,
    conn: Option<&str>,
) -> Result<(), StoreError> {
    let at = domain.ports.clock.now();
    let id = domain.ports.ids.id("mov", at);
    let key = keys::ledger(ws, at, &id);
    let movement = Movement {
        id,
        at,
        kind,
        amount,
        connection_id: conn.map(str::to_owned),
    };
    transaction.put(Row::Ledger, Table::State, key, &movement, When::new_row())?;
    Ok(())
}
