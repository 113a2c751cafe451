//! `manifold` without a command: serves until it is told to stop.

use manifold_local::{Options, Stack};
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::Failure;

/// Runs a stack, says when it is ready and how to try it, and ends it on Ctrl-C or SIGTERM.
///
/// # Errors
/// When it cannot start.
pub async fn serve(options: &Options) -> Result<(), Failure> {
    let stack = Stack::start(options).await?;
    announce(&stack, options);
    told_to_stop().await?;
    tracing::info!(target: "local", "stopping");
    stack.stop().await;
    Ok(())
}

/// One line for programs, then the same in words.
#[expect(clippy::print_stdout, reason = "how a program and a person learn where everything is")]
fn announce(stack: &Stack, options: &Options) {
    let (url, key) = (stack.url(), stack.workspace_key().expose_secret());
    let ready = json!({
        "url": url,
        "workspace_key": key,
        "admin_key": stack.admin_key().expose_secret(),
        "sandbox_url": stack.sandbox_url(),
        "dashboard_url": dashboard_url(stack),
    });
    println!("ready {ready}");
    println!();
    println!("  Manifold answers at  {url}");
    println!("  workspace key        {key}");
    println!("  admin key            {}", stack.admin_key().expose_secret());
    println!("  sandbox systems      {}", stack.sandbox_url());
    println!("  API description      {}", dashboard_url(stack));
    match &options.data {
        Some(folder) => println!("  data                 {} (kept over restarts)", folder.display()),
        None => println!("  data                 in memory, gone at the end"),
    }
    if options.speed > 1 {
        println!("  clock                {} times faster", options.speed);
    }
    for note in stack.notes() {
        println!("\n  {note}");
    }
    if let Some(command) = next_command(stack) {
        println!("\n  Next, connect a system of the sandbox (or see it all: cargo run -- tour):\n\n{command}");
        println!("\n  With the token of that answer:\n\n{}", then_command(url));
    }
    println!("\n  Ctrl-C stops it.");
}

/// The dashboard comes later; until then this is what describes the API.
fn dashboard_url(stack: &Stack) -> String {
    format!("{}/openapi.json", stack.url())
}

/// Connects the sandbox's first system, ready to be pasted into a shell.
fn next_command(stack: &Stack) -> Option<String> {
    let entry = stack.sandbox().entries().into_iter().next()?;
    let mut body = serde_json::to_value(entry).ok()?;
    body["customer"] = json!({"id": "customer-1", "name": "First customer"});
    Some(format!(
        "curl -sS {}/v1/connections \\\n  -H 'Authorization: Bearer {}' \\\n  -H 'Content-Type: application/json' \\\n  -d {}",
        stack.url(),
        stack.workspace_key().expose_secret(),
        quoted(&body.to_string())
    ))
}

fn then_command(url: &str) -> String {
    format!("curl -sS '{url}/v1/purchase-orders?limit=2' -H 'Authorization: Bearer mft_…'")
}

/// For a POSIX shell: nothing is special between single quotes but the quote itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(unix)]
async fn told_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn told_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_for_a_shell() {
        assert_eq!(quoted(r#"{"a":"it's"}"#), r#"'{"a":"it'\''s"}'"#);
    }
}
