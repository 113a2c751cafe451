//! All connections of a workspace at a glance, as far as one look goes.

use std::collections::BTreeMap;

use manifold_domain::{
    connection::{Connection, ConnectionStatus},
    connections::{self, ConnectionFilter},
    deployment::Domain,
    error::Problem,
    listing::{MOST, Paging},
};

use super::words::customer;

/// Pages that one look reads.
const MOST_PAGES: usize = 4;

/// The connections of a workspace.
pub struct Fleet {
    /// The connections, the oldest first.
    pub connections: Vec<Connection>,
    /// There are more than were looked at.
    pub cut: bool,
}

impl Fleet {
    /// Looks at up to two thousand connections.
    pub async fn of(domain: &Domain, ws: &str) -> Result<Self, Problem> {
        let mut connections = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let paging = Paging {
                limit: MOST,
                cursor: cursor.as_deref(),
            };
            let page = connections::list(domain, ws, &ConnectionFilter::default(), paging).await?;
            connections.extend(page.data);
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok(Self {
            connections,
            cut: cursor.is_some(),
        })
    }

    /// How many are in a status.
    pub fn count(&self, status: ConnectionStatus) -> u64 {
        let of = self.connections.iter().filter(|one| one.status == status).count();
        u64::try_from(of).unwrap_or_default()
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        u64::try_from(self.connections.len()).unwrap_or_default()
    }

    /// Their systems, by id, each once.
    pub fn systems(&self) -> Vec<&str> {
        let mut systems: Vec<&str> = self.connections.iter().map(|one| one.system.as_str()).collect();
        systems.sort_unstable();
        systems.dedup();
        systems
    }

    /// By id.
    pub fn by_id(&self) -> BTreeMap<&str, &Connection> {
        let named = self.connections.iter().map(|one| (one.id.as_str(), one));
        named.collect()
    }

    /// What people call a connection; its id when it was not looked at.
    pub fn name_of<'a>(&'a self, id: &'a str) -> &'a str {
        let found = self.connections.iter().find(|one| one.id == id);
        found.map_or(id, customer)
    }
}
