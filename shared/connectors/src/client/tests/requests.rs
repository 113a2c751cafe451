//! What templates become.

use secrecy::SecretString;

use super::stub::{Script, all, client, instance, page, read, system, with_fields};
use crate::{
    budget::Budget,
    client::{Client, Outside},
    fault::FaultKind,
    map::CustomField,
    source::{ReadRequest, Source as _},
};

const LIST: &str = r#"
path = "/{company}/orders"
query = { "$filter" = "{where}", "$select" = "id,number{columns}", f = ["id", "{columns}"], one = "{client}" }
records = "value"
page_size = 2
max_page_size = 10
paging = { next_link = { path = "next" } }
filter = { join = " and ", fields = { number = "number eq '{value}'" } }
"#;

fn field(path: &str) -> CustomField {
    CustomField {
        name: "own".to_owned(),
        model: "purchase_order".to_owned(),
        path: path.to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn values_are_encoded_and_absent_ones_left_out() {
    let script = Script::new([page(&[], "")]);
    let filters = vec![("number".to_owned(), "a&b=c+d e'f#".to_owned())];
    read(
        &client(&system(LIST), "basic", &script),
        ReadRequest { filters, ..all() },
    )
    .await
    .expect("reads");
    assert_eq!(
        script.asked(),
        [
            "GET /base/A%2FB/orders?$filter=number%20eq%20%27a%26b%3Dc%2Bd%20e%27%27f%23%27&$select=id,number&f=id"
        ]
    );
    let sent = &script.sent()[0];
    assert_eq!(sent.headers["accept"], "application/json");
    assert!(sent.headers["authorization"].is_sensitive());
    assert!(sent.body.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_time_can_stand_in_a_header_or_a_parameter() {
    let list = r#"
path = "/orders"
headers = { If-Modified-Since = "{since}" }
query = { where = "{where}", after = "{since}" }
records = "value"
page_size = 2
max_page_size = 10
paging = "whole"
filter = { since_format = "naive_seconds", join = " AND ", always = ["open"] }
"#;
    let script = Script::new([page(&[], ""), page(&[], "")]);
    let client = client(&system(list), "basic", &script);
    assert!(
        client
            .traits("purchase_order")
            .is_some_and(|traits| traits.incremental)
    );
    let since = Some("2026-11-20T06:30:00.9Z".parse().expect("a time"));
    for since in [since, None] {
        read(&client, ReadRequest { since, ..all() })
            .await
            .expect("reads");
    }
    assert_eq!(
        script.asked(),
        [
            "GET /base/orders?after=2026-11-20T06:30:00&where=open",
            "GET /base/orders?where=open"
        ]
    );
    let sent = script.sent();
    assert_eq!(sent[0].headers["if-modified-since"], "2026-11-20T06:30:00");
    assert!(!sent[1].headers.contains_key("if-modified-since"));
}

#[tokio::test(start_paused = true)]
async fn custom_fields_are_asked_for_and_come() {
    let body = r#"{"value":[{"id":"1","number":"N1","extra":{"colour":"red"}}]}"#;
    let script = Script::new([super::stub::ok(body)]);
    let client = with_fields(
        &system(LIST),
        "basic",
        &script,
        &[field("extra/colour"), field("x_1")],
    );
    let pages = read(&client, all()).await.expect("reads");
    assert_eq!(
        script.asked(),
        ["GET /base/A%2FB/orders?$select=id,number,extra.colour,x_1&f=id&f=extra.colour&f=x_1"]
    );
    let record = String::from_utf8_lossy(&pages[0].records[0].body).into_owned();
    assert!(record.contains(r#""custom_fields":{"own":"red"}"#), "{record}");
}

#[test]
fn a_custom_field_is_nothing_but_a_name() {
    let script = Script::new([]);
    let connector = system(LIST);
    for path in ["id FROM secrets--", "a,b", "a)b"] {
        let outside = Outside::new(script.clone(), Budget::new(connector.manifest().limits));
        let fault =
            Client::new(connector.clone(), instance("basic"), outside, &[field(path)]).expect_err(path);
        assert_eq!(
            (fault.kind, fault.about.as_deref()),
            (FaultKind::Rejected, Some("custom_fields")),
            "{path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn settings_replace_hosts_and_fill_defaults() {
    let connector = system(LIST);
    let script = Script::new([page(&[], "")]);
    let mut own = instance("basic");
    own.settings.insert(
        "instance_url".to_owned(),
        "http://127.0.0.1:7071/sandbox".to_owned(),
    );
    own.settings.insert("client".to_owned(), "100".to_owned());
    let outside = Outside::new(script.clone(), Budget::new(connector.manifest().limits));
    let client = std::sync::Arc::new(Client::new(connector, own, outside, &[]).expect("a client"));
    read(&client, all()).await.expect("reads");
    assert_eq!(
        script.sent()[0].url.as_str(),
        "http://127.0.0.1:7071/sandbox/A%2FB/orders?client=100&$select=id,number&f=id&one=100"
    );
}

#[test]
fn debug_shows_no_secret() {
    let script = Script::new([]);
    let connector = system(LIST);
    let mut own = instance("basic");
    own.credentials
        .insert("password".to_owned(), SecretString::from("canary"));
    let outside = Outside::new(script, Budget::new(connector.manifest().limits));
    let client = Client::new(connector, own, outside, &[]).expect("a client");
    assert!(!format!("{client:?}").contains("canary"));
    assert!(client.traits("purchase_order").is_some());
}
