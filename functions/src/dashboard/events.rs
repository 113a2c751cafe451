//! What happened in the workspace, the newest first.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use manifold_domain::{
    auth,
    events::{self, Event},
    listing::Paging,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    fleet::Fleet,
    form::{Asked, address},
    frame::{Place, back, head, page, pager},
    json,
    session::Seat,
    trouble::Trouble,
    words::{customer, exact, model_title, tone_of, when},
};
use crate::pages::{
    Icon, icon,
    parts::{badge, empty},
};

const PATH: &str = "/dashboard/events";
/// Events a page.
const A_PAGE: usize = 100;

/// Where to go on.
#[derive(Deserialize)]
pub struct Wanted {
    cursor: Option<String>,
}

/// The list.
pub async fn list(seat: Seat, Asked(wanted): Asked<Wanted>) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let paging = Paging {
        limit: A_PAGE,
        cursor: wanted.cursor.as_deref(),
    };
    let (found, fleet) = tokio::join!(
        events::list(domain, seat.ws(), paging),
        Fleet::of(domain, seat.ws())
    );
    let (found, fleet) = (found?, fleet?);
    let next = found
        .next_cursor
        .as_deref()
        .map(|cursor| address(PATH, &[("cursor", cursor)]));
    let content = html! {
        (head("Events", "What happened, kept 90 days.", &html! {}))
        @if found.data.is_empty() && wanted.cursor.is_none() {
            div class="card" { (empty(Icon::List, "Nothing has happened yet", "Events come when something is connected, synced, out of reach, or back.", &html! { a class="button" href="/dashboard/connect" { "Connect a system" } })) }
        } @else {
            div id="events" class="card" data-live { (table(&found.data, &fleet, domain.ports.clock.now())) }
        }
        (pager(wanted.cursor.as_ref().map(|_| PATH), next.as_deref(), "Older"))
    };
    Ok(page(&seat, Place::Events, "Events", &content))
}

/// Events as a table.
pub fn table(events: &[Event], fleet: &Fleet, now: Timestamp) -> Markup {
    html! {
        div class="table-box" {
            table class="table" {
                thead { tr { th { "Event" } th { "About" } th { "What" } th { "When" } } }
                tbody {
                    @for event in events {
                        @let connection = event.data["connection_id"].as_str();
                        tr {
                            td class="nowrap" { a class="quiet-link" href={ (PATH) "/" (event.id) } { (badge(tone_of(event.kind.as_str()), event.kind.as_str())) } }
                            td { @if let Some(id) = connection { a href={ "/dashboard/connections/" (id) } { (fleet.name_of(id)) } } }
                            @let said = said(event);
                            td class="soft wrap-text" { div class="clamp" title=(said) { (said) } }
                            td class="nowrap soft" { (when(now, event.timestamp)) }
                        }
                    }
                }
            }
        }
    }
}

/// The gist of an event's data.
fn said(event: &Event) -> String {
    let data = &event.data;
    let text = |pointer: &str| data.pointer(pointer).and_then(|value| value.as_str());
    let number = |pointer: &str| {
        data.pointer(pointer)
            .and_then(serde_json::Value::as_u64)
            .unwrap_or_default()
    };
    let model = text("/model").map(model_title);
    if let Some(message) = text("/error/message") {
        return model.map_or_else(|| message.to_owned(), |model| format!("{model}: {message}"));
    }
    match model {
        Some(model) if data["counts"].is_object() => format!(
            "{model}: {} created, {} updated, {} deleted",
            number("/counts/created"),
            number("/counts/updated"),
            number("/counts/deleted")
        ),
        Some(model) => model.to_owned(),
        None => text("/reason")
            .or_else(|| text("/status_reason"))
            .unwrap_or_default()
            .to_owned(),
    }
}

/// One event.
pub async fn show(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let event = events::get(domain, seat.ws(), &id).await?;
    let connection = match event.data["connection_id"].as_str() {
        Some(conn) => auth::find(domain, seat.ws(), conn).await.ok(),
        None => None,
    };
    let data = json::shown(&event.data.to_string());
    let content = html! {
        (back(PATH, "Events"))
        div class="page-head" {
            div class="grow" {
                h1 { (event.kind.as_str()) " " (badge(tone_of(event.kind.as_str()), &exact(event.timestamp))) }
                p class="soft small mono" { (event.id) }
            }
            @if let Some(connection) = &connection {
                a class="button" href={ "/dashboard/connections/" (connection.id) } { (customer(connection)) (icon(Icon::Next)) }
            }
        }
        section class="card" {
            header { h2 { "Data" } button class="button small icon-only" type="button" data-copy-from="data" data-copied="The data was copied" aria-label="Copy the data" { (icon(Icon::Copy)) } }
            pre class="json" tabindex="0" aria-label="The event's data" { code id="data" { (data) } }
        }
    };
    Ok(page(&seat, Place::Events, event.kind.as_str(), &content))
}
