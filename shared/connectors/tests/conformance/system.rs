//! The folders of the catalogue, with their fixtures.

use std::{fs, path::PathBuf, sync::Arc};

use manifold_connectors::Connector;

use crate::fixture::{self, Fixture};

/// One system as its folder has it.
pub struct System {
    pub id: String,
    pub folder: PathBuf,
    pub connector: Arc<Connector>,
    pub fixtures: Vec<Fixture>,
}

/// The folders of the catalogue that hold a manifest, in order.
pub fn folders() -> Vec<PathBuf> {
    let catalog = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("catalog");
    let entries = fs::read_dir(&catalog).expect("the catalogue is there");
    let mut folders: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.join("connector.toml").is_file())
        .collect();
    folders.sort();
    assert!(!folders.is_empty(), "{} has no system", catalog.display());
    folders
}

/// Every system.
pub fn all() -> Vec<System> {
    folders().into_iter().map(read).collect()
}

fn read(folder: PathBuf) -> System {
    let text = fs::read_to_string(folder.join("connector.toml")).expect("a manifest can be read");
    let connector = Connector::from_toml(&text).unwrap_or_else(|error| panic!("{error}"));
    let id = connector.manifest().id.clone();
    System {
        fixtures: fixture::of(&folder),
        connector: Arc::new(connector),
        id,
        folder,
    }
}
