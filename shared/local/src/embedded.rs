//! The embedded DynamoDB: in this process, over SQLite, in a file or in memory.
//!
//! It speaks DynamoDB's own protocol on a loopback port, so the store talks to it through the same SDK
//! client that a deployed function has.

use std::{fmt, io, path::Path};

use manifold_aws::{Clients, Settings};
use manifold_domain::store::Store;
use tokio::{net::TcpListener, sync::oneshot};

use crate::table::LocalTable;

/// Table of everything but the connections' data.
const STATE: &str = "state";
/// Table of records.
const RECORDS: &str = "records";
/// Table of what on AWS is no table: queues and vault.
const LOCAL: &str = "local";

/// An embedded DynamoDB that is being served. It ends when this is dropped.
pub struct Embedded {
    database: dynoxide::Database,
    clients: Clients,
    /// The server ends when this does.
    _serving: oneshot::Sender<()>,
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embedded")
    }
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The file cannot be opened, or is none of ours.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// No loopback port to be had.
    #[error("the database cannot be served: {0}")]
    Serve(#[from] io::Error),
    /// The tables could not be made.
    #[error("the tables cannot be made: {0}")]
    Tables(String),
}

impl Embedded {
    /// Opens the database in `file`, or an empty one in memory, and makes the tables that are missing.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    pub async fn start(file: Option<&Path>) -> Result<Self, EmbeddedError> {
        let opened = match file {
            Some(file) => dynoxide::Database::new(&file.to_string_lossy()),
            None => dynoxide::Database::memory(),
        };
        let database = opened.map_err(|error| EmbeddedError::Open(error.to_string()))?;
        sync_less(&database)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (serving, ended) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, database.clone(), ended));
        let embedded = Self {
            database,
            clients: clients(&endpoint)?,
            _serving: serving,
        };
        embedded.make_tables().await?;
        Ok(embedded)
    }

    /// The store over its tables.
    #[must_use]
    pub fn store(&self) -> Store {
        Store::new(self.clients.dynamodb.clone(), STATE, RECORDS)
    }

    /// The table of queues and vault.
    #[must_use]
    pub fn local(&self) -> LocalTable {
        LocalTable::new(self.clients.dynamodb.clone(), LOCAL)
    }

    /// Removes rows whose time is over, as DynamoDB does by itself. Blocks while it looks for them.
    pub fn sweep(&self) {
        if let Err(error) = self.database.sweep_ttl() {
            tracing::warn!(target: "local", %error, "rows whose time is over were not removed");
        }
    }

    async fn make_tables(&self) -> Result<(), EmbeddedError> {
        self.store()
            .create_tables()
            .await
            .map_err(|error| EmbeddedError::Tables(error.to_string()))?;
        self.local()
            .create()
            .await
            .map_err(|error| EmbeddedError::Tables(error.to_string()))
    }
}

/// Has SQLite wait for the disk at checkpoints only (`synchronous = NORMAL`), which is what dynoxide's
/// setting for "after a bulk load" is, instead of at each write. A kill loses
/// nothing then; a power cut may lose the last writes, and never their order.
fn sync_less(database: &dynoxide::Database) -> Result<(), EmbeddedError> {
    database
        .disable_bulk_loading()
        .map_err(|error| EmbeddedError::Open(error.to_string()))
}

async fn serve(listener: TcpListener, database: dynoxide::Database, ended: oneshot::Receiver<()>) {
    let shutdown = async {
        // Nothing is ever sent: what is waited for is the sender's end.
        let _ = ended.await;
    };
    if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, shutdown).await {
        tracing::error!(target: "local", error, "the embedded DynamoDB is not served any more");
    }
}

/// The clients of a function, pointed at this endpoint. The embedded database takes any key.
fn clients(endpoint: &str) -> Result<Clients, EmbeddedError> {
    let settings = Settings::read(|name| match name {
        "AWS_REGION" => Some("local".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("embedded".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    });
    Ok(Clients::new(
        &settings.map_err(|error| EmbeddedError::Open(error.to_string()))?,
    ))
}
