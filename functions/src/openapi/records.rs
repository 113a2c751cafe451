//! The routes of every unified model: one pair serves them all, and each is described by its name.

use manifold_connectors::model::Model;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::api;

/// Describes a model's schema, its list and its single record.
pub(super) fn describe(document: &mut Value, model: &'static Model, generator: &mut SchemaGenerator) {
    let schema = type_name(model.name);
    document["components"]["schemas"][&schema] = model.schema_in(generator);
    let reference = json!({"$ref": format!("#/components/schemas/{schema}")});
    let parameter = |name: &str, schema: Value, description: &str| json!({"name": name, "in": "query", "required": false, "schema": schema, "description": description});
    let source = parameter(
        "source",
        json!({"type": "string", "enum": ["live", "synced"], "default": "live"}),
        "Ask the system now, or read what was synced.",
    );
    let include = parameter(
        "include",
        json!({"type": "string", "enum": ["raw"]}),
        "Add each record as the system sent it.",
    );
    let deleted = parameter(
        "include_deleted",
        json!({"type": "boolean", "default": false}),
        "Stored lists only.",
    );
    let mut list = vec![
        source.clone(),
        parameter(
            "limit",
            json!({"type": "integer", "minimum": 1, "maximum": 500, "default": 100}),
            "Records a page.",
        ),
        parameter(
            "cursor",
            json!({"type": "string"}),
            "`next_cursor` of the page before.",
        ),
        parameter(
            "modified_after",
            json!({"type": "string", "format": "date-time"}),
            "Changed at or after this time.",
        ),
        deleted.clone(),
        include.clone(),
    ];
    list.extend(
        api::models::filters(model)
            .map(|field| parameter(field.name(), json!({"type": "string"}), field.doc())),
    );
    let operation = |name: String, summary: String, parameters: Value, schema: Value| {
        json!({"operationId": name, "description": model.doc.trim(), "tags": ["Records"], "summary": summary,
            "parameters": parameters,
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}})
    };
    let page = json!({"type": "object", "required": ["data", "next_cursor"], "properties": {
        "data": {"type": "array", "items": reference}, "next_cursor": {"type": ["string", "null"]}}});
    let title = model.title.to_lowercase();
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}});
    document["paths"][format!("/v1/{}", model.path)]["get"] = operation(
        format!("list_{}", model.path.replace('-', "_")),
        format!("List {title}, live or as synced."),
        json!(list),
        page,
    );
    document["paths"][format!("/v1/{}/{{id}}", model.path)]["get"] = operation(
        format!("get_{}", model.name),
        format!("One of the {title}, live or as synced."),
        json!([id, source, deleted, include]),
        reference,
    );
}

/// `purchase_order` to `PurchaseOrder`.
fn type_name(model: &str) -> String {
    let word = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}", first.to_uppercase()),
        None => String::new(),
    };
    model.split('_').map(word).collect()
}
