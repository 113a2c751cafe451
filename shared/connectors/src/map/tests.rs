use bytes::Bytes;
use serde_json::{Value, json};

use super::{CustomField, Plan};
use crate::manifest::Manifest;

const MANIFEST: &str = r#"
id = "acme"
name = "Acme"
vendor = "Acme"
category = "erp"
tier = "simple"
description = "A system for tests."
api = "REST"
limits = { concurrent = 1, per_minute = 60 }
faults = { preset = "odata_v2" }
values = { absent = ["", "00000000"], dates = "odata_v2", truths = ["X"] }

[verified]
level = "none"
note = "a test"
on = "2026-11-24"

[hosts.api]
url = "https://acme.example"

[[methods]]
id = "basic"
title = "User"
description = "A user."
credentials = []
auth = { basic = { username = "u", password = "p" } }

[models.purchase_order]
source = "Order"
key = ["No"]
modified = "Changed"
deleted = { is = { field = "Deleted", of = ["true"] } }
custom_prefixes = ["ZZ_"]

[models.purchase_order.list]
path = "/orders"
records = "d/results"
page_size = 10
max_page_size = 10
paging = { next_link = { path = "d/__next" } }

[models.purchase_order.fields]
number = { text = "No" }
title = { join = { parts = ["A", "B"], with = " / " } }
type = { const = "order" }
order_date = { date = "Ordered" }
approved_at = { datetime = { from = "Ordered", time = "OrderedTime" } }
currency = { text = "Currency" }
exchange_rate = { decimal = "Rate" }
vendor = { ref = { id = "Supplier", name = "SupplierName" } }
ship_to = { address = { lines = [["Street", "House"], "Line2"], city = "City", country = "Country" } }
total = { line_total = { in = "Lines", quantity = "Qty", price = "Price", per = "Per", currency = "Currency", unless = { is = { field = "Gone", of = ["true"] } } } }

[models.purchase_order.fields.status.enum]
from = "Status"
values = { "01" = "draft", "05" = "approved" }
cases = [
    { when = { every = { in = "Lines", holds = { is = { field = "Done", of = ["true"] } } } }, then = "received" },
]

[models.purchase_order.fields.lines.each]
in = "Lines"
unless = { is = { field = "Gone", of = ["true"] } }

[models.purchase_order.fields.lines.each.fields]
line_number = { integer = "Pos" }
description = { text = ["Long", "Short"] }
quantity = { decimal = "Qty" }
unit_price = { amount = { value = "Price", currency = "../Currency" } }
received_quantity = { sum = { in = "Schedule", value = "Came" } }
promised_date = { pick = { in = "Schedule", where = { positive = "Came" }, value = { date = "Due" } } }
total = { product = { quantity = "Qty", price = "Price", per = "Per", currency = "../Currency" } }
"#;

fn manifest() -> Manifest {
    toml::from_str(MANIFEST).expect("the manifest parses")
}

fn map(record: &Value) -> Value {
    let plan = Plan::compile(&manifest(), "purchase_order", &[]).expect("compiles");
    let mapped = plan.map(record.to_string().as_bytes(), None).expect("maps");
    serde_json::from_slice(&mapped.body).expect("valid JSON")
}

