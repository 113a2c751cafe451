//! SAP S/4HANA in OData V2 and V4.

use std::collections::BTreeSet;

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::Value;

use crate::support::{query, stage};

const ORDERS: &str = "/sap/opu/odata/sap/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder";
const ORDERS_V4: &str =
    "/sap/opu/odata4/sap/api_purchaseorder_2/srvd_a2x/sap/purchaseorder/0001/PurchaseOrder";

#[tokio::test]
async fn orders_come_with_items_and_schedule_lines() {
    let stage = stage();
    let path = format!(
        "{ORDERS}('4500000123')?$format=json&$expand=to_PurchaseOrderItem/to_ScheduleLine,to_PurchaseOrderNote"
    );
    let reply = stage.sap("sap_s4hana", &path).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let order = &reply.json()["d"];
    assert_eq!(order["PurchaseOrder"], "4500000123");
    assert_eq!(order["DocumentCurrency"], "EUR");
    assert_eq!(order["ExchangeRate"], "1.08500");
    assert_eq!(
        order["to_PurchaseOrderNote"]["results"][0]["PlainLongText"],
        "Deliver to gate 3"
    );
    let items = order["to_PurchaseOrderItem"]["results"]
        .as_array()
        .expect("items");
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["PurchaseOrderItem"], "00010");
    assert_eq!(items[0]["OrderQuantity"], "40.000");
    assert_eq!(items[0]["NetPriceAmount"], "12.500");
    assert_eq!(items[0]["Material"], "MAT-0002");
    assert_eq!(
        items[1]["to_ScheduleLine"]["results"].as_array().map(Vec::len),
        Some(2)
    );
    assert!(
        items[0]["to_AccountAssignment"]["__deferred"]["uri"]
            .as_str()
            .expect("a link")
            .starts_with("http://sandbox.test/sap_s4hana/sap/")
    );
    assert_eq!(
        order["__metadata"]["type"],
        "API_PURCHASEORDER_PROCESS_SRV.A_PurchaseOrderType"
    );
    assert!(reply.text.contains(r#""PurchaseOrderDate":"\/Date("#));
}

/// Follows `d.__next` to the end.
async fn all_pages(query: &str) -> (Vec<String>, usize) {
    let stage = stage();
    let mut path = format!("{ORDERS}?$format=json{query}");
    let (mut numbers, mut pages) = (Vec::new(), 0);
    loop {
        let reply = stage.sap("sap_s4hana", &path).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
        let page = reply.json();
        pages += 1;
        let results = page["d"]["results"].as_array().expect("results");
        numbers.extend(
            results
                .iter()
                .map(|order| order["PurchaseOrder"].as_str().expect("a key").to_owned()),
        );
        match page["d"]["__next"].as_str() {
            Some(next) => next
                .strip_prefix("http://sandbox.test/sap_s4hana")
                .expect("absolute")
                .clone_into(&mut path),
            None => return (numbers, pages),
        }
    }
}

#[tokio::test]
async fn pages_lose_nothing() {
    for (query, expected) in [
        ("", 560),
        ("&$top=250", 250),
        ("&$skip=550", 10),
        ("&$orderby=LastChangeDateTime,PurchaseOrder", 560),
    ] {
        let (numbers, pages) = all_pages(query).await;
        assert_eq!(numbers.len(), expected, "{query}");
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), expected, "{query}");
        assert!(pages == 1 || numbers.len() > 200);
    }
}

#[tokio::test]
async fn filters_select_and_refuse() {
    let stage = stage();
    for (filter, expected) in [
        ("PurchaseOrder eq '4500000001'", Some(1)),
        ("PurchaseOrder gt '4500000558'", Some(2)),
        (
            "LastChangeDateTime gt datetimeoffset'2026-09-20T00:00:00Z'",
            Some(529),
        ),
        (
            "LastChangeDateTime lt datetimeoffset'2026-09-20T00:00:00Z'",
            Some(30),
        ),
        ("LastChangeDateTime eq null", Some(1)),
        ("PurchasingProcessingStatus eq '97'", Some(1)),
        ("DocumentCurrency eq ''", Some(1)),
        ("PurchaseOrderDate eq datetime'1970-01-01T00:00:00'", Some(1)),
        (
            "(PurchaseOrder eq '4500000001' or PurchaseOrder eq '4500000002') and not (PurchaseOrder eq '4500000002')",
            Some(1),
        ),
        ("substringof('00000123',PurchaseOrder)", Some(1)),
        (
            "startswith(PurchaseOrder,'45000005') and endswith(PurchaseOrder,'00')",
            Some(1),
        ),
        ("Nonsense eq 1", None),
        ("PurchaseOrder eq 1", None),
        ("LastChangeDateTime gt datetimeoffset'2026-09-20'", None),
        ("PurchaseOrder eq '1", None),
    ] {
        let path = format!(
            "{ORDERS}?$format=json&$inlinecount=allpages&$top=1&$filter={}",
            query(filter)
        );
        let reply = stage.sap("sap_s4hana", &path).await;
        match expected {
            Some(count) => assert_eq!(reply.json()["d"]["__count"], count.to_string(), "{filter}"),
            None => {
                assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{filter}");
                assert_eq!(reply.json()["error"]["message"]["lang"], "en");
            }
        }
    }
    let unknown = stage
        .sap("sap_s4hana", &format!("{ORDERS}?$format=json&$select=Nope"))
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let selected = stage
        .sap(
            "sap_s4hana",
            &format!("{ORDERS}?$format=json&$top=1&$select=PurchaseOrder,Supplier"),
        )
        .await;
    let row = selected.json()["d"]["results"][0]
        .as_object()
        .expect("a row")
        .clone();
    assert_eq!(
        row.keys().collect::<Vec<_>>(),
        ["PurchaseOrder", "Supplier", "__metadata"]
    );
}

