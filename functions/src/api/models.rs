//! The unified models.

use axum::extract::Path;
use manifold_connectors::model::{self, FieldSpec, Kind, Model};
use manifold_domain::error::Problem;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::gate::{body::Json, caller::Identified, failure::Answer};

/// Parameters that every list takes, whatever the model.
const COMMON: &[&str] = &["modified_after", "include_deleted"];

/// The fields of a model that a list can be filtered by: those with one plain value, and references by their id.
pub fn filters(model: &Model) -> impl Iterator<Item = &'static FieldSpec> + use<> {
    let plain = |kind| {
        matches!(
            kind,
            Kind::Text | Kind::Integer | Kind::Boolean | Kind::Date | Kind::Enum(_) | Kind::Reference
        )
    };
    model.fields.iter().filter(move |field| plain(field.kind))
}

/// A unified model.
#[derive(Serialize, ToSchema)]
pub struct ModelSummary {
    /// Its name: `purchase_order`.
    model: &'static str,
    /// Where its records are: `/v1/purchase-orders`.
    path: String,
    /// What several of them are called.
    title: &'static str,
    /// What it is.
    description: &'static str,
}

/// A unified model with its schema.
#[derive(Serialize, ToSchema)]
pub struct ModelDetail {
    #[serde(flatten)]
    summary: ModelSummary,
    /// JSON Schema (2020-12) of one record.
    #[schema(value_type = Object)]
    schema: Value,
    /// Filters of stored lists. What a system can filter live, its capabilities say.
    filters: Vec<&'static str>,
}

/// Unified models.
#[derive(Serialize, ToSchema)]
pub struct Models {
    /// The models.
    data: Vec<ModelSummary>,
    /// Always null: they come in one page.
    next_cursor: Option<String>,
}

fn summary(model: &Model) -> ModelSummary {
    ModelSummary {
        model: model.name,
        path: format!("/v1/{}", model.path),
        title: model.title,
        description: model.doc.trim(),
    }
}

/// The unified models.
#[utoipa::path(get, path = "/v1/models", operation_id = "list_models",
    tag = "Models", responses((status = 200, body = Models)))]
pub async fn list(_: Identified) -> Json<Models> {
    Json(Models {
        data: model::MODELS.iter().map(summary).collect(),
        next_cursor: None,
    })
}

/// One unified model: its JSON Schema and filters.
#[utoipa::path(get, path = "/v1/models/{model}", operation_id = "get_model",
    tag = "Models", params(("model" = String, Path)),
    responses((status = 200, body = ModelDetail)))]
pub async fn get(_: Identified, Path(name): Path<String>) -> Answer<Json<ModelDetail>> {
    let model = model::by_name(&name)
        .ok_or_else(|| Problem::NotFound(format!("model `{name}`; GET /v1/models lists them")))?;
    let filters = COMMON
        .iter()
        .copied()
        .chain(filters(model).map(FieldSpec::name))
        .collect();
    Ok(Json(ModelDetail {
        summary: summary(model),
        schema: model.json_schema(),
        filters,
    }))
}
