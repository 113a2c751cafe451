//! The served description is the one that is committed, and covers every route of api.md.

use manifold_functions::openapi;

use crate::golden;

#[test]
fn the_description_is_the_committed_one() {
    let text = serde_json::to_string_pretty(&openapi::document()).expect("serialises") + "\n";
    golden::check("infra/openapi.json", &text);
}

#[test]
fn every_route_of_the_contract_is_described() {
    let document = openapi::document();
    for (method, path) in [
        ("post", "/v1/workspaces"),
        ("get", "/v1/workspaces/{id}"),
        ("patch", "/v1/workspaces/{id}"),
        ("post", "/v1/workspaces/{id}/keys"),
        ("delete", "/v1/workspaces/{id}/keys/{key_id}"),
        ("get", "/v1/systems"),
        ("get", "/v1/systems/{system}"),
        ("get", "/v1/models"),
        ("get", "/v1/models/{model}"),
        ("post", "/v1/link-sessions"),
        ("post", "/v1/link-sessions/exchange"),
        ("post", "/v1/connections"),
        ("get", "/v1/connections"),
        ("get", "/v1/connections/{id}"),
        ("patch", "/v1/connections/{id}"),
        ("post", "/v1/connections/{id}/disconnect"),
        ("post", "/v1/connections/{id}/rotate-token"),
        ("delete", "/v1/connections/{id}/data"),
        ("get", "/v1/connections/{id}/syncs"),
        ("post", "/v1/connections/{id}/syncs"),
        ("get", "/v1/connections/{id}/quarantine"),
        ("post", "/v1/connections/{id}/quarantine/{item}/retry"),
        ("get", "/v1/connections/{id}/mapping"),
        ("put", "/v1/connections/{id}/custom-fields"),
        ("get", "/v1/connections/{id}/timeline"),
        ("get", "/v1/credits"),
        ("get", "/v1/credits/ledger"),
        ("get", "/v1/events"),
        ("get", "/v1/events/{id}"),
        ("get", "/v1/webhook-endpoints"),
        ("post", "/v1/webhook-endpoints"),
        ("get", "/v1/webhook-endpoints/{id}"),
        ("patch", "/v1/webhook-endpoints/{id}"),
        ("delete", "/v1/webhook-endpoints/{id}"),
        ("post", "/v1/webhook-endpoints/{id}/rotate-secret"),
        ("post", "/v1/webhook-endpoints/{id}/test"),
        ("get", "/v1/webhook-endpoints/{id}/deliveries"),
        ("post", "/v1/webhook-endpoints/{id}/replay"),
        ("get", "/v1/deliveries/{id}"),
        ("post", "/v1/deliveries/{id}/replay"),
        ("get", "/v1/purchase-orders"),
        ("get", "/v1/purchase-orders/{id}"),
        ("get", "/v1/inventory-levels"),
        ("get", "/v1/changes"),
        ("post", "/v1/passthrough"),
        ("get", "/v1/connection"),
        ("get", "/v1/connect/session"),
        ("post", "/v1/connect/oauth/start"),
        ("get", "/v1/connect/oauth/{id}"),
        ("post", "/v1/connect/attempts"),
        ("get", "/v1/connect/attempts/{id}"),
    ] {
        assert!(
            !document["paths"][path][method].is_null(),
            "{method} {path} is not described"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = openapi::document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50, "the description refers to its schemas");
    for reference in references {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(map) => {
            if let Some(serde_json::Value::String(reference)) = map.get("$ref") {
                out.push(reference.clone());
            }
            map.values().for_each(|inner| collect(inner, out));
        }
        serde_json::Value::Array(list) => list.iter().for_each(|inner| collect(inner, out)),
        _ => {}
    }
}
