//! What happened to a connection, the newest first.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use manifold_domain::{
    listing::Paging,
    timeline::{self, Entry},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Tab, find, page, path};
use crate::dashboard::{
    form::{Asked, address},
    frame::pager,
    session::Seat,
    trouble::Trouble,
    words::{exact, tone_of, when},
};

/// Entries a page.
const A_PAGE: usize = 100;

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
    let found = timeline::latest(domain, seat.ws(), &id, paging).await?;
    let here = format!("{}/timeline", path(&connection));
    let next = found
        .next_cursor
        .as_deref()
        .map(|cursor| address(&here, &[("cursor", cursor)]));
    let content = html! {
        section id="timeline" class="card" data-live { (entries(&found.data, domain.ports.clock.now())) }
        (pager(wanted.cursor.as_ref().map(|_| here.as_str()), next.as_deref(), "Older"))
    };
    Ok(page(&seat, &connection, Tab::Timeline, &content))
}

/// Entries of a timeline.
pub fn entries(entries: &[Entry], now: Timestamp) -> Markup {
    if entries.is_empty() {
        return html! { p class="body soft" { "Nothing has happened yet." } };
    }
    html! {
        ol class="timeline" {
            @for entry in entries {
                li class=(tone_of(&entry.kind).class()) {
                    div class="grow" {
                        p { (entry.message) }
                        p class="faint tiny" { span class="mono" { (entry.kind) } " · " (exact(entry.at)) }
                    }
                    span class="soft small nowrap" { (when(now, entry.at)) }
                }
            }
        }
    }
}