#[test]
fn maps_an_order_to_the_letter() {
    let record = r#"{"No":"00010","A":"x","B":"","Status":"05","Ordered":"/Date(1706781600000)/","OrderedTime":"PT08H30M00S",
        "Changed":"/Date(1706781600123+0000)/","Currency":"EUR","Rate":1.00000,"Supplier":"0000100001","SupplierName":"Größe \"1\"",
        "Street":"Hauptstr.","House":5,"Line2":"","City":"Essen","Country":"DE","ZZ_Project":"P-1","ZZ_Empty":"","Other":{"deep":[1,2]},
        "Lines":[
          {"Pos":"00010","Long":"","Short":"Bearing","Qty":"2.000","Price":"19.10","Per":"1","Done":"X",
           "Schedule":[{"Came":"0","Due":"/Date(0)/"},{"Came":"1.5","Due":"/Date(1706781600000)/"}]},
          {"Pos":"00020","Qty":12345678901234567890.12,"Price":"1","Per":"100","Done":false,"Schedule":[]},
          {"Pos":"00030","Qty":"1","Price":"1","Gone":true}
        ]}"#;
    let plan = Plan::compile(&manifest(), "purchase_order", &[]).expect("compiles");
    let page = Bytes::from(record.to_owned());
    let mapped = plan.map(&page, Some(&page)).expect("maps");
    insta::assert_snapshot!(String::from_utf8(mapped.body).expect("UTF-8"), @r#"{"id":"00010","source_key":{"No":"00010"},"model":"purchase_order","number":"00010","type":"order","title":"x","status":"approved","status_raw":"05","order_date":"2024-02-01","approved_at":"2024-02-01T08:30:00.000Z","vendor":{"id":"0000100001","name":"Größe \"1\""},"currency":"EUR","exchange_rate":"1.00000","ship_to":{"lines":["Hauptstr. 5"],"city":"Essen","country":"DE"},"total":{"amount":"123456789012345717.10","currency":"EUR"},"lines":[{"line_number":10,"description":"Bearing","quantity":"2.000","received_quantity":"1.5","unit_price":{"amount":"19.10","currency":"EUR"},"total":{"amount":"38.20","currency":"EUR"},"promised_date":"2024-02-01"},{"line_number":20,"quantity":"12345678901234567890.12","unit_price":{"amount":"1","currency":"EUR"},"total":{"amount":"123456789012345678.90","currency":"EUR"}}],"updated_at":"2024-02-01T10:00:00.123Z","custom_fields":{"ZZ_Project":"P-1"}}"#);
    assert_eq!(mapped.raw, Some(page));
    assert_eq!(
        mapped.modified_at.map(|at| at.as_millisecond()),
        Some(1_706_781_600_123)
    );
    assert!(!mapped.deleted);
}

#[test]
fn absent_stays_absent() {
    let mapped =
        map(&json!({"No": "1", "Status": null, "Currency": "", "Lines": [{"Qty": "1", "Price": "2"}]}));
    assert_eq!(
        mapped,
        json!({"id": "1", "source_key": {"No": "1"}, "model": "purchase_order", "number": "1", "type": "order",
            "total": {"amount": "2.00"},
            "lines": [{"quantity": "1", "unit_price": {"amount": "2"}, "total": {"amount": "2.00"}}]})
    );
}

#[test]
fn parts_of_a_key_that_end_alike_keep_their_paths() {
    let mut manifest = manifest();
    let model = manifest.models.get_mut("purchase_order").expect("there");
    model.key = vec!["No".into(), "@site/No".into(), "Other/deep/Line".into()];
    let plan = Plan::compile(&manifest, "purchase_order", &[]).expect("compiles");
    let record = br#"{"@site":{"No":7},"No":"1","Other":{"deep":{"Line":3}}}"#;
    let mapped = plan.map(record, None).expect("maps");
    let body: Value = serde_json::from_slice(&mapped.body).expect("valid JSON");
    assert_eq!(mapped.id, "1:7:3");
    assert_eq!(
        body["source_key"],
        json!({"No": "1", "site/No": "7", "Line": "3"})
    );
}

#[test]
fn statuses_come_from_cases_then_codes_then_unknown() {
    let status = |record: Value| {
        let mapped = map(&record);
        (mapped["status"].clone(), mapped.get("status_raw").cloned())
    };
    assert_eq!(
        status(json!({"No": "1", "Status": "77"})),
        (json!("unknown"), Some(json!("77")))
    );
    assert_eq!(
        status(json!({"No": "1", "Status": "05", "Lines": [{"Done": "X"}, {"Done": true}]})),
        (json!("received"), Some(json!("05")))
    );
    assert_eq!(
        status(json!({"No": "1", "Status": "05", "Lines": []})),
        (json!("approved"), Some(json!("05")))
    );
}

