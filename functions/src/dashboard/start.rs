//! Getting started: calls that work as they are pasted, one after the other, into one shell.

use axum::response::Response;
use manifold_connectors::model;
use manifold_domain::{
    connection::{Connection, ConnectionStatus},
    connections::{self, ConnectionFilter},
    listing::Paging,
};
use maud::{Markup, html};

use super::{
    frame::{Place, head, page},
    session::Seat,
    trouble::Trouble,
    words::customer,
};
use crate::pages::{
    Icon, icon,
    parts::{Tone, notice},
};

/// The page.
pub async fn show(seat: Seat) -> Result<Response, Trouble> {
    let example = example(&seat).await?;
    let url = &seat.app.public_url;
    let path = example
        .as_ref()
        .and_then(|connection| {
            connection
                .models
                .iter()
                .find(|name| *name == "purchase_order")
                .or_else(|| connection.models.first())
        })
        .and_then(|name| model::by_name(name))
        .map_or("purchase-orders", |model| model.path);
    let ask = "printf 'Workspace key: '; read -r MANIFOLD_KEY; export MANIFOLD_KEY";
    let check = format!("curl -sS {url}/v1/credits -H \"Authorization: Bearer $MANIFOLD_KEY\"");
    let link = format!(
        "curl -sS {url}/v1/link-sessions \\\n  -H \"Authorization: Bearer $MANIFOLD_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"customer\": {{\"id\": \"customer-42\", \"name\": \"Harbour Foods\"}}}}'"
    );
    let list =
        format!("curl -sS '{url}/v1/connections?status=online' -H \"Authorization: Bearer $MANIFOLD_KEY\"");
    let content = html! {
        (head("Getting started", "Paste these into one shell, from top to bottom.", &html! {}))
        ol class="steps start" {
            (step("Keep the key in the shell", html! { p class="soft" { "Then no call below has to be changed, and the key does not stand in the shell's history." } (call("call-key", ask)) }))
            (step("See that it works", html! { p class="soft" { "The credits of your workspace." } (call("call-credits", &check)) }))
            (step("Connect a customer's system", html! {
                p class="soft" { "Makes a link. Open its " code { "url" } ", or send it to your customer; or " a href="/dashboard/connect" { "make one here" } "." }
                (call("call-link", &link))
            }))
            (step("See what is connected", html! { (call("call-connections", &list)) }))
            @match &example {
                Some(connection) => (reading(url, connection, path)),
                None => (step("Read records", html! { (notice(Tone::Plain, &html! { "When a system is connected, this page shows the calls that read from it, with its id filled in." })) })),
            }
        }
        p class="soft" { "Everything there is: " a href="/openapi.json" { "the description of the API" } " (OpenAPI 3.1)." }
    };
    Ok(page(&seat, Place::Start, "Getting started", &content))
}

/// A connection to show calls with: the first that is online, else the first that is not over.
async fn example(seat: &Seat) -> Result<Option<Connection>, Trouble> {
    let filter = ConnectionFilter::default();
    let found = connections::list(&seat.app.domain, seat.ws(), &filter, Paging::default())
        .await?
        .data;
    let online = found.iter().find(|one| one.status == ConnectionStatus::Online);
    let any = online.or_else(|| found.iter().find(|one| !one.is_disconnected()));
    Ok(any.cloned())
}

fn step(title: &str, content: Markup) -> Markup {
    html! { li class="card" { div class="body stack" { h2 { (title) } (content) } } }
}

fn reading(url: &str, connection: &Connection, path: &str) -> Markup {
    let named = format!(
        "-H \"Authorization: Bearer $MANIFOLD_KEY\" \\\n  -H 'Manifold-Connection: {}'",
        connection.id
    );
    let live = format!("curl -sS '{url}/v1/{path}?limit=2' \\\n  {named}");
    let stored = format!("curl -sS '{url}/v1/{path}?source=synced&limit=2' \\\n  {named}");
    let changes = format!("curl -sS '{url}/v1/changes?limit=5' \\\n  {named}");
    html! {
        (step("Read records from the system, now", html! { p class="soft" { "Of " strong { (customer(connection)) } ". The same call reads every system." } (call("call-live", &live)) }))
        (step("Read them as they were synced", html! { p class="soft" { "Quick, and also while the system is out of reach." } (call("call-synced", &stored)) }))
        (step("Follow what changes", html! { p class="soft" { "One ordered feed. Keep " code { "next_cursor" } " and go on from there." } (call("call-changes", &changes)) }))
    }
}

/// A call to copy.
pub fn call(id: &str, text: &str) -> Markup {
    html! {
        div class="code" {
            pre tabindex="0" aria-label="A call to copy" { code id=(id) { (text) } }
            button class="button small icon-only" type="button" data-copy-from=(id) data-copied="The call was copied" aria-label="Copy the call" { (icon(Icon::Copy)) }
        }
    }
}
