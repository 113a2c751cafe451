//! Lists for each parent, sessions and bodies that cannot be.

use super::*;

/// Acme with a list that is read for each site.
const EACH: &str = r#"
[models.purchase_order.list.for_each]
name = "@site"
key = "code"

[models.purchase_order.list.for_each.list]
path = "/sites"
query = { "$filter" = "{where}", top = "{limit}" }
records = "value"
page_size = 2
max_page_size = 3
paging = { keyset = { key = "code" } }

[models.purchase_order.list.for_each.list.filter]
after = "code gt '{after}'"
by_id = "code eq '{code}'"
"#;

#[test]
fn says_what_is_wrong_with_a_list_for_each_parent() {
    let acme = |from: &str, to: &str| {
        let text = format!("{ACME}{EACH}")
            .replacen("\nkey = [\"id\"]", "\nkey = [\"id\", \"@site/code\"]", 1)
            .replacen("/{company}/orders", "/sites/{parent}/orders", 1);
        assert!(text.contains(from), "{from}");
        Connector::from_toml(&text.replacen(from, to, 1))
    };
    assert!(acme("Acme ERP", "Acme").is_ok());
    let place = "models.purchase_order";
    for (from, to, at, said) in [
        (
            "@site\"\nkey",
            "site\"\nkey",
            ".list.for_each.name",
            "write `@site`",
        ),
        (", \"@site/code\"]", "]", ".key", "would share an id"),
        (
            "/sites/{parent}",
            "/sites",
            ".list",
            "no template holds `{parent}`",
        ),
        (
            "path = \"/sites\"",
            "path = \"/{parent}\"",
            ".list.for_each.list.path",
            "names nothing",
        ),
        (
            "by_id = \"code eq '{code}'\"",
            "",
            ".list.filter.by_id",
            "write both or none",
        ),
        (
            "'{code}'",
            "'{id}'",
            ".list.for_each.list.filter.by_id",
            "names nothing",
        ),
        (
            "'{id}'",
            "'{id}' and site eq '{@site/code}'",
            ".list.filter.by_id",
            "names nothing",
        ),
        (
            "\nafter = \"code gt",
            "\nsince = \"x {since}\"\nafter = \"code gt",
            ".list.for_each.list.filter.since",
            "leave it out",
        ),
        (
            "paging = { keyset = { key = \"code\" } }",
            "paging = { pages = {} }",
            ".list.for_each.list.paging",
            "every page would be the first",
        ),
    ] {
        let error = acme(from, to).err().unwrap_or_else(|| panic!("{to} passed"));
        assert!(error.place.starts_with(&format!("{place}{at}")), "{to}: {error}");
        assert!(error.problem.contains(said), "{to}: {error}");
    }
}

/// Acme's first method as a session.
#[test]
fn says_what_is_wrong_with_a_session() {
    const BASIC: &str = r#"auth = { basic = { username = "{username}", password = "{password}" } }"#;
    let acme = |from: &str, to: &str| {
        let session = r#"auth = { session = { path = "/in", body = '{{"u":"{username}","p":"{password}"}}', brings = { sid = "result/1" }, scheme = "Session", token = { base64 = "{username}:{sid}" }, life_seconds = 60 } }"#;
        assert!(session.contains(from), "{from}");
        altered(BASIC, &session.replacen(from, to, 1))
    };
    assert!(acme("/in", "/on").is_ok());
    for (from, to, place, said) in [
        (
            "{password}",
            "{passwort}",
            "auth.body",
            "did you mean `password`?",
        ),
        ("{sid}", "{side}", "auth.brings.sid", "the token does not use it"),
        ("sid = \"result/1\"", "", "auth.brings", "opens no session"),
        ("result/1", "", "auth.brings.sid", "is not a path"),
        (
            "sid = ",
            "username = ",
            "auth.brings.username",
            "is a setting or credential already",
        ),
        ("{username}:{sid}", "{user}:{sid}", "auth.token", "names nothing"),
    ] {
        let error = acme(from, to).err().unwrap_or_else(|| panic!("{to} passed"));
        assert_eq!(error.place, format!("methods.basic.{place}"), "{to}: {error}");
        assert!(error.problem.contains(said), "{to}: {error}");
    }
}

#[test]
fn a_body_is_written_once() {
    let both = "records = \"value\"\njson = { q = \"x\" }\nbody = \"{{}}\"";
    let Err(error) = altered("records = \"value\"", both) else {
        panic!("passed");
    };
    assert_eq!(error.place, "models.purchase_order.list.body");
}
