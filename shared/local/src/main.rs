//! `manifold`: the local stack's command line.

mod admin_key;
mod cli;
mod export;
mod logs;
mod serve;
mod tour;

use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::{Builder, Runtime};

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
        None => many_threads()?.block_on(serve::serve(&cli.serve.options())),
        Some(Command::Tour) => many_threads()?.block_on(tour::take()),
        // One thread, as a function has: what is measured here is what a function needs.
        Some(Command::Sync(export)) => one_thread()?.block_on(export::export(&export)),
        Some(Command::AdminKey) => admin_key::print(),
    }
}

fn many_threads() -> std::io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

fn one_thread() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
