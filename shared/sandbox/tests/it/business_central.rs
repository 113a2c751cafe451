//! Business Central.

use axum::body::Body;
use http::{Method, StatusCode};
use manifold_sandbox::SHARED_ORDER;
use serde_json::json;

use crate::dynamics::{BC, all, bc_path, bearer, distinct, get, send};
use crate::support::{query, stage};

#[tokio::test]
async fn business_central_pages_expands_and_filters() {
    let stage = stage();
    let bearer = bearer(&stage, BC).await;
    let orders = all(
        &stage,
        &bearer,
        &bc_path(
            &stage,
            "purchaseOrders?$expand=purchaseOrderLines&$orderby=lastModifiedDateTime",
        ),
    )
    .await;
    assert_eq!(
        (orders.len(), distinct(&orders, |order| order["id"].to_string())),
        (560, 560)
    );
    let shared = orders
        .iter()
        .find(|order| order["id"] == SHARED_ORDER[3].id)
        .expect("the shared order");
    assert_eq!(shared["number"], "PO-000123");
    assert_eq!(shared["totalAmountIncludingTax"], 650);
    assert_eq!(shared["purchaseOrderLines"][0]["lineObjectNumber"], "MAT-0002");
    assert!(orders.iter().any(|order| order["orderDate"] == "0001-01-01"));
    assert!(orders.iter().any(|order| order["status"] == "In_x0020_Review"));
    let filter = query("lastModifiedDateTime gt 2026-09-20T00:00:00Z and status eq 'Open'");
    let some = all(
        &stage,
        &bearer,
        &bc_path(&stage, &format!("purchaseOrders?$filter={filter}")),
    )
    .await;
    assert!(!some.is_empty() && some.iter().all(|order| order["status"] == "Open"));
    let one = get(
        &stage,
        &bearer,
        &bc_path(&stage, &format!("purchaseOrders({})", SHARED_ORDER[3].id)),
    )
    .await;
    assert_eq!(
        (one.json()["number"].as_str(), one.header("etag").is_empty()),
        (Some("PO-000123"), false)
    );
    for (path, status) in [
        (
            bc_path(&stage, "purchaseOrders(00000000-0000-0000-0000-000000000001)"),
            StatusCode::NOT_FOUND,
        ),
        (bc_path(&stage, "unicorns"), StatusCode::NOT_FOUND),
        (
            bc_path(&stage, "vendors?$filter=nope%20eq%201"),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let reply = get(&stage, &bearer, &path).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(
            reply.json()["error"]["message"]
                .as_str()
                .expect("a text")
                .contains("CorrelationId")
        );
    }
    for (set, count) in [("vendors", 60), ("items", 300), ("locations", 8)] {
        assert_eq!(all(&stage, &bearer, &bc_path(&stage, set)).await.len(), count);
    }
}

#[tokio::test]
async fn business_central_forgets_what_is_deleted() {
    let stage = stage();
    let bearer = bearer(&stage, BC).await;
    let id = SHARED_ORDER[3].id;
    let gone = stage
        .call(
            Method::DELETE,
            &format!("/_records/{BC}/purchase_order/{id}"),
            &[],
            Body::empty(),
        )
        .await;
    assert_eq!(gone.status, StatusCode::OK);
    assert_eq!(
        get(
            &stage,
            &bearer,
            &bc_path(&stage, &format!("purchaseOrders({id})"))
        )
        .await
        .status,
        StatusCode::NOT_FOUND
    );
    let body = json!({"status": "sent", "notes": "x", "vendor": {"number": "10300001"}, "lines": [{"quantity": "2", "item": {"number": "MAT-0001"}}]});
    let put = stage
        .call(
            Method::PUT,
            &format!("/_records/{BC}/purchase_order/{id}"),
            &[],
            body.to_string(),
        )
        .await;
    assert_eq!(put.json()["ignored"], json!(["status", "notes"]));
    let path = bc_path(
        &stage,
        &format!("purchaseOrders({id})?$expand=purchaseOrderLines"),
    );
    let order = get(&stage, &bearer, &path).await.json();
    assert_eq!(
        (&order["vendorNumber"], &order["status"]),
        (&json!("10300001"), &json!("Draft"))
    );
    assert_eq!(order["purchaseOrderLines"][0]["lineObjectNumber"], "MAT-0001");
}

#[tokio::test]
async fn orders_are_written_whole_and_changed_by_version() {
    let stage = stage();
    let bc = bearer(&stage, BC).await;
    let order = json!({"vendorNumber": "10300001", "purchaseOrderLines": [{"lineType": "Item", "lineObjectNumber": "MAT-0001", "quantity": 3, "directUnitCost": 1.25}]});
    let created = send(
        &stage,
        &bc,
        Method::POST,
        &bc_path(&stage, "purchaseOrders"),
        &[],
        order,
    )
    .await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    assert_eq!(created.json()["totalAmountExcludingTax"], json!(3.75));
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    let path = bc_path(&stage, &format!("purchaseOrders({id})"));
    let blind = send(
        &stage,
        &bc,
        Method::PATCH,
        &path,
        &[],
        json!({"purchaser": "JDOE"}),
    )
    .await;
    assert_eq!(blind.status, StatusCode::BAD_REQUEST);
    let etag = created.header("etag").to_owned();
    let changed = send(
        &stage,
        &bc,
        Method::PATCH,
        &path,
        &[("if-match", &etag)],
        json!({"purchaser": "TANAKA"}),
    )
    .await;
    assert_eq!(changed.json()["purchaser"], "TANAKA");
    let gone = send(
        &stage,
        &bc,
        Method::DELETE,
        &path,
        &[("if-match", "*")],
        json!({}),
    )
    .await;
    assert_eq!(
        (gone.status, get(&stage, &bc, &path).await.status),
        (StatusCode::NO_CONTENT, StatusCode::NOT_FOUND)
    );
}
