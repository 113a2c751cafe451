//! What the sandbox says of its systems: each entry can be posted as a connection as it stands.

use axum::body::Body;
use http::Method;
use serde_json::Value;

use crate::support::stage;

#[tokio::test]
async fn an_entry_has_the_settings_that_its_way_to_sign_in_uses() {
    let body = stage().call(Method::GET, "/", &[], Body::empty()).await.json();
    let keys = |entry: &Value| -> Vec<String> {
        let settings = entry["settings"].as_object().expect("settings");
        settings.keys().cloned().collect()
    };
    for (list, system, method, expected) in [
        (
            "systems",
            "sap_s4hana",
            "basic",
            vec!["client", "instance_url", "tenant", "token_url"],
        ),
        (
            "systems",
            "netsuite",
            "token_based",
            vec!["account_id", "instance_url"],
        ),
        (
            "alternatives",
            "netsuite",
            "oauth2_m2m",
            vec!["account_id", "instance_url", "token_url"],
        ),
    ] {
        let entries = body[list].as_array().expect("a list");
        let found: Vec<&Value> = entries
            .iter()
            .filter(|entry| entry["system"] == system && entry["method"] == method)
            .collect();
        assert!(!found.is_empty(), "{system} {method}");
        for entry in found {
            assert_eq!(keys(entry), expected, "{system} {method}");
        }
    }
}
