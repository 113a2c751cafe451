//! `manifold`: the local stack's command line.

mod admin_key;
mod cli;
mod export;
mod logs;
mod serve;
mod tour;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::Builder;

use crate::cli::{Cli, Command};

/// Why a command did not do its work: a sentence for whoever called it.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            #[expect(clippy::print_stderr, reason = "the command line's own last word")]
            {
                eprintln!("manifold: {failure}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    logs::start(cli.log_level()).map_err(|error| format!("--log {}: {error}", cli.log_level()))?;
    match cli.command {
        None => on(Builder::new_multi_thread(), serve::serve(&cli.serve.options())),
        Some(Command::Tour) => on(Builder::new_multi_thread(), tour::take()),
        // One thread, as a function has: what is measured here is what a function needs.
        Some(Command::Sync(export)) => on(Builder::new_current_thread(), export::export(&export)),
        Some(Command::AdminKey) => admin_key::print(),
    }
}

/// Runs a command to its end. What it left behind, an answer that nobody waits for, ends with it.
fn on(mut runtime: Builder, command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = runtime.enable_all().build()?;
    let done = runtime.block_on(command);
    runtime.shutdown_background();
    done
}
