//! The `api` function: everything but connecting and disconnecting.

pub mod changes;
pub mod connections;
pub mod credits;
pub mod events;
pub mod live;
pub mod mapping;
pub mod models;
pub mod passthrough;
pub mod quarantine;
pub mod records;
pub mod syncs;
pub mod systems;
pub mod workspaces;

use axum::Router;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, dashboard, gate, openapi, pages::assets};

/// The function's routes with their documentation.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(openapi::serve))
        .routes(routes!(openapi::health))
        .routes(routes!(workspaces::create))
        .routes(routes!(workspaces::get, workspaces::change))
        .routes(routes!(workspaces::add_key))
        .routes(routes!(workspaces::revoke_key))
        .routes(routes!(systems::list))
        .routes(routes!(systems::get))
        .routes(routes!(models::list))
        .routes(routes!(models::get))
        .routes(routes!(connections::list))
        .routes(routes!(connections::get))
        .routes(routes!(connections::rotate_token))
        .routes(routes!(connections::erase))
        .routes(routes!(connections::timeline))
        .routes(routes!(connections::own))
        .routes(routes!(syncs::list, syncs::start))
        .routes(routes!(quarantine::list))
        .routes(routes!(quarantine::retry))
        .routes(routes!(mapping::get))
        .routes(routes!(mapping::put_custom_fields))
        .routes(routes!(credits::get))
        .routes(routes!(credits::ledger))
        .routes(routes!(events::list))
        .routes(routes!(events::get))
        .routes(routes!(changes::read))
        .routes(routes!(passthrough::call))
        // Pages are no part of the API's description.
        .route("/assets/{version}/{*name}", axum::routing::get(assets::serve))
        // One pair of routes serves every model; openapi.rs documents each by its name.
        .route("/v1/{models}", axum::routing::get(records::list))
        .route("/v1/{models}/{id}", axum::routing::get(records::get))
}

/// The function as a service.
pub fn router(app: &App) -> Router {
    let pages = dashboard::routes(app);
    gate::around(documented().split_for_parts().0.merge(pages), app)
}
