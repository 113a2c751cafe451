//! Logs on standard error: words for a person at a terminal, JSON lines for everything else.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{EnvFilter, Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Libraries that log requests, and so might log what is in them, and those that only talk about themselves.
const QUIET: &str = "aws_smithy_runtime=warn,aws_smithy_runtime_api=warn,aws_config=warn,aws_sdk_dynamodb=warn,\
                     hyper=warn,hyper_util=warn,reqwest=warn,rustls=warn,dynoxide=warn";

/// Starts logging what `level` names.
///
/// # Errors
/// When `level` is no level and no list of filters.
pub fn start(level: &str) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::try_new(format!("{QUIET},{level}"))?;
    let terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(terminal);
    let lines = if terminal {
        lines.compact().boxed()
    } else {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed()
    };
    tracing_subscriber::registry().with(filter).with(lines).init();
    Ok(())
}
