//! The catalogue.

use axum::extract::{Path, State};
use manifold_connectors::{
    connector::Connector,
    form::Field,
    manifest::{Category, Evidence, Guidance, Hosting},
};
use manifold_domain::error::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    gate::{body::Json, caller::Identified, failure::Answer, query::Query},
};

/// A system, as the catalogue lists it.
#[derive(Serialize, ToSchema)]
pub struct SystemSummary {
    /// Its id: `sap_s4hana`.
    system: String,
    /// The product's name.
    name: String,
    /// Who makes it.
    vendor: String,
    /// `erp`, `cmms` or `wms`.
    #[schema(value_type = String)]
    category: Category,
    /// One sentence.
    description: String,
    /// The interface that is spoken.
    api: String,
    /// `simple`, `mid` or `complex`.
    tier: String,
    /// Credits that a connection holds; twice as many on premises.
    credits: u32,
    /// `cloud`, `on_premises` or `ask`.
    #[schema(value_type = String)]
    hosting: Hosting,
    /// The unified models that it has.
    models: Vec<String>,
    /// Who confirmed what.
    #[schema(value_type = Verification)]
    verified: Verification,
}

/// How far somebody other than us has confirmed a connector.
#[derive(Serialize, ToSchema)]
pub struct Verification {
    /// `none`, `specification`, `third_party_server` or `real_system`.
    #[schema(value_type = String)]
    level: Evidence,
    /// What was confirmed with what, and what stays a guess.
    note: String,
    /// `YYYY-MM-DD`.
    on: String,
}

/// One way to sign in.
#[derive(Serialize, ToSchema)]
pub struct Method {
    /// Its id, for `method`.
    id: String,
    /// What a person chooses by.
    title: String,
    /// When to choose it.
    description: String,
    /// A person signs in at the system itself, in a window of its own: `POST /v1/connect/oauth/start`.
    browser: bool,
    /// What it asks for.
    #[schema(value_type = Vec<FormField>)]
    credentials: Vec<Field>,
}

/// One field of a connect form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents form::Field, whose crate knows no OpenAPI")]
pub struct FormField {
    /// Name in the API.
    key: String,
    /// Label.
    title: String,
    /// Where a person finds the value.
    description: String,
    /// A value as it looks.
    example: String,
    /// Regular expression that a value matches.
    pattern: Option<String>,
    /// Typed blind.
    secret: bool,
    /// Needed.
    required: bool,
    /// Hidden behind "advanced".
    advanced: bool,
    /// Part of which instance it is: cannot change later.
    identifies: bool,
    /// Used when nothing is entered.
    default: Option<String>,
    /// The values that are possible; absent when any is.
    choices: Option<Vec<String>>,
}

/// One step of preparing the system.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "documents manifest::Guidance, whose crate knows no OpenAPI"
)]
pub struct GuidanceStep {
    /// What to do.
    title: String,
    /// How, with the names of the screens.
    text: String,
    /// Only for these methods; for all when absent.
    methods: Option<Vec<String>>,
}

/// A system with everything that is needed to connect it.
#[derive(Serialize, ToSchema)]
pub struct System {
    #[serde(flatten)]
    summary: SystemSummary,
    /// Fields that say which instance it is.
    #[schema(value_type = Vec<FormField>)]
    settings: Vec<Field>,
    /// What the first method asks for.
    #[schema(value_type = Vec<FormField>)]
    credentials: Vec<Field>,
    /// Ways to sign in, the recommended one first.
    methods: Vec<Method>,
    /// What to prepare in the system beforehand.
    #[schema(value_type = Vec<GuidanceStep>)]
    guidance: Vec<Guidance>,
    /// What can be done with each model.
    capabilities: Vec<Capabilities>,
}

