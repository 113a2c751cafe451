//! Connecting that fails: each failure has its code and a sentence that helps, and leaves nothing behind.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Reply, Tables, World};

const SYSTEM: &str = "sap_s4hana";

/// What a failed attempt must not leave: connections, credits, movements, secrets, announced secrets.
struct Nothing {
    ledger: usize,
}

impl Nothing {
    async fn yet(world: &World) -> Self {
        Self {
            ledger: world.all("/v1/credits/ledger", &world.key).await.len(),
        }
    }

    async fn was_left(&self, world: &World, tables: &Tables, what: &str) {
        assert_eq!(
            world.all("/v1/connections", &world.key).await,
            Vec::<Value>::new(),
            "{what}"
        );
        assert_eq!(world.credits().await, (40, 0, 40), "{what}");
        assert_eq!(
            world.all("/v1/credits/ledger", &world.key).await.len(),
            self.ledger,
            "{what}"
        );
        assert_eq!(
            world.all("/v1/events", &world.key).await,
            Vec::<Value>::new(),
            "{what}"
        );
        let secrets = tables
            .rows("local")
            .into_keys()
            .filter(|(pk, _)| pk == "vault")
            .count();
        assert_eq!(secrets, 0, "{what}: a secret in the vault");
        let state: Vec<_> = tables.rows("state").into_keys().collect();
        let left = |(pk, sk): &&(String, String)| {
            sk.starts_with("intent#") || pk.contains("conn_") || sk.contains("conn_")
        };
        assert_eq!(state.iter().find(left), None, "{what}");
    }
}

/// An address where nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}

async fn connect(world: &World, key: &str, body: Value) -> Reply {
    world.post("/v1/connections", key, body).await
}

