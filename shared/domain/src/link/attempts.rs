//! Attempts to connect through a link session.
//!
//! The request that starts one answers at once, and what was typed waits, sealed, in the attempt's row.
//! A queue message wakes a worker; the row is due as well, so that a lost message or a dead worker only
//! costs time. What was typed is wiped when the attempt ends, at the latest after half an hour.

mod progress;
mod run;
pub(super) mod typed;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use run::run;

use super::session;
use crate::{
    connect::{self, ConnectOptions, ConnectRequest},
    connection::Schedule,
    credits,
    deployment::Domain,
    error::Problem,
    ports::QueueName,
    store::{
        Change, Row, StoreError, Table, Transaction, When, due, keys,
        link::{AttemptFailure, AttemptRow, AttemptStatus, LinkRow},
    },
    systems::{ConnectionInput, StepReport},
    update,
};

/// How long what was typed is kept at most.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// How long a worker holds an attempt: longer than any validation.
const LEASE: Duration = Duration::from_secs(60);
/// How long a public token lasts.
const PUBLIC_TOKEN: Duration = Duration::from_secs(10 * 60);
/// How often a worker takes up an attempt before it is given up.
const MOST_TRIES: u32 = 3;
/// Attempts of one session.
pub(super) const MOST_ATTEMPTS: u32 = 100;
/// How long an attempt can be looked at after its end.
const SHOWN: SignedDuration = SignedDuration::from_hours(24);

/// What wakes a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptMessage {
    /// Always `attempt`.
    pub kind: String,
    /// Workspace.
    pub ws: String,
    /// Link session.
    pub link: String,
    /// Attempt.
    pub attempt: String,
}

/// An attempt as the person in the session sees it.
#[derive(Debug, Clone)]
pub struct AttemptView {
    /// How far it is.
    pub status: AttemptStatus,
    /// The steps so far.
    pub steps: Vec<StepReport>,
    /// What the parent window gets, after a success.
    pub public_token: Option<SecretString>,
    /// Why it failed.
    pub failure: Option<AttemptFailure>,
}

/// Starts an attempt and says its id.
///
/// # Errors
/// [`Problem::InvalidFields`] with every field that does not fit, [`Problem::InsufficientCredits`],
/// [`Problem::Forbidden`] for a system that the session does not allow, [`Problem::Conflict`] when the
/// session is used up.
pub async fn start(
    domain: &Domain,
    ws: &str,
    link: &str,
    input: &ConnectionInput,
) -> Result<String, Problem> {
    let row = session(domain, ws, link).await?;
    if row.used_at.is_some() {
        return Err(used_up());
    }
    allows(&row, &input.system)?;
    if let Some(conn) = &row.repairs {
        update::check_repair(domain, ws, conn, input).await?;
    } else {
        let checked = connect::check(domain, &request(domain, &row, input.clone())?)?;
        credits::require(domain, ws, checked.credits()).await?;
    }
    let wall = domain.ports.clock.wall();
    let id = domain.ports.ids.id("att", wall);
    let valid_until = wall + LONGEST;
    let attempt = AttemptRow {
        id: id.clone(),
        status: AttemptStatus::Queued,
        steps: Vec::new(),
        sealed_input: Some(typed::seal(domain, ws, &id, input)),
        sealed_public_token: None,
        failure: None,
        tries: 0,
        lease_until: None,
        valid_until,
        expires_at: (valid_until + SHOWN).as_second(),
    };
    let key = keys::attempt(ws, link, &id);
    let mut item = crate::store::to_row(&key, &attempt)?;
    item.extend(due::attributes(&key, wall + LEASE));
    let mut transaction = Transaction::new();
    transaction.put_item(Row::Attempt, Table::State, key, item, When::new_row());
    let unused = When::row_exists().absent("used_at").lt("attempts", MOST_ATTEMPTS);
    transaction.update(
        Row::Link,
        Table::State,
        keys::link(ws, link),
        Change::new().add("attempts", 1),
        unused,
    );
    match domain.store.transact(transaction).await {
        Ok(()) => {}
        Err(StoreError::Condition(Row::Link)) => return Err(used_up()),
        Err(error) => return Err(error.into()),
    }
    wake(domain, ws, link, &id).await;
    Ok(id)
}

