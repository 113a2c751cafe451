//! NetSuite: signed requests, signed assertions, SuiteQL pages and single records.

use std::collections::BTreeSet;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256, RsaKeyPair};
use serde_json::{Value, json};

use crate::support::{Reply, STARTED_MS, Stage, stage};

const SUITEQL: &str = "/services/rest/query/v1/suiteql";
const TOKEN: &str = "/services/rest/auth/oauth2/v1/token";
const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string()
}

/// A signature made here, by RFC 5849, for the path and query given.
fn authorization(stage: &Stage, method: &str, path: &str, query: &str, nonce: &str, at: i64) -> String {
    let credentials = stage.entry("netsuite").credentials;
    let word = |name: &str| credentials[name].as_str().expect("text").to_owned();
    let timestamp = at.to_string();
    let mut pairs: Vec<(String, String)> = [
        ("oauth_consumer_key", word("consumer_key").as_str()),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("oauth_timestamp", &timestamp),
        ("oauth_token", word("token_id").as_str()),
        ("oauth_version", "1.0"),
    ]
    .map(|(name, value)| (name.to_owned(), escaped(value)))
    .to_vec();
    let header: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    pairs.extend(
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned())),
    );
    pairs.sort();
    let joined = pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&");
    let url = escaped(&format!("http://sandbox.test/netsuite{path}"));
    let base = format!("{method}&{url}&{}", escaped(&joined));
    let key = format!(
        "{}&{}",
        escaped(&word("consumer_secret")),
        escaped(&word("token_secret"))
    );
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
    let signature = escaped(&STANDARD.encode(ring::hmac::sign(&key, base.as_bytes())));
    format!(
        "OAuth realm=\"1234567\", {}, oauth_signature=\"{signature}\"",
        header.join(", ")
    )
}

async fn ask(stage: &Stage, query: &str, window: &str, nonce: &str) -> Reply {
    let signed = authorization(stage, "POST", SUITEQL, window, nonce, STARTED_MS / 1000);
    let headers = [("authorization", signed.as_str()), ("prefer", "transient")];
    let path = format!("/netsuite{SUITEQL}?{window}");
    stage
        .call(Method::POST, &path, &headers, json!({"q": query}).to_string())
        .await
}

#[tokio::test]
async fn suiteql_pages_lose_nothing() {
    let stage = stage();
    let query = "SELECT t.id, t.tranid, BUILTIN.DF(t.entity) vendor FROM transaction t WHERE t.type = 'PurchOrd' ORDER BY t.id";
    let (mut ids, mut offset) = (BTreeSet::new(), 0);
    loop {
        let reply = ask(
            &stage,
            query,
            &format!("limit=200&offset={offset}"),
            &format!("n{offset}"),
        )
        .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let page = reply.json();
        assert_eq!(
            (&page["totalResults"], &page["offset"]),
            (&json!(560), &json!(offset))
        );
        for item in page["items"].as_array().expect("items") {
            assert!(item["links"].is_array() && item["tranid"].is_string());
            ids.insert(item["id"].as_str().expect("values are texts").to_owned());
        }
        offset += 200;
        if page["hasMore"] == false {
            break;
        }
    }
    assert_eq!(ids.len(), 560);
}

#[tokio::test]
async fn nulls_are_left_out_and_mistakes_are_named() {
    let stage = stage();
    let reply = ask(
        &stage,
        "SELECT id, currency, memo FROM transaction WHERE id = 20007",
        "limit=5",
        "a",
    )
    .await;
    let item = reply.json()["items"][0].as_object().expect("an item").clone();
    assert!(item.contains_key("memo") && !item.contains_key("currency"));
    let unknown = ask(&stage, "SELECT nope FROM transaction", "limit=5", "b").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(
        unknown.json()["o:errorDetails"][0]["detail"]
            .as_str()
            .expect("a detail")
            .contains("nope")
    );
    for (window, nonce) in [("limit=1001", "c"), ("limit=10&offset=5", "d"), ("limit=0", "e")] {
        let refused = ask(&stage, "SELECT id FROM transaction", window, nonce).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{window}");
    }
    let signed = authorization(&stage, "POST", SUITEQL, "", "f", STARTED_MS / 1000);
    let bare = stage
        .call(
            Method::POST,
            &format!("/netsuite{SUITEQL}"),
            &[("authorization", &signed)],
            "{\"q\":\"\"}",
        )
        .await;
    assert!(bare.status == StatusCode::BAD_REQUEST && bare.text.contains("Prefer"));
}

