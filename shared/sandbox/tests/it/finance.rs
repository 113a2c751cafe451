//! Finance & Operations.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::dynamics::{FO, all, bearer, distinct, get, send};
use crate::support::{query, stage};

#[tokio::test]
async fn finance_shows_other_companies_only_when_asked() {
    let stage = stage();
    let bearer = bearer(&stage, FO).await;
    let data = |rest: &str| format!("/{FO}/data/{rest}");
    let own = all(&stage, &bearer, &data("PurchaseOrderHeadersV2")).await;
    let every = all(
        &stage,
        &bearer,
        &data("PurchaseOrderHeadersV2?cross-company=true&$expand=PurchaseOrderLines"),
    )
    .await;
    assert!(own.len() < every.len() && own.iter().all(|order| order["dataAreaId"] == "usmf"));
    let key = |order: &Value| format!("{}{}", order["dataAreaId"], order["PurchaseOrderNumber"]);
    assert_eq!((every.len(), distinct(&every, key)), (560, 560));
    assert!(
        every
            .iter()
            .any(|order| order["AccountingDate"] == "1900-01-01T12:00:00Z")
    );
    let path = data(
        "PurchaseOrderHeadersV2(dataAreaId='usmf',PurchaseOrderNumber='PO-000123')?$expand=PurchaseOrderLines",
    );
    let shared = get(&stage, &bearer, &path).await.json();
    assert_eq!(
        (&shared["CurrencyCode"], &shared["OrderVendorAccountNumber"]),
        (&json!("EUR"), &json!("10300007"))
    );
    assert_eq!(shared["PurchaseOrderLines"][1]["OrderedPurchaseQuantity"], 1000);
    assert_eq!(
        shared["PurchaseOrderLines"][0]["RequestedDeliveryDate"],
        "2026-12-04T12:00:00Z"
    );
    let filter = query(
        "dataAreaId eq 'demf' and PurchaseOrderStatus eq Microsoft.Dynamics.DataEntities.PurchStatus'Backorder'",
    );
    let german = all(
        &stage,
        &bearer,
        &data(&format!(
            "PurchaseOrderHeadersV2?cross-company=true&$filter={filter}"
        )),
    )
    .await;
    assert!(
        !german.is_empty()
            && german
                .iter()
                .all(|order| order["PurchaseOrderStatus"] == "Backorder")
    );
    let plain = query("PurchaseOrderStatus eq 'Backorder'");
    let refused = get(
        &stage,
        &bearer,
        &data(&format!("PurchaseOrderHeadersV2?$filter={plain}")),
    )
    .await;
    assert_eq!(
        refused.status,
        StatusCode::BAD_REQUEST,
        "an enumeration is no text"
    );
    let bad = get(
        &stage,
        &bearer,
        &data("PurchaseOrderHeadersV2?$filter=Nope%20eq%201"),
    )
    .await
    .json();
    assert_eq!(bad["error"]["message"], "An error has occurred.");
    assert!(
        bad["error"]["innererror"]["message"]
            .as_str()
            .expect("a text")
            .contains("Nope")
    );
    for set in ["VendorsV3", "ReleasedProductsV2", "InventWarehouseOnHandEntries"] {
        assert!(
            all(&stage, &bearer, &data(&format!("{set}?cross-company=true")))
                .await
                .len()
                >= 60,
            "{set}"
        );
    }
}

#[tokio::test]
async fn finance_takes_composite_ids() {
    let stage = stage();
    let bearer = bearer(&stage, FO).await;
    let put = async |model: &str, id: &str, body: Value| {
        stage
            .call(
                Method::PUT,
                &format!("/_records/{FO}/{model}/{id}"),
                &[],
                body.to_string(),
            )
            .await
    };
    let created = put("purchase_order", "usmf:PO-999999", json!({"status": "cancelled"})).await;
    assert_eq!(created.json(), json!({"id": "usmf:PO-999999", "ignored": []}));
    let path =
        format!("/{FO}/data/PurchaseOrderHeadersV2(dataAreaId='usmf',PurchaseOrderNumber='PO-999999')");
    assert_eq!(
        get(&stage, &bearer, &path).await.json()["PurchaseOrderStatus"],
        "Canceled"
    );
    assert_eq!(
        put("purchase_order", "nowhere:PO-1", json!({})).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        put(
            "inventory_level",
            "usmf:MAT-0002:1710:171A",
            json!({"quantity_on_hand": "3"})
        )
        .await
        .status,
        StatusCode::OK
    );
    let filter = query("ItemNumber eq 'MAT-0002' and InventoryWarehouseId eq '171A'");
    let path = format!("/{FO}/data/InventWarehouseOnHandEntries?$filter={filter}");
    assert_eq!(
        get(&stage, &bearer, &path).await.json()["value"][0]["OnHandQuantity"],
        3
    );
}

#[tokio::test]
async fn orders_are_written_header_first() {
    let stage = stage();
    let fo = bearer(&stage, FO).await;
    let header =
        json!({"dataAreaId": "usmf", "OrderVendorAccountNumber": "10300001", "PurchaseOrderName": "By API"});
    let created = send(
        &stage,
        &fo,
        Method::POST,
        &format!("/{FO}/data/PurchaseOrderHeadersV2"),
        &[],
        header,
    )
    .await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    assert_eq!(created.json()["PurchaseOrderNumber"], "PO-000561");
    for quantity in [4, 5] {
        let line = json!({"dataAreaId": "usmf", "PurchaseOrderNumber": "PO-000561", "ItemNumber": "MAT-0002", "OrderedPurchaseQuantity": quantity});
        let added = send(
            &stage,
            &fo,
            Method::POST,
            &format!("/{FO}/data/PurchaseOrderLinesV2"),
            &[],
            line,
        )
        .await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    }
    let key = format!(
        "/{FO}/data/PurchaseOrderHeadersV2(dataAreaId='usmf',PurchaseOrderNumber='PO-000561')?$expand=PurchaseOrderLines"
    );
    let read = get(&stage, &fo, &key).await.json();
    let quantities: Vec<_> = read["PurchaseOrderLines"]
        .as_array()
        .expect("lines")
        .iter()
        .map(|line| line["OrderedPurchaseQuantity"].clone())
        .collect();
    assert_eq!(quantities, [json!(4), json!(5)]);
}
