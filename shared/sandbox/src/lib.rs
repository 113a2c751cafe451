//! Sample systems that speak real vendor dialects over HTTP, with faults on demand.
//!
//! One [`Sandbox`] plays five systems on one port, each below its own path prefix: SAP S/4HANA (OData V2 and V4),
//! NetSuite, Dynamics 365 Business Central and Dynamics 365 Finance & Operations. They all show the same
//! deterministic sample company, each in its own words, and each keeps its own copy, so that a change in one
//! does not touch the others.
//!
//! # Code map
//! - `company`: the sample company in neutral terms, and its odd records;
//! - `odata`: typed rows, `$filter` and paging, and both JSON forms of OData;
//! - `sap`, `netsuite`, `business_central`, `finance`: one dialect each, behind the trait in `dialect`;
//! - `records`: changes to the data, and the snapshot of them;
//! - `faults`, `exchange`, `serve`: what goes wrong, where it strikes, and the socket;
//! - `control`: the control API on the root.
//!
//! The dialects are written from the vendors' files and documents, not from our connector manifests: otherwise
//! both could agree on the same mistake.

mod business_central;
mod clock;
mod company;
mod control;
mod decimal;
mod dialect;
mod entra;
mod exchange;
mod faults;
mod finance;
mod http;
mod netsuite;
mod odata;
mod records;
mod request_log;
mod sandbox;
mod sap;
mod serve;
mod sessions;
mod shared_order;
mod system;

pub use clock::SandboxClock;
pub use dialect::SystemEntry;
pub use records::SnapshotError;
pub use sandbox::Sandbox;
pub use shared_order::{SHARED_ORDER, SharedOrder};

use dialect::Dialect;

/// The systems, in the order of `GET /`.
static DIALECTS: [&dyn Dialect; 5] = [
    &sap::SAP_V2,
    &sap::SAP_V4,
    &netsuite::NETSUITE,
    &business_central::BUSINESS_CENTRAL,
    &finance::FINANCE,
];