#[tokio::test]
async fn vendors_items_and_stock_agree_with_orders() {
    let stage = stage();
    let count = async |path: &str| {
        let reply = stage
            .sap(
                "sap_s4hana",
                &format!("/sap/opu/odata/sap/{path}/$count?$format=json"),
            )
            .await;
        reply.text.parse::<usize>().expect("a number")
    };
    assert_eq!(count("API_BUSINESS_PARTNER/A_Supplier").await, 60);
    assert_eq!(count("API_BUSINESS_PARTNER/A_BusinessPartner").await, 62);
    assert_eq!(count("API_PRODUCT_SRV/A_Product").await, 300);
    assert!(count("API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod").await > 300);
    let path = "/sap/opu/odata/sap/API_PRODUCT_SRV/A_Product('MAT-0002')?$format=json&$expand=to_Description,to_Plant,to_Valuation";
    let item = stage.sap("sap_s4hana", path).await.json();
    assert_eq!(
        item["d"]["to_Description"]["results"][0]["ProductDescription"],
        "Ball bearing 6204-2RS #2"
    );
    let path = "/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_BusinessPartner?$format=json&$filter=Supplier%20eq%20%2710300007%27\
        &$expand=to_BusinessPartnerAddress/to_EmailAddress,to_Supplier,to_BusinessPartnerTax,to_BusinessPartnerRole";
    let vendor = stage.sap("sap_s4hana", path).await.json();
    assert_eq!(
        vendor["d"]["results"][0]["BusinessPartnerName"],
        "Müller Präzisionsteile"
    );
    assert_eq!(vendor["d"]["results"][0]["to_Supplier"]["Supplier"], "10300007");
}

