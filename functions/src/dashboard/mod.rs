//! The dashboard: what a workspace looks at, and does, without a program.
//!
//! Pages are rendered here, from use cases of the domain, and work without JavaScript: every action is a
//! form. Scripts refresh the parts marked `data-live` and open confirmations in place.

mod chart;
mod connect;
mod connection;
mod connections;
mod credits;
mod events;
mod fleet;
mod form;
mod frame;
mod json;
mod keys;
mod overview;
mod sent;
mod session;
mod sign_in;
mod start;
mod systems;
mod trouble;
mod webhooks;
mod words;

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::app::App;

/// Pages of the `api` function.
pub fn routes(app: &App) -> Router<App> {
    let inside = Router::new()
        .route("/dashboard", get(overview::show))
        .route("/dashboard/connections", get(connections::list))
        .route("/dashboard/connect", get(connect::ask).post(connect::make))
        .route("/dashboard/connections/{id}", get(connection::overview::show))
        .route(
            "/dashboard/connections/{id}/records",
            get(connection::records::list),
        )
        .route(
            "/dashboard/connections/{id}/record",
            get(connection::record::show),
        )
        .route(
            "/dashboard/connections/{id}/mapping",
            get(connection::mapping::show),
        )
        .route(
            "/dashboard/connections/{id}/custom-fields",
            post(connection::mapping::add),
        )
        .route(
            "/dashboard/connections/{id}/custom-fields/remove",
            post(connection::mapping::remove),
        )
        .route(
            "/dashboard/connections/{id}/timeline",
            get(connection::timeline::show),
        )
        .route(
            "/dashboard/connections/{id}/put-aside",
            get(connection::put_aside::show),
        )
        .route(
            "/dashboard/connections/{id}/put-aside/{item}",
            post(connection::put_aside::retry),
        )
        .route(
            "/dashboard/connections/{id}/settings",
            get(connection::settings::show).post(connection::settings::change),
        )
        .route(
            "/dashboard/connections/{id}/sync",
            post(connection::actions::sync),
        )
        .route(
            "/dashboard/connections/{id}/repair",
            post(connection::actions::repair),
        )
        .route(
            "/dashboard/connections/{id}/rotate-token",
            get(connection::actions::ask_rotate).post(connection::actions::rotate),
        )
        .route(
            "/dashboard/connections/{id}/erase",
            get(connection::actions::ask_erase).post(connection::actions::erase),
        )
        // Sent by its form to the disconnect function, which alone may destroy secrets.
        .route(
            "/dashboard/connections/{id}/disconnect",
            get(connection::leave::ask),
        )
        .route("/dashboard/systems", get(systems::list))
        .route("/dashboard/systems/{system}", get(systems::show))
        .route("/dashboard/webhooks", get(webhooks::list))
        .route(
            "/dashboard/webhooks/new",
            get(webhooks::edit::ask_new).post(webhooks::edit::make),
        )
        .route("/dashboard/webhooks/{id}", get(webhooks::endpoint::show))
        .route(
            "/dashboard/webhooks/{id}/edit",
            get(webhooks::edit::ask).post(webhooks::edit::change),
        )
        .route("/dashboard/webhooks/{id}/test", post(webhooks::deeds::test))
        .route("/dashboard/webhooks/{id}/switch", post(webhooks::deeds::switch))
        .route("/dashboard/webhooks/{id}/replay", post(webhooks::deeds::replay))
        .route(
            "/dashboard/webhooks/{id}/rotate-secret",
            get(webhooks::deeds::ask_rotate).post(webhooks::deeds::rotate),
        )
        .route(
            "/dashboard/webhooks/{id}/delete",
            get(webhooks::deeds::ask_delete).post(webhooks::deeds::delete),
        )
        .route("/dashboard/deliveries/{id}", get(webhooks::delivery::show))
        .route(
            "/dashboard/deliveries/{id}/replay",
            post(webhooks::delivery::replay),
        )
        .route("/dashboard/events", get(events::list))
        .route("/dashboard/events/{id}", get(events::show))
        .route("/dashboard/credits", get(credits::show))
        .route("/dashboard/keys", get(keys::show))
        .route("/dashboard/start", get(start::show))
        .route("/dashboard/sign-out", post(sign_in::sign_out))
        .route("/dashboard/{*rest}", get(trouble::no_such_page))
        .layer(middleware::from_fn_with_state(app.clone(), session::seat));
    Router::new()
        .route("/dashboard/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .merge(inside)
}

/// The one page of the `disconnect` function.
pub fn leaving(app: &App) -> Router<App> {
    Router::new()
        .route(
            "/dashboard/connections/{id}/disconnect",
            post(connection::leave::disconnect),
        )
        .layer(middleware::from_fn_with_state(app.clone(), session::seat))
}
