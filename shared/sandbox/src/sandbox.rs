//! The sandbox: all systems, their faults and their changes.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::clock::SandboxClock;
use crate::dialect::{Dialect, SystemEntry};
use crate::faults::Faults;
use crate::records::{Change, SnapshotError};
use crate::request_log::RequestLog;
use crate::system::System;

type Listener = Box<dyn Fn() + Send + Sync>;

/// Sample systems over one sample company. See the crate's documentation.
pub struct Sandbox {
    clock: Arc<dyn SandboxClock>,
    systems: Vec<System>,
    base_url: RwLock<String>,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    changes: Mutex<Vec<Change>>,
    listeners: RwLock<Vec<Listener>>,
}

impl Sandbox {
    /// Builds the sample company as of `started_ms`.
    pub fn new(clock: Arc<dyn SandboxClock>, started_ms: i64) -> Arc<Self> {
        let systems = crate::DIALECTS
            .iter()
            .map(|dialect| System::new(*dialect, Arc::clone(&clock), started_ms))
            .collect();
        Arc::new(Self {
            clock,
            systems,
            base_url: RwLock::new("http://127.0.0.1".to_owned()),
            faults: Faults::default(),
            log: RequestLog::default(),
            changes: Mutex::default(),
            listeners: RwLock::default(),
        })
    }

    /// Restores data changed through `PUT` and `DELETE /_records` from a previous run's [`Self::snapshot`].
    ///
    /// # Errors
    /// When the snapshot is not one, or names a system or record that this version does not have.
    pub fn restore(&self, snapshot: &[u8]) -> Result<(), SnapshotError> {
        let changes: Vec<Change> = serde_json::from_slice(snapshot)?;
        for change in &changes {
            let system = self
                .system(&change.system)
                .ok_or_else(|| SnapshotError::refused(change))?;
            change.apply(system).map_err(|_| SnapshotError::refused(change))?;
        }
        self.lock_changes().extend(changes);
        Ok(())
    }

    /// All record changes made so far, as JSON; small.
    pub fn snapshot(&self) -> Vec<u8> {
        serde_json::to_vec(&*self.lock_changes()).unwrap_or_else(|_| b"[]".to_vec())
    }

    /// Calls `f` after each change, so that the local stack can save a snapshot.
    pub fn on_change(&self, f: impl Fn() + Send + Sync + 'static) {
        self.listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Box::new(f));
    }

    /// Absolute URLs and `GET /` use this URL. Without a slash at its end.
    pub fn set_base_url(&self, url: &str) {
        let mut base_url = self.base_url.write().unwrap_or_else(PoisonError::into_inner);
        url.trim_end_matches('/').clone_into(&mut base_url);
    }

    /// What `GET /` shows: one entry for each system, ready to connect to.
    pub fn entries(&self) -> Vec<SystemEntry> {
        self.systems
            .iter()
            .map(|system| system.dialect.entry(&self.root(system.dialect.key())))
            .collect()
    }

    /// Other ways to sign in to the same systems, as `GET /` shows them under `alternatives`.
    pub fn alternatives(&self) -> Vec<SystemEntry> {
        self.systems
            .iter()
            .flat_map(|system| system.dialect.alternatives(&self.root(system.dialect.key())))
            .collect()
    }

    /// The system with this id.
    pub(crate) fn system(&self, key: &str) -> Option<&System> {
        self.systems.iter().find(|system| system.dialect.key() == key)
    }

    /// The dialects, in the order of `GET /`.
    pub(crate) fn dialects(&self) -> impl Iterator<Item = &'static dyn Dialect> + '_ {
        self.systems.iter().map(|system| system.dialect)
    }

    /// Absolute URL of a system.
    pub(crate) fn root(&self, key: &str) -> String {
        format!(
            "{}/{key}",
            self.base_url.read().unwrap_or_else(PoisonError::into_inner)
        )
    }

    /// Now, by the stack's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Keeps a change that was applied, and tells whoever wants to know.
    pub(crate) fn record(&self, change: Change) {
        self.lock_changes().push(change);
        for listener in &*self.listeners.read().unwrap_or_else(PoisonError::into_inner) {
            listener();
        }
    }

    fn lock_changes(&self) -> std::sync::MutexGuard<'_, Vec<Change>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
