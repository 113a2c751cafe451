//! The fields that a workspace adds to a connection's mapping.

use crate::{
    audit::{self, Actor},
    auth,
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::{Change, Row, StoreError, Table, Transaction, When, keys, sync::Asked},
    sync,
    systems::CustomField,
    timeline,
};

/// Fields that one connection can add.
const MOST: usize = 100;

/// Replaces the connection's own fields. Live reads show them from the answer on; stored records get
/// them by a full sync of each model whose fields changed, which starts at once.
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
    let connection = auth::find(domain, ws, conn).await?.live()?;
    let mut transaction = Transaction::new();
    transaction.update(
        Row::Connection,
        Table::State,
        keys::connection(ws, conn),
        Change::new().set_form("custom_fields", &fields)?,
        When::connected(connection.generation),
    );
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
        Ok(()) => {}
        // Disconnected between the read and the write.
        Err(StoreError::Condition(_)) => return auth::find(domain, ws, conn).await?.live(),
        Err(error) => return Err(error.into()),
    }
    let of = |fields: &[CustomField], model: &str| -> Vec<CustomField> {
        fields
            .iter()
            .filter(|field| field.model == model)
            .cloned()
            .collect()
    };
    for model in connection
        .models
        .iter()
        .filter(|model| of(&connection.custom_fields, model) != of(&fields, model))
    {
        let asked = Asked {
            full: true,
            confirm_deletions: false,
        };
        match sync::start(domain, ws, conn, Some(model), asked).await {
            Ok(_) => {}
            // Without credentials nothing can be read: the full sync after the repair brings the fields.
            Err(Problem::ReauthRequired { .. }) => break,
            Err(problem) => return Err(problem),
        }
    }
    auth::find(domain, ws, conn).await
}
