//! One shape: the same request returns the same keys, types and enumerations whatever system stands behind.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use manifold_sandbox::SHARED_ORDER;
use serde_json::{Value, json};

use crate::support::{World, list, text};

/// Shorter names for the table.
const V2: &str = "sap_s4hana";
const V4: &str = "sap_s4hana_v4";
const NS: &str = "netsuite";
const BC: &str = "dynamics_business_central";
const FO: &str = "dynamics_finance";
const SAP: &[&str] = &[V2, V4];

/// Fields that not every system has, the systems that do, and why the others do not. Whatever is not in this
/// table is everywhere, with the same type.
const DIFFERENCES: &[(&str, &[&str], &str)] = &[
    (
        "/buyer/name",
        &[NS],
        "the others name the buyer by a code and have the name in another service",
    ),
    (
        "/created_at",
        &[V2, V4, NS],
        "Business Central's and F&O's entities have no time of creation",
    ),
    (
        "/description",
        &[NS],
        "a NetSuite memo; the others have long texts (`notes`) or nothing of the order itself",
    ),
    (
        "/exchange_rate",
        &[V2, V4, NS],
        "Dynamics keeps the rate of a purchase order in tables without a service",
    ),
    (
        "/incoterms",
        &[V2, V4, BC, FO],
        "a column that not every NetSuite account has, so that no query may name it",
    ),
    (
        "/location/id",
        &[NS, FO],
        "elsewhere each line has its own, and the order none",
    ),
    ("/location/name", &[NS], "F&O gives the code alone"),
    ("/notes", SAP, "texts of an order are a SAP thing"),
    (
        "/organization/id",
        &[V2, V4, NS, FO],
        "a Business Central connection is one company, which no record repeats",
    ),
    ("/organization/name", &[NS], "the others give the code alone"),
    (
        "/requester/*",
        &[FO],
        "F&O's orders have an orderer and a requester",
    ),
    ("/site/*", &[FO], "F&O's orders have a default site"),
    ("/tax_total/*", &[BC], "the others compute tax at the invoice"),
    ("/type", SAP, "kinds of orders are configured in SAP (NB, FO, …)"),
    (
        "/updated_at",
        &[V2, V4, NS, BC],
        "F&O's entities have no time of change",
    ),
    (
        "/lines/*/account/id",
        &[V2, V4, FO],
        "NetSuite and Business Central take it from the item when they post",
    ),
    (
        "/lines/*/billed_quantity",
        &[NS, BC],
        "SAP and F&O keep billing in another document",
    ),
    (
        "/lines/*/cost_center/id",
        &[V2, V4, NS],
        "Dynamics has dimensions, which are custom fields",
    ),
    ("/lines/*/cost_center/name", &[NS], "SAP gives the code alone"),
    (
        "/lines/*/discount/*",
        &[BC],
        "the others put it into the price or into conditions",
    ),
    (
        "/lines/*/item/name",
        SAP,
        "the others keep the item's name with the item, and a description on the line",
    ),
    ("/lines/*/location/name", &[NS], "the others give the code alone"),
    (
        "/lines/*/location/number",
        SAP,
        "where the id is composed of plant and storage location",
    ),
    (
        "/lines/*/price_quantity",
        &[V2, V4, FO],
        "NetSuite's and Business Central's prices are per one",
    ),
    (
        "/lines/*/received_quantity",
        &[NS, BC],
        "SAP and F&O keep receipts in another document",
    ),
    (
        "/lines/*/required_date",
        &[V2, V4, FO],
        "NetSuite and Business Central have one date a line, the promised one",
    ),
    (
        "/lines/*/site/id",
        &[V2, V4, FO],
        "NetSuite and Business Central know locations alone",
    ),
    (
        "/lines/*/tax_amount/*",
        &[BC],
        "the others compute tax at the invoice",
    ),
    (
        "/lines/*/tax_code",
        &[V2, V4, BC, FO],
        "NetSuite's SuiteTax keeps it in another table",
    ),
    (
        "/lines/*/type",
        &[V2, V4, NS, BC],
        "F&O's lines are items or categories, told by the field that is set",
    ),
];

