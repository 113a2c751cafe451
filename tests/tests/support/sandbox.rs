//! The sandbox's control API.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Reply, World, list};

impl World {
    /// One request to the sandbox's control API.
    pub async fn control(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.stack.sandbox_url()));
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        Reply::of(request).await
    }

    /// Sets a fault of a system; `with` adds `seconds`, `count` or `delay_ms`.
    pub async fn fault(&self, system: &str, fault: &str, with: Value) {
        let mut order = json!({"system": system, "fault": fault});
        for (name, value) in with.as_object().into_iter().flatten() {
            order[name] = value.clone();
        }
        self.control(Method::POST, "/_faults", Some(&order))
            .await
            .expect(200);
    }

    /// Ends all faults.
    pub async fn heal(&self) {
        let reply = self.control(Method::DELETE, "/_faults", None).await;
        assert!(reply.status < 300, "{}", reply.text);
    }

    /// What a system was asked so far.
    pub async fn requests(&self, system: &str) -> Vec<Value> {
        list(
            &self
                .control(Method::GET, &format!("/_requests?system={system}"), None)
                .await
                .expect(200),
        )
    }

    /// Creates or changes a record in a system; the id that it has there.
    pub async fn put_record(&self, system: &str, model: &str, id: &str, record: Value) -> String {
        let path = format!("/_records/{system}/{model}/{id}");
        let done = self.control(Method::PUT, &path, Some(&record)).await.expect(200);
        super::text(&done, "/id")
    }

    /// Removes a record from a system, or marks it as the vendor does.
    pub async fn delete_record(&self, system: &str, model: &str, id: &str) {
        self.control(Method::DELETE, &format!("/_records/{system}/{model}/{id}"), None)
            .await
            .expect(200);
    }
}