#[tokio::test]
async fn signing_in_is_checked_both_ways() {
    let stage = stage();
    let refused = stage
        .call(
            Method::GET,
            &format!("/sap_s4hana{ORDERS}?$format=json"),
            &[],
            Body::empty(),
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(refused.header("www-authenticate").starts_with("Basic"));
    let wrong_client = stage
        .sap("sap_s4hana", &format!("{ORDERS}?$format=json&sap-client=200"))
        .await;
    assert_eq!(wrong_client.status, StatusCode::UNAUTHORIZED);

    let other = stage
        .sandbox
        .alternatives()
        .into_iter()
        .find(|entry| entry.system == "sap_s4hana")
        .expect("oauth2");
    let word = |name: &str| other.credentials[name].as_str().expect("text").to_owned();
    for (secret, expected) in [
        ("wrong".to_owned(), StatusCode::UNAUTHORIZED),
        (word("client_secret"), StatusCode::OK),
    ] {
        use base64::Engine as _;
        let plain = format!("{}:{secret}", word("client_id"));
        let basic = format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(plain)
        );
        let reply = stage
            .call(
                Method::POST,
                "/sap_s4hana/oauth/token",
                &[("authorization", &basic)],
                "grant_type=client_credentials",
            )
            .await;
        assert_eq!(reply.status, expected);
        if expected == StatusCode::OK {
            let bearer = format!(
                "Bearer {}",
                reply.json()["access_token"].as_str().expect("a token")
            );
            let path = format!("/sap_s4hana{ORDERS}?$format=json&$top=1");
            let orders = stage
                .call(Method::GET, &path, &[("authorization", &bearer)], Body::empty())
                .await;
            assert_eq!(orders.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn writing_needs_the_token_and_its_cookie() {
    use base64::Engine as _;
    let stage = stage();
    let credentials = stage.entry("sap_s4hana").credentials;
    let plain = format!(
        "{}:{}",
        credentials["username"].as_str().expect("a"),
        credentials["password"].as_str().expect("b")
    );
    let basic = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(plain)
    );
    let path = format!("/sap_s4hana{ORDERS}");
    let base = [("authorization", basic.as_str()), ("accept", "application/json")];
    let refused = stage.call(Method::POST, &path, &base, "{}").await;
    assert_eq!(
        (refused.status, refused.header("x-csrf-token")),
        (StatusCode::FORBIDDEN, "Required")
    );

    let fetch = [base[0], base[1], ("x-csrf-token", "Fetch")];
    let fetched = stage
        .call(Method::GET, &format!("{path}?$top=1"), &fetch, Body::empty())
        .await;
    let token = fetched.header("x-csrf-token").to_owned();
    let cookies: Vec<&str> = fetched
        .headers
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let cookie = cookies
        .iter()
        .map(|cookie| cookie.split(';').next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("; ");
    let without = stage
        .call(
            Method::POST,
            &path,
            &[base[0], base[1], ("x-csrf-token", &token)],
            "{}",
        )
        .await;
    assert_eq!(without.status, StatusCode::FORBIDDEN);
    let with = [
        base[0],
        base[1],
        ("x-csrf-token", token.as_str()),
        ("cookie", cookie.as_str()),
    ];
    let post = async |body: &str| stage.call(Method::POST, &path, &with, body.to_owned()).await;
    let empty = post("{}").await;
    assert_eq!(
        empty.status,
        StatusCode::BAD_REQUEST,
        "the token was accepted, the order is not"
    );
    let unknown = post(r#"{"Supplier":"10300001","Nope":1}"#).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let order = r#"{"CompanyCode":"1710","Supplier":"10300001","DocumentCurrency":"USD","PurchaseOrderDate":"/Date(1795478400000)/",
        "to_PurchaseOrderItem":{"results":[{"Material":"MAT-0001","OrderQuantity":"5","NetPriceAmount":"2.50","Plant":"1710"}]}}"#;
    let created = post(order).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    assert_eq!(created.json()["d"]["PurchaseOrder"], "4500000561");
    assert!(
        created
            .header("location")
            .ends_with("A_PurchaseOrder('4500000561')")
    );
    let number = "/sap_s4hana/sap/opu/odata/sap/API_PURCHASEORDER_PROCESS_SRV/A_PurchaseOrder('4500000561')";
    let patch = async |headers: &[(&str, &str)]| {
        stage
            .call(Method::PATCH, number, headers, r#"{"PaymentTerms":"NT60"}"#)
            .await
            .status
    };
    assert_eq!(patch(&with).await, StatusCode::PRECONDITION_REQUIRED);
    let mut stale = with.to_vec();
    stale.push(("if-match", "W/\"old\""));
    assert_eq!(patch(&stale).await, StatusCode::PRECONDITION_FAILED);
    let mut fresh = with.to_vec();
    fresh.push(("if-match", "*"));
    assert_eq!(patch(&fresh).await, StatusCode::NO_CONTENT);
    let read = stage
        .sap(
            "sap_s4hana",
            &format!("{ORDERS}('4500000561')?$format=json&$expand=to_PurchaseOrderItem"),
        )
        .await
        .json();
    assert_eq!(read["d"]["PaymentTerms"], "NT60");
    assert_eq!(
        read["d"]["to_PurchaseOrderItem"]["results"][0]["OrderQuantity"],
        "5.000"
    );
    assert!(!stage.sandbox.snapshot().is_empty());
}

#[tokio::test]
async fn v4_pages_by_relative_links_and_nests_expands() {
    let stage = stage();
    let expand =
        query("_PurchaseOrderItem($expand=_PurchaseOrderScheduleLineTP;$select=PurchaseOrderItem,NetAmount)");
    let mut path =
        format!("{ORDERS_V4}?$expand={expand}&$orderby=LastChangeDateTime,PurchaseOrder&$count=true");
    let mut numbers = BTreeSet::new();
    loop {
        let page = stage.sap("sap_s4hana_v4", &path).await.json();
        assert_eq!(page["@odata.count"], 560);
        for order in page["value"].as_array().expect("a list") {
            numbers.insert(order["PurchaseOrder"].as_str().expect("a key").to_owned());
            let item = &order["_PurchaseOrderItem"][0];
            assert!(
                item["NetAmount"].is_number() && item["Material"].is_null(),
                "{item}"
            );
            assert!(item["_PurchaseOrderScheduleLineTP"][0]["ScheduleLineOrderQuantity"].is_number());
        }
        match page["@odata.nextLink"].as_str() {
            None => break,
            Some(next) => path = format!("{}/{next}", ORDERS_V4.trim_end_matches("/PurchaseOrder")),
        }
    }
    assert_eq!(numbers.len(), 560);
    let filter = query("LastChangeDateTime gt 2026-09-20T00:00:00Z and PurchaseOrderDate ge 2026-01-01");
    let some = stage
        .sap("sap_s4hana_v4", &format!("{ORDERS_V4}?$filter={filter}&$top=1"))
        .await
        .json();
    assert!(matches!(&some["value"], Value::Array(rows) if rows.len() == 1));
    let bad = stage
        .sap("sap_s4hana_v4", &format!("{ORDERS_V4}?$filter=Nope%20eq%201"))
        .await;
    assert!(bad.status == StatusCode::BAD_REQUEST && bad.json()["error"]["message"].is_string());
}
