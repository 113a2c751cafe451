//! The catalogue.

use std::sync::Arc;

use axum::extract::{Path, State};
use manifold_connectors::{
    Translation,
    connector::Connector,
    form::{self, Field},
    manifest::{self, Category, Evidence, Guidance, Hosting},
};
use manifold_domain::{cursor, error::Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    gate::{
        body::Json,
        caller::Identified,
        failure::Answer,
        query::{Query, limit},
    },
    pages::{Language, Texts},
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
    /// The language of the form and of the guidance: the one that was asked for, or `en`.
    language: String,
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
    /// Entries a page, 1 to 500.
    #[param(value_type = Option<u16>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Systems, best match first.
#[derive(Serialize, ToSchema)]
pub struct SystemList {
    /// The systems.
    data: Vec<SystemSummary>,
    /// Where the next page starts.
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
    let words = search.q.as_deref().unwrap_or_default();
    let found = app.catalog.search(words, category);
    let query = format!("systems {category:?} {words}");
    let from = match search.cursor.as_deref() {
        None => 0,
        Some(text) => after(&app, &query, text, &found)?,
    };
    let most = limit(search.limit.as_deref())?;
    let page = found.get(from..).unwrap_or_default();
    let shown = &page[..most.min(page.len())];
    let last = shown.last().filter(|_| page.len() > most);
    Ok(Json(SystemList {
        data: shown.iter().map(|connector| summary(connector)).collect(),
        next_cursor: last.map(|last| cursor::encode(&app.domain.keys, &query, &last.manifest().id, None)),
    }))
}

/// Where the page after the one of a cursor begins: behind the system that the cursor names.
fn after(app: &App, query: &str, text: &str, found: &[Arc<Connector>]) -> Result<usize, Problem> {
    let last: String = cursor::decode(&app.domain.keys, query, text, app.domain.ports.clock.now())?;
    let at = found.iter().position(|connector| connector.manifest().id == last);
    let gone =
        || Problem::Unreadable("The catalogue has changed. Start again without the cursor.".to_owned());
    at.map(|at| at + 1).ok_or_else(gone)
}

/// How a system is shown.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// Language of the form and of the guidance, `de`, `es` or `fr`; English when absent, and where nobody has
    /// translated the system's form.
    lang: Option<String>,
}

/// One system, with its connect form.
#[utoipa::path(get, path = "/v1/systems/{system}", operation_id = "get_system",
    tag = "Systems", params(("system" = String, Path), Shown),
    responses((status = 200, body = System)))]
pub async fn get(
    State(app): State<App>,
    _: Identified,
    Path(system): Path<String>,
    Query(shown): Query<Shown>,
) -> Answer<Json<System>> {
    let connector = app
        .catalog
        .get(&system)
        .ok_or_else(|| Problem::NotFound(format!("system `{system}`; GET /v1/systems lists them")))?;
    let manifest = connector.manifest();
    let said = shown
        .lang
        .as_deref()
        .and_then(Language::of_tag)
        .and_then(|language| Some((language, app.catalog.translation(&system, language.code())?)));
    let words = said.as_ref().map(|(_, words)| words);
    let methods: Vec<Method> = manifest
        .methods
        .iter()
        .map(|method| method_in(&connector, words, method))
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
        language: said
            .as_ref()
            .map_or(Language::English, |(language, _)| *language)
            .code()
            .to_owned(),
        settings: match &said {
            Some((language, words)) => settings_in(&connector, words, Texts::of(*language)),
            None => connector.settings().to_vec(),
        },
        credentials: methods
            .first()
            .map(|method| method.credentials.clone())
            .unwrap_or_default(),
        capabilities: capabilities.collect(),
        methods,
        guidance: match words {
            Some(words) => words.guidance(&manifest.guidance),
            None => manifest.guidance.clone(),
        },
    }))
}

/// The settings in a language: the manifest's own by its translation, those of every system by our own texts.
fn settings_in(connector: &Connector, words: &Translation, texts: &Texts) -> Vec<Field> {
    let manifest = connector.manifest();
    let mut fields = words.settings(connector.settings());
    for field in &mut fields {
        if manifest.settings.iter().any(|setting| setting.key == field.key) {
            continue;
        }
        let (title, text) = match (field.key.as_str(), field.required) {
            (form::INSTANCE_URL, true) => ("field.instance_url", "field.address_required"),
            (form::INSTANCE_URL, false) => ("field.instance_url", "field.address_optional"),
            (form::TOKEN_URL, true) => ("field.token_url", "field.address_required"),
            (form::TOKEN_URL, false) => ("field.token_url", "field.address_optional"),
            (form::HOSTING, _) => ("field.hosting", "field.hosting_text"),
            _ => continue,
        };
        texts.say(title).clone_into(&mut field.title);
        field.description = texts.fill(text, &[("system", &manifest.name)]);
    }
    fields
}

fn method_in(connector: &Connector, words: Option<&Translation>, method: &manifest::Method) -> Method {
    let fields = connector.credentials(&method.id);
    let (title, description) = match words {
        Some(words) => words.method(method),
        None => (method.title.as_str(), method.description.as_str()),
    };
    Method {
        id: method.id.clone(),
        title: title.to_owned(),
        description: description.to_owned(),
        browser: connector.signs_in_elsewhere(&method.id),
        credentials: match words {
            Some(words) => words.credentials(&method.id, fields),
            None => fields.to_vec(),
        },
    }
}
