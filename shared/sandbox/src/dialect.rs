//! What one vendor's system does its own way.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::company::places::Place;
use crate::company::{Company, Ids, Item, Level, Order, Status, Vendor};
use crate::http::{Answer, Call};
use crate::odata::row::Row;
use crate::system::System;

/// One system that the sandbox plays, with what is needed to connect to it.
#[derive(Debug, Clone, Serialize)]
pub struct SystemEntry {
    /// Id of the system in the catalogue.
    pub system: String,
    /// Authentication method, where the system has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Settings of the connection.
    pub settings: Map<String, Value>,
    /// Credentials of the connection. They open nothing but this sandbox.
    pub credentials: Map<String, Value>,
}

impl SystemEntry {
    /// An entry; settings and credentials are JSON objects.
    pub(crate) fn new(system: &str, method: Option<&str>, settings: Value, credentials: Value) -> Self {
        let object = |value: Value| {
            if let Value::Object(map) = value {
                map
            } else {
                Map::new()
            }
        };
        Self {
            system: system.to_owned(),
            method: method.map(str::to_owned),
            settings: object(settings),
            credentials: object(credentials),
        }
    }
}

/// A unified model that the sandbox has data for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Model {
    PurchaseOrder,
    Vendor,
    Item,
    InventoryLevel,
}

impl Model {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [
        Self::PurchaseOrder,
        Self::Vendor,
        Self::Item,
        Self::InventoryLevel,
    ];

    /// The unified model's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::PurchaseOrder => "purchase_order",
            Self::Vendor => "vendor",
            Self::Item => "item",
            Self::InventoryLevel => "inventory_level",
        }
    }

    /// The model of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }
}

/// A record to be rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Record<'a> {
    Order(&'a Order),
    Vendor(&'a Vendor),
    Item(&'a Item),
    Level(&'a Level),
}

/// Why a system does not answer what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The access token, or the password sent with each call, is not accepted.
    Unauthorized,
    /// Signing in is refused.
    BadCredentials,
    /// Signed in, but without permission.
    Forbidden,
    RateLimited,
    ServerError,
    Unavailable,
}

/// What a record that is created gets from its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The id as the sandbox keeps it: parts decoded.
    pub(crate) id: String,
    pub(crate) number: String,
    /// Key of the legal entity.
    pub(crate) company: &'static str,
}

/// One vendor's dialect.
pub(crate) trait Dialect: Ids + Send + Sync {
    /// Id of the system, and the first segment of its paths.
    fn key(&self) -> &'static str;

    /// How to connect; `root` is the absolute URL of the system.
    fn entry(&self, root: &str) -> SystemEntry;

    /// Other ways to connect to the same system.
    fn alternatives(&self, _root: &str) -> Vec<SystemEntry> {
        Vec::new()
    }

    /// Whether a call signs in, rather than using the API.
    fn signs_in(&self, call: &Call) -> bool;

    /// Answers a call.
    fn answer(&self, system: &System, call: &Call) -> Answer;

    /// A refusal in the vendor's own form.
    fn refuse(&self, refusal: Refusal, signing_in: bool) -> Answer;

    /// The rows that one record fills, in any number of tables.
    fn render(&self, company: &Company, record: Record<'_>) -> Vec<Arc<Row>>;

    /// Rows that belong to no record: currencies, locations, companies.
    fn fixed(&self) -> Vec<Arc<Row>> {
        Vec::new()
    }

    /// What a new record is called; `None` when the id has not the form of this vendor's ids.
    fn identify(&self, model: Model, id: &str) -> Option<Identity>;

    /// How the vendor spells a storage location in ids and references.
    fn place_key(&self, place: &Place) -> String {
        place.location.to_owned()
    }

    /// Fields of the unified model that this dialect has nowhere; those of lines as `lines.name`.
    fn lacks(&self, model: Model) -> &'static [&'static str];

    /// Whether a status can be said at all.
    fn expresses(&self, status: Status) -> bool;

    /// Whether a deleted record stays with a mark.
    fn keeps_deleted(&self, _model: Model) -> bool {
        false
    }

    /// Maps a custom field's name in this dialect to the neutral one, `None` when there is no such field.
    fn custom_field(&self, model: Model, name: &str) -> Option<&'static str>;
}
