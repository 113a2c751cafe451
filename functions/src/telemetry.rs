//! Logs as JSON lines, and metrics in CloudWatch's embedded format.

use std::time::Duration;

use manifold_domain::schedule::DriveReport;
use metrics_cloudwatch_embedded::{Builder, Collector};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Namespace of every metric.
const NAMESPACE: &str = "Manifold";

/// Starts logging to standard output, which Lambda forwards to CloudWatch.
///
/// The SDK's own events can quote requests, and so credentials: its targets stay at `warn`.
pub fn start_logs(level: &str) {
    // A target covers every target that begins so: `aws` all crates of the SDK.
    let filter = format!("{level},aws=warn,hyper=warn,reqwest=warn,rustls=warn");
    let filter: Targets = filter
        .parse()
        .unwrap_or_else(|_| Targets::new().with_default(tracing::Level::INFO));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    // A second start (tests in one process) keeps the first subscriber.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// Starts collecting metrics; [`flush`] writes them after each invocation. The namespace is the account's: what tells
/// one deployment's numbers from another's is the stack.
///
/// # Errors
/// Another recorder was installed before.
pub fn start_metrics(
    stack: &str,
    function: &'static str,
) -> Result<&'static Collector, metrics_cloudwatch_embedded::Error> {
    Builder::new()
        .cloudwatch_namespace(NAMESPACE)
        .with_dimension("Stack", stack.to_owned())
        .with_dimension("Function", function)
        .init()
}

/// Writes what was collected.
pub fn flush(collector: &Collector) {
    if let Err(error) = collector.flush(std::io::stdout()) {
        tracing::warn!(%error, "metrics were not written");
    }
}

/// One request to the API.
pub fn request(status: u16, milliseconds: u64) {
    let class = match status {
        500.. => "server_error",
        400.. => "client_error",
        _ => "success",
    };
    metrics::counter!("Requests", "Outcome" => class).increment(1);
    metrics::histogram!("RequestDuration").record(Duration::from_millis(milliseconds).as_secs_f64());
}

/// One run of the minute schedule.
pub fn schedule(report: &DriveReport) {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    metrics::counter!("DueRows").increment(count(report.due));
    metrics::counter!("WakeUpsSent").increment(count(report.sent));
    metrics::counter!("DueWorkFailed").increment(count(report.failed));
    // Gauges take floats; what is counted here is exact in one.
    let exact = |number: u64| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
    metrics::gauge!("OldestDueAge").set(exact(report.oldest));
    let connections = &report.connections;
    for (status, number) in [
        ("online", connections.online),
        ("unreachable", connections.unreachable),
        ("reauth_required", connections.reauth_required),
    ] {
        metrics::gauge!("Connections", "Status" => status).set(exact(u64::try_from(number).unwrap_or(0)));
    }
}

/// One look at a system that is down.
pub fn probe(outcome: &'static str) {
    metrics::counter!("Probes", "Outcome" => outcome).increment(1);
}

/// One sync leg that ended.
pub fn sync(outcome: &'static str) {
    metrics::counter!("SyncLegs", "Outcome" => outcome).increment(1);
}

/// One message of the deliver queue.
pub fn deliver(outcome: &'static str) {
    metrics::counter!("DeliverMessages", "Outcome" => outcome).increment(1);
}

/// Deliveries that were given up.
pub fn parked(number: u64) {
    if number > 0 {
        metrics::counter!("ParkedDeliveries").increment(number);
    }
}
