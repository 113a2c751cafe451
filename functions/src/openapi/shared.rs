//! What every operation shares: errors, headers, and what a caller may send besides.

use manifold_connectors::model;
use serde_json::{Map, Value, json};

use super::callers::{self, Callers};

/// Writes what operations share into all of them.
pub(super) fn describe(document: &mut Value) {
    document["components"]["securitySchemes"] = callers::schemes();
    document["components"]["schemas"]["Problem"] = problem_schema();
    document["components"]["headers"] = headers();
    document["components"]["parameters"] = parameters();
    document["components"]["responses"] = error_responses();
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for (path, item) in paths {
        let callers = Callers::of(path);
        let Some(item) = item.as_object_mut() else {
            continue;
        };
        for (verb, operation) in item {
            callers.describe(operation);
            // Whoever shows a token is counted, even where none is needed.
            let statuses = if callers.everybody() {
                vec!["429"]
            } else {
                statuses(path, verb)
            };
            if let Some(responses) = operation["responses"].as_object_mut() {
                add_errors(responses, &statuses);
            }
            if callers.name_connection() {
                add_parameter(operation, "Manifold-Connection");
            }
            if !callers.everybody() && matches!(verb.as_str(), "post" | "patch") {
                add_parameter(operation, "Idempotency-Key");
            }
            describe_answers(operation, callers.everybody());
        }
    }
}

/// Headers that a caller may send with many operations.
fn parameters() -> Value {
    json!({
        "Manifold-Connection": {"name": "Manifold-Connection", "in": "header", "required": false,
            "schema": {"type": "string"}, "description": "Names the connection when a workspace key is used."},
        "Idempotency-Key": {"name": "Idempotency-Key", "in": "header", "required": false,
            "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": "Makes a repetition safe: within 24 hours the same key gives the same answer, and nothing is done twice."},
    })
}

fn add_parameter(operation: &mut Value, name: &str) {
    let reference = json!({"$ref": format!("#/components/parameters/{name}")});
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.insert(0, reference),
        None => operation["parameters"] = json!([reference]),
    }
}

/// Headers of answers.
fn headers() -> Value {
    let header = |required: bool, schema: Value, description: &str| json!({"required": required, "schema": schema, "description": description});
    json!({
        "Manifold-Request-Id": header(true, json!({"type": "string"}), "The request's id, for questions about it."),
        "RateLimit": header(false, json!({"type": "string"}), "What is left of the caller's requests, and seconds until it begins again."),
        "RateLimit-Policy": header(false, json!({"type": "string"}), "How many requests the caller has in which time."),
        "Retry-After": header(false, json!({"type": "integer", "minimum": 1}), "Seconds until it makes sense to try again."),
        "WWW-Authenticate": header(true, json!({"type": "string"}), "Always `Bearer`."),
    })
}

fn header_references(names: &[&str]) -> Value {
    let reference = |name: &&str| {
        let reference = json!({"$ref": format!("#/components/headers/{name}")});
        ((*name).to_owned(), reference)
    };
    Value::Object(names.iter().map(reference).collect())
}

/// Headers of an answer with this status.
fn headers_of(status: &str, open: bool) -> Value {
    header_references(match status {
        "401" => &["Manifold-Request-Id", "WWW-Authenticate"],
        "429" | "503" => &[
            "Manifold-Request-Id",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
        ],
        _ if open => &["Manifold-Request-Id"],
        _ => &["Manifold-Request-Id", "RateLimit", "RateLimit-Policy"],
    })
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
        let response =
            json!({"description": meaning(status), "content": content, "headers": headers_of(status, false)});
        ((*status).to_owned(), response)
    };
    Value::Object(ERRORS.iter().map(describe).collect())
}

fn meaning(status: &str) -> &'static str {
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

/// Gives every answer a description and its headers.
fn describe_answers(operation: &mut Value, open: bool) {
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
        response["headers"] = headers_of(status, open);
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
            "last_synced_at": {"type": "string", "format": "date-time"},
            "upstream": {"type": "object", "required": ["status"], "properties": {
                "status": {"type": "integer"}, "code": {"type": "string"}, "message": {"type": "string"}}},
            "errors": {"type": "array", "items": {"type": "object", "required": ["pointer", "detail"], "properties": {
                "pointer": {"type": "string"}, "detail": {"type": "string"}}}}}})
}
