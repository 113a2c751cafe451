//! `manifold` without a command: serves until it is told to stop.

use std::io::{self, Write as _};

use manifold_domain::{
    audit::Actor,
    connection::Customer,
    link::{self, LinkRequest},
};
use manifold_local::{Options, Stack};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::Failure;

/// Runs a stack, says when it is ready and how to try it, and ends it on Ctrl-C or SIGTERM.
///
/// # Errors
/// When it cannot start.
pub async fn serve(options: &Options) -> Result<(), Failure> {
    // Before anybody learns that there is something to stop.
    let told_to_stop = told_to_stop()?;
    let stack = Stack::start(options).await?;
    let connect_url = connect_page(&stack).await?;
    announce(&stack, &connect_url, options);
    told_to_stop.await;
    tracing::info!(target: "local", "stopping");
    stack.stop().await;
    Ok(())
}

/// One line for programs, then the same in words. Whoever reads only the first line may stop there.
fn announce(stack: &Stack, connect_url: &str, options: &Options) {
    let text = format!(
        "ready {}\n{}",
        ready(stack, connect_url),
        words(stack, connect_url, options)
    );
    let mut out = io::stdout();
    if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        tracing::debug!(target: "local", %error, "nobody reads where everything is");
    }
}

/// A link session to try the connect page with, for a day: only this terminal knows its token.
async fn connect_page(stack: &Stack) -> Result<String, Failure> {
    let request = LinkRequest {
        customer: Customer {
            id: "customer-1".to_owned(),
            name: Some("First customer".to_owned()),
        },
        ..LinkRequest::default()
    };
    let domain = &stack.app().domain;
    let made = link::create(domain, stack.workspace_id(), &Actor::itself(), &request).await?;
    let token = made.link_token.expose_secret();
    Ok(format!("{}/connect/{}#token={token}", stack.url(), made.id))
}

fn ready(stack: &Stack, connect_url: &str) -> Value {
    json!({
        "url": stack.url(),
        "workspace_key": stack.workspace_key().expose_secret(),
        "admin_key": stack.admin_key().expose_secret(),
        "sandbox_url": stack.sandbox_url(),
        "dashboard_url": dashboard_url(stack),
        "connect_url": connect_url,
    })
}

fn words(stack: &Stack, connect_url: &str, options: &Options) -> String {
    let data = match &options.data {
        Some(folder) => format!("{} (kept over restarts)", folder.display()),
        None => "in memory, gone at the end".to_owned(),
    };
    let mut rows = vec![
        ("Manifold answers at", stack.url().to_owned()),
        ("workspace key", stack.workspace_key().expose_secret().to_owned()),
        ("admin key", stack.admin_key().expose_secret().to_owned()),
        ("sandbox systems", stack.sandbox_url().to_owned()),
        ("dashboard", dashboard_url(stack)),
        ("API description", format!("{}/openapi.json", stack.url())),
        ("data", data),
    ];
    if options.speed > 1 {
        rows.push(("clock", format!("{} times faster", options.speed)));
    }
    let mut text: String = rows
        .iter()
        .map(|(label, value)| format!("\n  {label:21}{value}"))
        .collect();
    for note in stack.notes() {
        text.push_str(&format!("\n\n  {note}"));
    }
    text.push_str(&format!(
        "\n\n  Next, connect a system of the sandbox in a browser, as a customer would:\n\n{connect_url}"
    ));
    if let Some(command) = next_command(stack) {
        text.push_str(&format!(
            "\n\n  Or from here (or see it all: cargo run -- tour):\n\n{command}\
             \n\n  Then read its purchase orders with the token of that answer:\n\n{}",
            then_command(stack.url())
        ));
    }
    text.push_str("\n\n  Ctrl-C stops it.\n");
    text
}

/// The workspace key signs in there.
fn dashboard_url(stack: &Stack) -> String {
    format!("{}/dashboard", stack.url())
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

/// Listens for the signals from now on; the future resolves with the first.
#[cfg(unix)]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without signals there is nothing to wait for but the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_for_a_shell() {
        assert_eq!(quoted(r#"{"a":"it's"}"#), r#"'{"a":"it'\''s"}'"#);
    }
}
