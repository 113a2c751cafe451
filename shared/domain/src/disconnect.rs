//! Disconnecting: one transaction ends a connection. From its answer on the generation fences out
//! everything that was under way, and what is left to tidy up harms nobody.

use serde_json::json;

use crate::{
    audit::{self, Actor},
    auth, cleanup,
    connection::{Connection, ConnectionStatus},
    credits,
    deployment::Domain,
    error::Problem,
    events::{self, EventType},
    health::counts,
    store::{Change, Row, StoreError, Table, Transaction, When, keys},
    timeline,
};

/// Ends a connection and gives its credits back. Disconnecting twice is the same as once.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn disconnect(domain: &Domain, ws: &str, conn: &str, actor: &Actor) -> Result<Connection, Problem> {
    /// Each turn lost means that the connection's token or credentials changed meanwhile.
    const TURNS: u32 = 10;
    let mut connection = auth::find(domain, ws, conn).await?;
    for _ in 0..TURNS {
        if connection.is_disconnected() {
            return Ok(connection);
        }
        let written = domain.commit(end(domain, &connection, actor)?).await;
        let moved = match written {
            Ok(()) => false,
            Err(StoreError::Condition(Row::Connection | Row::Token)) => true,
            Err(error) => return Err(error.into()),
        };
        if !moved {
            destroy_secret(domain, &connection).await;
        }
        connection = auth::find(domain, ws, conn).await?;
        if !moved {
            return Ok(connection);
        }
    }
    Err(Problem::Conflict(
        "The connection is being changed by others. Try again.".to_owned(),
    ))
}

/// Destroys the credentials now rather than within the minute. The clean-up row stands, so that a vault
/// that does not answer is asked again.
async fn destroy_secret(domain: &Domain, ended: &Connection) {
    if let Err(error) = domain.ports.vault.destroy(&ended.vault_name()).await {
        tracing::warn!(connection_id = %ended.id, %error, "the credentials are destroyed by the clean-up");
    }
}

fn end(domain: &Domain, connection: &Connection, actor: &Actor) -> Result<Transaction, StoreError> {
    let now = domain.ports.clock.now();
    let (ws, conn) = (&connection.workspace, &connection.id);
    let mut transaction = Transaction::new();
    let change = Change::new()
        .set("status", ConnectionStatus::Disconnected.as_str())
        .set("status_since", now)
        .set("generation", connection.generation + 1)
        .set("status_seq", connection.status_seq + 1)
        .set("failures", 0_u32)
        .remove("status_reason")
        .remove("next_attempt_at")
        .remove("doubted_at")
        .remove("live_after")
        .remove("live_until");
    // The token and the secret that end here are the ones that were read.
    let mut when = When::as_read(connection);
    when = match &connection.token_hash {
        Some(hash) => when.eq("token_hash", hash),
        None => when.absent("token_hash"),
    };
    transaction.update(
        Row::Connection,
        Table::State,
        keys::connection(ws, conn),
        change,
        when,
    );
    if let Some(hash) = &connection.token_hash {
        transaction.revoke_token(hash, now);
    }
    credits::release(&mut transaction, domain, ws, conn, connection.credits)?;
    cleanup::add(&mut transaction, domain, connection)?;
    let status = Some(connection.status);
    counts::moved(&mut transaction, conn, status, ConnectionStatus::Disconnected);
    let data = json!({
        "connection_id": conn, "status": ConnectionStatus::Disconnected, "sequence": connection.status_seq + 1,
    });
    events::add(
        &mut transaction,
        domain,
        ws,
        EventType::ConnectionDisconnected,
        data,
    )?;
    let kind = EventType::ConnectionDisconnected.as_str();
    timeline::add(
        &mut transaction,
        domain,
        ws,
        conn,
        kind,
        "The connection was disconnected.",
    )?;
    audit::add(&mut transaction, domain, ws, actor, "connection.disconnect", conn)?;
    Ok(transaction)
}
