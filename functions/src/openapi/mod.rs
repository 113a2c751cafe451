//! The API's description, made from the routes themselves: OpenAPI 3.1.
//!
//! Each route documents its own success; what is the same for all (errors, tokens, headers) and the
//! routes of every unified model are added here.

mod callers;
pub(crate) mod handlers;
mod records;
pub mod shapes;
mod shared;

use std::io::Read as _;

use axum::{http::HeaderMap, response::Response};
use flate2::read::GzDecoder;
use manifold_connectors::model;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use utoipa::{OpenApi as _, ToSchema};

use crate::{api, connect, disconnect, gate::body::Json, pages::assets::compressed};

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Manifold",
    description = "One API for ERP, CMMS and WMS: the same calls and the same shapes for every connected system.",
    license(name = "Apache-2.0", identifier = "Apache-2.0")
))]
struct Base;

/// What routes are about, in the order in which somebody meets it.
const TAGS: &[(&str, &str)] = &[
    ("About", "Whether the API answers, and how it is described."),
    (
        "Workspaces",
        "Software companies that use the deployment, by its operator.",
    ),
    (
        "Systems",
        "The catalogue: what can be connected, and what each system asks for.",
    ),
    ("Models", "The unified models and their schemas."),
    (
        "Link sessions",
        "A customer connects a system in a page, without showing anybody the credentials.",
    ),
    ("Connect module", "What the connect page itself calls."),
    (
        "Connections",
        "Customers' systems: connecting, changing, disconnecting.",
    ),
    ("Syncs", "How each model's sync stands, and starting one."),
    ("Quarantine", "Records that were put aside, each with its reason."),
    (
        "Mapping",
        "Where each unified field comes from, and fields of one's own.",
    ),
    ("Records", "Unified records, live or as synced."),
    ("Changes", "One ordered feed of what changed."),
    ("Passthrough", "The system's own API with Manifold's credentials."),
    ("Credits", "What connections hold of the workspace's pool."),
    ("Events", "What happened in the workspace."),
    (
        "Webhooks",
        "Endpoints that are told what happened, and every attempt to tell them.",
    ),
];

/// `infra/openapi.json`, compressed. A test compares that file with [`document`].
const ZIPPED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.gz"));

/// This description.
#[utoipa::path(get, path = "/openapi.json", operation_id = "get_description",
    tag = "About", responses((status = 200, body = Object)))]
pub async fn serve(headers: HeaderMap) -> Response {
    let plain = || {
        let mut text = String::new();
        GzDecoder::new(ZIPPED)
            .read_to_string(&mut text)
            .expect("the build compressed a text");
        text.into()
    };
    compressed("application/json", &headers, || ZIPPED.into(), plain)
}

/// Whether the API answers.
#[derive(serde::Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    status: &'static str,
}

/// Answers while the function runs; asks nothing of anything else.
#[utoipa::path(get, path = "/health", operation_id = "get_health",
    tag = "About", responses((status = 200, body = Health)))]
pub async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The whole description as JSON, keys in a stable order.
#[must_use]
pub fn document() -> Value {
    let mut base = Base::openapi();
    for described in [api::described(), connect::described(), disconnect::described()] {
        base.merge(described.into_openapi());
    }
    let mut document = serde_json::to_value(&base).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    let tag = |(name, description): &(&str, &str)| json!({"name": name, "description": description});
    document["tags"] = TAGS.iter().map(tag).collect();
    document["servers"] = json!([{"url": "/", "description": "Where this document came from"}]);
    // What models share (amounts, references, addresses) is described once.
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    for model in model::MODELS {
        records::describe(&mut document, model, &mut generator);
    }
    for (name, schema) in generator.take_definitions(true) {
        document["components"]["schemas"][name] = schema;
    }
    shared::describe(&mut document);
    document
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Path and verb of each operation, with the operation.
    fn operations(document: &Value) -> Vec<(String, &Value)> {
        let paths = document["paths"].as_object().expect("paths");
        let of_path = |(path, item): (&'_ String, &'_ Value)| (path.clone(), item.clone());
        let mut all = Vec::new();
        for (path, _) in paths.iter().map(of_path) {
            for (verb, operation) in document["paths"][&path].as_object().expect("operations") {
                all.push((format!("{verb} {path}"), operation));
            }
        }
        all
    }

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

    /// Served and described are made from one list; the table of routes, which knows all functions, from none.
    #[test]
    fn the_table_of_routes_names_what_is_described() {
        let document = document();
        let described: BTreeSet<String> = operations(&document)
            .into_iter()
            .map(|(route, _)| route)
            .collect();
        let routes = crate::routes::all().map(|(method, route)| format!("{} {route}", method.to_lowercase()));
        assert_eq!(routes.collect::<BTreeSet<_>>(), described);
    }

    /// Clients are generated from it: each operation becomes a function of that name, filed under its tag.
    #[test]
    fn every_operation_has_a_name_of_its_own_and_a_known_tag() {
        let document = document();
        let tags: BTreeSet<&str> = TAGS.iter().map(|(name, _)| *name).collect();
        let mut names = BTreeSet::new();
        for (route, operation) in operations(&document) {
            let name = operation["operationId"].as_str().unwrap_or_default();
            assert!(
                name.contains('_'),
                "{route}: `{name}` says a verb and a noun: add operation_id"
            );
            assert!(names.insert(name), "{route}: `{name}` is taken: add operation_id");
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            assert!(tags.contains(tag), "{route}: `{tag}` is missing in TAGS");
        }
    }
}
