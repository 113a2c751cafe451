//! Starting syncs by hand.

use std::time::Duration;

use crate::{
    connection::ConnectionStatus,
    deployment::Domain,
    error::Problem,
    store::{
        Row, StoreError,
        sync::{Asked, SyncRow, SyncState},
    },
};

use super::{SyncView, states, wake};

/// Others write the row rarely; more turns than this cannot be lost.
const TURNS: u32 = 8;

/// Asks for a run of one model, or of all: it begins at once. While a run is going on exactly one more
/// is queued behind it, so that what changed before the call is read.
///
/// # Errors
/// [`Problem::NotFound`] for an unknown connection or model, [`Problem::ConnectionDisconnected`],
/// [`Problem::ReauthRequired`].
pub async fn start(
    domain: &Domain,
    ws: &str,
    conn: &str,
    model: Option<&str>,
    asked: Asked,
) -> Result<Vec<SyncView>, Problem> {
    let connection = domain.store.connection(ws, conn).await?;
    let connection = connection.ok_or_else(|| Problem::NotFound(format!("connection {conn}")))?;
    match connection.status {
        ConnectionStatus::Disconnected => {
            return Err(Problem::ConnectionDisconnected {
                connection: connection.id,
                since: connection.status_since,
            });
        }
        ConnectionStatus::ReauthRequired => {
            return Err(Problem::ReauthRequired {
                connection: connection.id,
                system: connection.system,
                since: connection.status_since,
                reason: connection.status_reason.unwrap_or_default(),
            });
        }
        ConnectionStatus::Online | ConnectionStatus::Unreachable => {}
    }
    let models: Vec<&String> = connection
        .models
        .iter()
        .filter(|name| model.is_none_or(|wanted| wanted == *name))
        .collect();
    if let Some(model) = model.filter(|_| models.is_empty()) {
        return Err(Problem::NotFound(format!("model {model} in this connection")));
    }
    for model in models {
        ask(domain, ws, conn, model, asked).await?;
    }
    states(domain, ws, conn).await
}

async fn ask(domain: &Domain, ws: &str, conn: &str, model: &str, asked: Asked) -> Result<(), Problem> {
    for _ in 0..TURNS {
        let Some(mut row) = domain.store.sync(ws, conn, model).await? else {
            return Err(Problem::NotFound(format!("sync of {model}")));
        };
        let wake_up = note(&mut row, asked, domain);
        match domain.store.put_sync(&mut row).await {
            Ok(()) => {
                if wake_up {
                    wake(domain, &row, Duration::ZERO).await;
                }
                return Ok(());
            }
            Err(StoreError::Condition(Row::Sync)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy.into())
}

/// Notes what is asked; whether a worker has to be woken for it.
pub(crate) fn note(row: &mut SyncRow, asked: Asked, domain: &Domain) -> bool {
    row.asked = Some(asked.and(row.asked));
    // A run that is going on, or was interrupted, finds it when it ends.
    if row.lease_until.is_some() || (row.run.is_some() && row.state == SyncState::Running) {
        return false;
    }
    // Who asks does not wait for the connection's next attempt.
    row.hold = None;
    if row.run.is_none() {
        row.state = SyncState::Queued;
    }
    row.set_due(domain.ports.clock.now());
    true
}
