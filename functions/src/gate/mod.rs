//! What stands around every route: request ids, limits, who is calling, idempotency, errors.

pub mod body;
pub mod caller;
pub mod failure;
pub mod idempotency;
pub mod object;
pub mod query;
pub mod rates;
pub mod request_id;
pub mod times;

use axum::{Router, middleware};

use crate::app::App;

/// Puts everything around a function's routes.
pub fn around(router: Router<App>, app: &App) -> Router {
    router
        // Around handlers only, so before the fallbacks are there: what no route serves is not worth a key.
        .route_layer(middleware::from_fn_with_state(app.clone(), idempotency::keep))
        .fallback(failure::nothing_there)
        .method_not_allowed_fallback(failure::wrong_method)
        .layer(middleware::from_fn_with_state(app.clone(), caller::identify))
        .layer(middleware::from_fn(request_id::give))
        .with_state(app.clone())
}
