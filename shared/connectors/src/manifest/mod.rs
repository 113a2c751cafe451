//! The manifest: everything that Manifold knows of one system, as data.
//!
//! Strict TOML over a closed vocabulary: an unknown key is an error, and what data cannot say
//! becomes a new variant here, which every connector may then use. There are no expressions and no
//! way into code. `docs` of each variant say which system brought it.

pub mod auth;
pub mod error;
pub mod form;
pub mod mapping;
pub mod request;
pub mod template;
pub(crate) mod validate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use auth::Auth;
pub use error::ManifestError;
pub use form::{Credential, Guidance, Method, Setting};
pub use mapping::{Condition, Expr, Fields};
pub use request::{Encode, Escape, Filter, ForEach, List, Paging, Related, TimeFormat, Verb};
pub use template::{HeaderText, Template, Templates};

/// One system. Its file is `catalog/<id>/connector.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `sap_s4hana`: stands in the API, never changes.
    pub id: String,
    /// The product's name as its users say it.
    pub name: String,
    /// Who makes it.
    pub vendor: String,
    /// What kind of system it is.
    pub category: Category,
    /// How much work it is, hence how many credits a connection holds.
    pub tier: Tier,
    /// Where an installation runs; an on-premises one holds double credits.
    #[serde(default)]
    pub hosting: Hosting,
    /// One sentence for the catalogue.
    pub description: String,
    /// The interface that the connector speaks: `OData V2`.
    pub api: String,
    /// Other words that people search it by.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// How far somebody other than us has confirmed what is written here.
    pub verified: Verified,
    /// Its hosts, by the name that requests and authentication use. `api` is required.
    pub hosts: BTreeMap<String, Host>,
    /// What identifies the instance, in the order of the form.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// Ways to sign in, the recommended one first.
    pub methods: Vec<Method>,
    /// What a person prepares in the system beforehand, step by step.
    #[serde(default)]
    pub guidance: Vec<Guidance>,
    /// Sent with every request.
    #[serde(default)]
    pub request: RequestDefaults,
    /// The system's budget.
    pub limits: Limits,
    /// How the system says that something went wrong.
    pub faults: Faults,
    /// How the system spells values.
    #[serde(default)]
    pub values: Values,
    /// The unified models that it has.
    pub models: BTreeMap<String, Model>,
}

/// What kind of system it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Enterprise resource planning.
    Erp,
    /// Maintenance: CMMS and EAM.
    Cmms,
    /// Warehouse management.
    Wms,
}

/// How many credits a connection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A simple cloud CMMS: 1 credit.
    Simple,
    /// A mid-size ERP: 2 credits.
    Mid,
    /// SAP class: 4 credits.
    Complex,
}

impl Tier {
    /// Credits of a cloud connection.
    #[must_use]
    pub fn credits(self) -> u32 {
        match self {
            Tier::Simple => 1,
            Tier::Mid => 2,
            Tier::Complex => 4,
        }
    }
}

/// Where an installation runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hosting {
    /// The vendor runs it.
    #[default]
    Cloud,
    /// The customer runs it.
    OnPremises,
    /// Either: the form asks.
    Ask,
}

/// Who confirmed the manifest's facts, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// How strong the evidence is.
    pub level: Evidence,
    /// What was confirmed with what, and what stays a guess.
    pub note: String,
    /// `YYYY-MM-DD` of the last confirmation.
    pub on: String,
}

/// How strong the evidence for a manifest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Common knowledge: a guess until something outside confirms it.
    None,
    /// The vendor's own specification file or documentation.
    Specification,
    /// A server that somebody else wrote accepted it.
    ThirdPartyServer,
    /// The real product.
    RealSystem,
}

/// One host of a system.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// The base address over the settings: `https://{tenant}-api.s4hana.cloud.sap`, without a slash at the end.
    ///
    /// Host `api` can be replaced by the advanced setting `instance_url`, host `token` by
    /// `token_url`: that is how an own domain or the sandbox is reached, by the same code path.
    pub url: Option<Template>,
    /// Many of the vendor's customers share this host, so that the failure of one connection says nothing
    /// about the others. Unless it says so itself, a host is shared when no setting is part of its address.
    pub shared: Option<bool>,
}

/// Headers and query parameters of every request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestDefaults {
    /// Header name to value.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// Parameter name to value; left out when its setting is absent.
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
}

/// The system's budget for one customer.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Requests at the same time.
    pub concurrent: u16,
    /// Requests a minute, spread evenly.
    pub per_minute: u32,
}

/// How the system says that something went wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// The shape of its error answers.
    pub preset: FaultPreset,
}

/// Shapes of error answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultPreset {
    /// `{"error":{"code","message":{"lang","value"},"innererror":{"errordetails":[…]}}}`: SAP Gateway.
    OdataV2,
    /// `{"error":{"code","message":"…","details":[…],"innererror":{"message"}}}`: SAP V4, Dynamics (whose
    /// F&O puts the real sentence into `innererror.message`).
    OdataV4,
    /// `{"title","status","o:errorDetails":[{"detail","o:errorCode","o:errorPath"}]}`: NetSuite, Oracle.
    OErrorDetails,
    /// `{"status","message","description"}`: Tryton's REST API.
    MessageDescription,
    /// `{"error":["UserError",["message","description",null]]}` with status 200: Tryton 7's JSON-RPC.
    ErrorList,
    /// `{"ErrorNumber","Type","Message","Elements":[{"ValidationErrors":[{"Message"}]}]}`: Xero, which
    /// refuses a token with `{"Title","Detail"}`.
    ErrorElements,
}

/// How the system spells values, where it is the same for all of its fields.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Texts that stand for "nothing" besides JSON's `null`: `""`, `0001-01-01`.
    #[serde(default)]
    pub absent: Vec<String>,
    /// How dates and times are spelt unless a field says otherwise.
    #[serde(default)]
    pub dates: mapping::DateFormat,
    /// Texts that stand for true, besides JSON's own: `T`, `X`, `Yes`.
    #[serde(default)]
    pub truths: Vec<String>,
}

/// One unified model of a system: how it is read and how a record maps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What the system calls it: `A_PurchaseOrder`. Shown in messages and the mapping view.
    pub source: String,
    /// How its records are listed.
    pub list: List,
    /// Source paths of the parts of its key, in order; together they make the record's id.
    pub key: Vec<String>,
    /// When the record last changed, as the system says it: the cursor of incremental reads.
    pub modified: Option<mapping::When>,
    /// The record counts as deleted when this holds.
    pub deleted: Option<Condition>,
    /// How deletions show besides that. `never` needs a reason in a comment beside it.
    #[serde(default)]
    pub absence: Absence,
    /// Unified field to where it comes from.
    pub fields: Fields,
    /// Source fields that begin so are custom fields: `YY1_`.
    #[serde(default)]
    pub custom_prefixes: Vec<String>,
}

/// Whether a record that a complete read does not bring counts as deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// It does.
    #[default]
    Deleted,
    /// It says nothing: the list is not complete by nature.
    Unknown,
}
