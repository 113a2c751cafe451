use super::*;

fn value_of(name: &str) -> Option<Cow<'static, str>> {
    match name {
        "tenant" => Some(Cow::Borrowed("my300000")),
        "account" => Some(Cow::Borrowed("123-Sb1_x")),
        "number" => Some(Cow::Borrowed("1")),
        "odd" => Some(Cow::Borrowed("a\"],[\"b")),
        _ => None,
    }
}

fn fill(text: &str) -> Option<String> {
    Template::parse(text).expect("parses").fill(value_of)
}

#[test]
fn a_value_in_json_stays_a_value() {
    let fill = |text: &str| {
        Template::parse(text)
            .expect("parses")
            .fill_json(|hole| match hole {
                "where" => Some(Filling::Json(Cow::Borrowed("[[1]]"))),
                other => value_of(other).map(Filling::Value),
            })
    };
    for (text, filled) in [
        ("[{where},{number}]", Some("[[[1]],1]")),
        (r#"["{odd}"]"#, Some(r#"["a\"],[\"b"]"#)),
        ("[{odd}]", None),
        ("[{missing}]", None),
        (r#"{{"a":"{account:realm}"}}"#, Some(r#"{"a":"123_SB1_X"}"#)),
    ] {
        assert_eq!(fill(text).as_deref(), filled, "{text}");
    }
}

#[test]
fn a_header_is_a_text_or_encoded_json() {
    #[derive(Deserialize)]
    struct Headers {
        plain: HeaderText,
        encoded: HeaderText,
    }
    let headers: Headers = toml::from_str(
        r#"plain = "x {tenant}"
        encoded = { base64url = '{{"company":{number}}}' }"#,
    )
    .expect("parses");
    assert_eq!(headers.plain.fill(value_of).as_deref(), Some("x my300000"));
    assert_eq!(
        headers.encoded.fill(value_of).as_deref(),
        Some("eyJjb21wYW55IjoxfQ==")
    );
    assert_eq!(headers.encoded.fill(|_| None), None);
    let text = toml::from_str::<Headers>("plain = 1\nencoded = 2")
        .err()
        .map(|error| error.to_string());
    assert!(text.is_some_and(|text| text.contains("base64url")));
}

#[test]
fn fills_bends_and_leaves_out() {
    assert_eq!(
        fill("https://{tenant}-api.example").as_deref(),
        Some("https://my300000-api.example")
    );
    assert_eq!(
        fill("{account:host}|{account:realm}").as_deref(),
        Some("123-sb1-x|123_SB1_X")
    );
    assert_eq!(fill("{{\"a\":{tenant}}}").as_deref(), Some("{\"a\":my300000}"));
    assert_eq!(fill("x{missing}"), None);
    assert_eq!(fill("").as_deref(), Some(""));
}

#[test]
fn tells_a_hole_in_quotes_from_a_bare_one() {
    for (text, bare) in [
        ("id eq '{id}'", false),
        ("[\"id\",\"=\",\"{id}\"]", false),
        ("id eq {id}", true),
        ("{id}", true),
        ("a eq '{id}' or b eq {id}", true),
        ("a eq '{other}{id}'", true),
        ("a eq {other}", false),
    ] {
        assert_eq!(
            Template::parse(text).expect("parses").is_bare("id"),
            bare,
            "{text}"
        );
    }
}

#[test]
fn says_what_is_wrong() {
    for (text, said) in [
        ("a{b", "does not close"),
        ("a}b", "did not open"),
        ("{}", "without a name"),
        ("{a:loud}", "is not a form"),
    ] {
        let error = Template::parse(text).expect_err(text);
        assert!(error.contains(said), "{text}: {error}");
    }
}