#[test]
fn a_record_that_cannot_be_mapped_says_why_and_where() {
    let plan = Plan::compile(&manifest(), "purchase_order", &[]).expect("compiles");
    for (record, pointer, reason) in [
        (r#"{"No":"1","Rate":"12,3x"}"#, "/Rate", "is not a decimal number"),
        (
            r#"{"No":"1","Ordered":"2024-02-30"}"#,
            "/Ordered",
            "is not a date",
        ),
        (r#"{"No":{"a":1}}"#, "/No", "is not a text"),
        (r#"{"A":"x"}"#, "/No", "the record has no key"),
        (r#"{"No":"1","A":"\ud800","B":"x"}"#, "/A", "is not a text"),
        (
            r#"{"No":"1","Lines":[{"Pos":"1.5"}]}"#,
            "/Pos",
            "is not a whole number",
        ),
        (r#"["No"]"#, "", "there is no object"),
    ] {
        let rejected = plan.map(record.as_bytes(), None).expect_err(record);
        assert_eq!(rejected.pointer, pointer, "{record}");
        assert!(rejected.reason.contains(reason), "{record}: {}", rejected.reason);
        assert_eq!(&rejected.raw[..], record.as_bytes());
    }
    assert!(
        plan.map(b"{\"No\":\"\xff\"}", None)
            .expect_err("not UTF-8")
            .reason
            .contains("UTF-8")
    );
}

#[test]
fn nul_and_escapes_are_kept() {
    let mapped = map(&json!({"No": "1", "Currency": "a\u{0}\"\\\n"}));
    assert_eq!(mapped["currency"], "a\u{0}\"\\\n");
}

#[test]
fn a_connection_adds_its_own_fields() {
    let custom = [CustomField {
        name: "priority".into(),
        model: "purchase_order".into(),
        path: "Ext/Prio".into(),
    }];
    let plan = Plan::compile(&manifest(), "purchase_order", &custom).expect("compiles");
    let mapped = plan
        .map(br#"{"No":"1","Ext":{"Prio":1.50}}"#, None)
        .expect("maps");
    assert!(String::from_utf8_lossy(&mapped.body).ends_with(r#""custom_fields":{"priority":1.50}}"#));
    assert!(
        Plan::compile(&manifest(), "vendor", &[])
            .expect_err("no such model here")
            .problem
            .contains("does not have it")
    );
}

#[test]
fn a_wrong_mapping_names_its_place() {
    for (from, to, place, said) in [
        (
            "number = { text",
            "nummer = { text",
            "models.purchase_order.fields.nummer",
            "is not a field",
        ),
        (
            "order_date = { date",
            "order_date = { text",
            "models.purchase_order.fields.order_date",
            "a day",
        ),
        (
            "\"05\" = \"approved\"",
            "\"05\" = \"fine\"",
            "models.purchase_order.fields.status",
            "is not one of",
        ),
        (
            "\"../Currency\"",
            "\"../../Currency\"",
            "models.purchase_order.fields.lines.unit_price",
            "leads out",
        ),
        (
            "text = \"No\"",
            "text = \"No//x\"",
            "models.purchase_order.fields.number",
            "is not a path",
        ),
    ] {
        let manifest: Manifest = toml::from_str(&MANIFEST.replace(from, to)).expect("parses");
        let error = Plan::compile(&manifest, "purchase_order", &[]).expect_err(from);
        assert!(error.place.starts_with(place), "{from}: {error}");
        assert!(error.problem.contains(said), "{from}: {error}");
    }
}

#[test]
fn the_view_shows_every_mapped_field() {
    let rows = super::view(&manifest(), "purchase_order", &[]).expect("has it");
    let find = |field: &str| {
        rows.iter()
            .find(|row| row.field == field)
            .unwrap_or_else(|| panic!("{field}"))
    };
    assert_eq!(find("lines[].unit_price").sources, ["Lines[]/Price", "Currency"]);
    assert_eq!(find("lines[].promised_date").sources, ["Lines[]/Schedule[]/Due"]);
    assert_eq!(find("status").values[0], ("01".into(), "draft".into()));
    assert_eq!(find("status").sources, ["Status", "Lines[]/Done"]);
    assert_eq!(find("updated_at").sources, ["Changed"]);
}
