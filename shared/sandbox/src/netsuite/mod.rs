//! NetSuite: SuiteQL over REST, single records for reading, token-based authentication and OAuth 2.0 with a
//! signed assertion.

mod access;
mod assertion;
mod display;
mod fixed;
mod identity;
mod keys;
mod lists;
mod oauth1;
mod order;
mod party;
mod record;
mod refusal;
mod service;
mod sql;
mod tables;
mod write;

use std::sync::Arc;

use serde_json::json;

use crate::company::places::Place;
use crate::company::{Company, Status};
use crate::dialect::{Dialect, Identity, Model, Record, Refusal, SystemEntry};
use crate::http::{Answer, Call};
use crate::odata::row::Row;
use crate::system::System;

/// Account id, which is also the realm of OAuth 1.0.
const ACCOUNT: &str = "1234567";
const CONSUMER_KEY: &str = "sandbox-consumer-key-0f4e2a";
const CONSUMER_SECRET: &str = "sandbox-consumer-secret-9b1c7d";
const TOKEN_ID: &str = "sandbox-token-id-51aa30";
const TOKEN_SECRET: &str = "sandbox-token-secret-c8e6f2";
const CLIENT_ID: &str = "sandbox-m2m-client-7d20";

/// The dialect.
pub(crate) struct NetSuite;

/// The system.
pub(crate) static NETSUITE: NetSuite = NetSuite;

const KEY: &str = "netsuite";

impl Dialect for NetSuite {
    fn key(&self) -> &'static str {
        KEY
    }

    fn entry(&self, root: &str) -> SystemEntry {
        let credentials = json!({
            "consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET,
            "token_id": TOKEN_ID, "token_secret": TOKEN_SECRET
        });
        // Signed requests need no token server.
        let settings = json!({"account_id": ACCOUNT, "instance_url": root});
        SystemEntry::new(KEY, Some("token_based"), settings, credentials)
    }

    fn alternatives(&self, root: &str) -> Vec<SystemEntry> {
        let with = |certificate: &str, key: &str| {
            let credentials =
                json!({"client_id": CLIENT_ID, "certificate_id": certificate, "private_key": key});
            let settings = json!({"account_id": ACCOUNT, "instance_url": root, "token_url": root});
            SystemEntry::new(KEY, Some("oauth2_m2m"), settings, credentials)
        };
        vec![
            with(keys::RSA_CERTIFICATE, keys::RSA_KEY),
            with(keys::EC_CERTIFICATE, keys::EC_KEY),
        ]
    }

    fn signs_in(&self, call: &Call) -> bool {
        call.path == assertion::TOKEN_PATH
    }

    fn answer(&self, system: &System, call: &Call) -> Answer {
        if self.signs_in(call) {
            return assertion::token(system, call);
        }
        if !access::is_allowed(system, call) {
            return refusal::of(Refusal::Unauthorized, false);
        }
        service::answer(system, call)
    }

    fn refuse(&self, refusal: Refusal, signing_in: bool) -> Answer {
        refusal::of(refusal, signing_in)
    }

    fn render(&self, company: &Company, record: Record<'_>) -> Vec<Arc<Row>> {
        match record {
            Record::Order(order) => order::rows(order),
            Record::Vendor(vendor) => party::vendor(vendor),
            Record::Item(item) => party::item(company, item),
            Record::Level(level) => party::level(level),
        }
    }

    fn fixed(&self) -> Vec<Arc<Row>> {
        fixed::rows()
    }

    fn identify(&self, model: Model, id: &str) -> Option<Identity> {
        identity::of(model, id)
    }

    fn place_key(&self, place: &Place) -> String {
        place.id.to_string()
    }

    fn lacks(&self, model: Model) -> &'static [&'static str] {
        match model {
            Model::PurchaseOrder => &["notes", "lines.price_quantity"],
            Model::Vendor => &["group", "contacts"],
            Model::Item => &[],
            Model::InventoryLevel => &[],
        }
    }

    /// A purchase order is pending, open, received, billed, closed or rejected; nothing says that it was sent or
    /// that it is a draft, and whoever cancels an order closes it.
    fn expresses(&self, status: Status) -> bool {
        !matches!(status, Status::Draft | Status::Sent | Status::Cancelled)
    }

    fn custom_field(&self, model: Model, name: &str) -> Option<&'static str> {
        match (model, name) {
            (Model::PurchaseOrder, "custbody_cost_object") => Some("cost_object"),
            (Model::PurchaseOrder, "custbody_priority") => Some("priority"),
            (Model::PurchaseOrder, "custcol_gate") => Some("gate"),
            (Model::Vendor, "custentity_rating") => Some("rating"),
            (Model::Item, "custitem_abc_class") => Some("abc_class"),
            _ => None,
        }
    }
}
