//! The `disconnect` function: ends a connection at once.

use axum::{
    Router,
    extract::{Path, State},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::connections::Connection,
    app::App,
    dashboard,
    gate::{self, body::Json, caller::Workspace, failure::Answer},
};

/// The function's route with its documentation.
pub fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(disconnect))
}

/// The function as a service.
pub fn router(app: &App) -> Router {
    let pages = dashboard::leaving(app);
    gate::around(documented().split_for_parts().0.merge(pages), app)
}

/// Ends a connection: its token is refused, nothing of it runs any more, its credits are free, what was synced stays. Twice is the same as once.
#[utoipa::path(post, path = "/v1/connections/{id}/disconnect", operation_id = "disconnect_connection",
    tag = "Connections", params(("id" = String, Path)),
    responses((status = 200, body = Connection)))]
pub async fn disconnect(
    State(app): State<App>,
    workspace: Workspace,
    Path(id): Path<String>,
) -> Answer<Json<Connection>> {
    let ended =
        manifold_domain::disconnect::disconnect(&app.domain, &workspace.id, &id, &workspace.actor).await?;
    Ok(Json(ended.into()))
}
