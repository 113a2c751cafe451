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

use self::webhooks::{deliveries, endpoints};
use crate::{
    app::App,
    dashboard, gate,
    openapi::{self, handlers::handlers},
    pages::assets,
};

handlers! {
    openapi: serve, health;
    workspaces: create, get, change, add_key, revoke_key;
    systems: list, get;
    models: list, get;
    connections: list, get, rotate_token, erase, timeline, own;
    syncs: list, start;
    quarantine: list, retry;
    mapping: get, put_custom_fields;
    credits: get, ledger;
    events: list, get;
    endpoints: create, list, get, change, delete, rotate_secret;
    deliveries: test, list, replay_range, get, replay;
    changes: read;
    passthrough: call;
}

/// The function as a service.
pub fn router(app: &App) -> Router {
    // Each model has its own; openapi/records.rs describes them.
    let routes = model::MODELS.iter().fold(served(), |router, model| {
        let list = move |app, connection, parameters| records::list(model, app, connection, parameters);
        let one = move |app, connection, id, parameters| records::get(model, app, connection, id, parameters);
        router
            .route(&format!("/v1/{}", model.path), get(list))
            .route(&format!("/v1/{}/{{id}}", model.path), get(one))
    });
    // Pages are no part of the API's description.
    let pages = dashboard::routes(app).route("/assets/{version}/{*name}", get(assets::serve));
    gate::around(routes.merge(pages), app)
}
