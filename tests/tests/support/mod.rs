//! What the stories stand on: a whole stack in this process, spoken to over HTTP like any client would.

mod process;
mod receiver;
mod reply;
mod sandbox;
mod tables;
mod wait;

use manifold_local::{Options, Stack};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

pub use process::Process;
pub use receiver::Receiver;
pub use reply::Reply;
pub use tables::Tables;
pub use wait::until;

/// A stack in memory and a client for it. Each story has one of its own.
pub struct World {
    /// The stack itself, for what cannot be seen from outside.
    pub stack: Stack,
    /// The workspace key.
    pub key: String,
    client: reqwest::Client,
}

/// A connection that a story made.
#[derive(Debug, Clone)]
pub struct Conn {
    /// `conn_…`
    pub id: String,
    /// `mft_…`
    pub token: String,
    /// The system's id in the catalogue.
    pub system: String,
}

/// A client without a proxy, without redirects, with an end to its patience.
pub fn client() -> reqwest::Client {
    // Whoever came first installed the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let patience = std::time::Duration::from_secs(60);
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(patience)
        .build()
        .expect("a client")
}

impl World {
    /// A stack whose clock goes like the wall's.
    pub async fn start() -> Self {
        Self::at_speed(1).await
    }

    /// A stack whose clock is this many times faster.
    pub async fn at_speed(speed: u32) -> Self {
        Self::with(&Options {
            speed,
            ..Options::default()
        })
        .await
    }

    /// A stack that keeps its data in a folder, where [`Tables`] finds it.
    pub async fn kept(folder: &std::path::Path) -> Self {
        Self::with(&Options {
            data: Some(folder.to_owned()),
            ..Options::default()
        })
        .await
    }

    async fn with(options: &Options) -> Self {
        let stack = Stack::start(options).await.expect("a stack starts");
        let key = stack.workspace_key().expose_secret().to_owned();
        Self {
            stack,
            key,
            client: client(),
        }
    }

    /// One request. A body goes out as JSON.
    pub async fn send(&self, method: Method, path: &str, token: &str, body: Option<&Value>) -> Reply {
        let mut request = self.request(method, path).bearer_auth(token);
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let reply = Reply::of(request).await;
        assert!(
            reply.header("manifold-request-id").starts_with("req_"),
            "every answer names its request: {path}"
        );
        reply
    }

