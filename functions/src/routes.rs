//! Which function serves which route. Tests compare what `connect` and `disconnect` serve with template.yaml, and all of
//! it with the description.

use std::borrow::Cow;

use http::Method;
use manifold_connectors::model;

/// A function behind the HTTP API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Everything but what the others serve.
    Api,
    /// Talks to systems on behalf of somebody who connects: has the vault's write permissions.
    Connect,
    /// Ends connections: may destroy secrets and not read them.
    Disconnect,
}

/// Routes of the api function, but those of the unified models; `{…}` stands for one step of a path.
const API: &[(&str, &str)] = &[
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/changes"),
    ("GET", "/v1/connection"),
    ("GET", "/v1/connections"),
    ("GET", "/v1/connections/{id}"),
    ("PUT", "/v1/connections/{id}/custom-fields"),
    ("DELETE", "/v1/connections/{id}/data"),
    ("GET", "/v1/connections/{id}/mapping"),
    ("GET", "/v1/connections/{id}/quarantine"),
    ("POST", "/v1/connections/{id}/quarantine/{item}/retry"),
    ("POST", "/v1/connections/{id}/rotate-token"),
    ("GET", "/v1/connections/{id}/syncs"),
    ("POST", "/v1/connections/{id}/syncs"),
    ("GET", "/v1/connections/{id}/timeline"),
    ("GET", "/v1/credits"),
    ("GET", "/v1/credits/ledger"),
    ("GET", "/v1/deliveries/{id}"),
    ("POST", "/v1/deliveries/{id}/replay"),
    ("GET", "/v1/events"),
    ("GET", "/v1/events/{id}"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("POST", "/v1/passthrough"),
    ("GET", "/v1/systems"),
    ("GET", "/v1/systems/{system}"),
    ("GET", "/v1/webhook-endpoints"),
    ("POST", "/v1/webhook-endpoints"),
    ("DELETE", "/v1/webhook-endpoints/{id}"),
    ("GET", "/v1/webhook-endpoints/{id}"),
    ("PATCH", "/v1/webhook-endpoints/{id}"),
    ("GET", "/v1/webhook-endpoints/{id}/deliveries"),
    ("POST", "/v1/webhook-endpoints/{id}/replay"),
    ("POST", "/v1/webhook-endpoints/{id}/rotate-secret"),
    ("POST", "/v1/webhook-endpoints/{id}/test"),
    ("POST", "/v1/workspaces"),
    ("GET", "/v1/workspaces/{id}"),
    ("PATCH", "/v1/workspaces/{id}"),
    ("POST", "/v1/workspaces/{id}/keys"),
    ("DELETE", "/v1/workspaces/{id}/keys/{key_id}"),
];

/// Routes of the connect function.
pub const CONNECT: &[(&str, &str)] = &[
    ("POST", "/v1/connections"),
    ("PATCH", "/v1/connections/{id}"),
    ("POST", "/v1/link-sessions"),
    ("POST", "/v1/link-sessions/exchange"),
    ("GET", "/v1/connect/session"),
    ("POST", "/v1/connect/oauth/start"),
    ("GET", "/v1/connect/oauth/{id}"),
    ("POST", "/v1/connect/attempts"),
    ("GET", "/v1/connect/attempts/{id}"),
];

/// Pages of the connect function, which the API's description leaves out.
pub const CONNECT_PAGES: &[(&str, &str)] = &[
    ("GET", "/connect/{id}"),
    // Whoever mails a link has it looked at by scanners and previews.
    ("HEAD", "/connect/{id}"),
    ("GET", "/connect.js"),
    ("HEAD", "/connect.js"),
];

/// Routes of the disconnect function.
pub const DISCONNECT: &[(&str, &str)] = &[("POST", "/v1/connections/{id}/disconnect")];

/// Pages of the disconnect function, which the API's description leaves out.
pub const DISCONNECT_PAGES: &[(&str, &str)] = &[("POST", "/dashboard/connections/{id}/disconnect")];

/// The function that API Gateway gives a request to.
#[must_use]
pub fn function_of(method: &Method, path: &str) -> Function {
    let serves = |table: &[(&str, &str)]| {
        table
            .iter()
            .any(|(of, route)| *of == method.as_str() && matches(route, path))
    };
    if serves(CONNECT) || serves(CONNECT_PAGES) {
        Function::Connect
    } else if serves(DISCONNECT) || serves(DISCONNECT_PAGES) {
        Function::Disconnect
    } else {
        Function::Api
    }
}

/// Every route that is described, of all functions together.
pub(crate) fn all() -> impl Iterator<Item = Route> {
    of_api().chain(named(CONNECT)).chain(named(DISCONNECT))
}

/// A method, and a path with placeholders.
type Route = (&'static str, Cow<'static, str>);

fn of_api() -> impl Iterator<Item = Route> {
    let of_models = model::MODELS.iter().flat_map(|model| {
        [
            format!("/v1/{}", model.path),
            format!("/v1/{}/{{id}}", model.path),
        ]
    });
    named(API).chain(of_models.map(|route| ("GET", Cow::Owned(route))))
}

fn named(table: &'static [(&str, &str)]) -> impl Iterator<Item = Route> {
    table
        .iter()
        .map(|&(method, route)| (method, Cow::Borrowed(route)))
}

/// The methods of a path in all functions together; none where nothing is.
///
/// A router knows the methods of its own function only, while API Gateway sends what no other serves to `api`.
#[must_use]
pub fn methods_at(path: &str) -> Vec<&'static str> {
    // What `api` can get it can be asked the head of. To the others only such methods come as the tables name.
    let heads = of_api()
        .filter(|(method, _)| *method == "GET")
        .map(|(_, route)| ("HEAD", route));
    let mut fitting: Vec<_> = all()
        .chain(named(CONNECT_PAGES))
        .chain(heads)
        .filter(|(_, route)| matches(route, path))
        .collect();
    // A route without placeholders goes first, as it does in a router.
    if fitting.iter().any(|(_, route)| route == path) {
        fitting.retain(|(_, route)| route == path);
    }
    let has = |wanted: &&str| fitting.iter().any(|(method, _)| method == wanted);
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
        .into_iter()
        .filter(has)
        .collect()
}

