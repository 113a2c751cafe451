//! Workspaces: the tenants of a deployment, made and changed with the admin key.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    api_key,
    audit::{self, Actor},
    credits::{self, Credits, MovementKind},
    deployment::Domain,
    error::Problem,
    store::{Change, Row, StoreError, Table, Transaction, When, keys},
    systems::FieldProblem,
};

/// The most credits that a workspace can have.
pub const MOST_CREDITS: u64 = 1_000_000_000;
/// Characters of a name.
pub(crate) const LONGEST_NAME: usize = 200;

/// A workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// `ws_…`
    pub id: String,
    /// For people.
    pub name: String,
    /// Its credits.
    #[serde(flatten)]
    pub credits: Credits,
    /// When it was made.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
}

/// What can be changed about a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkspacePatch {
    /// A new name.
    pub name: Option<String>,
    /// A new total of credits.
    pub credits: Option<u64>,
}

/// Makes a workspace with its first API key, which is shown here and never again.
///
/// # Errors
/// [`Problem::InvalidFields`].
pub async fn create(
    domain: &Domain,
    actor: &Actor,
    name: &str,
    credits: u64,
) -> Result<(Workspace, SecretString), Problem> {
    let mut problems = Vec::new();
    problems.extend(check_name(name));
    problems.extend(check_credits(credits));
    if !problems.is_empty() {
        return Err(Problem::InvalidFields(problems));
    }
    let now = domain.ports.clock.now();
    let workspace = Workspace {
        id: domain.ports.ids.id("ws", now),
        name: name.to_owned(),
        credits: Credits {
            total: credits,
            held: 0,
            free: credits,
        },
        created_at: now,
    };
    let ws = &workspace.id;
    let mut transaction = Transaction::new();
    transaction.put(
        Row::Workspace,
        Table::State,
        keys::workspace(ws),
        &workspace,
        When::new_row(),
    )?;
    let (_, token) = api_key::make(&mut transaction, domain, ws)?;
    let granted = i64::try_from(credits).unwrap_or(i64::MAX);
    credits::note(&mut transaction, domain, ws, MovementKind::Granted, granted, None)?;
    audit::add(&mut transaction, domain, ws, actor, "workspace.create", ws)?;
    domain.store.transact(transaction).await?;
    Ok((workspace, token))
}

/// A workspace.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn get(domain: &Domain, ws: &str) -> Result<Workspace, Problem> {
    let workspace = domain
        .store
        .get(Row::Workspace, Table::State, &keys::workspace(ws))
        .await?;
    workspace.ok_or_else(|| Problem::NotFound(format!("workspace {ws}")))
}

/// Changes a workspace.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::InvalidFields`], and [`Problem::Conflict`] when the new total is
/// below what connections hold.
pub async fn change(
    domain: &Domain,
    actor: &Actor,
    ws: &str,
    patch: &WorkspacePatch,
) -> Result<Workspace, Problem> {
    /// Each turn lost means that somebody else changed the total.
    const TURNS: u32 = 8;
    let mut problems = Vec::new();
    problems.extend(patch.name.as_deref().and_then(check_name));
    problems.extend(patch.credits.and_then(check_credits));
    if !problems.is_empty() {
        return Err(Problem::InvalidFields(problems));
    }
    for _ in 0..TURNS {
        let workspace = get(domain, ws).await?;
        let mut transaction = Transaction::new();
        let mut change = Change::new();
        let mut when = When::row_exists();
        if let Some(name) = &patch.name {
            change = change.set("name", name);
        }
        if let Some(total) = patch.credits.filter(|total| *total != workspace.credits.total) {
            let held = workspace.credits.held;
            if total < held {
                return Err(Problem::Conflict(format!(
                    "Connections hold {held} credits; the total cannot be {total}."
                )));
            }
            // Both are at most a billion.
            let difference = i64::try_from(total).unwrap_or(i64::MAX)
                - i64::try_from(workspace.credits.total).unwrap_or(i64::MAX);
            change = change.add("total", difference).add("free", difference);
            when = when.eq("total", workspace.credits.total).ge("free", -difference);
            credits::note(
                &mut transaction,
                domain,
                ws,
                MovementKind::Granted,
                difference,
                None,
            )?;
        } else if patch.name.is_none() {
            return Ok(workspace);
        }
        transaction.update(Row::Workspace, Table::State, keys::workspace(ws), change, when);
        audit::add(&mut transaction, domain, ws, actor, "workspace.change", ws)?;
        match domain.store.transact(transaction).await {
            Ok(()) => return get(domain, ws).await,
            Err(StoreError::Condition(Row::Workspace)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::Conflict(
        "The workspace is being changed by others. Try again.".to_owned(),
    ))
}

fn check_name(name: &str) -> Option<FieldProblem> {
    let fits = !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
    (!fits).then(|| FieldProblem::new("/name", format!("A name of 1 to {LONGEST_NAME} characters.")))
}

fn check_credits(credits: u64) -> Option<FieldProblem> {
    (credits > MOST_CREDITS)
        .then(|| FieldProblem::new("/credits", format!("At most {MOST_CREDITS} credits.")))
}
