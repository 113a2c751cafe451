//! All connections: look for one, see how each stands.

use axum::response::Response;
use jiff::Timestamp;
use manifold_connectors::catalog::Catalog;
use manifold_domain::{
    connection::{Connection, ConnectionStatus},
    connections::{self, ConnectionFilter},
    listing::{Listing, Paging},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    fleet::Fleet,
    form::{Asked, address, filled},
    frame::{Place, head, page, pager},
    session::Seat,
    trouble::Trouble,
    words::{customer, number, since, status, status_word, when},
};
use crate::pages::{
    Icon, icon,
    parts::{empty, initials},
};

const PATH: &str = "/dashboard/connections";
/// Connections a page.
const A_PAGE: usize = 100;

/// What is looked for.
#[derive(Deserialize)]
pub struct Wanted {
    q: Option<String>,
    status: Option<String>,
    system: Option<String>,
    cursor: Option<String>,
}

const STATUSES: [ConnectionStatus; 4] = [
    ConnectionStatus::Online,
    ConnectionStatus::Unreachable,
    ConnectionStatus::ReauthRequired,
    ConnectionStatus::Disconnected,
];

/// The list.
pub async fn list(seat: Seat, Asked(wanted): Asked<Wanted>) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let asked = wanted.status.as_deref();
    let filter = ConnectionFilter {
        // A status that there is not is as good as none.
        status: STATUSES.into_iter().find(|one| Some(one.as_str()) == asked),
        system: filled(wanted.system),
        customer_id: None,
        text: filled(wanted.q),
    };
    let paging = Paging {
        limit: A_PAGE,
        cursor: wanted.cursor.as_deref(),
    };
    let fleet = Fleet::of(domain, seat.ws()).await?;
    let found = connections::list(domain, seat.ws(), &filter, paging).await?;
    let now = domain.ports.clock.now();
    let connect = html! { a class="button primary" href="/dashboard/connect" { (icon(Icon::Plus)) "Connect a system" } };
    let content = html! {
        (head("Connections", "Each is one customer's system.", &connect))
        @if fleet.connections.is_empty() {
            div class="card" { (empty(Icon::Plug, "Nothing is connected yet", "Connect the first customer's system, or send somebody a link to do it.", &connect)) }
        } @else {
            (search(&fleet, &filter))
            div id="connections" class="stack" data-live {
                (chips(&fleet, &filter))
                (table(&found, now))
                (pager(
                    wanted.cursor.as_deref().map(|_| here(&filter, filter.status, "")).as_deref(),
                    found.next_cursor.as_deref().map(|cursor| here(&filter, filter.status, cursor)).as_deref(),
                    "Further",
                ))
            }
        }
    };
    Ok(page(&seat, Place::Connections, "Connections", &content))
}

fn here(filter: &ConnectionFilter, status: Option<ConnectionStatus>, cursor: &str) -> String {
    address(
        PATH,
        &[
            ("q", filter.text.as_deref().unwrap_or_default()),
            ("status", status.map_or("", ConnectionStatus::as_str)),
            ("system", filter.system.as_deref().unwrap_or_default()),
            ("cursor", cursor),
        ],
    )
}

/// The product's name of a system's id.
pub fn system_name(id: &str) -> String {
    let found = Catalog::builtin().get(id);
    found.map_or_else(|| id.to_owned(), |connector| connector.manifest().name.clone())
}

fn search(fleet: &Fleet, filter: &ConnectionFilter) -> Markup {
    html! {
        form class="filters" method="get" action=(PATH) role="search" {
            div class="input-group grow" {
                (icon(Icon::Search))
                input class="input" type="search" name="q" value=[filter.text.as_deref()] placeholder="Customer, system or id" aria-label="Look for a connection";
            }
            select class="input" name="system" aria-label="System" data-submits {
                option value="" { "Every system" }
                @for system in fleet.systems() {
                    option value=(system) selected[filter.system.as_deref() == Some(system)] { (system_name(system)) }
                }
            }
            @if let Some(status) = filter.status { input type="hidden" name="status" value=(status.as_str()); }
            button class="button" type="submit" { "Search" }
        }
    }
}

fn chips(fleet: &Fleet, filter: &ConnectionFilter) -> Markup {
    html! {
        nav class="chips" aria-label="Status" {
            a class="chip" href=(here(filter, None, "")) aria-current=[filter.status.is_none().then_some("page")] {
                "All " span class="number" { (number(fleet.total())) @if fleet.cut { "+" } }
            }
            @for one in STATUSES {
                a class="chip" href=(here(filter, Some(one), "")) aria-current=[(filter.status == Some(one)).then_some("page")] {
                    (status_word(one).1) " " span class="number" { (number(fleet.count(one))) }
                }
            }
        }
    }
}

fn table(found: &Listing<Connection>, now: Timestamp) -> Markup {
    if found.data.is_empty() {
        let all = html! { a class="button" href=(PATH) { "Show all connections" } };
        let text = if found.next_cursor.is_some() {
            "None so far. There are more to look at further on."
        } else {
            "No connection is like that."
        };
        return html! { div class="card" { (empty(Icon::Search, "Nothing found", text, &all)) } };
    }
    html! {
        div class="card" {
            div class="table-box" {
                table class="table" {
                    thead { tr { th { "Customer" } th { "Status" } th { "System" } th { "Last synced" } th class="number" { "Credits" } } }
                    tbody {
                        @for one in &found.data {
                            @let path = format!("{PATH}/{}", one.id);
                            tr {
                                td {
                                    div class="who" {
                                        (initials(customer(one), "small"))
                                        div {
                                            a class="strong" href=(path) { (customer(one)) }
                                            div class="faint mono tiny" { (one.id) }
                                        }
                                    }
                                }
                                td {
                                    (status(one.status))
                                    @if one.status != ConnectionStatus::Online { div class="faint tiny" { (since(now, one.status_since)) } }
                                }
                                td { (system_name(&one.system)) }
                                td class="nowrap" {
                                    @match one.last_synced_at {
                                        Some(at) => (when(now, at)),
                                        None => span class="faint" { "not yet" },
                                    }
                                }
                                td class="number" { @if one.is_disconnected() { span class="faint" { "0" } } @else { (one.credits) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
