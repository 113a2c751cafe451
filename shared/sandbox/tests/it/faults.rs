//! Each fault, and the control API around them.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::json;

use crate::support::{Stage, stage};

const ORDERS: &str = "/sap/opu/odata/sap/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder?$format=json&$top=3";

async fn status(stage: &Stage) -> StatusCode {
    stage.sap("sap_s4hana", ORDERS).await.status
}

#[tokio::test]
async fn faults_end_by_count_by_time_and_by_order() {
    let stage = stage();
    stage
        .fault(json!({"system": "sap_s4hana", "fault": "http_503", "count": 2}))
        .await;
    assert_eq!(status(&stage).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(stage.sap("sap_s4hana", ORDERS).await.header("retry-after"), "60");
    assert_eq!(status(&stage).await, StatusCode::OK);

    stage
        .fault(json!({"system": "*", "fault": "http_500", "seconds": 60}))
        .await;
    stage.clock.advance(59_000);
    assert_eq!(status(&stage).await, StatusCode::INTERNAL_SERVER_ERROR);
    stage.clock.advance(1_000);
    assert_eq!(status(&stage).await, StatusCode::OK);

    stage
        .fault(json!({"system": "sap_s4hana", "fault": "forbidden"}))
        .await;
    assert_eq!(status(&stage).await, StatusCode::FORBIDDEN);
    assert_eq!(
        stage
            .call(Method::DELETE, "/_faults", &[], Body::empty())
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(status(&stage).await, StatusCode::OK);
}

#[tokio::test]
async fn every_fault_answers_in_its_own_way() {
    for (fault, expected) in [
        ("rate_limited", StatusCode::TOO_MANY_REQUESTS),
        ("expired_token", StatusCode::UNAUTHORIZED),
        ("bad_credentials", StatusCode::UNAUTHORIZED),
        ("html", StatusCode::OK),
        ("bad_record", StatusCode::OK),
        ("slow", StatusCode::OK),
        ("drip", StatusCode::OK),
    ] {
        let stage = stage();
        stage
            .fault(json!({"system": "sap_s4hana", "fault": fault, "delay_ms": 0}))
            .await;
        let reply = stage
            .sap(
                "sap_s4hana",
                &format!("{ORDERS}&$select=PurchaseOrder,PurchaseOrderDate"),
            )
            .await;
        assert_eq!(reply.status, expected, "{fault}");
        match fault {
            "html" => assert!(reply.text.starts_with("<!DOCTYPE html>")),
            "bad_record" => {
                assert_eq!(reply.text.matches("31.02.2026").count(), 1);
                assert_eq!(reply.json()["d"]["results"].as_array().map(Vec::len), Some(3));
            }
            "rate_limited" => assert_eq!(reply.header("retry-after"), "30"),
            "drip" | "slow" => assert_eq!(reply.json()["d"]["results"].as_array().map(Vec::len), Some(3)),
            _ => {}
        }
    }
}

#[tokio::test]
async fn unknown_faults_and_systems_are_told_what_there_is() {
    let stage = stage();
    for (body, expected) in [
        (json!({"system": "sap_s4hana", "fault": "meteor"}), "rate_limited"),
        (json!({"system": "sap_r2", "fault": "down"}), "sap_s4hana_v4"),
        (json!({"fault": "down"}), "system"),
    ] {
        let reply = stage.post_json("/_faults", body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert!(reply.text.contains(expected), "{}", reply.text);
    }
}

#[tokio::test]
async fn requests_are_logged_by_the_stacks_clock() {
    let stage = stage();
    status(&stage).await;
    stage.clock.advance(5_000);
    stage
        .fault(json!({"system": "sap_s4hana", "fault": "down", "count": 1}))
        .await;
    status(&stage).await;
    let log = stage
        .call(Method::GET, "/_requests?system=sap_s4hana", &[], Body::empty())
        .await
        .json();
    assert_eq!(log["data"][0]["at"], "2026-11-24T09:00:00.000Z");
    assert_eq!(log["data"][0]["status"], 200);
    assert_eq!(log["data"][1]["at"], "2026-11-24T09:00:05.000Z");
    assert!(log["data"][1]["status"].is_null());
    let none = stage
        .call(Method::GET, "/_requests?system=netsuite", &[], Body::empty())
        .await
        .json();
    assert_eq!(none["data"], json!([]));
}
