//! Asking a connection's system now.

use std::{future::Future, sync::Arc};

use manifold_connectors::Fault;
use manifold_domain::{
    connection::Connection,
    error::Problem,
    live::{self, Again},
    systems::OpenSystem,
};

use crate::app::App;

/// Asks the system for something that can be asked twice, and keeps the connection's status true.
///
/// # Errors
/// The connection is over or needs credentials; the system failed or refused.
pub async fn ask<T, F>(
    app: &App,
    connection: &Connection,
    what: impl Fn(Arc<dyn OpenSystem>) -> F,
) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Fault>>,
{
    live::ask(&app.domain, connection, live::WITHIN, Again::Harmless, what).await
}

/// The same for what must not be done twice: a write whose answer was lost may have happened.
///
/// # Errors
/// As [`ask`].
pub async fn ask_once<T, F>(
    app: &App,
    connection: &Connection,
    what: impl Fn(Arc<dyn OpenSystem>) -> F,
) -> Result<T, Problem>
where
    F: Future<Output = Result<T, Fault>>,
{
    live::ask(&app.domain, connection, live::WITHIN, Again::Never, what).await
}
