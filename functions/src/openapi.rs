//! The API's description, made from the routes themselves: OpenAPI 3.1.
//!
//! Each route documents its own success; what is the same for all (errors, tokens, headers) and the
//! routes of every unified model are added here.

use axum::response::Response;
use manifold_connectors::model::{self, Model};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use utoipa::{OpenApi as _, ToSchema};

use crate::{
    api, connect, disconnect,
    gate::body::{Json, raw},
};

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Manifold",
    description = "One API for ERP, CMMS and WMS: the same calls and the same shapes for every connected system.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Base;

/// A page of the change feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what changes::read writes as text")]
pub struct Changes {
    /// The changes in order.
    data: Vec<Change>,
    /// Where the next page starts; never null, since a feed has no end.
    next_cursor: String,
    /// Whether nothing more is there now. An empty page is up to date, unless the search for something to show
    /// took as long as an answer may take.
    up_to_date: bool,
}

/// One change of a record.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what changes::read writes as text")]
pub struct Change {
    /// Rises per connection and model.
    seq: u64,
    /// The unified model.
    model: String,
    /// `created`, `updated` or `deleted`.
    change: String,
    /// The record's id.
    id: String,
    /// The record as it is now; null when it is deleted.
    #[schema(value_type = Object)]
    record: Option<Value>,
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "About", responses((status = 200, body = Object)))]
pub async fn serve() -> Response {
    raw(document().to_string().into_bytes())
}

/// Whether the API answers.
#[derive(serde::Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// Answers while the function runs; asks nothing of anything else.
#[utoipa::path(get, path = "/health", tag = "About", responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The whole description as JSON, keys in a stable order.
#[must_use]
pub fn document() -> Value {
    let mut base = Base::openapi();
    for documented in [api::documented(), connect::documented(), disconnect::documented()] {
        base.merge(documented.split_for_parts().1);
    }
    let mut document = serde_json::to_value(&base).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["servers"] = json!([{"url": "/", "description": "Where this document came from"}]);
    // What models share (amounts, references, addresses) is described once.
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    for model in model::MODELS {
        add_model(&mut document, model, &mut generator);
    }
    for (name, schema) in generator.take_definitions(true) {
        document["components"]["schemas"][name] = schema;
    }
    add_common(&mut document);
    document
}

