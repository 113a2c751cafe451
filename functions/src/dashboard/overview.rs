//! The first page: how connections stand, what needs attention first, what the last day brought.

use axum::response::Response;
use jiff::Timestamp;
use manifold_domain::{
    activity::{self, Activity, Hour},
    connection::ConnectionStatus,
    credits::{self, Credits},
    webhooks::EndpointStatus,
};
use maud::{Markup, html};

use super::{
    chart::{self, Bar},
    events,
    fleet::Fleet,
    frame::{Place, head, page},
    sent::Sent,
    session::Seat,
    trouble::Trouble,
    words::{customer, exact, model_title, number, several, since, status},
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
    let sent = Sent::within(domain, seat.ws(), &activity.hours).await?;
    let now = domain.ports.clock.now();
    let connect = html! { a class="button primary" href="/dashboard/connect" { (icon(Icon::Plus)) "Connect a system" } };
    let content = html! {
        (head("Overview", "", &connect))
        @if fleet.connections.is_empty() {
            (first_steps())
        } @else {
            div id="overview" class="stack loose" data-live data-every="15" {
                (tiles(&fleet, credits, &activity, &sent))
                (attention(&fleet, &activity, &sent, now))
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

fn tiles(fleet: &Fleet, credits: Credits, activity: &Activity, sent: &Sent) -> Markup {
    let statuses = [
        ConnectionStatus::Online,
        ConnectionStatus::Unreachable,
        ConnectionStatus::ReauthRequired,
        ConnectionStatus::Disconnected,
    ];
    let held = format!("{} of {} credits are held", credits.held, credits.total);
    let syncs: Vec<(u64, u64)> = activity
        .hours
        .iter()
        .map(|hour| (hour.succeeded, hour.failed))
        .collect();
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
            section class="card tile" aria-labelledby="tile-syncs" {
                h2 id="tile-syncs" { "Syncs, last 24 hours" }
                (day(&activity.hours, &syncs, "Syncs", "succeeded"))
                @if let Some(at) = activity.cut_at {
                    p class="faint small" { "So much happened that counting began at " (exact(at)) "." }
                }
            }
            section class="card tile" aria-labelledby="tile-deliveries" {
                h2 id="tile-deliveries" { "Deliveries, last 24 hours" }
                @if sent.endpoints.is_empty() {
                    p class="soft small" { "No endpoint hears of events yet. " a href="/dashboard/webhooks/new" { "Add one" } }
                } @else {
                    (day(&activity.hours, &sent.hours, "Deliveries", "delivered"))
                    @if sent.pending > 0 { p class="soft small" { (number(sent.pending)) " on their way" } }
                    @if sent.cut { p class="faint small" { "Only the latest of each endpoint are counted." } }
                }
            }
        }
    }
}

/// A day's bars under their sum: what went well, and what did not.
fn day(hours: &[Hour], counts: &[(u64, u64)], what: &str, well: &str) -> Markup {
    let bars: Vec<Bar> = hours
        .iter()
        .zip(counts)
        .map(|(hour, (good, bad))| Bar {
            good: *good,
            bad: *bad,
            title: format!(
                "{}: {good} {well}, {bad} failed",
                hour.begins.strftime("%H:00 UTC")
            ),
        })
        .collect();
    let good: u64 = counts.iter().map(|count| count.0).sum();
    let bad: u64 = counts.iter().map(|count| count.1).sum();
    let (said_good, said_bad) = (number(good), number(bad));
    let summary = format!("{what} in the last 24 hours: {said_good} {well}, {said_bad} failed");
    html! {
        p class="value" { (number(good + bad)) @if bad > 0 { " " (badge(Tone::Bad, &format!("{said_bad} failed"))) } }
        (chart::bars(&bars, &summary))
        p class="axis soft small" { span { "24 hours ago" } span { "now" } }
    }
}

/// Something to look at.
struct Item<'a> {
    name: &'a str,
    headline: Markup,
    text: String,
    since: Timestamp,
    action: &'static str,
    path: String,
}

fn items<'a>(fleet: &'a Fleet, activity: &'a Activity, sent: &'a Sent) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    let of = |wanted: ConnectionStatus, action: &'static str| {
        let those = fleet.connections.iter().filter(move |one| one.status == wanted);
        those.map(move |one| Item {
            name: customer(one),
            headline: status(wanted),
            text: one.status_reason.clone().unwrap_or_default(),
            since: one.status_since,
            action,
            path: format!("/dashboard/connections/{}", one.id),
        })
    };
    items.extend(of(ConnectionStatus::ReauthRequired, "Repair"));
    items.extend(endpoints(sent));
    items.extend(of(ConnectionStatus::Unreachable, "Look"));
    let by_id = fleet.by_id();
    items.extend(activity.failing.iter().filter_map(|failing| {
        let known = by_id.get(failing.connection.as_str());
        // A connection that is not online stands above already.
        let connection = known.filter(|one| one.status == ConnectionStatus::Online)?;
        Some(Item {
            name: customer(connection),
            headline: badge(Tone::Bad, "Sync failed"),
            text: format!("{}: {}", model_title(&failing.model), failing.message),
            since: failing.at,
            action: "Look",
            path: format!("/dashboard/connections/{}", connection.id),
        })
    }));
    items
}

/// Endpoints that nothing arrives at. Whoever disabled one by hand knows it.
fn endpoints(sent: &Sent) -> impl Iterator<Item = Item<'_>> {
    sent.endpoints.iter().filter_map(|endpoint| {
        let disabled = endpoint.status == EndpointStatus::Disabled;
        let (since, word) = if disabled {
            (endpoint.disabled_at?, "Endpoint disabled")
        } else {
            (endpoint.failing_since?, "Endpoint failing")
        };
        Some(Item {
            name: &endpoint.settings.url,
            headline: badge(if disabled { Tone::Bad } else { Tone::Warn }, word),
            text: endpoint.disabled_reason.clone().unwrap_or_default(),
            since,
            action: "Look",
            path: format!("/dashboard/webhooks/{}", endpoint.id),
        })
    })
}

fn attention(fleet: &Fleet, activity: &Activity, sent: &Sent, now: Timestamp) -> Markup {
    let items = items(fleet, activity, sent);
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
                            (initials(item.name, "small"))
                            div class="grow" {
                                p { a class="strong" href=(item.path) { (item.name) } " " (item.headline) " " span class="faint small" { (since(now, item.since)) } }
                                @if !item.text.is_empty() { p class="soft small" { (item.text) } }
                            }
                            a class="button small" href=(item.path) aria-label={ (item.action) " at " (item.name) } { (item.action) }
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
