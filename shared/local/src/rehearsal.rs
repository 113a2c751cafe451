//! The sandbox's systems beside the stack: on the port where connections know them, with what was
//! changed in them.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use manifold_sandbox::{Sandbox, SnapshotError};
use tokio::net::TcpListener;

use crate::{clock::StackClock, files};

/// The sandbox, ready to be served.
pub struct Rehearsal {
    sandbox: Arc<Sandbox>,
    listener: TcpListener,
    /// The port it listens on.
    pub port: u16,
    /// The port it was to have, when something else listens there.
    pub wanted: Option<u16>,
}

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// No port to be had, or the snapshot cannot be read.
    #[error("the sandbox cannot be started: {0}")]
    Io(#[from] io::Error),
    /// The snapshot is of another version.
    #[error("{error}; remove {} to begin with the sample data", .file.display())]
    Snapshot {
        /// What is wrong with it.
        error: SnapshotError,
        /// Where it is.
        file: PathBuf,
    },
}

impl Rehearsal {
    /// Makes the company as of `started_ms`, with the changes that `snapshot` keeps. From then on each
    /// change is kept there before it is answered.
    ///
    /// # Errors
    /// See [`RehearsalError`].
    pub async fn prepare(
        clock: Arc<StackClock>,
        started_ms: i64,
        port: Option<u16>,
        snapshot: Option<PathBuf>,
    ) -> Result<Self, RehearsalError> {
        let sandbox = Sandbox::new(clock, started_ms);
        if let Some(file) = snapshot {
            restore(&sandbox, &file)?;
            keep_changes(&sandbox, file);
        }
        let known = match port {
            Some(port) => TcpListener::bind(("127.0.0.1", port)).await.ok(),
            None => None,
        };
        let wanted = port.filter(|_| known.is_none());
        let listener = match known {
            Some(listener) => listener,
            None => TcpListener::bind(("127.0.0.1", 0)).await?,
        };
        let port = listener.local_addr()?.port();
        sandbox.set_base_url(&format!("http://127.0.0.1:{port}"));
        Ok(Self {
            sandbox,
            listener,
            port,
            wanted,
        })
    }

    /// The sandbox.
    #[must_use]
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// Plays the systems for as long as this is polled.
    pub async fn serve(self) {
        if let Err(error) = self.sandbox.serve(self.listener, std::future::pending()).await {
            tracing::error!(target: "local", %error, "the sandbox is not served any more");
        }
    }
}

fn restore(sandbox: &Sandbox, file: &Path) -> Result<(), RehearsalError> {
    match files::read(file)? {
        None => Ok(()),
        Some(snapshot) => sandbox
            .restore(&snapshot)
            .map_err(|error| RehearsalError::Snapshot {
                error,
                file: file.to_owned(),
            }),
    }
}

fn keep_changes(sandbox: &Arc<Sandbox>, file: PathBuf) {
    let changed = Arc::downgrade(sandbox);
    // The snapshot is taken under the lock, so that the later of two changes is written last.
    let writing = Mutex::new(file);
    sandbox.on_change(move || {
        let file = writing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sandbox) = Weak::upgrade(&changed) else {
            return;
        };
        if let Err(error) = files::replace(&file, &sandbox.snapshot()) {
            tracing::warn!(target: "local", %error, "a change in the sandbox will not survive a restart");
        }
    });
}
