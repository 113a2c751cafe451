//! Somebody at the dashboard, with a browser's means: a cookie and forms.

use reqwest::{Method, RequestBuilder, header};

use crate::support::{Reply, World};

/// A request with a form's fields.
pub(super) fn filled(request: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let body = serde_urlencoded::to_string(fields).expect("texts");
    request
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
}

/// Somebody at the dashboard.
pub(super) struct Person<'a> {
    pub(super) world: &'a World,
    pub(super) cookie: String,
}

impl World {
    /// Sends a sign-in form.
    pub(super) async fn knock(&self, key: &str, next: &str) -> Reply {
        let form = [("key", key), ("next", next)];
        Reply::of(filled(self.request(Method::POST, "/dashboard/sign-in"), &form)).await
    }

    /// Signs in.
    pub(super) async fn person(&self, key: &str) -> Person<'_> {
        let reply = self.knock(key, "").await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let cookie = reply.header("set-cookie").split(';').next().expect("a cookie");
        Person {
            world: self,
            cookie: cookie.to_owned(),
        }
    }
}

impl Person<'_> {
    pub(super) async fn get(&self, path: &str) -> Reply {
        let request = self.world.request(Method::GET, path);
        Reply::of(request.header(header::COOKIE, &self.cookie)).await
    }

    pub(super) async fn page(&self, path: &str) -> String {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.text
    }

    /// What forms of this session carry.
    pub(super) async fn form_token(&self) -> String {
        let page = self.page("/dashboard/keys").await;
        let (_, rest) = page.split_once("name=\"form\" value=\"").expect("a form");
        rest.split('"').next().expect("a value").to_owned()
    }

    pub(super) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.form_token().await;
        let mut all = vec![("form", token.as_str())];
        all.extend_from_slice(fields);
        self.post_bare(path, &all, &[]).await
    }

    pub(super) async fn post_bare(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = filled(self.world.request(Method::POST, path), fields);
        request = request.header(header::COOKIE, &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Reply::of(request).await
    }
}
