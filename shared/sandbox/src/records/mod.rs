//! Changes to a system's data, told in the unified models' shape, and the list of them that survives a restart.

mod fields;
mod ids;
mod item;
mod level;
mod order;
mod vendor;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::dialect::Model;
use crate::system::{Books, System};

pub(crate) use ids::{decode, joined};

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    Put,
    Delete,
}

/// One change, as it was asked for. Replaying all of them gives the same data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) system: String,
    pub(crate) model: String,
    pub(crate) id: String,
    pub(crate) op: Operation,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) body: Map<String, Value>,
    pub(crate) at_ms: i64,
}

/// What came of a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// The record's id, in the form that it was given in.
    pub(crate) id: String,
    /// Fields that the dialect has nowhere.
    pub(crate) ignored: Vec<String>,
}

/// Why a change was not made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    /// There is no such record to delete.
    Unknown,
    /// The id cannot be one of this system's.
    BadId,
    /// A field holds what it cannot hold.
    BadField(String),
}

/// A snapshot that could not be restored.
#[derive(Debug)]
pub struct SnapshotError {
    reason: String,
}

impl SnapshotError {
    pub(crate) fn refused(change: &Change) -> Self {
        let Change {
            system, model, id, ..
        } = change;
        Self {
            reason: format!("the change of {model} {id} in {system} does not apply"),
        }
    }
}

impl From<serde_json::Error> for SnapshotError {
    fn from(error: serde_json::Error) -> Self {
        Self {
            reason: error.to_string(),
        }
    }
}

impl std::fmt::Display for SnapshotError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "the sandbox's snapshot cannot be restored: {}", self.reason)
    }
}

impl std::error::Error for SnapshotError {}

impl Change {
    /// Makes a change that a client asked for by the vendor's own API. The error says what is wrong.
    pub(crate) fn made_by_client(
        system: &System,
        model: Model,
        id: &str,
        op: Operation,
        body: Map<String, Value>,
    ) -> Result<Self, String> {
        let change = Self {
            system: system.dialect.key().to_owned(),
            model: model.name().to_owned(),
            id: id.to_owned(),
            op,
            body,
            at_ms: system.clock.now_ms(),
        };
        match change.apply(system) {
            Ok(_) => Ok(change),
            Err(RecordError::BadField(field)) => Err(field),
            Err(RecordError::Unknown | RecordError::BadId) => Err("id".to_owned()),
        }
    }

    /// Makes the change.
    pub(crate) fn apply(&self, system: &System) -> Result<Done, RecordError> {
        let model = Model::named(&self.model).ok_or(RecordError::BadId)?;
        system.write(|books| {
            let (id, ignored) = match self.op {
                Operation::Put => self.put(system, books, model)?,
                Operation::Delete => (self.delete(system, books, model)?, Vec::new()),
            };
            books.refresh(system.dialect, model, &id);
            Ok(Done {
                id: self.id.clone(),
                ignored,
            })
        })
    }

    fn put(
        &self,
        system: &System,
        books: &mut Books,
        model: Model,
    ) -> Result<(String, Vec<String>), RecordError> {
        match model {
            Model::PurchaseOrder => order::put(self, system.dialect, &mut books.company),
            Model::Vendor => vendor::put(self, system.dialect, &mut books.company),
            Model::Item => item::put(self, system.dialect, &mut books.company),
            Model::InventoryLevel => {
                let done = level::put(self, system.dialect, &mut books.company)?;
                refresh_item(system, books, &done.0);
                Ok(done)
            }
        }
    }

    fn delete(&self, system: &System, books: &mut Books, model: Model) -> Result<String, RecordError> {
        let company = &mut books.company;
        let id = match model {
            Model::InventoryLevel => {
                ids::level(company, system.dialect, &self.id).ok_or(RecordError::Unknown)?
            }
            _ => joined(&decode(&self.id)),
        };
        if model == Model::PurchaseOrder && system.dialect.keeps_deleted(model) {
            let order = company.orders.get_mut(&id).ok_or(RecordError::Unknown)?;
            order.deleted = true;
            order.modified = Some(self.at_ms);
            return Ok(id);
        }
        let item = company.levels.get(&id).map(|level| level.item.clone());
        let found = match model {
            Model::PurchaseOrder => company.orders.remove(&id).is_some(),
            Model::Vendor => company.vendors.remove(&id).is_some(),
            Model::Item => company.items.remove(&id).is_some(),
            Model::InventoryLevel => company.levels.remove(&id).is_some(),
        };
        if !found {
            return Err(RecordError::Unknown);
        }
        if let Some(item) = item.filter(|_| model == Model::InventoryLevel) {
            books.refresh(system.dialect, Model::Item, &item);
        }
        Ok(id)
    }
}

/// Some vendors show an item's whole stock on the item.
fn refresh_item(system: &System, books: &mut Books, level: &str) {
    if let Some(item) = books.company.levels.get(level).map(|level| level.item.clone()) {
        books.refresh(system.dialect, Model::Item, &item);
    }
}