/// Whether a path is one of a route, in which `{…}` stands for one step.
pub(crate) fn matches(route: &str, path: &str) -> bool {
    let (mut route, mut path) = (route.split('/'), path.split('/'));
    loop {
        match (route.next(), path.next()) {
            (None, None) => return true,
            (Some(step), Some(given)) if step == given || step.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_of_a_path_are_those_of_all_functions() {
        for (path, methods) in [
            ("/v1/connections", &["GET", "HEAD", "POST"][..]),
            ("/v1/connections/conn_1", &["GET", "HEAD", "PATCH"]),
            ("/v1/link-sessions", &["POST"]),
            ("/v1/connect/session", &["GET"]),
            ("/v1/purchase-orders", &["GET", "HEAD"]),
            ("/connect.js", &["GET", "HEAD"]),
            ("/connect/lnk_1", &["GET", "HEAD"]),
            ("/v1/nothing", &[]),
        ] {
            assert_eq!(methods_at(path), methods, "{path}");
        }
    }

    #[test]
    fn each_request_has_one_function() {
        for (method, path, function) in [
            (Method::POST, "/v1/connections", Function::Connect),
            (Method::GET, "/v1/connections", Function::Api),
            (Method::PATCH, "/v1/connections/conn_1", Function::Connect),
            (Method::PATCH, "/v1/connections/", Function::Api),
            (
                Method::POST,
                "/v1/connections/conn_1/disconnect",
                Function::Disconnect,
            ),
            (
                Method::POST,
                "/dashboard/connections/conn_1/disconnect",
                Function::Disconnect,
            ),
            (
                Method::GET,
                "/dashboard/connections/conn_1/disconnect",
                Function::Api,
            ),
            (Method::POST, "/v1/connections/conn_1/syncs", Function::Api),
            (Method::GET, "/v1/purchase-orders", Function::Api),
            (Method::GET, "/connect/lnk_1", Function::Connect),
            (Method::GET, "/connect.js", Function::Connect),
            (Method::GET, "/assets/0a1b/connect/app.js", Function::Api),
        ] {
            assert_eq!(function_of(&method, path), function, "{method} {path}");
        }
    }
}
