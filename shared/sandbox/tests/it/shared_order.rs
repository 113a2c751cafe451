//! The shared order goes to the same place and comes from the same vendor in every vendor's own words.

use http::StatusCode;
use serde_json::{Value, json};

use crate::dynamics::{BC, FO, bc_path, bearer, get};
use crate::support::{Stage, stage};

/// Street, postal code, city, region, country of the plant that it goes to.
const PLANT: [&str; 5] = ["Hillview Avenue 3410", "94304", "Palo Alto", "CA", "US"];
const VENDOR: &str = "Müller Präzisionsteile";

fn texts<const N: usize>(of: &Value, names: [&str; N]) -> [String; N] {
    names.map(|name| of[name].as_str().unwrap_or_default().to_owned())
}

async fn sap(stage: &Stage, system: &str, path: &str) -> Value {
    let reply = stage.sap(system, path).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()
}

#[tokio::test]
async fn in_sap_by_both_versions() {
    let stage = stage();
    let path = "/sap/opu/odata/sap/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder('4500000123')?$format=json&$expand=to_PurchaseOrderItem";
    let order = sap(&stage, "sap_s4hana", path).await["d"].clone();
    assert_eq!(order["AddressName"], VENDOR);
    let item = &order["to_PurchaseOrderItem"]["results"][0];
    let [street, house, rest @ ..] = texts(
        item,
        [
            "DeliveryAddressStreetName",
            "DeliveryAddressHouseNumber",
            "DeliveryAddressPostalCode",
            "DeliveryAddressCityName",
            "DeliveryAddressRegion",
            "DeliveryAddressCountry",
        ],
    );
    assert_eq!(
        (format!("{street} {house}").as_str(), rest.as_slice()),
        (PLANT[0], &PLANT.map(str::to_owned)[1..])
    );

    let path = "/sap/opu/odata4/sap/api_purchaseorder_2/srvd_a2x/sap/purchaseorder/0001/PurchaseOrder('4500000123')?$expand=_PurchaseOrderItem($expand=_PurchaseOrderScheduleLineTP,_PurOrdAccountAssignment,_PurOrdPricingElement,_PurchaseOrderItemNote,_DeliveryAddress),_PurchaseOrderNote,_SupplierAddress";
    let order = sap(&stage, "sap_s4hana_v4", path).await;
    assert_eq!(order["_SupplierAddress"]["AddresseeFullName"], VENDOR);
    let item = &order["_PurchaseOrderItem"][0];
    assert_eq!(item["_PurOrdAccountAssignment"][0]["GLAccount"], "510000");
    assert_eq!(item["_PurOrdPricingElement"][0]["ConditionType"], "PPR0");
    assert_eq!(item["_PurchaseOrderItemNote"], json!([]));
    let [street, house, rest @ ..] = texts(
        &item["_DeliveryAddress"],
        [
            "StreetName",
            "HouseNumber",
            "PostalCode",
            "CityName",
            "Region",
            "Country",
        ],
    );
    assert_eq!(
        (format!("{street} {house}").as_str(), rest.as_slice()),
        (PLANT[0], &PLANT.map(str::to_owned)[1..])
    );
}

#[tokio::test]
async fn in_both_dynamics() {
    let stage = stage();
    let token = bearer(&stage, BC).await;
    let path = "purchaseOrders(141c34f9-2fc1-ef11-a4c6-0e9a0fbc567c)?$expand=paymentTerm,currency,shipmentMethod,vendor,purchaseOrderLines($expand=location,unitOfMeasure)";
    let order = get(&stage, &token, &bc_path(&stage, path)).await.json();
    for (nav, code) in [
        ("paymentTerm", "NT30"),
        ("currency", "EUR"),
        ("shipmentMethod", "DAP"),
    ] {
        assert_eq!(order[nav]["code"], code);
    }
    assert_eq!(order["vendorName"], VENDOR);
    assert_eq!(order["purchaseOrderLines"][0]["location"]["code"], "171A");
    let names = [
        "shipToAddressLine1",
        "shipToPostCode",
        "shipToCity",
        "shipToState",
        "shipToCountry",
    ];
    assert_eq!(texts(&order, names), PLANT);

    let token = bearer(&stage, FO).await;
    let path = format!(
        "/{FO}/data/PurchaseOrderHeadersV2(dataAreaId='usmf',PurchaseOrderNumber='PO-000123')?$expand=PurchaseOrderLines"
    );
    let order = get(&stage, &token, &path).await.json();
    // It is no title.
    assert_eq!(order["PurchaseOrderName"], VENDOR);
    assert_eq!(
        order["PurchaseOrderLines"][0]["ConfirmedDeliveryDate"],
        "2026-12-04T12:00:00Z"
    );
    let [street, house, rest @ ..] = texts(
        &order,
        [
            "DeliveryAddressStreet",
            "DeliveryAddressStreetNumber",
            "DeliveryAddressZipCode",
            "DeliveryAddressCity",
            "DeliveryAddressStateId",
            "DeliveryAddressCountryRegionISOCode",
        ],
    );
    assert_eq!(
        (format!("{street} {house}").as_str(), rest.as_slice()),
        (PLANT[0], &PLANT.map(str::to_owned)[1..])
    );
}