fn pointers(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors
        .iter()
        .map(|error| error["pointer"].as_str().expect("a pointer").to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_system_that_cannot_be_used_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::kept(folder.path()).await;
    let tables = Tables::open(folder.path());
    let nothing = Nothing::yet(&world).await;
    let good = world.connect_body(SYSTEM, json!({}));
    let at = |address: &str| {
        let mut body = good.clone();
        body["settings"]["instance_url"] = json!(address);
        body
    };
    let mut wrong_password = good.clone();
    let credentials = wrong_password["credentials"]
        .as_object_mut()
        .expect("credentials");
    *credentials.get_mut("password").expect("a password") = json!("wrong");

    let refused = format!("http://127.0.0.1:{}", closed_port());
    for (what, body, status, code, step) in [
        (
            "nobody listens there",
            at(&refused),
            503,
            "system_unreachable",
            "host",
        ),
        (
            "no such host",
            at("https://no-such-host.invalid"),
            503,
            "system_unreachable",
            "host",
        ),
        (
            "wrong password",
            wrong_password,
            422,
            "invalid_credentials",
            "sign_in",
        ),
    ] {
        let problem = connect(&world, &world.key, body).await.problem(status, code);
        assert_eq!(problem["step"], step, "{what}: {problem}");
        assert!(problem["hint"].is_string(), "{what}: {problem}");
        assert_eq!(problem["system"], SYSTEM, "{what}");
        nothing.was_left(&world, &tables, what).await;
    }
    // Something that answers and is no such system: Manifold itself.
    let problem = connect(&world, &world.key, at(world.stack.url())).await;
    assert!(
        matches!(problem.status, 422 | 502),
        "another server: {}",
        problem.text
    );
    nothing.was_left(&world, &tables, "another server").await;

    for (fault, status, code) in [
        ("forbidden", 422, "system_forbidden"),
        ("html", 502, "system_malformed"),
        ("rate_limited", 503, "system_rate_limited"),
        ("http_500", 503, "system_unreachable"),
    ] {
        world.fault(SYSTEM, fault, json!({})).await;
        let problem = connect(&world, &world.key, good.clone())
            .await
            .problem(status, code);
        assert!(problem["step"].is_string(), "{fault}: {problem}");
        world.heal().await;
        nothing.was_left(&world, &tables, fault).await;
    }
    world.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn input_that_does_not_fit_names_its_fields() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::kept(folder.path()).await;
    let tables = Tables::open(folder.path());
    let nothing = Nothing::yet(&world).await;
    let with = |name: &str, value: Value| {
        let mut body = world.connect_body(SYSTEM, json!({}));
        body[name] = value;
        body
    };
    for (body, expected) in [
        (with("system", json!("sap_s5")), "/system"),
        (with("method", json!("carrier_pigeon")), "/method"),
        (
            with("settings", json!({"instance_url": "not a url"})),
            "/settings/instance_url",
        ),
        (with("settings", json!({"nonsense": "x"})), "/settings/nonsense"),
        (with("credentials", json!({})), "/credentials/password"),
        (
            with("credentials", json!({"nonsense": "x"})),
            "/credentials/nonsense",
        ),
        (with("models", json!(["invoice_of_nothing"])), "/models/0"),
        (with("schedule", json!("now and then")), "/schedule"),
        (with("schedule", json!({"purchase_order": "2m"})), "/schedule"),
        (with("history", json!({"days": 0})), "/history"),
        (with("history", json!("some")), "/history"),
        (with("customer", json!({"id": ""})), "/customer/id"),
        (with("customer", json!({"name": "no id"})), "/customer"),
        (with("surprise", json!(1)), "/surprise"),
    ] {
        let problem = connect(&world, &world.key, body.clone())
            .await
            .problem(422, "invalid_request");
        let named = pointers(&problem);
        assert!(
            named.iter().any(|pointer| pointer.starts_with(expected)),
            "{expected}: {problem}"
        );
        nothing.was_left(&world, &tables, expected).await;
    }
    // Everything that is wrong at once, so that a form can show it.
    let mut body = with("settings", json!({"nonsense": "x"}));
    body["credentials"] = json!({});
    let problem = connect(&world, &world.key, body)
        .await
        .problem(422, "invalid_request");
    assert!(pointers(&problem).len() >= 3, "{problem}");
    assert!(
        world.requests(SYSTEM).await.is_empty(),
        "the system was not asked"
    );
    world.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_few_credits_are_told_before_anything_happens() {
    let world = World::start().await;
    let admin = secrecy::ExposeSecret::expose_secret(&world.stack.admin_key()).to_owned();
    let made = world
        .post("/v1/workspaces", &admin, json!({"name": "Small", "credits": 3}))
        .await
        .expect(201);
    let key = made["key"].as_str().expect("a key");
    let body = world.connect_body(SYSTEM, json!({}));
    let problem = connect(&world, key, body.clone())
        .await
        .problem(402, "insufficient_credits");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains('4') && text.contains('3')),
        "{problem}"
    );
    assert!(
        world.requests(SYSTEM).await.is_empty(),
        "the system was not asked"
    );
    let credits = world.get("/v1/credits", key).await.expect(200);
    assert_eq!(credits, json!({"total": 3, "held": 0, "free": 3}));

    // More are granted: it fits. Fewer than are held: it does not.
    let id = made["workspace"]["id"].as_str().expect("an id");
    let path = format!("/v1/workspaces/{id}");
    let patch = |credits: u64| json!({ "credits": credits });
    world
        .send(reqwest::Method::PATCH, &path, &admin, Some(&patch(4)))
        .await
        .expect(200);
    connect(&world, key, body.clone()).await.expect(201);
    world
        .send(reqwest::Method::PATCH, &path, &admin, Some(&patch(3)))
        .await
        .problem(409, "conflict");
    connect(&world, key, body)
        .await
        .problem(402, "insufficient_credits");
    let credits = world.get("/v1/credits", key).await.expect(200);
    assert_eq!(credits, json!({"total": 4, "held": 4, "free": 0}));
}

/// Ten at once for the credits of two: two are made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credits_are_not_spent_twice_at_once() {
    let world = World::start().await;
    let admin = secrecy::ExposeSecret::expose_secret(&world.stack.admin_key()).to_owned();
    let made = world
        .post("/v1/workspaces", &admin, json!({"name": "Small", "credits": 5}))
        .await
        .expect(201);
    let key = made["key"].as_str().expect("a key");
    let body = world.connect_body("dynamics_finance", json!({"models": ["vendor"]}));
    let replies: Vec<Reply> = futures(10, || connect(&world, key, body.clone())).await;
    let of = |status: u16| replies.iter().filter(|reply| reply.status == status).count();
    assert_eq!(
        (of(201), of(402)),
        (1, 9),
        "{:?}",
        replies.iter().map(|reply| reply.status).collect::<Vec<_>>()
    );
    let credits = world.get("/v1/credits", key).await.expect(200);
    assert_eq!(credits, json!({"total": 5, "held": 4, "free": 1}));
}

async fn futures<T, F: Future<Output = T>>(times: usize, make: impl Fn() -> F) -> Vec<T> {
    futures_util::future::join_all((0..times).map(|_| make())).await
}
