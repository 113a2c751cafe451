//! The dashboard, spoken to as a browser does: who gets in, what each page shows, what each form does.

mod endpoints;
mod person;

use manifold_functions::pages::assets::zip;
use reqwest::{Method, header};
use secrecy::ExposeSecret as _;
use serde_json::json;

use person::filled;

use crate::support::{Conn, Reply, World, text};

/// Names that a page must not take for markup.
const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x>";

/// Pages that name nothing.
const PAGES: &[&str] = &[
    "/dashboard",
    "/dashboard/connections",
    "/dashboard/connections?q=first&status=online&system=sap_s4hana",
    "/dashboard/connect",
    "/dashboard/systems",
    "/dashboard/systems?q=sap&category=erp",
    "/dashboard/systems/sap_s4hana",
    "/dashboard/events",
    "/dashboard/credits",
    "/dashboard/keys",
    "/dashboard/start",
];

/// Pages of a connection, behind its id.
const OF_CONNECTION: &[&str] = &[
    "",
    "/records",
    "/records?model=vendor",
    "/record?model=vendor&id={vendor}",
    "/mapping",
    "/timeline",
    "/put-aside",
    "/settings",
    "/rotate-token",
    "/erase",
    "/disconnect",
];

/// Forms of a connection, behind its id, with what they send.
const DEEDS: &[(&str, &[(&str, &str)])] = &[
    ("/sync", &[]),
    ("/repair", &[]),
    (
        "/custom-fields",
        &[("model", "vendor"), ("name", "mine"), ("source", "Language")],
    ),
    ("/custom-fields/remove", &[("model", "vendor"), ("name", "mine")]),
    ("/put-aside/vendor.1", &[]),
    ("/settings", &[("every", "15m")]),
    ("/rotate-token", &[]),
    ("/erase", &[("typed", "First customer")]),
    ("/disconnect", &[]),
];

fn at(conn: &Conn, step: &str) -> String {
    format!("/dashboard/connections/{}{step}", conn.id)
}

/// The id of some vendor.
async fn vendor_of(world: &World, token: &str) -> String {
    text(&world.all("/v1/vendors?source=synced", token).await[0], "/id")
}

