//! Dynamics 365 Business Central, API v2.0.

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
pub(crate) struct BusinessCentral;

/// The system.
pub(crate) static BUSINESS_CENTRAL: BusinessCentral = BusinessCentral;

const KEY: &str = "dynamics_business_central";
const ENVIRONMENT: &str = "Production";
/// The company with the data; the other one is empty.
const COMPANY: &str = "5d3f9a1c-6e20-ef11-9f89-6045bdc8a1f0";
const SCOPE: &str = "https://api.businesscentral.dynamics.com/.default";

impl Dialect for BusinessCentral {
    fn key(&self) -> &'static str {
        KEY
    }

    fn entry(&self, root: &str) -> SystemEntry {
        let settings = json!({
            "tenant_id": entra::TENANT, "environment": ENVIRONMENT, "company_id": COMPANY,
            "instance_url": root, "token_url": root
        });
        let credentials = json!({"client_id": entra::CLIENT_ID, "client_secret": entra::CLIENT_SECRET});
        SystemEntry::new(KEY, None, settings, credentials)
    }

    fn alternatives(&self, root: &str) -> Vec<SystemEntry> {
        let settings = json!({
            "tenant_id": entra::TENANT, "environment": ENVIRONMENT, "company_id": COMPANY,
            "instance_url": root, "token_url": root
        });
        // With what a sign-in would bring, so that the entry can be posted as it stands.
        let credentials = json!({
            "client_id": entra::CLIENT_ID, "client_secret": entra::CLIENT_SECRET,
            "refresh_token": entra::person::refresh_token("sample")
        });
        vec![SystemEntry::new(KEY, Some("browser"), settings, credentials)]
    }

    fn signs_in(&self, call: &Call) -> bool {
        entra::is_token_path(&call.path)
    }

    fn answer(&self, system: &System, call: &Call) -> Answer {
        if self.signs_in(call) {
            return entra::token(system, call, SCOPE);
        }
        if entra::person::is_authorize_path(&call.path) {
            return entra::person::authorize(system, call);
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
            Record::Level(level) => vec![party::ledger_entry(company, level)],
        }
    }

    fn fixed(&self) -> Vec<Arc<Row>> {
        party::fixed()
    }

    fn identify(&self, model: Model, id: &str) -> Option<Identity> {
        identity::of(model, id)
    }

    fn place_key(&self, place: &Place) -> String {
        identity::guid("location", place.id.unsigned_abs())
    }

    fn lacks(&self, model: Model) -> &'static [&'static str] {
        match model {
            Model::PurchaseOrder => &[
                "description",
                "notes",
                "exchange_rate",
                "requester",
                "lines.price_quantity",
                "lines.site",
                "lines.cost_center",
                "lines.project",
            ],
            Model::Vendor => &["legal_name", "group", "contacts"],
            Model::Item => &[
                "description",
                "currency",
                "manufacturer",
                "manufacturer_part_number",
                "serial_tracked",
                "lot_tracked",
            ],
            Model::InventoryLevel => &[
                "quantity_reserved",
                "quantity_on_order",
                "reorder_point",
                "min",
                "max",
            ],
        }
    }

    /// An order is a draft, in review or open. What was received is seen on its lines; nothing says that it was
    /// sent, cancelled or rejected.
    fn expresses(&self, status: Status) -> bool {
        !matches!(status, Status::Sent | Status::Cancelled | Status::Rejected)
    }

    fn custom_field(&self, model: Model, name: &str) -> Option<&'static str> {
        match (model, name) {
            (Model::PurchaseOrder, "contosoCostObject") => Some("cost_object"),
            (Model::PurchaseOrder, "contosoPriority") => Some("priority"),
            (Model::PurchaseOrder, "contosoGate") => Some("gate"),
            (Model::Vendor, "contosoRating") => Some("rating"),
            (Model::Item, "contosoAbcClass") => Some("abc_class"),
            _ => None,
        }
    }
}
