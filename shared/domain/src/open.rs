//! Opens a connection's system: credentials from the vault, the access token from its cache.

use std::sync::Arc;

use crate::{
    access_token::StoredToken,
    connection::{Connection, ConnectionStatus},
    deployment::Domain,
    error::Problem,
    systems::{OpenSpec, OpenSystem, Purpose},
};

/// A way into the connection's system. Nothing is asked of the system yet.
///
/// # Errors
/// [`Problem::ConnectionDisconnected`], [`Problem::ReauthRequired`] (nobody knocks again with
/// credentials that were refused), the vault's.
pub async fn system(
    domain: &Domain,
    connection: &Connection,
    purpose: Purpose,
) -> Result<Arc<dyn OpenSystem>, Problem> {
    let connection = connection.clone().live()?;
    if connection.status == ConnectionStatus::ReauthRequired {
        return Err(Problem::ReauthRequired {
            connection: connection.id,
            system: connection.system,
            since: connection.status_since,
            reason: connection.status_reason.unwrap_or_default(),
        });
    }
    let Some(credentials) = domain.ports.vault.get(&connection.vault_name()).await? else {
        // Between the read of the row and the vault somebody disconnected or gave new credentials.
        let now = crate::auth::find(domain, &connection.workspace, &connection.id)
            .await?
            .live()?;
        return Err(Problem::Conflict(format!(
            "The credentials of {} are being changed. Try again.",
            now.id
        )));
    };
    let spec = OpenSpec {
        workspace: connection.workspace.clone(),
        tokens: Arc::new(StoredToken::of(domain, &connection)),
        connection: connection.id.clone(),
        system: connection.system.clone(),
        method: connection.method.clone(),
        settings: connection.settings.clone(),
        credentials,
        custom_fields: connection.custom_fields.clone(),
        purpose,
    };
    domain
        .catalog
        .open(spec)
        .map_err(|fault| Problem::live(&connection, fault))
}