#[tokio::test]
async fn signatures_are_checked_for_secret_time_and_replay() {
    let stage = stage();
    let path = "/services/rest/system/v1/governanceLimits";
    let now = STARTED_MS / 1000;
    let get = async |signed: String, query: &str| {
        let url = format!("/netsuite{path}{query}");
        stage
            .call(Method::GET, &url, &[("authorization", &signed)], Body::empty())
            .await
            .status
    };
    let good = authorization(&stage, "GET", path, "", "once", now);
    assert_eq!(get(good.clone(), "").await, StatusCode::OK);
    assert_eq!(
        get(good, "").await,
        StatusCode::UNAUTHORIZED,
        "a nonce is used once"
    );
    let old = authorization(&stage, "GET", path, "", "two", now - 400);
    assert_eq!(get(old, "").await, StatusCode::UNAUTHORIZED);
    let other_method = authorization(&stage, "POST", path, "", "three", now);
    assert_eq!(get(other_method, "").await, StatusCode::UNAUTHORIZED);
    let unsigned_query = authorization(&stage, "GET", path, "", "four", now);
    assert_eq!(get(unsigned_query, "?a=1").await, StatusCode::UNAUTHORIZED);
    let other_realm = authorization(&stage, "GET", path, "", "five", now).replace("1234567", "7654321");
    assert_eq!(get(other_realm, "").await, StatusCode::UNAUTHORIZED);
}

fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).expect("base64")
}