/// An attempt as it is now.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn get(domain: &Domain, ws: &str, link: &str, attempt: &str) -> Result<AttemptView, Problem> {
    let found = if attempt.len() > 64 {
        None
    } else {
        domain.store.attempt(ws, link, attempt).await?
    };
    let row = found.ok_or_else(|| Problem::NotFound("such attempt in this link session".to_owned()))?;
    let public_token = match &row.sealed_public_token {
        Some(sealed) => {
            let plain = domain
                .keys
                .open(&public_context(ws, attempt), &from_base64(sealed))?;
            Some(SecretString::from(String::from_utf8_lossy(&plain).into_owned()))
        }
        None => None,
    };
    Ok(AttemptView {
        status: row.status,
        steps: row.steps,
        public_token,
        failure: row.failure,
    })
}

/// Sees to an attempt that is due: wakes a worker when none holds it, and wipes what was typed when its
/// time is over. Cheap: asks no system.
///
/// # Errors
/// The store's; the row stays due.
pub async fn tend(domain: &Domain, ws: &str, link: &str, attempt: &str) -> Result<(), Problem> {
    let wall = domain.ports.clock.wall();
    let Some(row) = domain.store.attempt(ws, link, attempt).await? else {
        return Ok(());
    };
    let open = matches!(row.status, AttemptStatus::Queued | AttemptStatus::Running);
    if !open || row.lease_until.is_some_and(|until| wall < until) {
        return Ok(());
    }
    if wall >= row.valid_until {
        // Ends at once: nothing is asked of the system any more.
        return run(domain, ws, link, attempt).await;
    }
    wake(domain, ws, link, attempt).await;
    Ok(())
}

async fn wake(domain: &Domain, ws: &str, link: &str, attempt: &str) {
    let message = AttemptMessage {
        kind: "attempt".to_owned(),
        ws: ws.to_owned(),
        link: link.to_owned(),
        attempt: attempt.to_owned(),
    };
    let body = serde_json::to_string(&message).expect("four texts have a JSON form");
    domain.wake(QueueName::Sync, &body, Duration::ZERO).await;
}

/// What the session and the person say together. A session names models before a system is chosen: those
/// that the system does not have are left out.
fn request(domain: &Domain, session: &LinkRow, input: ConnectionInput) -> Result<ConnectRequest, Problem> {
    let facts = domain.catalog.describe(&input.system);
    let has = |model: &String| facts.as_ref().is_none_or(|facts| facts.has_model(model));
    let models: Option<Vec<String>> = session
        .models
        .as_ref()
        .map(|models| models.iter().filter(|model| has(model)).cloned().collect());
    if models.as_ref().is_some_and(Vec::is_empty) {
        let detail = "This system has none of the data that is asked for. Choose another one.";
        return Err(Problem::invalid("/system", detail));
    }
    let schedule = session.schedule.clone().map(|schedule| match schedule {
        Schedule::PerModel(by_model) => {
            Schedule::PerModel(by_model.into_iter().filter(|(model, _)| has(model)).collect())
        }
        all => all,
    });
    let options = ConnectOptions {
        schedule,
        models,
        history: session.history,
        metadata: session.metadata.clone(),
        keep_raw: false,
    };
    Ok(ConnectRequest {
        input,
        customer: session.customer.clone(),
        options,
    })
}

/// A session may name the systems that it connects.
pub(super) fn allows(session: &LinkRow, system: &str) -> Result<(), Problem> {
    let named = session.systems.as_ref();
    if named.is_some_and(|named| !named.iter().any(|one| one == system)) {
        return Err(Problem::Forbidden(format!(
            "This link session does not connect `{system}`."
        )));
    }
    Ok(())
}

pub(super) fn used_up() -> Problem {
    Problem::Conflict("The link session was used up.".to_owned())
}

fn public_context(ws: &str, attempt: &str) -> String {
    format!("public token of {ws} {attempt}")
}

fn from_base64(text: &str) -> Vec<u8> {
    // A row that was changed does not open.
    BASE64.decode(text).unwrap_or_default()
}
