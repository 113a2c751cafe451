//! The `schedule` function: once a minute it wakes what is due and repairs what was lost.

use jiff::Timestamp;
use manifold_domain::{error::Problem, schedule};

use crate::{app::App, telemetry};

pub use manifold_domain::schedule::DriveReport as Report;

/// Drives what is due until the deadline, by the wall's clock.
///
/// # Errors
/// DynamoDB's: the next minute tries again.
pub async fn handle(app: &App, deadline: Timestamp) -> Result<Report, Problem> {
    let report = schedule::drive(&app.domain, deadline).await?;
    tracing::info!(target: "schedule", report = ?report, "the minute's due work was driven");
    telemetry::schedule(&report);
    Ok(report)
}
