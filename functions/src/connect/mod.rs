//! The `connect` function: everything that talks to a system on behalf of somebody who connects it.

pub mod attempts;
pub mod connections;
pub mod link_sessions;
pub mod oauth;
pub mod session;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, gate, pages::connect as page};

/// The function's routes with their documentation.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(connections::create))
        .routes(routes!(connections::change))
        .routes(routes!(link_sessions::create))
        .routes(routes!(link_sessions::exchange))
        .routes(routes!(session::get))
        .routes(routes!(oauth::start))
        .routes(routes!(oauth::get))
        .routes(routes!(attempts::start))
        .routes(routes!(attempts::get))
        // Pages are no part of the API's description.
        .route("/v1/connect/oauth/start", axum::routing::get(oauth::depart))
        .route("/v1/connect/oauth/callback", axum::routing::get(oauth::callback))
        .route("/connect/{id}", axum::routing::get(page::show))
        .route("/connect.js", axum::routing::get(page::script))
}

/// The function as a service.
pub fn router(app: &App) -> Router {
    gate::around(documented().split_for_parts().0, app)
}
