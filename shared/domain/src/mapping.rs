//! The fields that a workspace adds to a connection's mapping.

use std::time::Duration;

use crate::{
    audit::{self, Actor},
    auth,
    connection::{Connection, ConnectionStatus},
    deployment::Domain,
    error::Problem,
    store::{
        Change, Row, StoreError, Table, Transaction, When, keys,
        sync::{Asked, SyncRow},
    },
    sync,
    systems::CustomField,
    timeline,
};

/// Fields that one connection can add.
const MOST: usize = 100;
/// Models whose fields change at once: their syncs are asked for in one transaction, which has room for 100 rows.
const MOST_MODELS: usize = 90;
/// Others write these rows rarely; more turns than this cannot be lost.
const TURNS: u32 = 8;

/// Replaces the connection's own fields. Live reads show them from the answer on; stored records get
/// them by a full sync of each model whose fields changed, which is asked for in the same transaction and
/// starts at once. While the system refuses the credentials it waits for the repair.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::ConnectionDisconnected`], [`Problem::InvalidFields`] for too many
/// fields. Whether a path fits the system's mapping is the caller's to check, who knows the manifest.
pub async fn set_custom_fields(
    domain: &Domain,
    ws: &str,
    conn: &str,
    actor: &Actor,
    fields: Vec<CustomField>,
) -> Result<Connection, Problem> {
    if fields.len() > MOST {
        return Err(Problem::invalid("/fields", format!("At most {MOST} fields.")));
    }
    for _ in 0..TURNS {
        let connection = auth::find(domain, ws, conn).await?.live()?;
        let mut asked = ask_for_syncs(domain, &connection, &fields).await?;
        let mut transaction = Transaction::new();
        transaction.update(
            Row::Connection,
            Table::State,
            keys::connection(ws, conn),
            Change::new().set_form("custom_fields", &fields)?,
            // Which models change was found by comparing with these.
            When::connected(connection.generation).is_form("custom_fields", &connection.custom_fields)?,
        );
        for (row, _) in &asked {
            transaction.put_sync(row)?;
        }
        timeline::add(
            &mut transaction,
            domain,
            ws,
            conn,
            "connection.mapping_changed",
            "The custom fields were changed.",
        )?;
        audit::add(
            &mut transaction,
            domain,
            ws,
            actor,
            "connection.custom_fields",
            conn,
        )?;
        match domain.store.transact(transaction).await {
            Ok(()) => {
                for (row, _) in asked.iter_mut().filter(|(_, wake_up)| *wake_up) {
                    sync::wake(domain, row, Duration::ZERO).await;
                }
                return auth::find(domain, ws, conn).await;
            }
            // Somebody wrote one of the rows between the read and the write.
            Err(StoreError::Condition(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy.into())
}

/// The syncs of the models whose fields differ from the connection's, with a complete read noted in each, and
/// whether a worker has to be woken for it.
async fn ask_for_syncs(
    domain: &Domain,
    connection: &Connection,
    fields: &[CustomField],
) -> Result<Vec<(SyncRow, bool)>, Problem> {
    let differs = |model: &str| {
        let of = |field: &&CustomField| field.model == model;
        !fields
            .iter()
            .filter(of)
            .eq(connection.custom_fields.iter().filter(of))
    };
    let rows = domain.store.syncs(&connection.workspace, &connection.id).await?;
    let mut rows: Vec<(SyncRow, bool)> = rows
        .into_iter()
        .filter(|row| connection.models.contains(&row.model) && differs(&row.model))
        .map(|row| (row, false))
        .collect();
    if rows.len() > MOST_MODELS {
        let reason = format!("Fields of at most {MOST_MODELS} models can change at once.");
        return Err(Problem::invalid("/fields", reason));
    }
    let asked = Asked {
        full: true,
        confirm_deletions: false,
    };
    for (row, wake_up) in &mut rows {
        *wake_up = if connection.status == ConnectionStatus::ReauthRequired {
            // Without credentials nothing can be read: the run after the repair is a complete one.
            row.asked = Some(asked.and(row.asked));
            false
        } else {
            sync::note(row, asked, domain)
        };
    }
    Ok(rows)
}
