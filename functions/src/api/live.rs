//! Asking a connection's system now.

use std::{future::Future, sync::Arc, time::Duration};

use manifold_connectors::{Fault, FaultKind};
use manifold_domain::{connection::Connection, error::Problem, health, open, systems::OpenSystem};

use crate::app::App;

/// Time for a live call in all: API Gateway gives up at 30 s.
const WITHIN: Duration = Duration::from_secs(25);

/// Asks the system, within the time, and keeps the connection's status true.
///
/// A connection that cannot be made is tried once more at once, so that one lost packet is no outage.
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
    let domain = &app.domain;
    let deadline = tokio::time::Instant::now() + WITHIN;
    let system = open::system(domain, connection).await?;
    let asked = tokio::time::timeout_at(deadline, async {
        match what(Arc::clone(&system)).await {
            Err(fault) if matches!(fault.kind, FaultKind::Unreachable | FaultKind::Unresolved) => {
                what(system).await
            }
            answered => answered,
        }
    })
    .await
    .unwrap_or_else(|_| {
        let message = format!("The system took longer than {} seconds.", WITHIN.as_secs());
        Err(Fault::new(FaultKind::Timeout, message))
    });
    match asked {
        Ok(answer) => {
            health::record_success(domain, connection).await?;
            Ok(answer)
        }
        Err(fault) => {
            let now = health::record_failure(domain, connection, &fault).await?;
            // An outage that is known since earlier is told with its beginning.
            Err(Problem::live(&now, fault))
        }
    }
}
