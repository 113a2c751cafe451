//! Records that could not be mapped or stored: why, and another try.

use axum::{extract::Path, response::Response};
use manifold_domain::{
    listing::Paging,
    quarantine::{self, Retried},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Tab, find, page, path};
use crate::{
    dashboard::{
        form::{Asked, address},
        frame::pager,
        json,
        session::Seat,
        trouble::Trouble,
        words::{model_title, several, when},
    },
    pages::{Icon, parts::empty},
};

/// Items a page.
const A_PAGE: usize = 25;
/// Characters of a source text that are shown.
const MOST_SHOWN: usize = 4_000;

/// Where to go on.
#[derive(Deserialize)]
pub struct Wanted {
    cursor: Option<String>,
}

/// The page.
pub async fn show(
    seat: Seat,
    Path(id): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?;
    let domain = &seat.app.domain;
    let paging = Paging {
        limit: A_PAGE,
        cursor: wanted.cursor.as_deref(),
    };
    let found = quarantine::list(domain, &connection, paging).await?;
    let now = domain.ports.clock.now();
    let here = format!("{}/put-aside", path(&connection));
    let next = found
        .next_cursor
        .as_deref()
        .map(|cursor| address(&here, &[("cursor", cursor)]));
    let content = html! {
        @if found.data.is_empty() {
            div class="card" { (empty(Icon::Check, "Nothing was put aside", "A record that cannot be mapped is put here with its reason, and the sync goes on without it.", &html! {})) }
        } @else {
            p class="soft" { "These records could not be stored. Syncs went on without them, and take them up again when they are well." }
            ul class="card deeds" {
                @for item in &found.data {
                    li {
                        div class="grow" {
                            h2 { (model_title(&item.model)) " " span class="mono" { (item.id.as_deref().unwrap_or("without an id")) } }
                            p class="small" { @if !item.pointer.is_empty() { code { (item.pointer) } " " } (item.reason) }
                            p class="faint tiny" { "First " (when(now, item.first_at)) ", last " (when(now, item.last_at)) ", met " (several(item.attempts, "time", "times")) }
                        }
                        @if !connection.is_disconnected() { (seat.button(&format!("{here}/{}", item.item), "small", &html! { "Try again" })) }
                        @if let Some(raw) = &item.raw { (source(raw)) }
                    }
                }
            }
        }
        (pager(wanted.cursor.as_ref().map(|_| here.as_str()), next.as_deref(), "Further"))
    };
    Ok(page(&seat, &connection, Tab::PutAside, &content))
}

fn source(raw: &str) -> Markup {
    let cut: String = raw.chars().take(MOST_SHOWN).collect();
    html! {
        details {
            summary { "As the system sent it" }
            pre class="json" tabindex="0" aria-label="The record as the system sent it" { code { (json::shown(&cut)) @if cut.len() < raw.len() { "…" } } }
        }
    }
}

/// Asks the system for the record again.
pub async fn retry(seat: Seat, Path((id, item)): Path<(String, String)>) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?.live()?;
    let came = match quarantine::retry(&seat.app.domain, &connection, &item).await? {
        Retried::Stored => "stored",
        Retried::Gone => "gone",
        Retried::StillAside(_) => "still-aside",
    };
    Ok(seat.go(&format!("{}/put-aside", path(&connection)), came))
}