/// What may differ by nature: the system's own keys and its own fields.
const OWN: &[&str] = &["/source_key/", "/custom_fields/", "/lines/*/custom_fields/"];

/// Each leaf of a record with its JSON type; entries of lists under one `*`.
fn shape(value: &Value, at: &str, out: &mut BTreeMap<String, BTreeSet<&'static str>>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, inner)| shape(inner, &format!("{at}/{name}"), out)),
        Value::Array(entries) => entries
            .iter()
            .for_each(|inner| shape(inner, &format!("{at}/*"), out)),
        Value::String(_) => drop(out.entry(at.to_owned()).or_default().insert("text")),
        Value::Number(number) if number.is_f64() => panic!("a float at {at}: {number}"),
        Value::Number(_) => drop(out.entry(at.to_owned()).or_default().insert("number")),
        Value::Bool(_) => drop(out.entry(at.to_owned()).or_default().insert("boolean")),
        Value::Null => panic!("null at {at}: what is absent is left out"),
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    pattern == path
        || pattern
            .strip_suffix('*')
            .is_some_and(|start| pattern.ends_with("/*") && path.starts_with(start))
}

/// Stored records know when they were stored, and their place in the feed.
fn without_storage(mut record: Value, synced: bool) -> Value {
    let fields = record.as_object_mut().expect("a record");
    let (at, seq) = (fields.remove("synced_at"), fields.remove("seq"));
    assert_eq!((at.is_some(), seq.is_some()), (synced, synced), "{fields:?}");
    record
}

/// A decimal text without the zeros that say nothing: `12.500` and `12.5` are the same amount.
fn plain(decimal: &Value) -> String {
    let text = decimal
        .as_str()
        .unwrap_or_else(|| panic!("a decimal is a text: {decimal}"));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// What people and programs understand an order by, with the systems' own keys left out.
fn meaning(order: &Value) -> Value {
    let amount = |value: &Value| json!([plain(&value["amount"]), value["currency"]]);
    let line = |line: &Value| {
        json!({
            "item": line["item"]["number"], "description": line["description"], "quantity": plain(&line["quantity"]),
            "unit": line["unit"], "unit_price": amount(&line["unit_price"]), "total": amount(&line["total"]),
            "promised_date": line["promised_date"], "status": line["status"],
        })
    };
    json!({
        "status": order["status"], "order_date": order["order_date"], "currency": order["currency"],
        "payment_terms": order["payment_terms"], "ship_to": order["ship_to"],
        "subtotal": amount(&order["subtotal"]), "total": amount(&order["total"]),
        "lines": order["lines"].as_array().expect("lines").iter().map(line).collect::<Vec<_>>(),
    })
}

async fn validator(world: &World, model: &str) -> Validator {
    let described = world.ask(&format!("/v1/models/{model}")).await;
    jsonschema::validator_for(&described["schema"]).expect("a JSON Schema")
}

#[track_caller]
fn check(schema: &Validator, record: &Value, whose: &str) {
    let errors: Vec<String> = schema
        .iter_errors(record)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{whose} {}: {errors:?}", record["id"]);
}

/// The order that exists in every system, live and synced, alone and in the list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_order_reads_the_same_in_every_system() {
    let world = World::start().await;
    let schema = validator(&world, "purchase_order").await;
    let mut shapes = BTreeMap::new();
    let mut meanings = BTreeMap::new();
    for shared in SHARED_ORDER {
        let system = shared.system;
        let conn = world.connect(system, json!({"models": ["purchase_order"]})).await;
        world.sync(&conn, json!({})).await;
        let one = format!("/v1/purchase-orders/{}", shared.id);
        let live = world.get(&one, &conn.token).await.expect(200);
        let synced = world
            .get(&format!("{one}?source=synced"), &conn.token)
            .await
            .expect(200);
        let listed = world.all("/v1/purchase-orders?source=synced", &conn.token).await;
        listed.iter().for_each(|record| check(&schema, record, system));
        let listed = listed
            .into_iter()
            .find(|record| record["id"] == shared.id)
            .expect("it is in the list");
        let page = world
            .get("/v1/purchase-orders?limit=1&source=live", &conn.token)
            .await
            .expect(200);
        assert_eq!(list(&page).len(), 1, "{system}: a page of one");
        assert!(page["next_cursor"].is_string(), "{system}: more follows");

        assert_eq!(live["number"], shared.number, "{system}");
        assert_eq!(listed, synced, "{system}: in the list as by itself");
        let (live, synced) = (without_storage(live, false), without_storage(synced, true));
        assert_eq!(live, synced, "{system}: live as synced");
        check(&schema, &live, system);
        let mut leaves = BTreeMap::new();
        shape(&live, "", &mut leaves);
        shapes.insert(system, leaves);
        meanings.insert(system, meaning(&live));
    }
    for (system, means) in &meanings {
        assert_eq!(means, &meanings[V2], "{system} against {V2}");
    }
    compare(&shapes);
}

