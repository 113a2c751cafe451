//! The `connect` function: everything that talks to a system on behalf of somebody who connects it.

pub mod attempts;
pub mod connections;
pub mod link_sessions;
pub mod oauth;
pub mod session;

use axum::{Router, routing::get};

use crate::{app::App, gate, openapi::handlers::handlers, pages::connect as page};

handlers! {
    connections: create, change;
    link_sessions: create, exchange;
    session: get;
    oauth: start, get;
    attempts: start, get;
}

/// The function as a service.
pub fn router(app: &App) -> Router {
    // Pages are no part of the API's description.
    let routes = served()
        .route("/v1/connect/oauth/start", get(oauth::depart))
        .route("/v1/connect/oauth/callback", get(oauth::callback))
        .route("/connect/{id}", get(page::show))
        .route("/connect.js", get(page::script));
    gate::around(routes, app)
}
