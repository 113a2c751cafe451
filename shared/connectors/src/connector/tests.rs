mod shapes;

use super::*;

/// A system that uses every kind of field and request; its order lists page by key.
pub(crate) const ACME: &str = r##"
id = "acme"
name = "Acme ERP"
vendor = "Acme Corp"
category = "erp"
tier = "mid"
hosting = "ask"
description = "Orders, for tests."
api = "REST"
keywords = ["buying"]
verified = { level = "none", note = "made up", on = "2026-11-24" }
limits = { concurrent = 4, per_minute = 6000 }
faults = { preset = "odata_v4" }

[hosts]
api = { url = "https://{tenant}.acme.example/base" }
token = { url = "https://login.acme.example" }

[request]
headers = { Accept = "application/json" }
query = { client = "{client}" }

[[settings]]
key = "tenant"
title = "Tenant"
description = "The first part of the address that you see when you are signed in"
example = "my300000"
pattern = "[a-z0-9.-]+"
identifies = true

[[settings]]
key = "company"
title = "Company"
description = "Its number."
example = "10"
default = "10"

[[settings]]
key = "client"
title = "Client"
description = "Three digits."
example = "100"
pattern = "[0-9]{3}"
required = false
advanced = true

[[methods]]
id = "basic"
title = "User and password"
description = "The simple way."
auth = { basic = { username = "{username}", password = "{password}" } }
credentials = [
    { key = "username", title = "User", description = "Its name.", example = "MANIFOLD", secret = false },
    { key = "password", title = "Password", description = "Its password.", example = "correct horse" },
]

[[methods]]
id = "oauth"
title = "OAuth client"
description = "The better way."
auth = { oauth2_client_credentials = { host = "token", path = "/token", client_id = "{client_id}", client_secret = "{client_secret}", client_auth = "body" } }
credentials = [
    { key = "client_id", title = "Client id", description = "Its id.", example = "abc", secret = false },
    { key = "client_secret", title = "Client secret", description = "Its secret.", example = "xyz" },
]

[[guidance]]
title = "Make a user"
text = "Under Administration."
methods = ["basic"]

[models.purchase_order]
source = "Orders"
key = ["id"]
modified = "changed"

[models.purchase_order.list]
path = "/{company}/orders"
query = { "$filter" = "{where}", top = "{limit}", f = ["id", "number", "{columns}"] }
records = "value"
total = "count"
page_size = 2
max_page_size = 3
paging = { keyset = { key = "id", next_link = "next" } }

[models.purchase_order.list.filter]
join = " and "
always = ["company eq '{company}'"]
since = "changed ge {since}"
after = "id gt '{after}'"
by_id = "id eq '{id}'"
fields = { number = "number eq '{value}'" }

[models.purchase_order.fields]
number = { text = "number" }
"##;

/// Acme with one piece of its text replaced.
fn altered(from: &str, to: &str) -> Result<Connector, ManifestError> {
    assert!(ACME.contains(from), "{from}");
    Connector::from_toml(&ACME.replacen(from, to, 1))
}

#[test]
fn reads_what_is_right() {
    let acme = Connector::from_toml(ACME).expect("valid");
    let keys: Vec<&str> = acme.settings().iter().map(|field| field.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "tenant",
            "company",
            "client",
            "instance_url",
            "token_url",
            "hosting"
        ]
    );
    assert_eq!(acme.identity().collect::<Vec<_>>(), ["tenant"]);
    assert_eq!(acme.credentials("oauth").len(), 2);
    let instance_url = &acme.settings()[3];
    assert_eq!(instance_url.example, "https://my300000.acme.example/base");
    assert!(instance_url.advanced && !instance_url.required);

    let reads = acme.traits("purchase_order").expect("there");
    assert!(reads.incremental && reads.by_id);
    assert_eq!(reads.deletes, Deletes::Absence);
    assert_eq!(reads.filters, ["number"]);
    assert_eq!((reads.overlap.as_secs(), reads.hold_back.as_secs()), (300, 60));
    assert!(acme.traits("asset").is_none());
}

#[test]
fn an_installation_without_a_common_address_must_name_its_own() {
    let acme = altered(
        "api = { url = \"https://{tenant}.acme.example/base\" }",
        "api = {}",
    )
    .expect("valid");
    let field = acme
        .settings()
        .iter()
        .find(|field| field.key == "instance_url")
        .expect("implicit");
    assert!(field.required && !field.advanced && field.default.is_none());
}