async fn with_vendors(world: &World) -> Conn {
    let conn = world
        .connect("sap_s4hana", json!({"models": ["vendor"], "keep_raw": true}))
        .await;
    world.sync(&conn, json!({})).await;
    conn
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_workspace_key_gets_in() {
    let world = World::start().await;
    let conn = with_vendors(&world).await;
    let admin = world.stack.admin_key().expose_secret().to_owned();
    for wrong in ["", "nonsense", "mfk_nonsense", &conn.token, &admin] {
        let reply = world.knock(wrong, "").await;
        assert_eq!(reply.status, 401, "{wrong}");
        assert_eq!(reply.header("set-cookie"), "", "{wrong}");
        assert!(
            wrong.is_empty() || !reply.text.contains(wrong),
            "{wrong} is shown again"
        );
    }
    let reply = world.knock(&world.key, "/dashboard/events").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, "/dashboard/events")
    );
    let cookie = reply.header("set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let elsewhere = world.knock(&world.key, "//evil.example").await;
    assert_eq!(elsewhere.header("location"), "/dashboard");

    // A page of another site cannot sign anybody in.
    let form = [("key", world.key.as_str())];
    let request = filled(world.request(Method::POST, "/dashboard/sign-in"), &form);
    let foreign = Reply::of(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!((foreign.status, foreign.header("set-cookie")), (403, ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_asks_for_a_session_and_is_safe_and_small() {
    let world = World::start().await;
    let conn = with_vendors(&world).await;
    let person = world.person(&world.key).await;
    let vendor = vendor_of(&world, &conn.token).await;
    let of_connection = OF_CONNECTION
        .iter()
        .map(|step| at(&conn, &step.replace("{vendor}", &vendor)));
    for path in PAGES.iter().map(|path| (*path).to_owned()).chain(of_connection) {
        let stranger = Reply::of(world.request(Method::GET, &path)).await;
        assert_eq!(stranger.status, 303, "{path}");
        assert!(
            stranger
                .header("location")
                .starts_with("/dashboard/sign-in?next="),
            "{path}"
        );

        let request = world
            .request(Method::GET, &path)
            .header(header::COOKIE, &person.cookie);
        let reply = Reply::of(request).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        let policy = reply.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{path}: {policy}"
        );
        assert!(
            !reply.text.contains(" style=") && !reply.text.contains(" onclick"),
            "{path}"
        );
        assert!(!reply.text.contains(&world.key), "{path} shows the key");

        let size = zip(reply.text.as_bytes()).len();
        assert!(size < 60_000, "{path} takes {size} bytes");
    }
    let missing = person.get("/dashboard/nowhere").await;
    assert_eq!(missing.status, 404);
    assert!(missing.text.contains("There is no such page"), "{}", missing.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_others_do_nothing() {
    let world = World::start().await;
    let conn = with_vendors(&world).await;
    let before = world.connection(&conn).await;
    let person = world.person(&world.key).await;
    let token = person.form_token().await;
    let other = world.person(&world.key).await.form_token().await;
    assert_ne!(token, other, "each session has its own");
    for (step, fields) in DEEDS {
        let path = at(&conn, step);
        let mut with = fields.to_vec();
        let bare = person.post_bare(&path, &with, &[]).await;
        with.push(("form", other.as_str()));
        let of_other = person.post_bare(&path, &with, &[]).await;
        with.pop();
        with.push(("form", token.as_str()));
        let foreign = person
            .post_bare(&path, &with, &[("sec-fetch-site", "cross-site")])
            .await;
        let nobody = Reply::of(filled(world.request(Method::POST, &path), &with)).await;
        assert_eq!(
            (bare.status, of_other.status, foreign.status, nobody.status),
            (403, 403, 403, 303),
            "{path}"
        );
    }
    assert_eq!(world.connection(&conn).await, before, "nothing was done");
    world.get("/v1/connection", &conn.token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_workspaces_connection_is_not_there() {
    let world = World::start().await;
    let conn = with_vendors(&world).await;
    let before = world.connection(&conn).await;
    let admin = world.stack.admin_key().expose_secret().to_owned();
    let stranger = world
        .post("/v1/workspaces", &admin, json!({"name": "Else", "credits": 4}))
        .await
        .expect(201);
    let stranger = world.person(&text(&stranger, "/key")).await;
    for step in OF_CONNECTION {
        let reply = stranger.get(&at(&conn, step)).await;
        assert_eq!(reply.status, 404, "{step}: {}", reply.text);
        assert!(!reply.text.contains("First customer"), "{step} tells of it");
    }
    for (step, fields) in DEEDS {
        let reply = stranger.post(&at(&conn, step), fields).await;
        assert_eq!(reply.status, 404, "{step}: {}", reply.text);
    }
    let event = text(&world.ask("/v1/events").await["data"][0], "/id");
    let reply = stranger.get(&format!("/dashboard/events/{event}")).await;
    assert_eq!(reply.status, 404, "{}", reply.text);
    for list in [
        "/dashboard",
        "/dashboard/connections",
        "/dashboard/events",
        "/dashboard/credits",
    ] {
        let page = stranger.page(list).await;
        assert!(!page.contains(&conn.id), "{list} tells of it");
    }
    assert_eq!(world.connection(&conn).await, before, "and nothing was done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_by_signing_out_and_with_its_key() {
    let world = World::start().await;
    let person = world.person(&world.key).await;
    let stays = world.person(&world.key).await;
    let out = person.post("/dashboard/sign-out", &[]).await;
    assert_eq!(out.status, 303);
    assert!(
        out.header("set-cookie").contains("Max-Age=0"),
        "{}",
        out.header("set-cookie")
    );
    let over = person.get("/dashboard").await;
    assert_eq!(
        over.status, 303,
        "the cookie opens nothing, wherever it was copied to"
    );
    assert!(over.header("location").contains("ended=1"));
    stays.page("/dashboard").await;

    let admin = world.stack.admin_key().expose_secret().to_owned();
    let made = world
        .post("/v1/workspaces", &admin, json!({"name": "Else", "credits": 4}))
        .await
        .expect(201);
    let ws = text(&made, "/workspace/id");
    let guest = world.person(&text(&made, "/key")).await;
    let page = guest.page("/dashboard/keys").await;
    let id: String = page[page.find("key_").expect("a key")..]
        .chars()
        .take(30)
        .collect();
    let withdrawn = world
        .send(
            Method::DELETE,
            &format!("/v1/workspaces/{ws}/keys/{id}"),
            &admin,
            None,
        )
        .await;
    assert_eq!(withdrawn.status, 204, "{id}: {}", withdrawn.text);
    assert_eq!(guest.get("/dashboard").await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_systems_and_people_write_is_text() {
    let world = World::start().await;
    let customer = json!({"id": HOSTILE, "name": HOSTILE});
    let conn = world
        .connect(
            "sap_s4hana",
            json!({"models": ["vendor"], "customer": customer, "keep_raw": true}),
        )
        .await;
    let id = world
        .put_record("sap_s4hana", "vendor", "66601", json!({"name": HOSTILE}))
        .await;
    world.sync(&conn, json!({})).await;
    let person = world.person(&world.key).await;
    let record = format!("/record?model=vendor&id={id}");
    for step in OF_CONNECTION
        .iter()
        .copied()
        .filter(|step| !step.contains("{vendor}"))
        .chain([record.as_str()])
    {
        let page = person.page(&at(&conn, step)).await;
        assert!(
            !page.contains("<script>alert") && !page.contains("<img src=x"),
            "{step}"
        );
    }
    let shown = person.page(&at(&conn, &record)).await;
    assert!(shown.contains("&lt;script&gt;alert(1)"), "{shown}");
    for path in [
        "/dashboard",
        "/dashboard/connections?q=%3Cscript%3Ealert",
        "/dashboard/events",
        "/dashboard/start",
    ] {
        let page = person.page(path).await;
        assert!(
            !page.contains("<script>alert") && !page.contains("<img src=x"),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_connection_can_do_its_pages_do() {
    let world = World::start().await;
    let conn = with_vendors(&world).await;
    let person = world.person(&world.key).await;

    // A field of the source, added here, is in records that are read now; a path that leads nowhere is refused.
    let field = [("model", "vendor"), ("name", "language"), ("source", "Language")];
    let added = person.post(&at(&conn, "/custom-fields"), &field).await;
    assert_eq!(added.status, 303, "{}", added.text);
    let again = person.post(&at(&conn, "/custom-fields"), &field).await;
    assert_eq!(again.status, 422);
    assert!(again.text.contains("Two fields of one model"), "{}", again.text);
    world.settled(&conn).await;
    let fields = world.ask(&format!("/v1/connections/{}/mapping", conn.id)).await["custom_fields"].clone();
    assert_eq!(
        fields,
        json!([{"model": "vendor", "name": "language", "source": "Language"}])
    );
    person
        .post(&at(&conn, "/custom-fields/remove"), &field[..2])
        .await;
    let fields = world.ask(&format!("/v1/connections/{}/mapping", conn.id)).await["custom_fields"].clone();
    assert_eq!(fields, json!([]));

    // A record stands beside its source.
    let vendor = vendor_of(&world, &conn.token).await;
    let page = person
        .page(&at(&conn, &format!("/record?model=vendor&id={vendor}")))
        .await;
    assert!(page.contains("j-key") && page.contains("Source"), "{page}");
    let live = person
        .page(&at(&conn, &format!("/record?model=vendor&id={vendor}&from=live")))
        .await;
    assert!(live.contains("From the system, just now"), "{live}");

    let saved = person.post(&at(&conn, "/settings"), &[("every", "6h")]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let kept = world.connection(&conn).await;
    assert_eq!(
        (&kept["schedule"], &kept["keep_raw"]),
        (&json!("6h"), &json!(false))
    );
    let unknown = person.post(&at(&conn, "/settings"), &[("every", "5s")]).await;
    assert_eq!(unknown.status, 422, "{}", unknown.text);

    let rotated = person.post(&at(&conn, "/rotate-token"), &[]).await;
    assert_eq!(rotated.status, 200);
    let (_, rest) = rotated.text.split_once("id=\"token\">").expect("a token");
    let token = rest.split('<').next().expect("a token").to_owned();
    world
        .get("/v1/connection", &conn.token)
        .await
        .problem(401, "token_revoked");
    world.get("/v1/connection", &token).await.expect(200);

    let link = person.post(&at(&conn, "/repair"), &[]).await;
    assert!(link.text.contains("#token=mfl_"), "{}", link.text);

    let mistyped = person.post(&at(&conn, "/erase"), &[("typed", "first")]).await;
    assert_eq!(mistyped.status, 422, "{}", mistyped.text);
    assert!(!world.all("/v1/vendors?source=synced", &token).await.is_empty());
    let erased = person
        .post(&at(&conn, "/erase"), &[("typed", "First customer")])
        .await;
    assert_eq!(erased.status, 303, "{}", erased.text);

    let (_, held, _) = world.credits().await;
    assert!(held > 0);
    let ended = person.post(&at(&conn, "/disconnect"), &[]).await;
    assert_eq!(ended.status, 303, "{}", ended.text);
    world
        .get("/v1/connection", &token)
        .await
        .problem(401, "token_revoked");
    assert_eq!(world.credits().await.1, 0);
    let page = person.page(&at(&conn, "")).await;
    assert!(page.contains("Disconnected"), "{page}");
    let sync = person.post(&at(&conn, "/sync"), &[]).await;
    assert_eq!(sync.status, 409, "{}", sync.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_for_a_customer_is_made_here() {
    let world = World::start().await;
    let person = world.person(&world.key).await;
    let nameless = person
        .post("/dashboard/connect", &[("customer", ""), ("name", "")])
        .await;
    assert_eq!(nameless.status, 422, "{}", nameless.text);
    let made = person
        .post(
            "/dashboard/connect",
            &[
                ("customer", "c-7"),
                ("name", "Harbour Foods"),
                ("system", "netsuite"),
            ],
        )
        .await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(
        made.text.contains("/connect/lnk_") && made.text.contains("#token=mfl_"),
        "{}",
        made.text
    );
}
