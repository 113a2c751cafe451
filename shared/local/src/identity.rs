//! What makes a stack the same one after a restart: its keys, and what it told others.
//!
//! They stand in one file that only its owner can read, in the open: the local stack is for trying and
//! developing. A deployment keeps its master secret in Secrets Manager and no key at all.

use std::{fmt, io};

use jiff::Timestamp;
use manifold_domain::{
    audit::Actor,
    deployment::Domain,
    error::Problem,
    ports::{Ids as _, SystemIds},
    workspace,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{files, home::Home};

/// Name of the workspace that every local stack has.
const WORKSPACE: &str = "Local";
/// Its credits.
const CREDITS: u64 = 40;

/// A stack's keys, and the sandbox's beginning.
#[derive(Clone, Serialize, Deserialize)]
pub struct Identity {
    /// What all keys of the deployment derive from.
    #[serde(with = "open")]
    pub master_secret: SecretString,
    /// The workspace, once it is made.
    pub workspace: Option<Workspace>,
    /// When the sandbox's company was made, by the stack's clock.
    pub sandbox_started: Timestamp,
    /// Where the sandbox listens: connections know it by this address.
    pub sandbox_port: Option<u16>,
}

/// The workspace of a local stack.
#[derive(Clone, Serialize, Deserialize)]
pub struct Workspace {
    /// `ws_…`
    pub id: String,
    /// Its API key.
    #[serde(with = "open")]
    pub key: SecretString,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("sandbox_port", &self.sandbox_port)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// A new one.
    #[must_use]
    pub fn generate(now: Timestamp) -> Self {
        let mut random = [0; 32];
        SystemIds.random(&mut random);
        let master = random
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>();
        Self {
            master_secret: master.into(),
            workspace: None,
            sandbox_started: now,
            sandbox_port: None,
        }
    }

    /// The one that is kept in a home; a new one, kept from now on, when there is none.
    ///
    /// # Errors
    /// When the file cannot be read or written, and when a database is there whose keys are not.
    pub fn open(home: &Home, now: Timestamp) -> io::Result<Self> {
        if let Some(text) = files::read(&home.identity())? {
            return Ok(serde_json::from_slice(&text)?);
        }
        if home.database().exists() {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "local.json is gone, and with it the keys of the data beside it: put it back, or remove the folder",
            ));
        }
        let identity = Self::generate(now);
        identity.keep(home)?;
        Ok(identity)
    }

    /// Writes it down.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, home: &Home) -> io::Result<()> {
        files::replace(&home.identity(), &serde_json::to_vec_pretty(self)?)
    }

    /// Makes the workspace if there is none yet; whether it was made.
    ///
    /// # Errors
    /// The store's.
    pub async fn make_workspace(&mut self, domain: &Domain) -> Result<bool, Problem> {
        if self.workspace.is_some() {
            return Ok(false);
        }
        let (made, key) = workspace::create(domain, &Actor::itself(), WORKSPACE, CREDITS).await?;
        self.workspace = Some(Workspace { id: made.id, key });
        Ok(true)
    }
}

/// Secrets as they are: the one place that writes them down.
mod open {
    use secrecy::ExposeSecret as _;

    use super::{Deserialize, SecretString};

    pub(super) fn serialize<S: serde::Serializer>(secret: &SecretString, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose_secret())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SecretString, D::Error> {
        String::deserialize(from).map(SecretString::from)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn is_the_same_after_a_restart_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(&folder.path().join("home")).unwrap();
        let first = Identity::open(&home, Timestamp::UNIX_EPOCH).unwrap();
        let second = Identity::open(&home, Timestamp::now()).unwrap();
        assert_eq!(
            first.master_secret.expose_secret(),
            second.master_secret.expose_secret()
        );
        assert_eq!(second.sandbox_started, Timestamp::UNIX_EPOCH);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                home.identity().metadata().unwrap().permissions().mode() & 0o777,
                0o600
            );
            assert_eq!(
                home.folder().metadata().unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
        assert!(!format!("{first:?}").contains(first.master_secret.expose_secret()));
    }

    #[test]
    fn data_without_its_keys_is_not_given_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::open(folder.path()).unwrap();
        std::fs::write(home.database(), "").unwrap();
        assert!(Identity::open(&home, Timestamp::UNIX_EPOCH).is_err());
    }
}