/// A JWT signed with the key that `GET /` gives.
fn assertion(credentials: &serde_json::Map<String, Value>, change: impl Fn(&mut Value)) -> String {
    let word = |name: &str| credentials[name].as_str().expect("text").to_owned();
    let (key, is_rsa) = (der(&word("private_key")), word("certificate_id").contains("rsa"));
    let header =
        json!({"typ": "JWT", "alg": if is_rsa { "PS256" } else { "ES256" }, "kid": word("certificate_id")});
    let now = STARTED_MS / 1000;
    let mut claims = json!({
        "iss": word("client_id"), "scope": ["restlets", "rest_webservices"], "iat": now, "exp": now + 300,
        "aud": format!("http://sandbox.test/netsuite{TOKEN}")
    });
    change(&mut claims);
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let random = SystemRandom::new();
    let signature = if is_rsa {
        let pair = RsaKeyPair::from_pkcs8(&key).expect("an RSA key");
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(&RSA_PSS_SHA256, &random, signed.as_bytes(), &mut signature)
            .expect("a signature");
        signature
    } else {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &random).expect("an EC key");
        pair.sign(&random, signed.as_bytes())
            .expect("a signature")
            .as_ref()
            .to_vec()
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

async fn token(stage: &Stage, assertion: &str) -> Reply {
    let kind = escaped("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let form =
        format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}");
    stage
        .call(Method::POST, &format!("/netsuite{TOKEN}"), &[], form)
        .await
}

#[tokio::test]
async fn assertions_of_both_certificates_give_tokens() {
    let stage = stage();
    let entries: Vec<_> = stage
        .sandbox
        .alternatives()
        .into_iter()
        .filter(|entry| entry.system == "netsuite")
        .collect();
    assert_eq!(entries.len(), 2);
    for entry in entries {
        let reply = token(&stage, &assertion(&entry.credentials, |_| {})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let bearer = format!(
            "Bearer {}",
            reply.json()["access_token"].as_str().expect("a token")
        );
        let path = "/netsuite/services/rest/record/v1/purchaseOrder/20123?expandSubResources=true";
        let order = stage
            .call(Method::GET, path, &[("authorization", &bearer)], Body::empty())
            .await
            .json();
        assert_eq!(order["tranId"], "PO-000123");
        assert_eq!(order["item"]["items"][0]["quantity"], 40);
        let vendors = "/netsuite/services/rest/record/v1/vendor?limit=20";
        let list = stage
            .call(Method::GET, vendors, &[("authorization", &bearer)], Body::empty())
            .await;
        assert_eq!(list.json()["totalResults"], 60);
        for (name, value) in [
            ("iss", json!("x")),
            ("aud", json!("https://elsewhere")),
            ("exp", json!(1)),
            ("scope", json!("none")),
        ] {
            let refused = token(
                &stage,
                &assertion(&entry.credentials, |claims| claims[name] = value.clone()),
            )
            .await;
            assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{name}");
        }
        let mut broken = assertion(&entry.credentials, |_| {});
        broken.replace_range(broken.len() - 6..broken.len() - 2, "AAAA");
        assert_eq!(token(&stage, &broken).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn one_record_of_a_page_can_be_spoilt() {
    let stage = stage();
    stage
        .fault(json!({"system": "netsuite", "fault": "bad_record"}))
        .await;
    let query = "SELECT id, foreigntotal, TO_CHAR(trandate,'YYYY-MM-DD') d FROM transaction ORDER BY id";
    let reply = ask(&stage, query, "limit=10", "a").await;
    assert_eq!(
        (
            reply.text.matches("12,3x").count(),
            reply.text.matches("2026-02-31").count()
        ),
        (1, 1)
    );
    assert_eq!(reply.json()["count"], 10);
}

#[tokio::test]
async fn orders_are_written_by_the_record_service() {
    let stage = stage();
    let path = "/services/rest/record/v1/purchaseOrder";
    let send = async |method: Method, path: &str, query: &str, nonce: &str, body: Value| {
        let signed = authorization(&stage, method.as_str(), path, query, nonce, STARTED_MS / 1000);
        let url = if query.is_empty() {
            format!("/netsuite{path}")
        } else {
            format!("/netsuite{path}?{query}")
        };
        stage
            .call(method, &url, &[("authorization", &signed)], body.to_string())
            .await
    };
    let refused = send(Method::POST, path, "", "a", json!({"memo": "no vendor"})).await;
    assert_eq!(
        (
            refused.status,
            &refused.json()["o:errorDetails"][0]["o:errorCode"]
        ),
        (StatusCode::BAD_REQUEST, &json!("USER_ERROR"))
    );
    let order = json!({
        "entity": {"id": "1001"}, "currency": {"id": "4"}, "memo": "By API",
        "item": {"items": [{"item": {"id": "3001"}, "quantity": 3, "rate": 2.5, "location": {"id": "2"}}]}
    });
    let created = send(Method::POST, path, "", "b", order).await;
    assert_eq!(created.status, StatusCode::NO_CONTENT, "{}", created.text);
    assert_eq!(
        created.header("location"),
        "http://sandbox.test/netsuite/services/rest/record/v1/purchaseOrder/20561"
    );
    let query = "SELECT t.memo, t.foreigntotal, BUILTIN.DF(l.location) place FROM transaction t JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'F' WHERE t.id = 20561";
    let item = ask(&stage, query, "limit=5", "c").await.json()["items"][0].clone();
    assert_eq!(
        (&item["memo"], &item["foreigntotal"], &item["place"]),
        (&json!("By API"), &json!("-7.5"), &json!("Palo Alto spare parts"))
    );
    let one = format!("{path}/20561");
    let lines = json!({"item": {"items": [{"item": {"id": "3002"}, "quantity": 1, "rate": 1}]}});
    assert_eq!(
        send(Method::PATCH, &one, "replace=item", "d", lines.clone())
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        send(Method::PATCH, &one, "", "e", lines).await.status,
        StatusCode::NO_CONTENT
    );
    let read = send(Method::GET, &one, "expandSubResources=true", "f", json!({}))
        .await
        .json();
    assert_eq!(read["item"]["totalResults"], 2);
    assert_eq!(
        send(Method::DELETE, &one, "", "g", json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        send(Method::GET, &one, "", "h", json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}
