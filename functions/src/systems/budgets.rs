//! Request budgets by connection, shared by everything in this process that calls its system.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use manifold_connectors::{budget::Budget, manifest::Limits};

/// Connections whose budgets are remembered; a Lambda environment serves few of them at a time.
const MOST: usize = 4096;

/// Budgets by connection id.
#[derive(Default)]
pub struct Budgets(Mutex<HashMap<String, Budget>>);

impl Budgets {
    /// The connection's budget, new when this process has not called its system yet.
    pub fn of(&self, connection: &str, limits: Limits) -> Budget {
        let mut budgets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if budgets.len() >= MOST && !budgets.contains_key(connection) {
            // A forgotten budget starts full again: the system's own limit still holds.
            budgets.clear();
        }
        budgets
            .entry(connection.to_owned())
            .or_insert_with(|| Budget::new(limits))
            .clone()
    }
}
