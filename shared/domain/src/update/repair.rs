//! New settings and credentials for a connection, which keeps its id, its token and its data.

use std::collections::BTreeMap;

use manifold_connectors::manifest::auth::REFRESH_TOKEN;

use crate::{
    access_token::StoredToken,
    audit::{self, Actor},
    auth,
    connect::validate,
    connection::{Connection, vault_name},
    deployment::Domain,
    error::Problem,
    health, intents,
    ports::Secrets,
    store::{Row, StoreError, Table, Transaction, When, keys},
    sync,
    systems::{AcceptedInput, ConnectionInput, FieldProblem, StepReport, TokenCache as _},
    timeline,
};

/// What a connection is to sign in with from now on; what is not named stays.
pub(crate) struct Repair {
    pub(crate) method: Option<String>,
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) credentials: Secrets,
}

/// Checks what somebody typed to repair a connection, without any call to the system.
pub(crate) async fn check_repair(
    domain: &Domain,
    ws: &str,
    conn: &str,
    input: &ConnectionInput,
) -> Result<(), Problem> {
    let connection = auth::find(domain, ws, conn).await?.live()?;
    if input.system != connection.system {
        let detail = format!(
            "The connection is one to {}; another system is another connection.",
            connection.system
        );
        return Err(Problem::invalid("/system", detail));
    }
    let new = Repair {
        method: input.method.clone(),
        settings: input.settings.clone(),
        credentials: input.credentials.clone(),
    };
    accept(domain, &connection, new).await?;
    Ok(())
}

/// Validates new settings and credentials, stores them, and brings the connection back online.
/// `also` adds to the transaction; it is given the connection's id.
///
/// # Errors
/// As [`super::change`], and conditions of what `also` added.
pub(crate) async fn repair(
    domain: &Domain,
    ws: &str,
    conn: &str,
    actor: &Actor,
    new: Repair,
    progress: &mut (dyn FnMut(StepReport) + Send),
    also: impl Fn(&mut Transaction, &str) -> Result<(), StoreError>,
) -> Result<(), Problem> {
    let before = auth::find(domain, ws, conn).await?.live()?;
    let mut input = accept(domain, &before, new).await?;
    let validated = validate(domain, ws, &input, progress).await?;
    // The check may have used up the one that was there.
    let newest = validated.refresh_token.clone();
    input
        .credentials
        .extend(newest.map(|token| (REFRESH_TOKEN.to_owned(), token)));

    // Rises with time, so that the name of a repair that failed is not used again either.
    let wall = u64::try_from(domain.ports.clock.wall().as_millisecond()).unwrap_or_default();
    let version = wall.max(before.credentials_version + 1);
    let secret_name = vault_name(conn, before.generation, version);
    match intents::announce(domain, ws, &secret_name).await {
        Ok(()) => {}
        Err(StoreError::Condition(_)) => return Err(meanwhile()),
        Err(error) => return Err(error.into()),
    }
    if let Err(error) = domain.ports.vault.put(&secret_name, &input.credentials).await {
        intents::withdraw(domain, ws, &secret_name).await;
        return Err(error.into());
    }
    let after = match switch(domain, actor, before.clone(), &input, version, also).await {
        Ok(after) => after,
        Err(problem) => {
            // Only what certainly was not taken over is withdrawn; the sweep judges the rest.
            if !matches!(problem, Problem::Store(_)) {
                intents::withdraw(domain, ws, &secret_name).await;
            }
            return Err(problem);
        }
    };
    if let Err(error) = intents::sweep(domain, ws, &before.vault_name()).await {
        tracing::warn!(%error, "the old secret of {conn} is still there; the schedule destroys it");
    }
    if let Some(access) = &validated.access {
        StoredToken::of(domain, &after).save(access).await;
    }
    sync::resume(domain, ws, conn).await?;
    Ok(())
}

/// Completes what is new with what is there, and has the system's rules look at it.
async fn accept(domain: &Domain, connection: &Connection, new: Repair) -> Result<AcceptedInput, Problem> {
    let mut settings = connection.settings.clone();
    settings.extend(new.settings);
    let mut credentials = domain
        .ports
        .vault
        .get(&connection.vault_name())
        .await?
        .unwrap_or_default();
    let newest = StoredToken::of(domain, connection).refresh_token().await?;
    credentials.extend(newest.map(|token| (REFRESH_TOKEN.to_owned(), token)));
    credentials.extend(new.credentials);
    let input = ConnectionInput {
        system: connection.system.clone(),
        method: new.method.or_else(|| Some(connection.method.clone())),
        settings,
        credentials,
    };
    let accepted = domain.catalog.accept(&input).map_err(Problem::InvalidFields)?;
    let fixed = |key: &str| {
        let detail =
            format!("`{key}` says which installation this is and cannot change. Connect the other one anew.");
        FieldProblem::new(format!("/settings/{key}"), detail)
    };
    let moved = connection
        .identity
        .iter()
        .filter(|key| accepted.settings.get(*key) != connection.settings.get(*key));
    let mut problems: Vec<FieldProblem> = moved.map(|key| fixed(key)).collect();
    if accepted.hosting != connection.hosting {
        problems.push(fixed("hosting"));
    }
    if problems.is_empty() {
        Ok(accepted)
    } else {
        Err(Problem::InvalidFields(problems))
    }
}

/// The transaction that makes the connection use the new secret.
async fn switch(
    domain: &Domain,
    actor: &Actor,
    mut current: Connection,
    input: &AcceptedInput,
    version: u64,
    also: impl Fn(&mut Transaction, &str) -> Result<(), StoreError>,
) -> Result<Connection, Problem> {
    /// Each turn lost means that the connection's health changed meanwhile.
    const TURNS: u32 = 8;
    let (ws, conn) = (current.workspace.clone(), current.id.clone());
    let read = current.credentials_version;
    for _ in 0..TURNS {
        let mut transaction = Transaction::new();
        let change = health::mend(&mut transaction, domain, &current)?
            .set_form("settings", &input.settings)?
            .set("method", &input.method)
            .set("credentials_version", version);
        let when = When::as_read(&current);
        transaction.update(
            Row::Connection,
            Table::State,
            keys::connection(&ws, &conn),
            change,
            when,
        );
        intents::take_over(
            &mut transaction,
            &ws,
            &vault_name(&conn, current.generation, version),
        );
        intents::abandon(&mut transaction, domain, &ws, &current.vault_name())?;
        let kind = "connection.credentials_changed";
        timeline::add(
            &mut transaction,
            domain,
            &ws,
            &conn,
            kind,
            "New credentials were accepted by the system.",
        )?;
        audit::add(
            &mut transaction,
            domain,
            &ws,
            actor,
            "connection.change_credentials",
            &conn,
        )?;
        also(&mut transaction, &conn)?;
        match domain.commit(transaction).await {
            Ok(()) => return auth::find(domain, &ws, &conn).await,
            Err(StoreError::Condition(Row::Connection)) => {
                current = auth::find(domain, &ws, &conn).await?.live()?;
                if current.credentials_version != read {
                    return Err(meanwhile());
                }
            }
            Err(StoreError::Condition(_)) => return Err(meanwhile()),
            Err(error) => return Err(error.into()),
        }
    }
    Err(meanwhile())
}

fn meanwhile() -> Problem {
    Problem::Conflict("The connection was changed by others meanwhile. Look at it, and try again.".to_owned())
}
