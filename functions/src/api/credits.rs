//! Credits of a workspace.

use axum::extract::State;
use manifold_domain::credits;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    gate::{
        body::Json,
        caller::Workspace,
        failure::Answer,
        query::{PageOf, Query},
        times::Time,
    },
};

/// The pool: held + free = total, always.
#[derive(Serialize, ToSchema)]
pub struct Credits {
    /// All credits.
    pub total: u64,
    /// Held by connections.
    pub held: u64,
    /// Free to connect with.
    pub free: u64,
}

impl From<credits::Credits> for Credits {
    fn from(from: credits::Credits) -> Self {
        Self {
            total: from.total,
            held: from.held,
            free: from.free,
        }
    }
}

/// The workspace's credits.
#[utoipa::path(get, path = "/v1/credits", operation_id = "get_credits",
    tag = "Credits", responses((status = 200, body = Credits)))]
pub async fn get(State(app): State<App>, workspace: Workspace) -> Answer<Json<Credits>> {
    Ok(Json(credits::balance(&app.domain, &workspace.id).await?.into()))
}

/// One movement of credits.
#[derive(Serialize, ToSchema)]
pub struct Movement {
    /// Its id.
    id: String,
    /// When.
    at: Time,
    /// `granted`, `held` or `released`.
    #[schema(value_type = String)]
    kind: credits::MovementKind,
    /// Credits that moved; negative when a total was lowered.
    amount: i64,
    /// The connection that holds or released them.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
}

/// Movements, newest first.
#[derive(Serialize, ToSchema)]
pub struct Ledger {
    /// The movements.
    data: Vec<Movement>,
    /// Where the next page starts.
    next_cursor: Option<String>,
}

/// Every movement of credits.
#[utoipa::path(get, path = "/v1/credits/ledger", operation_id = "list_credit_movements",
    tag = "Credits", params(PageOf),
    responses((status = 200, body = Ledger)))]
pub async fn ledger(
    State(app): State<App>,
    workspace: Workspace,
    Query(page): Query<PageOf>,
) -> Answer<Json<Ledger>> {
    let page = credits::ledger(&app.domain, &workspace.id, page.paging()?).await?;
    let data = page.data.into_iter().map(|movement| Movement {
        id: movement.id,
        at: movement.at.into(),
        kind: movement.kind,
        amount: movement.amount,
        connection_id: movement.connection_id,
    });
    Ok(Json(Ledger {
        data: data.collect(),
        next_cursor: page.next_cursor,
    }))
}
