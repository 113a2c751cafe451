//! The transaction that makes a connection: all of it, or nothing.

use manifold_connectors::manifest::auth::REFRESH_TOKEN;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{Checked, ConnectRequest};
use crate::{
    access_token::StoredToken,
    audit::{self, Actor},
    connection::{Connection, ConnectionStatus, vault_name},
    credits,
    deployment::Domain,
    error::Problem,
    events::{self, EventType},
    health::counts,
    intents,
    store::{
        Row, StoreError, Table, Transaction, When, keys,
        sync::initial_sync_item,
        token::{Opens, TokenRow},
    },
    sync,
    systems::{AccessToken, TokenCache as _},
    timeline,
    token::{self, Kind},
};

/// The generation, epoch and credentials version that a connection starts with.
const FIRST: u64 = 1;

/// A connection that was validated and is to be made.
pub(crate) struct NewConnection<'a> {
    pub(crate) checked: &'a Checked,
    pub(crate) request: &'a ConnectRequest,
    pub(crate) models: Vec<String>,
    pub(crate) access: Option<AccessToken>,
    pub(crate) refresh_token: Option<SecretString>,
}

/// Makes the connection; `with_token` makes its token as well. `also` adds what else belongs to it.
///
/// # Errors
/// [`Problem::InsufficientCredits`] when others took them meanwhile, or a condition of what `also` added.
pub(crate) async fn commit(
    domain: &Domain,
    ws: &str,
    actor: &Actor,
    new: NewConnection<'_>,
    with_token: bool,
    also: impl FnOnce(&mut Transaction, &Connection) -> Result<(), StoreError>,
) -> Result<(Connection, Option<SecretString>), Problem> {
    let token = with_token.then(|| token::generate(Kind::Connection, &*domain.ports.ids));
    let connection = build(domain, ws, &new, token.as_ref());
    let secret_name = connection.vault_name();
    let mut transaction = Transaction::new();
    fill(&mut transaction, domain, actor, &connection)?;
    also(&mut transaction, &connection)?;

    intents::announce(domain, ws, &secret_name).await?;
    let mut credentials = new.checked.input.credentials.clone();
    // The check may have used up the one that the person brought.
    credentials.extend(
        new.refresh_token
            .clone()
            .map(|token| (REFRESH_TOKEN.to_owned(), token)),
    );
    if let Err(error) = domain.ports.vault.put(&secret_name, &credentials).await {
        intents::withdraw(domain, ws, &secret_name).await;
        return Err(error.into());
    }
    match domain.commit(transaction).await {
        Ok(()) => {}
        Err(StoreError::Condition(row)) => {
            intents::withdraw(domain, ws, &secret_name).await;
            return Err(refused(domain, ws, row, connection.credits).await);
        }
        // Whether it was done is unknown: the row tells. If it cannot, the sweep of the intent decides,
        // which the transaction removes and which refuses the transaction once it has begun.
        Err(error) => match domain.store.connection(ws, &connection.id).await {
            Ok(Some(_)) => {}
            _ => return Err(error.into()),
        },
    }
    if let Some(access) = &new.access {
        StoredToken::of(domain, &connection).save(access).await;
    }
    sync::wake_first(domain, &connection).await;
    Ok((connection, token))
}

fn build(domain: &Domain, ws: &str, new: &NewConnection<'_>, token: Option<&SecretString>) -> Connection {
    let now = domain.ports.clock.now();
    let NewConnection {
        checked,
        request,
        models,
        ..
    } = new;
    let options = &request.options;
    Connection {
        id: domain.ports.ids.id("conn", now),
        workspace: ws.to_owned(),
        system: checked.input.system.clone(),
        method: checked.input.method.clone(),
        hosting: checked.input.hosting,
        customer: request.customer.clone(),
        settings: checked.input.settings.clone(),
        identity: checked.input.identity.clone(),
        status: ConnectionStatus::Online,
        status_since: now,
        status_reason: None,
        next_attempt_at: None,
        failures: 0,
        status_seq: 1,
        doubted_at: None,
        live_after: None,
        live_until: None,
        credits: checked.credits(),
        models: models.clone(),
        history: options.history.unwrap_or_default(),
        schedule: options.schedule.clone().unwrap_or_default(),
        metadata: options.metadata.clone(),
        keep_raw: options.keep_raw,
        custom_fields: Vec::new(),
        created_at: now,
        last_synced_at: None,
        generation: FIRST,
        epoch: FIRST,
        credentials_version: FIRST,
        token_hash: token.map(|token| domain.keys.token_hash(token.expose_secret())),
    }
}

/// Everything that belongs to a new connection.
fn fill(
    transaction: &mut Transaction,
    domain: &Domain,
    actor: &Actor,
    connection: &Connection,
) -> Result<(), StoreError> {
    let (ws, conn) = (&connection.workspace, &connection.id);
    let now = connection.created_at;
    transaction.put(
        Row::Connection,
        Table::State,
        keys::connection(ws, conn),
        connection,
        When::new_row(),
    )?;
    credits::hold(transaction, domain, ws, conn, connection.credits)?;
    intents::take_over(transaction, ws, &vault_name(conn, FIRST, FIRST));
    counts::moved(transaction, conn, None, connection.status);
    if let Some(hash) = &connection.token_hash {
        let opens = Opens::Connection {
            conn: conn.clone(),
            generation: FIRST,
        };
        transaction.put_token(hash, &TokenRow::lasting(ws, opens, now))?;
    }
    for model in &connection.models {
        let (key, item) = initial_sync_item(connection, model, now)?;
        transaction.put_item(Row::Sync, Table::State, key, item, When::new_row());
    }
    let data = json!({
        "connection_id": conn, "status": connection.status, "sequence": connection.status_seq,
        "system": connection.system, "customer_id": connection.customer.id,
    });
    events::add(transaction, domain, ws, EventType::ConnectionCreated, data)?;
    let message = format!("Connected to {}.", connection.system);
    timeline::add(
        transaction,
        domain,
        ws,
        conn,
        EventType::ConnectionCreated.as_str(),
        message,
    )?;
    audit::add(transaction, domain, ws, actor, "connection.create", conn)
}

/// What a condition that did not hold means to whoever wanted to connect.
async fn refused(domain: &Domain, ws: &str, row: Row, needed: u32) -> Problem {
    match row {
        Row::Workspace => match credits::balance(domain, ws).await {
            Ok(credits) => Problem::InsufficientCredits {
                needed,
                free: credits.free,
            },
            Err(problem) => problem,
        },
        Row::Link | Row::Attempt => Problem::Conflict("The link session was used up meanwhile.".to_owned()),
        Row::Intent => Problem::Conflict("Connecting took too long. Try again.".to_owned()),
        other => Problem::Store(StoreError::Condition(other)),
    }
}
