use super::*;
use crate::connector::tests::ACME;

fn acme() -> Connector {
    Connector::from_toml(ACME).expect("valid")
}

fn input(settings: &[(&str, &str)], credentials: &[(&str, &str)]) -> ConnectionInput {
    let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let secret = |(key, value): &(&str, &str)| ((*key).to_owned(), SecretString::from(*value));
    ConnectionInput {
        system: "acme".to_owned(),
        method: None,
        settings: settings.iter().map(text).collect(),
        credentials: credentials.iter().map(secret).collect(),
        hosting: None,
    }
}

const SETTINGS: &[(&str, &str)] = &[("tenant", "my300000"), ("hosting", "cloud")];
const BASIC: &[(&str, &str)] = &[("username", "ME"), ("password", "secret")];

#[test]
fn completes_and_normalises() {
    let entered = [
        ("tenant", " my300000 "),
        ("hosting", "on_premises"),
        ("instance_url", "erp.example.com/ "),
        ("client", " "),
    ];
    let instance = acme()
        .accept(&input(
            &entered,
            &[("username", "ME"), ("password", " sec ret\n")],
        ))
        .expect("fits");
    assert_eq!(instance.method, "basic");
    assert!(instance.on_premises);
    let settings: Vec<(&str, &str)> = instance
        .settings
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let kept = [
        ("company", "10"),
        ("hosting", "on_premises"),
        ("instance_url", "https://erp.example.com"),
        ("tenant", "my300000"),
    ];
    assert_eq!(settings, kept);
    assert_eq!(instance.credentials["password"].expose_secret(), " sec ret");
}

#[test]
fn hosting_may_stand_beside_the_settings() {
    let mut entered = input(&[("tenant", "x")], BASIC);
    entered.hosting = Some("on_premises".to_owned());
    assert!(acme().accept(&entered).expect("fits").on_premises);
    entered.settings.insert("hosting".to_owned(), "cloud".to_owned());
    let problems = acme().accept(&entered).expect_err("two answers");
    assert_eq!(problems[0].pointer, "/hosting");
}

#[test]
fn the_credentials_choose_the_method_unless_it_is_named() {
    let oauth = [("client_id", "a"), ("client_secret", "b")];
    assert_eq!(
        acme().accept(&input(SETTINGS, &oauth)).expect("fits").method,
        "oauth"
    );
    let mut named = input(SETTINGS, &oauth);
    named.method = Some("basic".to_owned());
    let problems = acme().accept(&named).expect_err("the other method's fields");
    let pointers: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    let expected = [
        "/credentials/client_id",
        "/credentials/client_secret",
        "/credentials/username",
        "/credentials/password",
    ];
    assert_eq!(pointers, expected);
}

#[test]
fn tells_every_problem_at_once_and_no_secret() {
    let mut wrong = input(
        &[
            ("tennant", "x"),
            ("client", "12"),
            ("instance_url", "https://me:pw@erp.example.com"),
        ],
        &[("username", " "), ("pasword", "hunter2")],
    );
    wrong.method = Some("basci".to_owned());
    let problems = acme().accept(&wrong).expect_err("wrong");
    let told: Vec<String> = problems
        .iter()
        .map(|problem| format!("{}: {}", problem.pointer, problem.detail))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    /settings/tennant: There is no field `tennant` here. Did you mean `tenant`?
    /settings/tenant: Tenant is missing. The first part of the address that you see when you are signed in. Example: my300000
    /settings/client: Client does not look right. Three digits. Example: 100
    /settings/instance_url: Instance URL holds a user name: enter that in its own field, and only the address here.
    /method: There is no method `basci`. Did you mean `basic`?
    ");

    wrong.method = Some("basic".to_owned());
    let problems = acme().accept(&wrong).expect_err("wrong");
    let told: Vec<String> = problems
        .iter()
        .filter(|problem| problem.pointer.starts_with("/credentials"))
        .map(|problem| format!("{}: {}", problem.pointer, problem.detail))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    /credentials/pasword: There is no field `pasword` here. Did you mean `password`?
    /credentials/username: User is missing. Its name. Example: MANIFOLD
    /credentials/password: Password is missing. Its password. Example: correct horse
    ");
    assert!(!format!("{problems:?}{wrong:?}").contains("hunter2"));
}

#[test]
fn a_piece_of_a_host_name_cannot_be_a_host() {
    for tenant in ["evil.example/", "a@evil.example", "evil.example#", "a:1"] {
        let text = ACME.replacen("pattern = \"[a-z0-9.-]+\"\n", "", 1);
        let acme = Connector::from_toml(&text).expect("valid");
        let problems = acme
            .accept(&input(&[("tenant", tenant), ("hosting", "cloud")], BASIC))
            .expect_err(tenant);
        assert!(problems[0].detail.contains("part of a host name"), "{problems:?}");
    }
}
