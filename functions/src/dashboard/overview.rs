//! The first page: how connections stand, what needs attention first, what the last day brought.

use axum::response::Response;
use jiff::Timestamp;
use manifold_domain::{
    activity::{self, Activity},
    connection::{Connection, ConnectionStatus},
    credits::{self, Credits},
};
use maud::{Markup, html};

use super::{
    chart::{self, Bar},
    events,
    fleet::Fleet,
    frame::{Place, head, page},
    session::Seat,
    trouble::Trouble,
    words::{customer, exact, model_title, number, several, status, when},
};
use crate::pages::{
    Icon, icon,
    parts::{Tone, badge, empty, initials},
};

/// Things that are listed as needing attention.
const MOST_SHOWN: usize = 8;
/// Events that are listed.
const LATEST: usize = 8;

/// The overview.
pub async fn show(seat: Seat) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let (fleet, credits, activity) = tokio::join!(
        Fleet::of(domain, seat.ws()),
        credits::balance(domain, seat.ws()),
        activity::last_day(domain, seat.ws(), LATEST),
    );
    let (fleet, credits, activity) = (fleet?, credits?, activity?);
    let now = domain.ports.clock.now();
    let connect = html! { a class="button primary" href="/dashboard/connect" { (icon(Icon::Plus)) "Connect a system" } };
    let content = html! {
        (head("Overview", "", &connect))
        @if fleet.connections.is_empty() {
            (first_steps())
        } @else {
            div id="overview" class="stack loose" data-live {
                (tiles(&fleet, credits, &activity))
                (attention(&fleet, &activity, now))
                (latest(&fleet, &activity, now))
            }
        }
    };
    Ok(page(&seat, Place::Overview, "Overview", &content))
}

fn first_steps() -> Markup {
    let actions = html! {
        div class="row" {
            a class="button primary" href="/dashboard/connect" { "Connect a system" }
            a class="button" href="/dashboard/start" { "Getting started" }
        }
    };
    html! {
        div class="card" {
            (empty(Icon::Plug, "Nothing is connected yet", "Connect the first customer's system. Its orders, vendors and stock are read through one API from then on.", &actions))
        }
    }
}

fn tiles(fleet: &Fleet, credits: Credits, activity: &Activity) -> Markup {
    let statuses = [
        ConnectionStatus::Online,
        ConnectionStatus::Unreachable,
        ConnectionStatus::ReauthRequired,
        ConnectionStatus::Disconnected,
    ];
    let bars: Vec<Bar> = activity
        .hours
        .iter()
        .map(|hour| Bar {
            good: hour.succeeded,
            bad: hour.failed,
            title: format!(
                "{}: {} succeeded, {} failed",
                hour.begins.strftime("%H:00 UTC"),
                hour.succeeded,
                hour.failed
            ),
        })
        .collect();
    let (succeeded, failed) = (activity.succeeded(), activity.failed());
    let summary = format!(
        "Syncs in the last 24 hours: {} succeeded, {} failed",
        number(succeeded),
        number(failed)
    );
    let held = format!("{} of {} credits are held", credits.held, credits.total);
    html! {
        div class="tiles" {
            section class="card tile" aria-labelledby="tile-connections" {
                h2 id="tile-connections" { "Connections" }
                p class="value" { (number(fleet.total())) @if fleet.cut { "+" } }
                ul class="legend" {
                    @for one in statuses {
                        @let count = fleet.count(one);
                        @if count > 0 {
                            li { a href={ "/dashboard/connections?status=" (one.as_str()) } { (status(one)) span class="number" { (number(count)) } } }
                        }
                    }
                }
            }
            section class="card tile" aria-labelledby="tile-credits" {
                h2 id="tile-credits" { "Credits" }
                p class="value" { (number(credits.free)) " " small { "free" } }
                (chart::meter(credits.held, credits.total, &held))
                p class="soft small" { (number(credits.held)) " of " (number(credits.total)) " held by connections. " a href="/dashboard/credits" { "Ledger" } }
            }
            section class="card tile wide" aria-labelledby="tile-syncs" {
                h2 id="tile-syncs" { "Syncs, last 24 hours" }
                p class="value" { (number(succeeded + failed)) @if failed > 0 { " " (badge(Tone::Bad, &format!("{} failed", number(failed)))) } }
                (chart::bars(&bars, &summary))
                p class="axis soft small" { span { "24 hours ago" } span { "now" } }
                @if let Some(at) = activity.cut_at {
                    p class="faint small" { "So much happened that counting began at " (exact(at)) "." }
                }
            }
        }
    }
}

/// Something to look at.
struct Item<'a> {
    connection: &'a Connection,
    headline: Markup,
    text: String,
    since: Timestamp,
    action: &'static str,
    path: String,
}

fn items<'a>(fleet: &'a Fleet, activity: &'a Activity) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    for (wanted, action) in [
        (ConnectionStatus::ReauthRequired, "Repair"),
        (ConnectionStatus::Unreachable, "Look"),
    ] {
        for connection in fleet.connections.iter().filter(|one| one.status == wanted) {
            items.push(Item {
                connection,
                headline: status(wanted),
                text: connection.status_reason.clone().unwrap_or_default(),
                since: connection.status_since,
                action,
                path: format!("/dashboard/connections/{}", connection.id),
            });
        }
    }
    let by_id = fleet.by_id();
    for failing in &activity.failing {
        let known = by_id.get(failing.connection.as_str());
        // A connection that is not online stands above already.
        let Some(connection) = known.filter(|one| one.status == ConnectionStatus::Online) else {
            continue;
        };
        items.push(Item {
            connection,
            headline: badge(Tone::Bad, "Sync failed"),
            text: format!("{}: {}", model_title(&failing.model), failing.message),
            since: failing.at,
            action: "Look",
            path: format!("/dashboard/connections/{}", connection.id),
        });
    }
    items
}

fn attention(fleet: &Fleet, activity: &Activity, now: Timestamp) -> Markup {
    let items = items(fleet, activity);
    html! {
        section class="card" aria-labelledby="attention" {
            header {
                h2 id="attention" { "Needs attention" }
                @if !items.is_empty() { span class="soft small" { (several(u64::try_from(items.len()).unwrap_or_default(), "thing", "things")) } }
            }
            @if items.is_empty() {
                p class="body calm" { (icon(Icon::Check)) "All is well: every connection is online, and every last sync succeeded." }
            } @else {
                ul class="items" {
                    @for item in items.iter().take(MOST_SHOWN) {
                        li {
                            (initials(customer(item.connection), "small"))
                            div class="grow" {
                                p { a class="strong" href=(item.path) { (customer(item.connection)) } " " (item.headline) " " span class="faint small" { "since " (when(now, item.since)) } }
                                @if !item.text.is_empty() { p class="soft small" { (item.text) } }
                            }
                            a class="button small" href=(item.path) aria-label={ (item.action) " at " (customer(item.connection)) } { (item.action) }
                        }
                    }
                }
                @if items.len() > MOST_SHOWN {
                    footer { "And " (items.len() - MOST_SHOWN) " more. " a href="/dashboard/connections" { "All connections" } }
                }
            }
        }
    }
}

fn latest(fleet: &Fleet, activity: &Activity, now: Timestamp) -> Markup {
    html! {
        section class="card" aria-labelledby="latest" {
            header { h2 id="latest" { "Latest events" } a class="small" href="/dashboard/events" { "All events" } }
            @if activity.latest.is_empty() {
                p class="body soft" { "Nothing has happened yet." }
            } @else {
                (events::table(&activity.latest, fleet, now))
            }
        }
    }
}
