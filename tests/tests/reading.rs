//! What a reader can ask for: filters, times, raw source, fields of one's own, the catalogue itself.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, list, text};

fn ids(records: &[Value]) -> Vec<String> {
    let mut ids: Vec<String> = records.iter().map(|record| text(record, "/id")).collect();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_and_times_say_the_same_live_and_synced() {
    let world = World::start().await;
    let conn = world
        .connect(
            "dynamics_business_central",
            json!({"models": ["vendor"], "history": "all"}),
        )
        .await;
    world.sync(&conn, json!({})).await;
    let every = world.all("/v1/vendors?source=synced", &conn.token).await;
    let one = &every[7];
    let number = text(one, "/number");
    for source in ["live", "synced"] {
        let path = format!("/v1/vendors?source={source}&number={number}");
        assert_eq!(
            ids(&world.all(&path, &conn.token).await),
            ids(std::slice::from_ref(one)),
            "{source}"
        );
        let quoted = format!("/v1/vendors?source={source}&number=%27%20or%20%271%27%20eq%20%271");
        assert_eq!(
            world.all(&quoted, &conn.token).await,
            Vec::<Value>::new(),
            "{source}"
        );
    }
    // Times are compared as they are, whatever the system's own precision.
    let mut times: Vec<String> = every.iter().map(|record| text(record, "/updated_at")).collect();
    times.sort();
    let middle = &times[times.len() / 2];
    let later: Vec<Value> = every
        .iter()
        .filter(|record| text(record, "/updated_at") >= *middle)
        .cloned()
        .collect();
    for source in ["live", "synced"] {
        let path = format!("/v1/vendors?source={source}&modified_after={middle}");
        assert_eq!(
            ids(&world.all(&path, &conn.token).await),
            ids(&later),
            "{source} since {middle}"
        );
    }
    // Pages of any size bring the same.
    for (source, limit) in [("live", 7), ("synced", 7)] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/vendors?source={source}&limit={limit}{cursor}");
            let page = world.get(&path, &conn.token).await.expect(200);
            assert!(list(&page).len() <= limit);
            seen.extend(list(&page));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(ids(&seen), ids(&every), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_source_is_one_parameter_away() {
    let world = World::start().await;
    for (keep, path) in [
        (false, "/v1/vendors?include=raw&limit=1"),
        (true, "/v1/vendors?source=synced&include=raw&limit=1"),
    ] {
        let conn = world
            .connect("sap_s4hana", json!({"models": ["vendor"], "keep_raw": keep}))
            .await;
        world.sync(&conn, json!({})).await;
        let record = list(&world.get(path, &conn.token).await.expect(200)).remove(0);
        let raw = &record["raw"];
        assert!(
            raw.is_object() && raw.to_string().contains(&text(&record, "/number")),
            "{path}: {record}"
        );
        let plain = world
            .get(
                &path.replace("include=raw&", "").replace("&include=raw", ""),
                &conn.token,
            )
            .await;
        assert!(list(&plain.expect(200))[0].get("raw").is_none());
        // What was not kept cannot be shown.
        if !keep {
            let reply = world
                .get("/v1/vendors?source=synced&include=raw&limit=1", &conn.token)
                .await;
            let shown =
                reply.status == 200 && list(&reply.body).iter().any(|record| record.get("raw").is_some());
            assert!(!shown, "{}", reply.text);
        }
        world
            .post(
                &format!("/v1/connections/{}/disconnect", conn.id),
                &world.key,
                json!({}),
            )
            .await
            .expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_of_ones_own_is_there_at_once() {
    let world = World::start().await;
    let conn = world.connect("sap_s4hana", json!({"models": ["vendor"]})).await;
    world.sync(&conn, json!({})).await;
    let (_, cursor) = world.changes(&conn.token, None).await;
    let path = format!("/v1/connections/{}", conn.id);
    let fields = json!({"fields": [{"model": "vendor", "name": "partner_category", "source": "BusinessPartnerCategory"}]});
    let put = world
        .send(
            Method::PUT,
            &format!("{path}/custom-fields"),
            &world.key,
            Some(&fields),
        )
        .await
        .expect(200);
    assert_eq!(put["custom_fields"], fields["fields"]);
    let mapping = world.ask(&format!("{path}/mapping")).await;
    let rows = mapping["data"][0]["fields"].as_array().expect("fields");
    assert!(
        rows.iter()
            .any(|row| row["custom"] == true && row["field"] == "custom_fields.partner_category"),
        "{mapping}"
    );
    assert!(
        rows.iter()
            .all(|row| row["sources"].is_array() && row["conversion"].is_string()),
        "{mapping}"
    );

    let live = list(&world.get("/v1/vendors?limit=1", &conn.token).await.expect(200)).remove(0);
    let value = live["custom_fields"]["partner_category"].clone();
    assert!(value.is_string(), "{live}");
    let syncs = world.synced(&conn).await;
    assert_eq!(
        syncs[0]["counts"]["read"], 60,
        "a full sync began by itself: {}",
        syncs[0]
    );
    let stored = world.all("/v1/vendors?source=synced", &conn.token).await;
    assert!(
        stored
            .iter()
            .all(|record| record["custom_fields"]["partner_category"] == value),
        "{}",
        stored[0]
    );
    let (changes, _) = world.changes(&conn.token, Some(&cursor)).await;
    assert!(changes.len() == 60 && changes.iter().all(|change| change["change"] == "updated"));

    for (field, pointer) in [
        (
            json!({"model": "vendor", "name": "", "source": "A"}),
            "/fields/0/",
        ),
        (
            json!({"model": "unicorn", "name": "a", "source": "A"}),
            "/fields/0/model",
        ),
        (
            json!({"model": "vendor", "name": "a", "source": ""}),
            "/fields/0/source",
        ),
    ] {
        let fields = json!({"fields": [field]});
        let reply = world
            .send(
                Method::PUT,
                &format!("{path}/custom-fields"),
                &world.key,
                Some(&fields),
            )
            .await;
        let problem = reply.problem(422, "invalid_request");
        assert!(
            text(&problem, "/errors/0/pointer").starts_with(pointer),
            "{pointer}: {problem}"
        );
    }
}

/// The catalogue says everything that is needed to connect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalogue_can_be_searched_and_is_complete() {
    let world = World::start().await;
    let every = list(&world.ask("/v1/systems").await);
    assert!(every.len() >= 6);
    // Page by page it is the same catalogue; a cursor is good for its own search only.
    let mut paged = Vec::new();
    let mut path = "/v1/systems?limit=3".to_owned();
    loop {
        let page = world.ask(&path).await;
        paged.extend(list(&page));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        world
            .get(&format!("/v1/systems?q=sap&cursor={next}"), &world.key)
            .await
            .problem(400, "invalid_request");
        path = format!("/v1/systems?limit=3&cursor={next}");
    }
    assert_eq!(paged, every);
    let found = list(&world.ask("/v1/systems?q=business%20central").await);
    assert_eq!(found[0]["system"], "dynamics_business_central");
    assert_eq!(
        list(&world.ask("/v1/systems?q=no%20such%20thing").await),
        Vec::<Value>::new()
    );
    assert_eq!(
        list(&world.ask("/v1/systems?category=erp").await).len(),
        every.len()
    );
    world
        .get("/v1/systems?category=toaster", &world.key)
        .await
        .problem(400, "invalid_request");
    // The form is English unless another language is asked for, and one that nobody has translated stays whole.
    for (system, lang, language, title) in [
        ("sap_s4hana", "de-AT", "de", "Mandant (Tenant)"),
        ("netsuite", "es", "es", "ID de cuenta"),
        ("sap_s4hana", "xx", "en", "Tenant"),
        ("xero", "fr", "en", "Tenant ID"),
    ] {
        let system = world.ask(&format!("/v1/systems/{system}?lang={lang}")).await;
        let said = (text(&system, "/language"), text(&system, "/settings/0/title"));
        assert_eq!(said, (language.to_owned(), title.to_owned()));
    }
    world
        .get("/v1/systems/none", &world.key)
        .await
        .problem(404, "not_found");
    for summary in &every {
        let system = world
            .ask(&format!("/v1/systems/{}", text(summary, "/system")))
            .await;
        for field in system["settings"]
            .as_array()
            .into_iter()
            .chain(system["credentials"].as_array())
            .flatten()
        {
            for name in ["key", "title", "description"] {
                assert!(
                    field[name].as_str().is_some_and(|text| !text.is_empty()),
                    "{name} of {field}"
                );
            }
            for name in ["secret", "required", "advanced"] {
                assert!(field[name].is_boolean(), "{name} of {field}");
            }
        }
        assert!(matches!(system["credits"].as_u64(), Some(1 | 2 | 4)), "{system}");
        assert!(
            matches!(system["hosting"].as_str(), Some("cloud" | "on_premises" | "ask")),
            "{system}"
        );
        let level = system["verified"]["level"].as_str();
        assert!(
            matches!(
                level,
                Some("none" | "specification" | "third_party_server" | "real_system")
            ),
            "{system}"
        );
        assert!(
            !system["guidance"].as_array().expect("steps").is_empty(),
            "{system}"
        );
        for capability in system["capabilities"].as_array().expect("capabilities") {
            for name in ["read", "incremental", "create", "update"] {
                assert!(capability[name].is_boolean(), "{name} of {capability}");
            }
            assert!(
                capability["deletes"].is_string() && capability["filters"].is_array(),
                "{capability}"
            );
        }
        let settings = system["settings"].as_array().expect("settings");
        let known = settings.iter().any(|field| field["key"] == "instance_url");
        assert!(known, "{} has no instance_url", summary["system"]);
    }
}

/// Keys come and go; a key that was withdrawn opens nothing any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_a_workspace_can_be_withdrawn() {
    let world = World::start().await;
    let admin = secrecy::ExposeSecret::expose_secret(&world.stack.admin_key()).to_owned();
    let made = world
        .post("/v1/workspaces", &admin, json!({"name": "Else", "credits": 7}))
        .await
        .expect(201);
    let path = format!("/v1/workspaces/{}", text(&made, "/workspace/id"));
    let second = world.post(&format!("{path}/keys"), &admin, json!({})).await;
    assert!(matches!(second.status, 200 | 201), "{}", second.text);
    let (id, key) = (text(&second.body, "/id"), text(&second.body, "/key"));
    for token in [&key, &text(&made, "/key")] {
        assert_eq!(world.get("/v1/credits", token).await.expect(200)["total"], 7);
    }
    let gone = world
        .send(Method::DELETE, &format!("{path}/keys/{id}"), &admin, None)
        .await;
    assert!(gone.status < 300, "{}", gone.text);
    world.get("/v1/credits", &key).await.problem(401, "token_revoked");
    world.get("/v1/credits", &text(&made, "/key")).await.expect(200);
    let again = world
        .send(Method::DELETE, &format!("{path}/keys/{id}"), &admin, None)
        .await;
    assert!(
        again.status < 300 || again.status == 404,
        "twice is once: {}",
        again.text
    );
    world
        .send(Method::DELETE, &format!("{path}/keys/key_none"), &admin, None)
        .await
        .problem(404, "not_found");
    world
        .get("/v1/workspaces/ws_none", &admin)
        .await
        .problem(404, "not_found");
    let shown = world.get(&path, &admin).await.expect(200);
    assert_eq!(
        (&shown["name"], &shown["credits"]["free"]),
        (&json!("Else"), &json!(7))
    );
}
