//! What can be done to a connection: sync, repair, rotate, erase. A page asks before what hurts; a script shows
//! the same page in place.

use axum::{extract::Path, http::StatusCode, response::Response};
use manifold_domain::{
    connection::Connection,
    erasure,
    link::{self, LinkRequest},
    rotate,
    store::sync::Asked,
    sync,
};
use maud::{Markup, html};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::{Tab, find, page, page_with, path};
use crate::{
    dashboard::{
        connect,
        form::{Form, filled},
        session::Seat,
        trouble::Trouble,
        words::customer,
    },
    pages::{
        Icon, icon,
        parts::{Tone, notice},
    },
};

/// A question before something is done; `data-asks` is what a script shows in place.
pub(super) fn question(
    seat: &Seat,
    connection: &Connection,
    step: &str,
    title: &str,
    content: &Markup,
    button: &Markup,
) -> Markup {
    html! {
        form class="card narrow" method="post" action={ (path(connection)) "/" (step) } data-asks {
            (seat.form_field())
            header { h2 { (title) } }
            div class="body stack" { (content) }
            footer class="row" {
                a class="button" href={ (path(connection)) "/settings" } data-closes { "Cancel" }
                (button)
            }
        }
    }
}

/// What to sync.
#[derive(Deserialize)]
pub struct What {
    model: Option<String>,
}

/// Starts a sync of one model, or of all.
pub async fn sync(seat: Seat, Path(id): Path<String>, Form(what): Form<What>) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?;
    let model = filled(what.model);
    let (domain, ws) = (&seat.app.domain, seat.ws());
    sync::start(domain, ws, &id, model.as_deref(), Asked::default()).await?;
    Ok(seat.go(&path(&connection), "synced"))
}

/// Makes a link on which somebody enters new credentials.
pub async fn repair(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let request = LinkRequest {
        connection_id: Some(id),
        ..LinkRequest::default()
    };
    let made = link::create(&seat.app.domain, seat.ws(), &seat.actor, &request).await?;
    Ok(connect::show(&seat, "New credentials", &made))
}

/// Asks before the token is replaced.
pub async fn ask_rotate(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?.live()?;
    let content = html! {
        @if connection.token_hash.is_some() {
            p { "Whatever uses the token of " strong { (customer(&connection)) } " now is refused from then on, until it has the new one." }
        } @else {
            p { "This connection has no token yet. The workspace key reads it too." }
        }
        p class="soft" { "The new token is shown once." }
    };
    let button = html! { button class="button primary" type="submit" { "Make a new token" } };
    let asked = question(
        &seat,
        &connection,
        "rotate-token",
        "Rotate the token",
        &content,
        &button,
    );
    Ok(page(&seat, &connection, Tab::Settings, &asked))
}

/// Replaces the token and shows the new one.
pub async fn rotate(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let token = rotate::rotate(&seat.app.domain, seat.ws(), &id, &seat.actor).await?;
    let connection = find(&seat, &id).await?;
    let content = html! {
        section class="card narrow" {
            header { h2 { "The new token" } }
            div class="body stack" {
                (notice(Tone::Good, &html! { "It works from now on. Keep it now: it is shown this once." }))
                div class="code" {
                    pre tabindex="0" aria-label="The token" { code id="token" { (token.expose_secret()) } }
                    button class="button small icon-only" type="button" data-copy-from="token" data-copied="The token was copied" aria-label="Copy the token" { (icon(Icon::Copy)) }
                }
                div { a class="button" href=(path(&connection)) { "Done" } }
            }
        }
    };
    Ok(page(&seat, &connection, Tab::Settings, &content))
}

/// Asks for the name before the data is erased.
pub async fn ask_erase(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?;
    let asked = erase_form(&seat, &connection, None);
    Ok(page(&seat, &connection, Tab::Settings, &asked))
}

fn erase_form(seat: &Seat, connection: &Connection, problem: Option<&str>) -> Markup {
    let content = html! {
        p { "Every synced record, change and put-aside record of this connection is removed. Reads are empty at once." }
        p class="soft" {
            @if connection.is_disconnected() { "The connection is over, so nothing brings them back." }
            @else { "The system keeps its own. The next sync reads its history anew." }
        }
        @if let Some(problem) = problem { div role="alert" { (notice(Tone::Bad, &html! { (problem) })) } }
        div class="field" {
            label for="typed" { span { "Type " strong { (customer(connection)) } " to go on" } }
            input class="input" id="typed" name="typed" required autocomplete="off" spellcheck="false";
        }
    };
    let button = html! { button class="button danger" type="submit" { (icon(Icon::Bin)) "Erase the data" } };
    question(seat, connection, "erase", "Erase the data", &content, &button)
}

/// What was typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    typed: String,
}

/// Erases what was synced.
pub async fn erase(
    seat: Seat,
    Path(id): Path<String>,
    Form(given): Form<Typed>,
) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?;
    if given.typed.trim() != customer(&connection).trim() {
        let said = "That is not the name. Nothing was erased.";
        let content = erase_form(&seat, &connection, Some(said));
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(page_with(&seat, status, &connection, Tab::Settings, &content));
    }
    erasure::request(&seat.app.domain, seat.ws(), &id, &seat.actor).await?;
    Ok(seat.go(&path(&connection), "erased"))
}
