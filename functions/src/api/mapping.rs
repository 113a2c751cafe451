//! A connection's complete field mapping, and the fields that a workspace adds to it.

use axum::extract::{Path, State};
use manifold_connectors::map::{self, MappedField};
use manifold_domain::{
    auth, connection::Connection, error::Problem, mapping, systems::CustomField as Stored,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    gate::{
        body::{Body, Json},
        caller::Workspace,
        failure::Answer,
        object,
    },
    systems,
};

/// One row of a mapping.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "documents map::MappedField, whose crate knows no OpenAPI"
)]
pub struct MappingRow {
    /// Unified field: `lines[].quantity`.
    field: String,
    /// Source fields that it comes from.
    sources: Vec<String>,
    /// How it is converted.
    conversion: String,
    /// For a closed set: pairs of the system's code and the unified value.
    values: Option<Vec<Vec<String>>>,
    /// What the unified field means.
    doc: String,
    /// Added for this connection.
    custom: bool,
}

/// The mapping of one model.
#[derive(Serialize, ToSchema)]
pub struct ModelMapping {
    /// The unified model.
    pub model: String,
    /// What the system calls it.
    pub source: String,
    /// Each mapped field.
    #[schema(value_type = Vec<MappingRow>)]
    pub fields: Vec<MappedField>,
}

/// The complete mapping of a connection.
#[derive(Serialize, ToSchema)]
pub struct Mapping {
    /// By model.
    data: Vec<ModelMapping>,
    /// What the workspace added.
    custom_fields: Vec<CustomField>,
}

/// A source field that is added to a connection's records.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomField {
    /// The unified model whose records get it.
    model: String,
    /// Its name under `custom_fields`.
    name: String,
    /// Where it stands in the source record: names from the record inwards, separated by `/`.
    source: String,
}

/// Fields to add: all of them, since they replace those before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomFields {
    /// The fields.
    #[serde(deserialize_with = "object::each")]
    fields: Vec<CustomField>,
}

/// The complete mapping of a connection, by model.
///
/// # Errors
/// The catalogue has lost its system.
pub fn of_connection(app: &App, connection: &Connection) -> Result<Vec<ModelMapping>, Problem> {
    let connector = app.catalog.get(&connection.system).ok_or_else(|| {
        Problem::Unsupported(format!(
            "The catalogue has no system `{}` any more.",
            connection.system
        ))
    })?;
    let own: Vec<map::CustomField> = connection
        .custom_fields
        .iter()
        .map(|field| map::CustomField {
            name: field.name.clone(),
            model: field.model.clone(),
            path: field.source.clone(),
        })
        .collect();
    let manifest = connector.manifest();
    let data = connection.models.iter().filter_map(|model| {
        Some(ModelMapping {
            model: model.clone(),
            source: manifest.models.get(model)?.source.clone(),
            fields: map::view(manifest, model, &own)?,
        })
    });
    Ok(data.collect())
}

async fn show(app: &App, ws: &str, id: &str) -> Answer<Json<Mapping>> {
    let connection = auth::find(&app.domain, ws, id).await?;
    let data = of_connection(app, &connection)?;
    let custom_fields = connection.custom_fields.into_iter();
    let custom_fields = custom_fields.map(|field| CustomField {
        model: field.model,
        name: field.name,
        source: field.source,
    });
    Ok(Json(Mapping {
        data,
        custom_fields: custom_fields.collect(),
    }))
}

/// Every mapped field of a connection: unified field, source fields, conversion.
#[utoipa::path(get, path = "/v1/connections/{id}/mapping", operation_id = "get_mapping",
    tag = "Mapping", params(("id" = String, Path)),
    responses((status = 200, body = Mapping)))]
pub async fn get(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Mapping>> {
    show(&app, &workspace.id, &id).await
}

/// Replaces the connection's own fields: effective at once for live reads, and for stored records by a full sync that starts now.
#[utoipa::path(put, path = "/v1/connections/{id}/custom-fields",
    tag = "Mapping", params(("id" = String, Path)),
    request_body = CustomFields, responses((status = 200, body = Mapping)))]
pub async fn put_custom_fields(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
    Body(new): Body<CustomFields>,
) -> Answer<Json<Mapping>> {
    let connection = auth::find(&app.domain, &workspace.id, &id).await?.live()?;
    let fields: Vec<Stored> = new
        .fields
        .into_iter()
        .map(|field| Stored {
            model: field.model,
            name: field.name,
            source: field.source,
            decoder: None,
        })
        .collect();
    systems::check_custom_fields(&connection.system, &fields).map_err(Problem::InvalidFields)?;
    mapping::set_custom_fields(&app.domain, &workspace.id, &id, &workspace.actor, fields).await?;
    show(&app, &workspace.id, &id).await
}
