//! Changes a connection: how it is kept, and what it signs in with.

mod repair;

use std::collections::BTreeMap;

pub(crate) use repair::{Repair, check_repair, repair};

use crate::{
    audit::{self, Actor},
    auth,
    connect::{check_history, check_metadata, check_models},
    connection::{Connection, History, Metadata, Schedule},
    deployment::Domain,
    error::Problem,
    health,
    ports::Secrets,
    store::{Change, Row, StoreError, Table, Transaction, When, keys, sync::Asked},
    sync,
    systems::StepReport,
    timeline,
};

/// What can be changed about a connection; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ConnectionPatch {
    /// How often models are synced.
    pub schedule: Option<Schedule>,
    /// Which models are synced.
    pub models: Option<Vec<String>>,
    /// How far back a first sync reads.
    pub history: Option<History>,
    /// The workspace's own notes.
    pub metadata: Option<Metadata>,
    /// Keep source texts.
    pub keep_raw: Option<bool>,
    /// Another authentication method.
    pub method: Option<String>,
    /// Settings that change; the others stay. What identifies the instance cannot change.
    pub settings: Option<BTreeMap<String, String>>,
    /// Credentials that change; the others stay.
    pub credentials: Option<Secrets>,
}

impl ConnectionPatch {
    fn signs_in_anew(&self) -> bool {
        self.method.is_some() || self.settings.is_some() || self.credentials.is_some()
    }

    fn keeps_otherwise(&self) -> bool {
        self.schedule.is_some()
            || self.models.is_some()
            || self.history.is_some()
            || self.metadata.is_some()
            || self.keep_raw.is_some()
    }
}

/// Changes a connection. New settings and credentials are validated against the system first.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::ConnectionDisconnected`], [`Problem::InvalidFields`] with every
/// field that does not fit or cannot change, [`Problem::System`] with the step that failed.
pub async fn change(
    domain: &Domain,
    ws: &str,
    conn: &str,
    actor: &Actor,
    patch: ConnectionPatch,
    progress: &mut (dyn FnMut(StepReport) + Send),
) -> Result<Connection, Problem> {
    let connection = auth::find(domain, ws, conn).await?.live()?;
    check(domain, &connection, &patch)?;
    if patch.signs_in_anew() {
        let new = Repair {
            method: patch.method.clone(),
            settings: patch.settings.clone().unwrap_or_default(),
            credentials: patch.credentials.clone().unwrap_or_default(),
        };
        repair(domain, ws, conn, actor, new, progress, |_, _| Ok(())).await?;
    }
    if patch.keeps_otherwise() {
        keep(domain, &connection, actor, &patch).await?;
    }
    auth::find(domain, ws, conn).await
}

fn check(domain: &Domain, connection: &Connection, patch: &ConnectionPatch) -> Result<(), Problem> {
    let mut problems = Vec::new();
    problems.extend(patch.metadata.as_ref().and_then(check_metadata));
    problems.extend(patch.history.and_then(check_history));
    if let Some(facts) = domain.catalog.describe(&connection.system) {
        problems.extend(check_models(
            &facts,
            patch.models.as_deref(),
            patch.schedule.as_ref(),
        ));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problem::InvalidFields(problems))
    }
}

async fn keep(
    domain: &Domain,
    connection: &Connection,
    actor: &Actor,
    patch: &ConnectionPatch,
) -> Result<(), Problem> {
    let (ws, conn) = (&connection.workspace, &connection.id);
    let mut change = Change::new();
    if let Some(schedule) = &patch.schedule {
        change = change.set_form("schedule", schedule)?;
    }
    if let Some(models) = &patch.models {
        let mut models = models.clone();
        models.sort();
        models.dedup();
        change = change.set_form("models", &models)?;
    }
    if let Some(history) = &patch.history {
        change = change.set_form("history", history)?;
    }
    if let Some(metadata) = &patch.metadata {
        change = change.set_form("metadata", metadata)?;
    }
    if let Some(keep_raw) = patch.keep_raw {
        change = change.set("keep_raw", keep_raw);
    }
    let mut transaction = Transaction::new();
    let when = When::connected(connection.generation);
    transaction.update(
        Row::Connection,
        Table::State,
        keys::connection(ws, conn),
        change,
        when,
    );
    // Should this end here, the due row sees to it that the syncs fit.
    health::probe::look_after(&mut transaction, domain, connection)?;
    timeline::add(
        &mut transaction,
        domain,
        ws,
        conn,
        "connection.changed",
        "How the connection is kept was changed.",
    )?;
    audit::add(&mut transaction, domain, ws, actor, "connection.change", conn)?;
    match domain.store.transact(transaction).await {
        Ok(()) => {}
        Err(StoreError::Condition(Row::Connection)) => {
            auth::find(domain, ws, conn).await?.live()?;
            return Err(Problem::Conflict(
                "The connection is being changed by others. Try again.".to_owned(),
            ));
        }
        Err(error) => return Err(error.into()),
    }
    let now = auth::find(domain, ws, conn).await?;
    sync::reconcile(domain, &now).await?;
    if now.keep_raw && !connection.keep_raw {
        let full = Asked {
            full: true,
            confirm_deletions: false,
        };
        match sync::start(domain, ws, conn, None, full).await {
            // Nothing can be read before the credentials are mended; each model's next complete read
            // brings its source texts.
            Ok(_) | Err(Problem::ReauthRequired { .. }) => {}
            Err(problem) => return Err(problem),
        }
    }
    Ok(())
}
