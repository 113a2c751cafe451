//! How a connection is kept, and what cannot be undone.

use axum::{extract::Path, response::Response};
use manifold_domain::{
    connection::{Connection, Schedule},
    error::Problem,
    update::{self, ConnectionPatch},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::{Tab, find, page, path};
use crate::{
    dashboard::{
        form::{Form, filled},
        session::Seat,
        trouble::Trouble,
        words::{INTERVALS, every},
    },
    pages::{Icon, icon},
};

/// The page.
pub async fn show(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?;
    let content = html! {
        @if !connection.is_disconnected() { (keeping(&seat, &connection)) (repair(&seat, &connection)) }
        (ending(&connection))
    };
    Ok(page(&seat, &connection, Tab::Settings, &content))
}

fn keeping(seat: &Seat, connection: &Connection) -> Markup {
    let one = match &connection.schedule {
        Schedule::All(every) => Some(*every),
        Schedule::PerModel(_) => None,
    };
    html! {
        form class="card" method="post" action={ (path(connection)) "/settings" } {
            (seat.form_field())
            header { h2 { "Syncs" } span class="soft small" { (every(&connection.schedule)) } }
            div class="body stack" {
                div class="field narrow" {
                    label for="every" { "How often every model is synced" }
                    select class="input" id="every" name="every" {
                        @if one.is_none() { option value="" selected { "As it is: each model has its own" } }
                        @for (every, name, word) in INTERVALS { option value=(name) selected[one == Some(every)] { (word) } }
                    }
                }
                label class="check" {
                    input type="checkbox" name="keep_raw" value="true" checked[connection.keep_raw];
                    span { "Keep each record's source text beside it " span class="soft" { "(from the next change of a record on)" } }
                }
                div { button class="button primary" type="submit" { "Save" } }
            }
        }
    }
}

/// What was entered.
#[derive(Deserialize)]
pub struct Given {
    every: Option<String>,
    keep_raw: Option<String>,
}

/// Saves how a connection is kept.
pub async fn change(
    seat: Seat,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?.live()?;
    let schedule = filled(given.every)
        .map(|name| serde_json::from_value(Value::from(name)).map(Schedule::All))
        .transpose()
        .map_err(|_| Problem::invalid("/schedule", "There is no such interval."))?;
    let patch = ConnectionPatch {
        schedule,
        keep_raw: Some(given.keep_raw.is_some()),
        ..ConnectionPatch::default()
    };
    let (domain, ws) = (&seat.app.domain, seat.ws());
    update::change(domain, ws, &id, &seat.actor, patch, &mut |_| {}).await?;
    Ok(seat.go(&format!("{}/settings", path(&connection)), "changed"))
}

fn repair(seat: &Seat, connection: &Connection) -> Markup {
    html! {
        section class="card" {
            header { h2 { "Access" } }
            ul class="deeds" {
                li {
                    div class="grow" { h3 { "New credentials" } p class="soft small" { "Makes a link on which somebody enters new ones. Id, token and data stay." } }
                    (seat.button(&format!("{}/repair", path(connection)), "", &html! { (icon(Icon::Key)) "Make the link" }))
                }
                li {
                    div class="grow" { h3 { "Rotate the token" } p class="soft small" { "A new connection token. The old one is refused at once." } }
                    a class="button" href={ (path(connection)) "/rotate-token" } data-dialog { "Rotate…" }
                }
            }
        }
    }
}

fn ending(connection: &Connection) -> Markup {
    html! {
        section class="card danger" {
            header { h2 { "What cannot be undone" } }
            ul class="deeds" {
                @if !connection.is_disconnected() {
                    li {
                        div class="grow" { h3 { "Disconnect" } p class="soft small" { "Ends the connection at once and gives its credits back. What was synced stays." } }
                        a class="button grave" href={ (path(connection)) "/disconnect" } data-dialog { "Disconnect…" }
                    }
                }
                li {
                    div class="grow" { h3 { "Erase the data" } p class="soft small" { "Removes every synced record of this connection." } }
                    a class="button grave" href={ (path(connection)) "/erase" } data-dialog { "Erase…" }
                }
            }
        }
    }
}