    /// A request to be completed, without a token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.stack.url()))
    }

    /// GET with a token.
    pub async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(Method::GET, path, token, None).await
    }

    /// POST with a token.
    pub async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.send(Method::POST, path, token, Some(&body)).await
    }

    /// GET with the workspace key.
    pub async fn ask(&self, path: &str) -> Value {
        self.get(path, &self.key).await.expect(200)
    }

    /// GET with the workspace key and the header that names the connection.
    pub async fn get_as(&self, conn: &str, path: &str) -> Reply {
        Reply::of(
            self.request(Method::GET, path)
                .bearer_auth(&self.key)
                .header("manifold-connection", conn),
        )
        .await
    }

    /// Connects a system of the sandbox with what `with` adds to the request. Runs by hand only, unless it says so.
    pub async fn connect(&self, system: &str, with: Value) -> Conn {
        let made = self
            .post("/v1/connections", &self.key, self.connect_body(system, with))
            .await
            .expect(201);
        Conn {
            id: text(&made, "/connection/id"),
            token: text(&made, "/token"),
            system: system.to_owned(),
        }
    }

    /// What connects a system of the sandbox, with what `with` adds or replaces.
    pub fn connect_body(&self, system: &str, with: Value) -> Value {
        let entry = self
            .stack
            .sandbox()
            .entries()
            .into_iter()
            .find(|entry| entry.system == system);
        let mut body = serde_json::to_value(entry.expect("a system of the sandbox")).expect("serialises");
        body["customer"] = json!({"id": "customer-1", "name": "First customer"});
        body["schedule"] = json!("manual");
        for (name, value) in with.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    }

    /// The syncs of a connection once none of them is waiting or going on.
    pub async fn settled(&self, conn: &Conn) -> Vec<Value> {
        until("syncs to end", || async {
            let syncs = self.syncs(conn).await;
            let going = |sync: &Value| matches!(sync["state"].as_str(), Some("queued" | "running"));
            (!syncs.iter().any(going)).then_some(syncs)
        })
        .await
    }

    /// As [`World::settled`], and each of them succeeded.
    pub async fn synced(&self, conn: &Conn) -> Vec<Value> {
        let syncs = self.settled(conn).await;
        for sync in &syncs {
            // By hand only, so one that nobody asked for never ran.
            assert!(
                sync["state"] == "succeeded" || sync["state"] == "never",
                "{}: {sync}",
                conn.system
            );
        }
        syncs
    }

    /// How each model's sync stands.
    pub async fn syncs(&self, conn: &Conn) -> Vec<Value> {
        list(&self.ask(&format!("/v1/connections/{}/syncs", conn.id)).await)
    }

    /// Starts syncs and waits until they succeeded. A run that waited since an outage shows that until it goes on, so
    /// that only a new success counts.
    pub async fn sync(&self, conn: &Conn, what: Value) -> Vec<Value> {
        let model = what["model"].as_str().map(str::to_owned);
        let before = self.syncs(conn).await;
        self.post(&format!("/v1/connections/{}/syncs", conn.id), &self.key, what)
            .await
            .expect(202);
        until("the syncs that were asked for", || async {
            let now = self.syncs(conn).await;
            let new = |(now, before): (&Value, &Value)| {
                model.as_deref().is_some_and(|model| now["model"] != model)
                    || now["last_success_at"] != before["last_success_at"]
            };
            now.iter().zip(&before).all(new).then_some(())
        })
        .await;
        self.synced(conn).await
    }

    /// Every record of a list, page by page.
    pub async fn all(&self, path: &str, token: &str) -> Vec<Value> {
        let mut records = Vec::new();
        let mut cursor = String::new();
        let joined = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self
                .get(&format!("{path}{joined}limit=500{cursor}"), token)
                .await
                .expect(200);
            records.extend(list(&page));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return records,
            }
        }
    }

    /// The feed from a cursor on until an empty page, and the cursor there.
    pub async fn changes(&self, token: &str, cursor: Option<&str>) -> (Vec<Value>, String) {
        let mut changes = Vec::new();
        let mut cursor = cursor.map(str::to_owned);
        loop {
            let from = cursor
                .as_deref()
                .map(|cursor| format!("&cursor={cursor}"))
                .unwrap_or_default();
            let page = self
                .get(&format!("/v1/changes?limit=500{from}"), token)
                .await
                .expect(200);
            cursor = Some(text(&page, "/next_cursor"));
            let found = list(&page);
            if found.is_empty() {
                return (changes, cursor.unwrap_or_default());
            }
            changes.extend(found);
        }
    }

    /// Makes a webhook endpoint with what `with` adds to the request; its id and secret.
    pub async fn endpoint(&self, url: &str, with: Value) -> (String, String) {
        let mut body = json!({"url": url});
        for (name, value) in with.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let made = self
            .post("/v1/webhook-endpoints", &self.key, body)
            .await
            .expect(201);
        (text(&made, "/id"), text(&made, "/secret"))
    }

    /// The log of a webhook endpoint, newest event first.
    pub async fn deliveries(&self, endpoint: &str) -> Vec<Value> {
        self.all(&format!("/v1/webhook-endpoints/{endpoint}/deliveries"), &self.key)
            .await
    }

    /// The connection as the workspace sees it.
    pub async fn connection(&self, conn: &Conn) -> Value {
        self.ask(&format!("/v1/connections/{}", conn.id)).await
    }

    /// `(total, held, free)`.
    pub async fn credits(&self) -> (u64, u64, u64) {
        let credits = self.ask("/v1/credits").await;
        let of = |name: &str| credits[name].as_u64().expect("a number");
        let (total, held, free) = (of("total"), of("held"), of("free"));
        assert_eq!(held + free, total, "held + free = total, always");
        (total, held, free)
    }

    /// Events of these kinds about a connection, oldest first.
    pub async fn events(&self, conn: &Conn, kinds: &[&str]) -> Vec<String> {
        let mut events = self.all("/v1/events", &self.key).await;
        events.reverse();
        let about = events
            .iter()
            .filter(|event| event["data"]["connection_id"] == conn.id.as_str());
        let kind = about.filter_map(|event| event["type"].as_str());
        kind.filter(|kind| kinds.contains(kind))
            .map(str::to_owned)
            .collect()
    }
}

/// The text at a JSON pointer.
#[track_caller]
pub fn text(value: &Value, pointer: &str) -> String {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found
        .unwrap_or_else(|| panic!("no text at {pointer} of {value}"))
        .to_owned()
}

/// The entries of a list's page.
#[track_caller]
pub fn list(page: &Value) -> Vec<Value> {
    page["data"]
        .as_array()
        .unwrap_or_else(|| panic!("no list: {page}"))
        .clone()
}
