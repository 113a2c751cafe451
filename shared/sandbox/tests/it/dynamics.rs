//! What Business Central and Finance & Operations share: signing in with Entra, and OData V4.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Reply, Stage, query, stage};

pub const BC: &str = "dynamics_business_central";
pub const FO: &str = "dynamics_finance";

pub async fn sign_in(stage: &Stage, system: &str, change: impl Fn(&str, String) -> String) -> Reply {
    let entry = stage.entry(system);
    let tenant = entry.settings["tenant_id"].as_str().expect("a tenant");
    let scope = match entry.settings.get("host").and_then(Value::as_str) {
        Some(host) => format!("https://{host}/.default"),
        None => "https://api.businesscentral.dynamics.com/.default".to_owned(),
    };
    let word = |name: &str| {
        query(&change(
            name,
            entry.credentials[name].as_str().expect("text").to_owned(),
        ))
    };
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={}",
        word("client_id"),
        word("client_secret"),
        query(&change("scope", scope))
    );
    stage
        .call(
            Method::POST,
            &format!("/{system}/{tenant}/oauth2/v2.0/token"),
            &[],
            form,
        )
        .await
}

pub async fn bearer(stage: &Stage, system: &str) -> String {
    let reply = sign_in(stage, system, |_, value| value).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    format!(
        "Bearer {}",
        reply.json()["access_token"].as_str().expect("a token")
    )
}

pub async fn get(stage: &Stage, bearer: &str, path: &str) -> Reply {
    stage
        .call(
            Method::GET,
            path,
            &[("authorization", bearer), ("prefer", "odata.maxpagesize=150")],
            Body::empty(),
        )
        .await
}

pub fn bc_path(stage: &Stage, rest: &str) -> String {
    let settings = stage.entry(BC).settings;
    let word = |name: &str| settings[name].as_str().expect("text").to_owned();
    let (tenant, environment, company) = (word("tenant_id"), word("environment"), word("company_id"));
    format!("/{BC}/v2.0/{tenant}/{environment}/api/v2.0/companies({company})/{rest}")
}

#[tokio::test]
async fn tokens_need_the_secret_and_the_scope() {
    let stage = stage();
    for system in [BC, FO] {
        for (wrong, status) in [
            ("client_secret", StatusCode::UNAUTHORIZED),
            ("scope", StatusCode::BAD_REQUEST),
            ("client_id", StatusCode::BAD_REQUEST),
        ] {
            let reply = sign_in(&stage, system, |name, value| {
                if name == wrong { "wrong".to_owned() } else { value }
            })
            .await;
            assert_eq!(reply.status, status, "{wrong}");
            assert!(
                reply.json()["error_description"]
                    .as_str()
                    .expect("a text")
                    .starts_with("AADSTS")
            );
        }
    }
    let refused = get(&stage, "Bearer nope", &bc_path(&stage, "vendors")).await;
    assert_eq!(
        (refused.status, refused.json()["error"]["code"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("Unauthorized"))
    );
    assert_eq!(
        get(&stage, "Bearer nope", &format!("/{FO}/data/VendorsV3"))
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn an_expired_token_is_refused_once_and_a_new_one_works() {
    let stage = stage();
    let old = bearer(&stage, BC).await;
    let path = bc_path(&stage, "vendors?$top=1");
    stage.fault(json!({"system": BC, "fault": "expired_token"})).await;
    assert_eq!(get(&stage, &old, &path).await.status, StatusCode::UNAUTHORIZED);
    let new = bearer(&stage, BC).await;
    assert_eq!(get(&stage, &new, &path).await.status, StatusCode::OK);
    assert_eq!(
        get(&stage, &old, &path).await.status,
        StatusCode::UNAUTHORIZED,
        "it stays expired"
    );
    stage
        .fault(json!({"system": BC, "fault": "bad_credentials"}))
        .await;
    assert_eq!(
        sign_in(&stage, BC, |_, value| value).await.status,
        StatusCode::UNAUTHORIZED
    );
}

/// Follows `@odata.nextLink` to the end.
pub async fn all(stage: &Stage, bearer: &str, first: &str) -> Vec<Value> {
    let (mut rows, mut path) = (Vec::new(), first.to_owned());
    loop {
        let reply = get(stage, bearer, &path).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let page = reply.json();
        rows.extend(page["value"].as_array().expect("a list").clone());
        match page["@odata.nextLink"].as_str() {
            Some(next) => next
                .strip_prefix("http://sandbox.test")
                .expect("absolute")
                .clone_into(&mut path),
            None => return rows,
        }
    }
}

pub fn distinct(rows: &[Value], key: impl Fn(&Value) -> String) -> usize {
    rows.iter().map(key).collect::<BTreeSet<_>>().len()
}

/// A call that writes.
pub async fn send(
    stage: &Stage,
    bearer: &str,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Value,
) -> Reply {
    let mut all = vec![("authorization", bearer)];
    all.extend_from_slice(headers);
    stage.call(method, path, &all, body.to_string()).await
}
