//! What a person who repairs a connection begins with: everything that it has.

use std::{collections::BTreeMap, fmt};

use crate::{auth, deployment::Domain, error::Problem, ports::Secrets};

/// What a connection signs in with.
pub struct Known {
    /// The system's id.
    pub system: String,
    /// The authentication method.
    pub method: String,
    /// Settings by key.
    pub settings: BTreeMap<String, String>,
    /// Credentials by key, secret ones too: which of them a person may see, the system's form says.
    pub credentials: Secrets,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("system", &self.system)
            .field("method", &self.method)
            .field("settings", &self.settings.keys())
            .field("credentials", &self.credentials.keys())
            .finish()
    }
}

/// What the connection has.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::ConnectionDisconnected`], the vault's.
pub async fn known(domain: &Domain, ws: &str, conn: &str) -> Result<Known, Problem> {
    let connection = auth::find(domain, ws, conn).await?.live()?;
    let kept = domain.ports.vault.get(&connection.vault_name()).await?;
    Ok(Known {
        system: connection.system,
        method: connection.method,
        settings: connection.settings,
        credentials: kept.unwrap_or_default(),
    })
}