/// What can be done with a model of a system.
#[derive(Serialize, ToSchema)]
pub struct Capabilities {
    /// The unified model.
    model: String,
    /// It can be read.
    read: bool,
    /// The system can be asked for what changed.
    incremental: bool,
    /// One record can be read by its id.
    by_id: bool,
    /// How deletions show: `never`, `marked` or `absence`.
    #[schema(value_type = String)]
    deletes: manifold_connectors::Deletes,
    /// Records can be created.
    create: bool,
    /// Records can be changed.
    update: bool,
    /// Filters of live reads.
    filters: Vec<String>,
}

fn summary(connector: &Connector) -> SystemSummary {
    let manifest = connector.manifest();
    SystemSummary {
        system: manifest.id.clone(),
        name: manifest.name.clone(),
        vendor: manifest.vendor.clone(),
        category: manifest.category,
        description: manifest.description.clone(),
        api: manifest.api.clone(),
        tier: json!(manifest.tier).as_str().unwrap_or_default().to_owned(),
        credits: manifest.tier.credits(),
        hosting: manifest.hosting,
        models: connector.models().map(str::to_owned).collect(),
        verified: Verification {
            level: manifest.verified.level,
            note: manifest.verified.note.clone(),
            on: manifest.verified.on.clone(),
        },
    }
}

/// What to look for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words: name, vendor, what people call it.
    q: Option<String>,
    /// `erp`, `cmms` or `wms`.
    category: Option<String>,
}

/// Systems, best match first.
#[derive(Serialize, ToSchema)]
pub struct SystemList {
    /// The systems.
    data: Vec<SystemSummary>,
    /// Always null: the catalogue comes in one page.
    next_cursor: Option<String>,
}

/// The systems that can be connected.
#[utoipa::path(get, path = "/v1/systems", operation_id = "list_systems",
    tag = "Systems", params(Search), responses((status = 200, body = SystemList)))]
pub async fn list(
    State(app): State<App>,
    _: Identified,
    Query(search): Query<Search>,
) -> Answer<Json<SystemList>> {
    let category = match search.category.as_deref() {
        None => None,
        Some(text) => Some(
            serde_json::from_value::<Category>(Value::from(text))
                .map_err(|_| Problem::Unreadable(format!("`category` is erp, cmms or wms, not `{text}`.")))?,
        ),
    };
    let found = app
        .catalog
        .search(search.q.as_deref().unwrap_or_default(), category);
    Ok(Json(SystemList {
        data: found.iter().map(|connector| summary(connector)).collect(),
        next_cursor: None,
    }))
}

/// One system, with its connect form.
#[utoipa::path(get, path = "/v1/systems/{system}", operation_id = "get_system",
    tag = "Systems", params(("system" = String, Path)),
    responses((status = 200, body = System)))]
pub async fn get(State(app): State<App>, _: Identified, Path(system): Path<String>) -> Answer<Json<System>> {
    let connector = app
        .catalog
        .get(&system)
        .ok_or_else(|| Problem::NotFound(format!("system `{system}`; GET /v1/systems lists them")))?;
    let manifest = connector.manifest();
    let methods: Vec<Method> = manifest
        .methods
        .iter()
        .map(|method| Method {
            id: method.id.clone(),
            title: method.title.clone(),
            description: method.description.clone(),
            browser: connector.signs_in_elsewhere(&method.id),
            credentials: connector.credentials(&method.id).to_vec(),
        })
        .collect();
    let capabilities = connector
        .capabilities()
        .into_iter()
        .map(|capability| Capabilities {
            model: capability.reads.model,
            read: true,
            incremental: capability.reads.incremental,
            by_id: capability.reads.by_id,
            deletes: capability.reads.deletes,
            create: capability.create,
            update: capability.update,
            filters: capability.reads.filters,
        });
    Ok(Json(System {
        summary: summary(&connector),
        settings: connector.settings().to_vec(),
        credentials: methods
            .first()
            .map(|method| method.credentials.clone())
            .unwrap_or_default(),
        capabilities: capabilities.collect(),
        methods,
        guidance: manifest.guidance.clone(),
    }))
}
