//! Requests that do not fit: tokens, bodies, queries, calls of the system's own API.

use manifold_domain::token::{self, Kind};
use manifold_functions::gate::rates::CONNECTION;
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::support::{Reply, World, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_open_nothing() {
    let world = World::start().await;
    let conn = world
        .connect("dynamics_finance", json!({"models": ["vendor"]}))
        .await;
    Reply::of(world.request(Method::GET, "/v1/connections"))
        .await
        .problem(401, "unauthorized");
    let mut typo = world.key.clone();
    let last = typo.pop().expect("a character");
    typo.push(if last == 'x' { 'y' } else { 'x' });
    let unknown = token::compose(Kind::Workspace, &[7; 32]);
    let public = token::compose(Kind::Public, &[7; 32]);
    for bearer in [
        "",
        "mfk_",
        "nonsense",
        &typo,
        unknown.expose_secret(),
        public.expose_secret(),
        &world.key.to_lowercase(),
        &format!("{} ", conn.token.replace("mft_", "mfk_")),
        &"m".repeat(9_000),
    ] {
        world
            .get("/v1/connections", bearer)
            .await
            .problem(401, "unauthorized");
        world
            .get("/v1/vendors", bearer)
            .await
            .problem(401, "unauthorized");
    }
    for scheme in ["Basic", "Token", ""] {
        let request = world.request(Method::GET, "/v1/connections");
        let request = request.header("authorization", format!("{scheme} {}", world.key));
        Reply::of(request).await.problem(401, "unauthorized");
    }
    // Each opens its own doors only.
    let admin = world.stack.admin_key().expose_secret().to_owned();
    for (path, bearer) in [
        ("/v1/connections", conn.token.as_str()),
        ("/v1/connections", &admin),
        ("/v1/vendors", &admin),
        ("/v1/workspaces/ws_1", &world.key),
        ("/v1/workspaces/ws_1", &conn.token),
        ("/v1/connect/attempts/att_1", &world.key),
    ] {
        world.get(path, bearer).await.problem(403, "forbidden");
    }
    // A workspace key says which connection it means.
    world
        .get("/v1/vendors", &world.key)
        .await
        .problem(400, "invalid_request");
    world
        .get_as("conn_none", "/v1/vendors")
        .await
        .problem(404, "not_found");
    // And a connection's token means its own.
    let other = world
        .connect("dynamics_business_central", json!({"models": ["vendor"]}))
        .await;
    let request = world
        .request(Method::GET, "/v1/connection")
        .bearer_auth(&conn.token);
    let named = request.header("manifold-connection", &other.id);
    Reply::of(named).await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_cannot_be_read() {
    let world = World::start().await;
    let post = async |body: String| {
        let request = world
            .request(Method::POST, "/v1/connections")
            .bearer_auth(&world.key);
        Reply::of(request.header("content-type", "application/json").body(body)).await
    };
    for broken in ["{", "[1,", "nul", "\u{feff}{}", "{\"system\":\"\\ud800\"}"] {
        post(broken.to_owned()).await.problem(400, "invalid_request");
    }
    let trailing = world
        .request(Method::POST, "/v1/link-sessions")
        .bearer_auth(&world.key)
        .body("{} {}");
    Reply::of(trailing).await.problem(400, "invalid_request");
    post(format!(
        "{{\"metadata\":{{\"deep\":{}{}}}}}",
        "[".repeat(50_000),
        "]".repeat(50_000)
    ))
    .await
    .problem(400, "invalid_request");
    post(format!("{{\"system\":\"{}\"}}", "x".repeat(1024 * 1024)))
        .await
        .problem(413, "payload_too_large");
    // Twice the same field: which one counts would be a guess.
    let twice = post("{\"system\":\"a\",\"system\":\"b\"}".to_owned()).await;
    assert!(matches!(twice.status, 400 | 422), "{}", twice.text);
    for (body, pointer) in [
        (json!([]), ""),
        (json!("text"), ""),
        (json!({"system": 5}), "/system"),
        (
            json!({"system": "sap_s4hana", "customer": {"id": "c", "age": 7}}),
            "/customer/age",
        ),
        (json!({}), "/system"),
        (json!({"system": "sap_s4hana", "customer": {}}), "/customer/id"),
        (json!({"system": "sap_s4hana", "customer": ["c"]}), "/customer"),
        (
            json!({"system": "sap_s4hana", "settings": ["x"], "customer": {"id": "c"}}),
            "/settings",
        ),
        (
            json!({"system": "sap_s4hana", "customer": {"id": "a\nb"}}),
            "/customer/id",
        ),
        (
            json!({"system": "sap_s4hana", "customer": {"id": "c", "name": "a\u{1b}[2Jb"}}),
            "/customer/name",
        ),
    ] {
        let problem = post(body.to_string()).await.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(world.credits().await, (40, 0, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_that_do_not_fit() {
    let world = World::start().await;
    let conn = world.connect("sap_s4hana", json!({"models": ["vendor"]})).await;
    for query in [
        "limit=0",
        "limit=501",
        "limit=-1",
        "limit=1.5",
        "limit=many",
        "limit=",
        "source=dreams",
        "include=everything",
        "include_deleted=perhaps",
        "modified_after=yesterday",
        "surprise=1",
        "cursor=x",
        "source=synced&cursor=x",
        "source=synced&surprise=1",
        "limit=1&limit=2",
        "source=synced&source=live",
    ] {
        world
            .get(&format!("/v1/vendors?{query}"), &conn.token)
            .await
            .problem(400, "invalid_request");
    }
    for path in [
        "/v1/connections?surprise=1",
        "/v1/connections?status=happy",
        "/v1/connections?limit=501",
        "/v1/events?limit=0",
        "/v1/webhook-endpoints?limit=0",
        "/v1/webhook-endpoints?cursor=x",
        "/v1/credits/ledger?cursor=x",
        "/v1/systems?surprise=1",
        "/v1/systems?limit=0",
        "/v1/systems?cursor=x",
        "/v1/connections?cursor=x",
        "/v1/events?cursor=x",
    ] {
        world.get(path, &world.key).await.problem(400, "invalid_request");
    }
    for query in ["models=nonsense", "cursor=x", "limit=0", "since=1"] {
        world
            .get(&format!("/v1/changes?{query}"), &conn.token)
            .await
            .problem(400, "invalid_request");
    }
    // What a system cannot do is said with the field's name.
    let problem = world
        .get("/v1/vendors?website=x", &conn.token)
        .await
        .problem(501, "unsupported");
    assert!(text(&problem, "/detail").contains("website"), "{problem}");
    world
        .get("/v1/vendors?include_deleted=true", &conn.token)
        .await
        .problem(501, "unsupported");
    world
        .get("/v1/items", &conn.token)
        .await
        .problem(501, "unsupported");
    for path in [
        "/v1/unicorns",
        "/v1/unicorns/1",
        "/v1/vendors/no-such",
        "/v1/vendors/no-such?source=synced",
        "/v2/vendors",
        "/",
    ] {
        world.get(path, &conn.token).await.problem(404, "not_found");
    }
    world
        .get("/v1/vendors/%ff", &conn.token)
        .await
        .problem(400, "invalid_request");
    world
        .send(Method::DELETE, "/v1/vendors", &conn.token, None)
        .await
        .problem(405, "invalid_request");
    // Of a path that two functions share, both are named.
    let problem = world
        .send(Method::DELETE, "/v1/connections", &world.key, None)
        .await
        .problem(405, "invalid_request");
    assert_eq!(
        text(&problem, "/detail"),
        "DELETE is not possible here, only GET, HEAD and POST."
    );
}

/// A call of the system's own API stays on the system, and is the caller's only where it may be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passthrough_calls_that_do_not_fit() {
    let world = World::start().await;
    let conn = world.connect("sap_s4hana", json!({"models": ["vendor"]})).await;
    let asked = world.requests("sap_s4hana").await.len();
    let with = |name: &str, value: Value| {
        let mut call = json!({"method": "GET", "path": "/sap"});
        call[name] = value;
        call
    };
    let header = |name: &str, value: &str| with("headers", json!({name: value}));
    for (call, pointer) in [
        (with("path", json!("sap")), "/path"),
        (with("path", json!("//evil.example/x")), "/path"),
        (with("path", json!("https://evil.example/x")), "/path"),
        (with("path", json!("/../_requests")), "/path"),
        (with("path", json!("/%2e%2e/_requests")), "/path"),
        (with("path", json!("/..%2f_requests")), "/path"),
        (with("path", json!("/\\evil.example")), "/path"),
        (with("path", json!("/x?y=1")), "/path"),
        (with("path", json!("/x\r\nhost: evil")), "/path"),
        (with("method", json!("CONNECT")), "/method"),
        (with("method", json!("GE T")), "/method"),
        (with("query", json!({"a": []})), "/query/a"),
        (with("surprise", json!(1)), "/surprise"),
        (header("accept", "a\r\nx-evil: 1"), "/headers/accept"),
        (header("authorization", "Basic x"), "/headers/authorization"),
        (header("host", "evil"), "/headers/host"),
        (header("content-length", "5"), "/headers/content-length"),
        (header("cookie", "a=b"), "/headers/cookie"),
        (header("", "x"), "/headers/"),
    ] {
        let problem = world
            .post("/v1/passthrough", &conn.token, call.clone())
            .await
            .problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{call}: {problem}");
    }
    assert_eq!(
        world.requests("sap_s4hana").await.len(),
        asked,
        "nothing was sent"
    );
    let path = "/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_Supplier";
    let call = json!({"method": "get", "path": path, "query": {"$top": 1}, "headers": {"accept": "application/json"}});
    let answer = world.post("/v1/passthrough", &conn.token, call).await.expect(200);
    assert_eq!(answer["status"], 200);
    assert!(answer["body"]["d"]["results"].is_array(), "{answer}");
    // What the system refuses is its answer.
    let call = json!({"method": "GET", "path": format!("{path}('none')")});
    let answer = world.post("/v1/passthrough", &conn.token, call).await.expect(200);
    assert_eq!(answer["status"], 404);
}

/// Our own limit is told before it is reached, and when it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_requests_are_told_to_wait() {
    let world = World::start().await;
    let conn = world
        .connect("dynamics_finance", json!({"models": ["vendor"]}))
        .await;
    let first = world.get("/v1/connection", &conn.token).await;
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=1500;w=60");
    assert!(
        first.header("ratelimit").starts_with("\"default\";r=1499;t="),
        "{}",
        first.header("ratelimit")
    );
    // A minute's worth of others like it.
    let (rates, now) = (&world.stack.app().rates, std::time::Instant::now());
    while rates.count(&conn.id, CONNECTION, now).granted {}
    let refused = world.get("/v1/connection", &conn.token).await;
    let wait = refused.header("retry-after").parse::<u64>();
    assert!(wait.is_ok_and(|seconds| (1..=60).contains(&seconds)));
    refused.problem(429, "rate_limited");
    // Others are not held up.
    world.ask("/v1/credits").await;
}

/// One message that nobody can read does not take the others of its batch with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t27_a_poison_message_is_reported_alone() {
    let world = World::start().await;
    let conn = world.connect("sap_s4hana", json!({"models": ["vendor"]})).await;
    world.sync(&conn, json!({})).await;
    let stale =
        json!({"kind": "sync", "ws": "ws_none", "conn": "conn_none", "model": "vendor", "generation": 1});
    let gone = json!({"kind": "probe", "ws": "ws_none", "conn": "conn_none", "generation": 1});
    let mut bodies = vec![stale.to_string(); 7];
    bodies.extend([
        gone.to_string(),
        "{\"kind\":".to_owned(),
        json!({"kind": "dance"}).to_string(),
    ]);
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(number, body)| json!({"messageId": format!("m{number}"), "body": body}))
        .collect();
    let event = serde_json::from_value(json!({"Records": records})).expect("an event of SQS");
    let wall = manifold_domain::ports::Clock::wall(world.stack.clock().as_ref());
    let deadline = wall + std::time::Duration::from_secs(60);
    let answer = manifold_functions::sync::handle(world.stack.app(), event, deadline).await;
    let failed: Vec<String> = answer
        .batch_item_failures
        .into_iter()
        .map(|failure| failure.item_identifier)
        .collect();
    assert_eq!(failed, ["m8", "m9"]);
}