fn compare(shapes: &BTreeMap<&str, BTreeMap<String, BTreeSet<&'static str>>>) {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    let paths: BTreeSet<&String> = shapes.values().flat_map(BTreeMap::keys).collect();
    for path in paths
        .into_iter()
        .filter(|path| !OWN.iter().any(|own| path.starts_with(own)))
    {
        let with: Vec<&str> = shapes
            .iter()
            .filter(|(_, leaves)| leaves.contains_key(path))
            .map(|(of, _)| *of)
            .collect();
        let types: BTreeSet<_> = shapes
            .values()
            .filter_map(|leaves| leaves.get(path))
            .flatten()
            .collect();
        if types.len() != 1 {
            wrong.push(format!("{path} has the types {types:?}"));
        }
        let known = DIFFERENCES
            .iter()
            .position(|(pattern, ..)| matches(pattern, path));
        used.extend(known);
        let expected: BTreeSet<&str> = match known {
            Some(row) => DIFFERENCES[row].1.iter().copied().collect(),
            None => shapes.keys().copied().collect(),
        };
        if with.iter().copied().collect::<BTreeSet<_>>() != expected {
            wrong.push(format!("{path} is in {with:?} and should be in {expected:?}"));
        }
    }
    let idle = (0..DIFFERENCES.len())
        .filter(|row| !used.contains(row))
        .map(|row| DIFFERENCES[row].0);
    wrong.extend(idle.map(|path| format!("{path} is in the table and in no system")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every record of every list of every system, odd ones included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_of_every_system_has_the_models_shape() {
    let world = World::start().await;
    let mut seen = BTreeMap::new();
    for shared in SHARED_ORDER {
        let conn = world.connect(shared.system, json!({})).await;
        let models = world.ask("/v1/models").await;
        let offered = world.connection(&conn).await["models"].clone();
        for model in list(&models)
            .iter()
            .filter(|model| offered.as_array().expect("models").contains(&model["model"]))
        {
            let (name, path) = (text(model, "/model"), text(model, "/path"));
            let schema = validator(&world, &name).await;
            let records = world.all(&path, &conn.token).await;
            records
                .iter()
                .for_each(|record| check(&schema, record, shared.system));
            let ids: BTreeSet<&str> = records
                .iter()
                .filter_map(|record| record["id"].as_str())
                .collect();
            assert_eq!(ids.len(), records.len(), "{} {name}: an id twice", shared.system);
            assert!(
                records
                    .iter()
                    .all(|record| record["connection_id"] == conn.id.as_str() && record["model"] == name)
            );
            seen.insert((shared.system, name), records.len());
        }
    }
    for shared in SHARED_ORDER {
        for (model, least) in [("purchase_order", 500), ("vendor", 60), ("item", 300)] {
            let found = seen
                .get(&(shared.system, model.to_owned()))
                .copied()
                .unwrap_or_default();
            assert!(found >= least, "{} has {found} of {model}", shared.system);
        }
    }
}
