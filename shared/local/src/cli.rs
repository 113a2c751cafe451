//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};
use jiff::Timestamp;
use manifold_local::Options;

/// Manifold on one machine: one API for ERP, CMMS and WMS, with sandbox systems to try it on.
///
/// Without a command it serves everything until it is stopped.
#[derive(Debug, Parser)]
#[command(name = "manifold", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to serve.
    #[command(flatten)]
    pub serve: Serve,
    /// What is logged to standard error: off, error, warn, info, debug, trace, or filters like `info,sync=debug`.
    /// Serving logs info; the other commands only errors.
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
}

impl Cli {
    /// What is logged.
    #[must_use]
    pub fn log_level(&self) -> &str {
        // The tour breaks things on purpose, and says so itself.
        let usual = if self.command.is_none() { "info" } else { "error" };
        self.log.as_deref().unwrap_or(usual)
    }
}

/// How to serve.
#[derive(Debug, Args)]
pub struct Serve {
    /// Port of the API on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 7070)]
    pub port: u16,
    /// Folder that keeps everything over restarts: keys, data, the sandbox's changes, the time.
    #[arg(long, value_name = "DIR", default_value = ".manifold")]
    pub data: PathBuf,
    /// Keep nothing; wins over --data.
    #[arg(long)]
    pub memory: bool,
    /// Run the clock N times faster for schedules, backoff and retention, to rehearse days in minutes.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub speed: u32,
}

impl Serve {
    /// The stack that is asked for.
    #[must_use]
    pub fn options(&self) -> Options {
        Options {
            port: self.port,
            data: (!self.memory).then(|| self.data.clone()),
            speed: self.speed,
        }
    }
}

/// What else there is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the main job from end to end on a stack of its own, checking every answer.
    ///
    /// Connects three systems of the sandbox, syncs them, asks each the same questions, breaks one and lets it
    /// recover, and disconnects one. Ends with 0 only if every answer was as it should be.
    Tour,
    /// Read one system and write its records as JSON lines, without any store.
    Sync(Export),
    /// Print the admin key that belongs to a master secret, which is read from standard input.
    ///
    /// For a deployment: `aws secretsmanager get-secret-value --secret-id STACK/master --query SecretString
    /// --output text | manifold admin-key`. Arguments are visible to every program on a machine, so the secret is
    /// not taken from there.
    AdminKey,
}

/// What to read, and what to write.
#[derive(Debug, Args)]
pub struct Export {
    /// The system's id in the catalogue: `sap_s4hana`.
    #[arg(long, value_name = "ID", required_unless_present = "manifest")]
    pub system: Option<String>,
    /// A connector's manifest instead of one of the catalogue, to try it before it is built in.
    #[arg(long, value_name = "FILE", conflicts_with = "system")]
    pub manifest: Option<PathBuf>,
    /// JSON file with `settings` and `credentials`, and `method` where the system has several. `-` is standard
    /// input.
    #[arg(long, value_name = "FILE")]
    pub settings: PathBuf,
    /// Only this model: `purchase_order`. All that the system has otherwise.
    #[arg(long)]
    pub model: Option<String>,
    /// Only what changed at or after this time (RFC 3339), for models that can say so.
    #[arg(long, value_name = "T")]
    pub since: Option<Timestamp>,
    /// Records that are asked for at once; the connector's own number otherwise.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    pub page_size: Option<u32>,
    /// The form in which records are written to standard output.
    #[arg(long, value_enum)]
    pub to: Form,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// One JSON object a line.
    Jsonl,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_is_what_happens_without_a_command() {
        let cli = parse("manifold").unwrap();
        assert!(cli.command.is_none());
        let options = cli.serve.options();
        assert_eq!(
            (options.port, options.data, options.speed),
            (7070, Some(".manifold".into()), 1)
        );
        let cli = parse("manifold --port 0 --data x --memory --speed 600").unwrap();
        let options = cli.serve.options();
        assert_eq!(
            (options.port, options.data, options.speed),
            (0, None, 600),
            "--memory wins over --data"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for line in [
            "manifold --speed 0",
            "manifold --port 70000",
            "manifold --port 1 tour",
            "manifold sync --system x --to jsonl",
            "manifold sync --settings f --to jsonl",
            "manifold sync --system x --manifest m --settings f --to jsonl",
            "manifold sync --system x --settings f --to csv",
            "manifold sync --system x --settings f --to jsonl --since yesterday",
            "manifold dance",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
        assert!(
            parse("manifold sync --system x --settings f --to jsonl --since 2026-01-01T00:00:00Z").is_ok()
        );
        assert!(parse("manifold sync --manifest m.toml --settings f --to jsonl").is_ok());
        assert_eq!(parse("manifold tour --log debug").unwrap().log_level(), "debug");
        assert_eq!(parse("manifold").unwrap().log_level(), "info");
    }
}
