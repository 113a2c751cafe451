//! Changes to the data, and the snapshot of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Reply, Stage, stage};

const ORDERS: &str = "/sap/opu/odata/sap/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder";

async fn put(stage: &Stage, path: &str, body: Value) -> Reply {
    stage.call(Method::PUT, path, &[], body.to_string()).await
}

async fn order(stage: &Stage, number: &str) -> Value {
    let path = format!("{ORDERS}('{number}')?$format=json&$expand=to_PurchaseOrderItem");
    stage.sap("sap_s4hana", &path).await.json()["d"].clone()
}

#[tokio::test]
async fn a_changed_order_shows_its_change_and_when() {
    let stage = stage();
    stage.clock.advance(90_000);
    let body = json!({
        "id": "4500000123", "status": "received", "title": "nowhere", "colour": "red", "total": {"amount": "1", "currency": "EUR"},
        "vendor": {"id": "10300001"},
        "custom_fields": {"YY1_Priority_PDH": "urgent", "YY1_Nope": 1},
        "lines": [{"line_number": "00010", "quantity": "41.5", "unit_price": {"amount": "13.00", "currency": "EUR"}, "received_quantity": "1"}]
    });
    let reply = put(&stage, "/_records/sap_s4hana/purchase_order/4500000123", body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(reply.json()["id"], "4500000123");
    let mut ignored: Vec<String> = serde_json::from_value(reply.json()["ignored"].clone()).expect("names");
    ignored.sort();
    assert_eq!(
        ignored,
        [
            "colour",
            "custom_fields.YY1_Nope",
            "lines.received_quantity",
            "title"
        ]
    );
    let order = order(&stage, "4500000123").await;
    assert_eq!(order["Supplier"], "10300001");
    assert_eq!(order["YY1_Priority_PDH"], "urgent");
    assert_eq!(order["LastChangeDateTime"], "/Date(1795510890000+0000)/");
    let items = order["to_PurchaseOrderItem"]["results"]
        .as_array()
        .expect("items");
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["OrderQuantity"], "41.500");
    assert_eq!(items[0]["IsCompletelyDelivered"], true);
    assert_eq!(items[0]["Material"], "MAT-0002", "what is not given stays");
}

#[tokio::test]
async fn records_are_created_deleted_and_refused() {
    let stage = stage();
    let path = "/_records/sap_s4hana/purchase_order/4599999999";
    let reply = put(
        &stage,
        path,
        json!({"status": "approved", "total": {"amount": "99.50", "currency": "GBP"}}),
    )
    .await;
    assert_eq!(reply.json()["ignored"], json!([]));
    let created = order(&stage, "4599999999").await;
    assert_eq!(
        (
            &created["PurchasingProcessingStatus"],
            &created["DocumentCurrency"]
        ),
        (&json!("05"), &json!("GBP"))
    );
    assert_eq!(
        created["to_PurchaseOrderItem"]["results"][0]["NetPriceAmount"],
        "99.500"
    );

    let gone = stage.call(Method::DELETE, path, &[], Body::empty()).await;
    assert_eq!(gone.status, StatusCode::OK);
    assert_eq!(
        order(&stage, "4599999999").await["PurchasingDocumentDeletionCode"],
        "L",
        "SAP keeps what is deleted"
    );
    let vendor = "/_records/sap_s4hana/vendor/10300002";
    assert_eq!(
        stage
            .call(Method::DELETE, vendor, &[], Body::empty())
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        stage
            .call(Method::DELETE, vendor, &[], Body::empty())
            .await
            .status,
        StatusCode::NOT_FOUND
    );

    for (path, body, expected) in [
        (
            "/_records/sap_s4hana/purchase_order/1",
            json!({"status": "flying"}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "/_records/sap_s4hana/purchase_order/12345678901",
            json!({}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "/_records/sap_s4hana/unicorn/1",
            json!({}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "/_records/nope/vendor/1",
            json!({}),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "/_records/sap_s4hana/vendor/1",
            json!([]),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        assert_eq!(put(&stage, path, body).await.status, expected, "{path}");
    }
}

#[tokio::test]
async fn stock_is_found_by_any_of_its_keys() {
    let stage = stage();
    let stock = "/sap/opu/odata/sap/API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod?$format=json&$filter=\
        Material%20eq%20%27MAT-0002%27%20and%20StorageLocation%20eq%20%27171A%27";
    for (id, quantity) in [
        ("MAT-0002:1710:171A:::::::01", "7"),
        ("MAT-0002:1710:171A", "8.25"),
    ] {
        let reply = put(
            &stage,
            &format!("/_records/sap_s4hana/inventory_level/{id}"),
            json!({"quantity_on_hand": quantity}),
        )
        .await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let rows = stage.sap("sap_s4hana", stock).await.json()["d"]["results"].clone();
        assert_eq!(rows[0]["MatlWrhsStkQtyInMatlBaseUnit"], quantity);
        assert_eq!(rows.as_array().map(Vec::len), Some(1));
    }
    let odd = put(
        &stage,
        "/_records/sap_s4hana/item/MAT~2f0090-B",
        json!({"name": "Öl"}),
    )
    .await;
    assert_eq!(odd.status, StatusCode::OK);
    let item = "/sap/opu/odata/sap/API_PRODUCT_SRV/A_Product('MAT%2F0090-B')/to_Description?$format=json";
    assert_eq!(
        stage.sap("sap_s4hana", item).await.json()["d"]["results"][0]["ProductDescription"],
        "Öl"
    );
}

#[tokio::test]
async fn a_snapshot_restores_every_change() {
    let first = stage();
    let saved = Arc::new(AtomicUsize::new(0));
    let counter = saved.clone();
    first.sandbox.on_change(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    first.clock.advance(1_000);
    put(
        &first,
        "/_records/sap_s4hana/purchase_order/4500000001",
        json!({"notes": "Ω", "status": "sent"}),
    )
    .await;
    first
        .call(
            Method::DELETE,
            "/_records/sap_s4hana/purchase_order/4500000002",
            &[],
            Body::empty(),
        )
        .await;
    put(
        &first,
        "/_records/sap_s4hana_v4/purchase_order/4500000001",
        json!({"notes": "other copy"}),
    )
    .await;
    assert_eq!(saved.load(Ordering::SeqCst), 3);

    let second = stage();
    second
        .sandbox
        .restore(&first.sandbox.snapshot())
        .expect("restores");
    for number in ["4500000001", "4500000002", "4500000003"] {
        assert_eq!(order(&second, number).await, order(&first, number).await);
    }
    assert_eq!(second.sandbox.snapshot(), first.sandbox.snapshot());
    assert!(second.sandbox.restore(b"nonsense").is_err());
}

#[tokio::test]
async fn the_company_is_the_same_every_time() {
    let path = format!("{ORDERS}?$format=json&$expand=to_PurchaseOrderItem/to_ScheduleLine");
    let (first, second) = (stage(), stage());
    assert_eq!(
        first.sap("sap_s4hana", &path).await.text,
        second.sap("sap_s4hana", &path).await.text
    );
}
