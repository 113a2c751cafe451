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
pub mod webhooks;
pub mod workspaces;

use axum::{Router, routing::get};
use manifold_connectors::model;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::App, dashboard, gate, openapi, pages::assets};

/// The function's routes with their documentation.
pub fn documented() -> OpenApiRouter<App> {
    let router = OpenApiRouter::new()
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
        .routes(routes!(webhooks::endpoints::create, webhooks::endpoints::list))
        .routes(routes!(
            webhooks::endpoints::get,
            webhooks::endpoints::change,
            webhooks::endpoints::delete
        ))
        .routes(routes!(webhooks::endpoints::rotate_secret))
        .routes(routes!(webhooks::deliveries::test))
        .routes(routes!(webhooks::deliveries::list))
        .routes(routes!(webhooks::deliveries::replay_range))
        .routes(routes!(webhooks::deliveries::get))
        .routes(routes!(webhooks::deliveries::replay))
        .routes(routes!(changes::read))
        .routes(routes!(passthrough::call))
        // Pages are no part of the API's description.
        .route("/assets/{version}/{*name}", get(assets::serve));
    // Each model has its own; openapi/records.rs describes them.
    model::MODELS.iter().fold(router, |router, model| {
        let list = move |app, connection, parameters| records::list(model, app, connection, parameters);
        let one = move |app, connection, id, parameters| records::get(model, app, connection, id, parameters);
        router
            .route(&format!("/v1/{}", model.path), get(list))
            .route(&format!("/v1/{}/{{id}}", model.path), get(one))
    })
}

/// The function as a service.
pub fn router(app: &App) -> Router {
    let pages = dashboard::routes(app);
    gate::around(documented().split_for_parts().0.merge(pages), app)
}
