//! Logs on standard error: words for a person at a terminal, JSON lines for everything else.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Libraries that log requests, and so might log what is in them, and those that only talk about themselves.
const QUIET: [&str; 9] = [
    "aws_smithy_runtime",
    "aws_smithy_runtime_api",
    "aws_config",
    "aws_sdk_dynamodb",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    // Says of every condition that does not hold that it is an error.
    "dynoxide",
];

/// Starts logging what `level` names.
///
/// # Errors
/// When `level` is no level and no list of filters.
pub fn start(level: &str) -> Result<(), tracing_subscriber::filter::ParseError> {
    let quiet = QUIET.iter().filter(|_| level != "off");
    let filter = quiet.fold(level.to_owned(), |filter, library| {
        format!("{filter},{library}=error")
    });
    let filter = EnvFilter::try_new(filter)?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(false);
    let lines = if io::stderr().is_terminal() {
        lines.compact().boxed()
    } else {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .boxed()
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ok(())
}
