//! One connection: what is on every page of it, and a file a page.

pub mod actions;
pub mod leave;
pub mod mapping;
pub mod overview;
pub mod put_aside;
pub mod record;
pub mod records;
pub mod settings;
pub mod timeline;

use axum::{http::StatusCode, response::Response};
use jiff::Timestamp;
use manifold_connectors::model::{self, Model};
use manifold_domain::{
    auth,
    connection::{Connection, ConnectionStatus},
    error::Problem,
};
use maud::{Markup, html};

use super::{
    connections::system_name,
    frame::{Place, answer, back},
    session::Seat,
    words::{customer, status, when},
};
use crate::pages::{
    Icon, icon,
    parts::{Tone, initials, notice},
};

/// Pages of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Overview,
    Records,
    Mapping,
    Timeline,
    PutAside,
    Settings,
}

impl Tab {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Overview, "", "Overview"),
        (Self::Records, "/records", "Records"),
        (Self::Mapping, "/mapping", "Mapping"),
        (Self::Timeline, "/timeline", "Timeline"),
        (Self::PutAside, "/put-aside", "Put aside"),
        (Self::Settings, "/settings", "Settings"),
    ];
}

/// The connection of a path, when it is this workspace's.
async fn find(seat: &Seat, id: &str) -> Result<Connection, Problem> {
    auth::find(&seat.app.domain, seat.ws(), id).await
}

/// Where a connection's pages are.
fn path(connection: &Connection) -> String {
    format!("/dashboard/connections/{}", connection.id)
}

/// A page of the connection.
fn page(seat: &Seat, connection: &Connection, tab: Tab, content: &Markup) -> Response {
    page_with(seat, StatusCode::OK, connection, tab, content)
}

fn page_with(
    seat: &Seat,
    status: StatusCode,
    connection: &Connection,
    tab: Tab,
    content: &Markup,
) -> Response {
    let base = path(connection);
    let now = seat.app.domain.ports.clock.now();
    let body = html! {
        (back("/dashboard/connections", "Connections"))
        (title(seat, connection, now))
        nav class="tabs" aria-label="Pages of this connection" {
            @for (one, step, word) in Tab::ALL {
                a href={ (base) (step) } aria-current=[(one == tab).then_some("page")] { (word) }
            }
        }
        (content)
    };
    answer(
        seat,
        status,
        Some(Place::Connections),
        customer(connection),
        &body,
    )
}

fn title(seat: &Seat, connection: &Connection, now: Timestamp) -> Markup {
    let base = path(connection);
    html! {
        div id="connection-head" class="stack" data-live {
            div class="page-head" {
                (initials(customer(connection), "large"))
                div class="grow" {
                    h1 { (customer(connection)) " " (status(connection.status)) }
                    p class="soft small" {
                        (system_name(&connection.system)) " · "
                        span class="mono" { (connection.id) } " "
                        button class="button quiet tiny-button" type="button" data-copy=(connection.id) data-copied="The id was copied" aria-label="Copy the connection's id" { (icon(Icon::Copy)) }
                    }
                }
                @if connection.status != ConnectionStatus::Disconnected {
                    div class="row" {
                        @if connection.status == ConnectionStatus::ReauthRequired {
                            (seat.button(&format!("{base}/repair"), "primary", &html! { (icon(Icon::Key)) "Repair" }))
                        } @else {
                            (seat.button(&format!("{base}/sync"), "", &html! { (icon(Icon::Refresh)) "Sync now" }))
                        }
                    }
                }
            }
            (standing(connection, now))
        }
    }
}

/// What there is to say of a connection that is not online.
fn standing(connection: &Connection, now: Timestamp) -> Markup {
    let reason = connection.status_reason.as_deref().unwrap_or_default();
    let since = when(now, connection.status_since);
    match connection.status {
        ConnectionStatus::Online => html! {},
        ConnectionStatus::Unreachable => notice(
            Tone::Warn,
            &html! {
                p { strong { "The system cannot be reached" } " since " (since) ". " (reason) }
                p {
                    "It is tried again by itself"
                    @if let Some(at) = connection.next_attempt_at { ", next " (when(now, at)) }
                    ". What was synced stays readable, and nothing that was due is lost."
                }
            },
        ),
        ConnectionStatus::ReauthRequired => notice(
            Tone::Bad,
            &html! {
                p { strong { "The system refuses the credentials" } " since " (since) ". " (reason) }
                p { "Repair makes a link on which somebody enters new ones. The connection keeps its id, its token and its data." }
            },
        ),
        ConnectionStatus::Disconnected => notice(
            Tone::Plain,
            &html! {
                p { strong { "Disconnected" } " " (since) ". Its token is refused and its credentials are destroyed. What was synced stays readable with the workspace key until it is erased. Connecting the system again makes a new connection." }
            },
        ),
    }
}

/// The model that an address names, among those of the connection; else the first.
fn model_of(connection: &Connection, named: Option<&str>) -> Option<&'static Model> {
    let wanted = connection.models.iter().find(|name| Some(name.as_str()) == named);
    wanted
        .or_else(|| connection.models.first())
        .and_then(|name| model::by_name(name))
}

/// The connection's models to choose from.
fn models(connection: &Connection, chosen: &Model, step: &str) -> Markup {
    let base = path(connection);
    html! {
        nav class="chips" aria-label="Model" {
            @for one in connection.models.iter().filter_map(|name| model::by_name(name)) {
                a class="chip" href={ (base) (step) "?model=" (one.name) } aria-current=[(one.name == chosen.name).then_some("page")] { (one.title) }
            }
        }
    }
}
