//! Which function serves which route: the same table as in template.yaml, which a test compares.

use http::Method;

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

/// Routes of the connect function; `{…}` stands for one step of a path.
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
pub const CONNECT_PAGES: &[(&str, &str)] = &[("GET", "/connect/{id}"), ("GET", "/connect.js")];

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
