//! Writes an attempt's steps to its row while the validation goes on, so that a person sees them.

use std::future::Future;

use tokio::sync::mpsc::{self, UnboundedSender};

use super::run::Run;
use crate::{error::Problem, systems::StepReport};

/// Lets `work` report, and says how it ended and which steps there were.
///
/// Steps that come while a write is under way are written together. A write that fails is not worth
/// failing the attempt for.
pub(super) async fn with<F>(
    run: &Run<'_>,
    work: impl FnOnce(UnboundedSender<StepReport>) -> F,
) -> (Result<(), Problem>, Vec<StepReport>)
where
    F: Future<Output = Result<(), Problem>>,
{
    // A validation has a few dozen steps: that bounds the channel.
    let (reports, mut heard) = mpsc::unbounded_channel();
    let mut steps = Vec::new();
    let writing = async {
        while let Some(step) = heard.recv().await {
            merge(&mut steps, step);
            while let Ok(step) = heard.try_recv() {
                merge(&mut steps, step);
            }
            if let Err(error) = run.keep_steps(&steps).await {
                tracing::warn!(%error, "the steps of attempt {} could not be shown", run.attempt);
            }
        }
    };
    let (ended, ()) = tokio::join!(work(reports), writing);
    (ended, steps)
}

/// A later report of a step replaces the earlier one.
fn merge(steps: &mut Vec<StepReport>, step: StepReport) {
    match steps.iter_mut().find(|known| known.key == step.key) {
        Some(known) => *known = step,
        None => steps.push(step),
    }
}
