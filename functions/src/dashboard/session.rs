//! Who sits at the dashboard: the session's cookie, and the check of every form that is sent.
//!
//! A deployment is https, so its cookie is `__Host-` and `Secure`. The local stack is http on loopback, where
//! not every browser keeps such cookies: there the cookie has neither, and its name carries the port, since
//! browsers do not tell the ports of a host apart.

use std::time::Instant;

use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use manifold_domain::{
    audit::Actor,
    error::Problem,
    session::{self, LASTS},
    workspace::{self, Workspace},
};
use subtle::ConstantTimeEq as _;

use super::{
    frame, sign_in,
    trouble::{Told, Trouble},
};
use crate::{
    app::App,
    gate::{body, caller, rates},
};

/// The field that every form carries.
pub const FORM_FIELD: &str = "form";

/// A person at the dashboard, and what their pages need.
#[derive(Clone)]
pub struct Seat {
    /// The deployment.
    pub app: App,
    /// Whose dashboard it is.
    pub workspace: Workspace,
    /// The API key that signed in.
    pub key: String,
    /// For the audit log.
    pub actor: Actor,
    /// What every form of this session carries.
    pub form: String,
    /// Headers of the request.
    pub headers: HeaderMap,
    /// What was just done, as the query says: `?did=synced`.
    pub did: Option<String>,
}

impl Seat {
    /// The workspace's id.
    #[must_use]
    pub fn ws(&self) -> &str {
        &self.workspace.id
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Seat {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        let seat = parts.extensions.get::<Seat>();
        seat.cloned().ok_or_else(|| Problem::Unauthorized.into())
    }
}

/// Lets in whoever has a session, and forms only when they come from its own pages.
pub async fn seat(State(app): State<App>, request: Request, next: Next) -> Response {
    let Some(token) = cookie(&app, request.headers()) else {
        let elsewhere = fetch_site(request.headers()) == Some("cross-site");
        return if elsewhere && request.method() == Method::GET {
            // A strict cookie does not come along from another site. The page asks once more, from here.
            frame::ask_again(request.headers())
        } else {
            sign_in::send_there(&app, &request, false)
        };
    };
    let opened = match session::open(&app.domain, &token).await {
        Ok(opened) => opened,
        Err(Problem::Unauthorized | Problem::TokenRevoked) => {
            return sign_in::send_there(&app, &request, true);
        }
        Err(problem) => return frame::alone(&Told::of(&problem), request.headers()),
    };
    let allowance = app.rates.count(&opened.ws, rates::WORKSPACE, Instant::now());
    if !allowance.granted {
        return frame::alone(&Told::too_fast(allowance.reset), request.headers());
    }
    let workspace = match workspace::get(&app.domain, &opened.ws).await {
        Ok(workspace) => workspace,
        Err(problem) => return frame::alone(&Told::of(&problem), request.headers()),
    };
    let seat = Seat {
        form: app.domain.keys.form_token(&token),
        actor: caller::actor(&opened.key, &request),
        headers: request.headers().clone(),
        did: parameter(request.uri().query().unwrap_or_default(), "did"),
        key: opened.key,
        workspace,
        app,
    };
    let (mut parts, content) = request.into_parts();
    parts.extensions.insert(seat.clone());
    let content = if parts.method == Method::POST {
        match checked(&parts.headers, content, &seat.form).await {
            Ok(content) => content,
            Err(told) => return seat.trouble(&told),
        }
    } else {
        content
    };
    let mut response = next.run(Request::from_parts(parts, content)).await;
    match response.extensions_mut().remove::<Told>() {
        Some(told) => seat.trouble(&told),
        None => response,
    }
}

/// The body of a form that comes from a page of this very session.
async fn checked(headers: &HeaderMap, content: Body, form: &str) -> Result<Body, Told> {
    let refused = || {
        Told::new(
            StatusCode::FORBIDDEN,
            "This form is not from here",
            "It was not sent from a page of this session. Go back, load the page again, and repeat it.",
        )
    };
    if !is_ours(headers) {
        return Err(refused());
    }
    let bytes = body::read(content).await.map_err(|_| {
        Told::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "The form is too large",
            "It was cut off, or is over 1 MiB.",
        )
    })?;
    let given = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| parameter(text, FORM_FIELD))
        .unwrap_or_default();
    if bool::from(given.as_bytes().ct_eq(form.as_bytes())) {
        Ok(Body::from(bytes))
    } else {
        Err(refused())
    }
}

/// Whether a form was sent from a page of this host, as far as the browser says. `Origin` is `null` on our own
/// pages, since they send no referrer.
pub fn is_ours(headers: &HeaderMap) -> bool {
    if let Some(site) = fetch_site(headers) {
        return matches!(site, "same-origin" | "none");
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (None | Some("null"), _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, of)| of == host),
        (Some(_), None) => false,
    }
}

fn fetch_site(headers: &HeaderMap) -> Option<&str> {
    headers.get("sec-fetch-site")?.to_str().ok()
}

/// A parameter of a query or a form.
fn parameter(text: &str, name: &str) -> Option<String> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(text).ok()?;
    pairs
        .into_iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value)
}

/// Name of the cookie, and whether it is `Secure`.
fn cookie_name(app: &App) -> (String, bool) {
    match app.public_url.strip_prefix("http://") {
        Some(host) => {
            let port = host.rsplit(':').next().unwrap_or_default();
            let port: String = port.chars().filter(char::is_ascii_digit).collect();
            (format!("manifold-session-{port}"), false)
        }
        None => ("__Host-manifold-session".to_owned(), true),
    }
}

/// The session's token, as the browser keeps it.
pub fn cookie(app: &App, headers: &HeaderMap) -> Option<String> {
    let (name, _) = cookie_name(app);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|one| one.trim().split_once('='))
        .find(|(given, _)| *given == name)
        .map(|(_, value)| value.to_owned())
}

/// Gives the browser a session's token, or takes it away.
pub fn set_cookie(app: &App, response: &mut Response, token: Option<&str>) {
    let (name, secure) = cookie_name(app);
    let seconds = token.map_or(0, |_| LASTS.as_secs());
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{name}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}",
        token.unwrap_or_default()
    );
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

impl Seat {
    /// A page that says what went wrong.
    #[must_use]
    pub fn trouble(&self, told: &Told) -> Response {
        frame::trouble(self, told)
    }

    /// To another page, after something was done.
    #[must_use]
    pub fn go(&self, path: &str, did: &str) -> Response {
        let joined = if path.contains('?') { '&' } else { '?' };
        axum::response::Redirect::to(&format!("{path}{joined}did={did}")).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_sites_are_known_by_what_the_browser_says() {
        for (site, origin, ours) in [
            (Some("same-origin"), Some("null"), true),
            (Some("same-site"), None, false),
            (Some("cross-site"), Some("null"), false),
            (None, None, true),
            (None, Some("null"), true),
            (None, Some("https://manifold.example"), true),
            (None, Some("https://evil.example"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("manifold.example"));
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_ours(&headers), ours, "{site:?} {origin:?}");
        }
    }
}
