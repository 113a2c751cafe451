//! The `disconnect` function: ends a connection at once.

use axum::{
    Router,
    extract::{Path, State},
};

use crate::{
    api::connections::Connection,
    app::App,
    dashboard, disconnect,
    gate::{self, body::Json, caller::Workspace, failure::Answer},
    openapi::handlers::handlers,
};

handlers! {
    disconnect: disconnect;
}

/// The function as a service.
pub fn router(app: &App) -> Router {
    gate::around(served().merge(dashboard::leaving(app)), app)
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
