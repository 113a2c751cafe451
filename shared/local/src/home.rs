//! Where a stack keeps what survives it.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

use crate::files;

/// A folder that this process alone works in, until it is dropped.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    /// Holds the lock; the operating system gives it back even after a kill.
    _lock: File,
}

/// Why a folder cannot be worked in.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// Another stack runs on it.
    #[error(
        "another Manifold{} is running on {}: stop it, or give this one a folder of its own with --data DIR (or --memory)",
        .process.as_deref().map(|process| format!(" (process {process})")).unwrap_or_default(),
        .folder.display()
    )]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// The other's process id, where it could be read.
        process: Option<String>,
    },
    /// It cannot be made or written to.
    #[error("{} cannot be used to keep data: {error}", .folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl Home {
    /// Makes the folder where it is missing, and takes it for this process.
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn open(folder: &Path) -> Result<Self, HomeError> {
        let unusable = |error| HomeError::Unusable {
            folder: folder.to_owned(),
            error,
        };
        files::make_private_folder(folder).map_err(unusable)?;
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut lock = options.open(folder.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                let read = lock.read_to_string(&mut process).is_ok() && !process.is_empty();
                return Err(HomeError::Occupied {
                    folder: folder.to_owned(),
                    process: read.then_some(process),
                });
            }
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        // For the message above; without it, the lock is as good.
        let _ = lock
            .set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| write!(lock, "{}", std::process::id()));
        Ok(Self {
            folder: folder.to_owned(),
            _lock: lock,
        })
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keys and ports.
    #[must_use]
    pub fn identity(&self) -> PathBuf {
        self.folder.join("local.json")
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.join("manifold.db")
    }

    /// The stack's time.
    #[must_use]
    pub fn clock(&self) -> PathBuf {
        self.folder.join("clock.json")
    }

    /// What was changed in the sandbox.
    #[must_use]
    pub fn sandbox(&self) -> PathBuf {
        self.folder.join("sandbox.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_stack_on_the_same_folder_is_refused_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = Home::open(folder.path()).unwrap();
        let refused = Home::open(folder.path()).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        assert!(refused.contains("--data DIR"), "{refused}");
        drop(first);
        Home::open(folder.path()).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let refused = Home::open(&file.join("below")).unwrap_err().to_string();
        assert!(refused.contains("below cannot be used to keep data"), "{refused}");
    }
}
