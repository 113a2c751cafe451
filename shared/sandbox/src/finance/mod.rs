//! Dynamics 365 Finance & Operations: data entities over OData V4.

mod identity;
mod order;
mod party;
mod refusal;
mod schema;
mod service;
mod write;

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use crate::company::places::Place;
use crate::company::{Company, Status};
use crate::dialect::{Dialect, Identity, Model, Record, Refusal, SystemEntry};
use crate::entra;
use crate::http::{Answer, Call};
use crate::odata::row::Row;
use crate::system::System;

/// The dialect.
pub(crate) struct Finance;

/// The system.
pub(crate) static FINANCE: Finance = Finance;

const KEY: &str = "dynamics_finance";
/// The environment's name, which the scope of a token names.
const HOST: &str = "contoso.operations.dynamics.com";

impl Dialect for Finance {
    fn key(&self) -> &'static str {
        KEY
    }

    fn entry(&self, root: &str) -> SystemEntry {
        let settings =
            json!({"tenant_id": entra::TENANT, "host": HOST, "instance_url": root, "token_url": root});
        let credentials = json!({"client_id": entra::CLIENT_ID, "client_secret": entra::CLIENT_SECRET});
        SystemEntry::new(KEY, None, settings, credentials)
    }

    fn signs_in(&self, call: &Call) -> bool {
        entra::is_token_path(&call.path)
    }

    fn answer(&self, system: &System, call: &Call) -> Answer {
        if self.signs_in(call) {
            return entra::token(system, call, &format!("https://{HOST}/.default"));
        }
        if !call.bearer().is_some_and(|token| system.sessions.accepts(token)) {
            return refusal::of(Refusal::Unauthorized);
        }
        service::answer(system, call)
    }

    fn refuse(&self, refusal: Refusal, signing_in: bool) -> Answer {
        match refusal {
            Refusal::BadCredentials => entra::bad_secret(),
            Refusal::RateLimited if signing_in => entra::unavailable(StatusCode::TOO_MANY_REQUESTS),
            Refusal::Unavailable if signing_in => entra::unavailable(StatusCode::SERVICE_UNAVAILABLE),
            other => refusal::of(other),
        }
    }

    fn render(&self, company: &Company, record: Record<'_>) -> Vec<Arc<Row>> {
        match record {
            Record::Order(order) => order::rows(company, order),
            Record::Vendor(vendor) => vec![party::vendor(vendor)],
            Record::Item(item) => vec![party::item(company, item)],
            Record::Level(level) => party::level(company, level),
        }
    }

    fn fixed(&self) -> Vec<Arc<Row>> {
        party::fixed()
    }

    fn identify(&self, _model: Model, id: &str) -> Option<Identity> {
        identity::of(id)
    }

    fn place_key(&self, place: &Place) -> String {
        place.location.to_owned()
    }

    fn lacks(&self, model: Model) -> &'static [&'static str] {
        match model {
            Model::PurchaseOrder => &[
                "description",
                "notes",
                "exchange_rate",
                "lines.received_quantity",
                "lines.billed_quantity",
                "lines.tax_amount",
            ],
            Model::Vendor => &["legal_name", "contacts"],
            Model::Item => &["manufacturer", "manufacturer_part_number", "barcodes"],
            Model::InventoryLevel => &["lot", "reorder_point", "min", "max"],
        }
    }

    fn expresses(&self, _status: Status) -> bool {
        true
    }

    fn custom_field(&self, model: Model, name: &str) -> Option<&'static str> {
        match (model, name) {
            (Model::PurchaseOrder, "CTSOCostObject") => Some("cost_object"),
            (Model::PurchaseOrder, "CTSOPriority") => Some("priority"),
            (Model::PurchaseOrder, "CTSOGate") => Some("gate"),
            (Model::Vendor, "CTSORating") => Some("rating"),
            (Model::Item, "CTSOAbcClass") => Some("abc_class"),
            _ => None,
        }
    }
}