fn add_model(document: &mut Value, model: &'static Model, generator: &mut SchemaGenerator) {
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
    let connection = json!({"name": "Manifold-Connection", "in": "header", "required": false,
        "schema": {"type": "string"}, "description": "Names the connection when a workspace key is used."});
    let mut list = vec![
        connection.clone(),
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
    let operation = |verb: &str, summary: String, parameters: Value, schema: Value| {
        json!({"operationId": format!("{verb}_{}", model.name), "tags": ["Records"], "summary": summary,
            "parameters": parameters,
            "responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}})
    };
    let page = json!({"type": "object", "required": ["data", "next_cursor"], "properties": {
        "data": {"type": "array", "items": reference}, "next_cursor": {"type": ["string", "null"]}}});
    let title = model.title.to_lowercase();
    let id = json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string"}});
    document["paths"][format!("/v1/{}", model.path)]["get"] = operation(
        "list",
        format!("List {title}, live or as synced."),
        json!(list),
        page,
    );
    document["paths"][format!("/v1/{}/{{id}}", model.path)]["get"] = operation(
        "get",
        format!("One of the {title}, live or as synced."),
        json!([connection, id, source, deleted, include]),
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

/// What every operation shares: how to sign in, and how errors look.
fn add_common(document: &mut Value) {
    document["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer",
        "description": "Admin key (mfa_…), workspace key (mfk_…), connection token (mft_…) or link token (mfl_…)."}});
    document["security"] = json!([{"token": []}]);
    document["components"]["schemas"]["Problem"] = problem_schema();
    document["components"]["responses"] = error_responses();
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for (path, item) in paths {
        let open = matches!(path.as_str(), "/openapi.json" | "/health");
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        for (verb, operation) in item {
            if open {
                operation["security"] = json!([]);
            } else {
                let statuses = statuses(path, verb);
                if let Some(responses) = operation["responses"].as_object_mut() {
                    add_errors(responses, &statuses);
                }
            }
            describe_answers(operation);
        }
    }
}

/// Statuses of errors that a route can answer.
fn statuses(path: &str, verb: &str) -> Vec<&'static str> {
    let mut statuses = vec!["400", "401", "403", "404", "429", "500"];
    let writes = matches!(verb, "post" | "patch" | "put");
    if writes {
        statuses.extend(["409", "413", "422"]);
    }
    if verb == "delete" {
        statuses.extend(["409", "422"]);
    }
    let record = model::MODELS
        .iter()
        .any(|model| path.starts_with(&format!("/v1/{}", model.path)));
    let calls_system = record || path == "/v1/passthrough" || path.ends_with("/retry");
    let connects =
        path == "/v1/connections" || path == "/v1/connections/{id}" || path.starts_with("/v1/connect/");
    if calls_system || connects && writes {
        statuses.extend(["409", "422", "501", "502", "503", "504"]);
    }
    if writes && connects || path == "/v1/link-sessions" {
        statuses.push("402");
    }
    if path == "/v1/changes" {
        statuses.push("410");
    }
    if path == "/v1/changes" || path.ends_with("/mapping") || path.ends_with("/custom-fields") {
        statuses.push("501");
    }
    statuses
}

fn add_errors(responses: &mut Map<String, Value>, statuses: &[&str]) {
    for status in statuses {
        let reference = json!({"$ref": format!("#/components/responses/{status}")});
        responses.entry(*status).or_insert(reference);
    }
}

/// Statuses of errors, each described once.
const ERRORS: &[&str] = &[
    "400", "401", "402", "403", "404", "409", "410", "413", "422", "429", "500", "501", "502", "503", "504",
];

fn error_responses() -> Value {
    let content = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    let describe = |status: &&str| {
        let response = json!({"description": describe(status), "content": content, "headers": request_id()});
        ((*status).to_owned(), response)
    };
    Value::Object(ERRORS.iter().map(describe).collect())
}

fn request_id() -> Value {
    json!({"Manifold-Request-Id":
        {"description": "The request's id, for questions about it.", "schema": {"type": "string"}}})
}

fn describe(status: &str) -> &'static str {
    match status {
        "400" => "Unreadable JSON, query or cursor",
        "401" => "The token is missing, malformed, unknown or revoked",
        "402" => "Not enough credits",
        "403" => "The token or the system does not permit this",
        "404" => "There is no such thing in this workspace",
        "409" => "The state of things does not allow it now",
        "410" => "The cursor is older than what is kept",
        "413" => "The body is too large",
        "422" => "A field does not fit, or the system refused the request",
        "429" => "Too many requests",
        "501" => "The system cannot do this",
        "502" => "The system's answer makes no sense",
        "503" => "The system cannot be reached, or asks to wait",
        "504" => "The system did not answer in time",
        _ => "Something went wrong at our end",
    }
}

/// Gives every answer a description and the header that names the request.
fn describe_answers(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    for (status, response) in responses
        .iter_mut()
        .filter(|(_, response)| response["$ref"].is_null())
    {
        if response["description"].as_str().is_none_or(str::is_empty) {
            response["description"] = json!(match status.as_str() {
                "201" => "Made",
                "202" => "Begun",
                "204" => "Done",
                _ => "The answer",
            });
        }
        response["headers"] = request_id();
    }
}

fn problem_schema() -> Value {
    json!({"type": "object", "description": "An error, as RFC 9457 has it.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
            "detail": {"type": "string"}, "code": {"type": "string"}, "request_id": {"type": "string"},
            "connection_id": {"type": "string"}, "system": {"type": "string"}, "step": {"type": "string"},
            "hint": {"type": "string"}, "retry_at": {"type": "string", "format": "date-time"},
            "unreachable_since": {"type": "string", "format": "date-time"},
            "upstream": {"type": "object", "required": ["status"], "properties": {
                "status": {"type": "integer"}, "code": {"type": "string"}, "message": {"type": "string"}}},
            "errors": {"type": "array", "items": {"type": "object", "required": ["pointer", "detail"], "properties": {
                "pointer": {"type": "string"}, "detail": {"type": "string"}}}}}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_do_not_collide_and_every_model_is_described() {
        let document = document();
        for model in model::MODELS {
            assert!(
                document["paths"][format!("/v1/{}", model.path)]["get"].is_object(),
                "{}",
                model.name
            );
        }
        assert_eq!(document["openapi"], "3.1.0");
    }
}