#[test]
fn says_where_and_what_is_wrong() {
    for (from, to, place, said) in [
        (
            "tier = \"mid\"",
            "tier = \"huge\"",
            "line 6, column ",
            "unknown variant `huge`",
        ),
        (
            "vendor =",
            "vendors =",
            "line 4, column ",
            "unknown field `vendors`",
        ),
        ("2026-11-24", "24.11.2026", "verified.on", "not a date"),
        (
            "concurrent = 4",
            "concurrent = 0",
            "limits.concurrent",
            "at least 1",
        ),
        (
            "https://{tenant}",
            "https://{tennant}",
            "hosts.api.url",
            "did you mean `tenant`?",
        ),
        (
            "https://{tenant}",
            "https://{client}",
            "hosts.api.url",
            "may be absent",
        ),
        ("/base\"", "/base/\"", "hosts.api.url", "ends with a slash"),
        (
            "https://login",
            "http://login",
            "hosts.token.url",
            "does not begin with `https://`",
        ),
        (
            "token = {",
            "tokens = {",
            "methods.oauth.auth.host",
            "there is no host `token`",
        ),
        (
            "key = \"company\"",
            "key = \"tenant\"",
            "settings",
            "`tenant` stands there twice",
        ),
        (
            "key = \"password\"",
            "key = \"tenant\"",
            "methods.basic.credentials",
            "is a setting already",
        ),
        (
            "id = \"oauth\"",
            "id = \"basic\"",
            "methods",
            "`basic` stands there twice",
        ),
        (
            "{password}",
            "{passwort}",
            "methods.basic.auth.password",
            "did you mean `password`?",
        ),
        (
            "username = \"{username}\"",
            "username = \"me\"",
            "methods.basic.credentials.username",
            "no template of `auth`",
        ),
        (
            "methods = [\"basic\"]",
            "methods = [\"basics\"]",
            "guidance.0.methods",
            "did you mean `basic`?",
        ),
        (
            "[a-z0-9.-]+",
            "[a-z",
            "settings.tenant.pattern",
            "not a regular expression",
        ),
        (
            "[0-9]{3}",
            "[0-9]{4}",
            "settings.client.example",
            "does not look right",
        ),
        (
            "Accept =",
            "Authorization =",
            "request.headers.Authorization",
            "set by the client itself",
        ),
        (
            "key = [\"id\"]",
            "key = []",
            "models.purchase_order.key",
            "needs an id",
        ),
        (
            "page_size = 2",
            "page_size = 4",
            "models.purchase_order.list.page_size",
            "not between 1 and 3",
        ),
        (
            "{where}",
            "{wher}",
            "models.purchase_order.list.query.$filter",
            "did you mean `where`?",
        ),
        (
            "\"$filter\" = \"{where}\", ",
            "",
            "models.purchase_order.list",
            "would never be sent",
        ),
        (
            "top = \"{limit}\", ",
            "",
            "models.purchase_order.list.paging",
            "a short page",
        ),
        (
            "after = \"id gt '{after}'\"",
            "",
            "models.purchase_order.list.filter.after",
            "paging by key needs",
        ),
        (
            "id eq '{id}'",
            "id eq 'x'",
            "models.purchase_order.list.filter.by_id",
            "does not use `{id}`",
        ),
        (
            "records = \"value\"",
            "records = \"/value\"",
            "models.purchase_order.list.records",
            "an empty step",
        ),
        (
            "\"/{company}/orders\"",
            "\"{company}/orders\"",
            "models.purchase_order.list.path",
            "begins with a slash",
        ),
        (
            "page_size = 2",
            "one = \"/orders\"\npage_size = 2",
            "models.purchase_order.list.one",
            "does not use `{id}`",
        ),
        (
            "page_size = 2",
            "headers = { Since = \"{since}\" }\npage_size = 2",
            "models.purchase_order.list.filter.since",
            "say it once",
        ),
        (
            "{ keyset = { key = \"id\", next_link = \"next\" } }",
            "{ offset = {} }",
            "models.purchase_order.list.paging",
            "every page would be the first",
        ),
    ] {
        let error = altered(from, to).err().unwrap_or_else(|| panic!("{to} passed"));
        assert_eq!(error.system, "acme", "{to}");
        assert!(error.place.starts_with(place), "{to}: {error}");
        assert!(error.problem.contains(said), "{to}: {error}");
    }
}
