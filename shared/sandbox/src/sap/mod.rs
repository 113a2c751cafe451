//! SAP S/4HANA Cloud: OData V2 services, and the purchase order service in V4 beside them.

mod access;
mod identity;
mod order_v2;
mod order_v4;
mod partner;
mod product;
mod properties_order;
mod properties_order_v4;
mod properties_partner;
mod properties_product;
mod refusal;
mod schema;
mod schema_v4;
mod service_v2;
mod service_v4;
mod write;

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use crate::company::places::Place;
use crate::company::{Company, Status};
use crate::dialect::{Dialect, Identity, Model, Record, Refusal, SystemEntry};
use crate::http::{Answer, Call};
use crate::odata::row::Row;
use crate::system::System;

/// SAP S/4HANA with the purchase order service of one OData version.
pub(crate) struct Sap {
    key: &'static str,
    /// Purchase orders are read by V4; vendors, items and stock exist in V2 only.
    orders_in_v4: bool,
}

/// The system whose purchase orders speak OData V2.
pub(crate) static SAP_V2: Sap = Sap {
    key: "sap_s4hana",
    orders_in_v4: false,
};
/// The system whose purchase orders speak OData V4.
pub(crate) static SAP_V4: Sap = Sap {
    key: "sap_s4hana_v4",
    orders_in_v4: true,
};

/// What a gateway calls its logon client.
const CLIENT: &str = "100";
const USER: &str = "MANIFOLD_COMM_USER";
const PASSWORD: &str = "Welcome-to-the-sandbox-1";
const OAUTH_CLIENT: &str = "sb-manifold-sandbox!b1";
const OAUTH_SECRET: &str = "sandbox-client-secret-sap";

impl Dialect for Sap {
    fn key(&self) -> &'static str {
        self.key
    }

    fn entry(&self, root: &str) -> SystemEntry {
        let credentials = json!({"username": USER, "password": PASSWORD});
        SystemEntry::new(self.key, Some("basic"), settings(root), credentials)
    }

    fn alternatives(&self, root: &str) -> Vec<SystemEntry> {
        let credentials = json!({"client_id": OAUTH_CLIENT, "client_secret": OAUTH_SECRET});
        vec![SystemEntry::new(
            self.key,
            Some("oauth2"),
            settings(root),
            credentials,
        )]
    }

    fn signs_in(&self, call: &Call) -> bool {
        access::is_token_path(&call.path)
    }

    fn answer(&self, system: &System, call: &Call) -> Answer {
        if access::is_token_path(&call.path) {
            return access::token(system, call);
        }
        let in_v4 = call.path.starts_with("/sap/opu/odata4/");
        let session = match access::check(system, call, in_v4) {
            Ok(session) => session,
            Err(refused) => return *refused,
        };
        let segments = call.segments();
        let steps: Vec<&str> = segments.iter().map(String::as_str).collect();
        let answer = match steps.as_slice() {
            ["sap", "opu", "odata", "sap", service, rest @ ..] => {
                service_v2::answer(system, call, service, rest, !self.orders_in_v4)
            }
            ["sap", "opu", "odata4", rest @ ..] if self.orders_in_v4 => {
                service_v4::answer(system, call, rest)
            }
            _ => refusal::v2(
                StatusCode::NOT_FOUND,
                "/IWFND/MED/170",
                "No service found for this path.",
            ),
        };
        session.attach(answer)
    }

    fn refuse(&self, refusal: Refusal, signing_in: bool) -> Answer {
        refusal::of(refusal, signing_in, self.orders_in_v4)
    }

    fn render(&self, company: &Company, record: Record<'_>) -> Vec<Arc<Row>> {
        match record {
            Record::Order(order) if self.orders_in_v4 => order_v4::rows(company, order),
            Record::Order(order) => order_v2::rows(company, order),
            Record::Vendor(vendor) => partner::rows(vendor),
            Record::Item(item) => product::rows(company, item),
            Record::Level(level) => product::stock(company, level),
        }
    }

    fn fixed(&self) -> Vec<Arc<Row>> {
        partner::customers()
    }

    fn identify(&self, model: Model, id: &str) -> Option<Identity> {
        identity::of(model, id)
    }

    fn place_key(&self, place: &Place) -> String {
        place.location.to_owned()
    }

    fn lacks(&self, model: Model) -> &'static [&'static str] {
        match model {
            Model::PurchaseOrder if self.orders_in_v4 => {
                &["description", "lines.billed_quantity", "lines.tax_amount"]
            }
            Model::PurchaseOrder => &[
                "description",
                "lines.received_quantity",
                "lines.billed_quantity",
                "lines.tax_amount",
            ],
            Model::Vendor => &[],
            Model::Item => &["description", "price"],
            Model::InventoryLevel => &["quantity_reserved", "quantity_on_order"],
        }
    }

    fn expresses(&self, _status: Status) -> bool {
        true
    }

    fn keeps_deleted(&self, model: Model) -> bool {
        model == Model::PurchaseOrder
    }

    fn custom_field(&self, model: Model, name: &str) -> Option<&'static str> {
        match (model, name) {
            (Model::PurchaseOrder, "YY1_CostObject_PDH") => Some("cost_object"),
            (Model::PurchaseOrder, "YY1_Priority_PDH") => Some("priority"),
            (Model::PurchaseOrder, "YY1_Gate_PDI") => Some("gate"),
            (Model::Vendor, "YY1_Rating_bus" | "YY1_Rating_sup") => Some("rating"),
            (Model::Item, "YY1_AbcClass_PRD") => Some("abc_class"),
            _ => None,
        }
    }
}

fn settings(root: &str) -> serde_json::Value {
    json!({"tenant": "my300000", "client": CLIENT, "instance_url": root, "token_url": root})
}
