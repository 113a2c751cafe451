//! One endpoint: how it stands, and the log of what was sent to it.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use manifold_domain::{
    listing::Paging,
    webhooks::{self, Delivery, DeliveryStatus, Endpoint, EndpointStatus},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{PATH, deeds::BACK, listens, progress, state};
use crate::{
    dashboard::{
        form::{Asked, address},
        frame::{Place, back, page, pager},
        session::Seat,
        trouble::Trouble,
        words::{exact, tone_of, when},
    },
    pages::{
        Icon, icon,
        parts::{Tone, badge, empty, notice},
    },
};

/// Deliveries a page.
const A_PAGE: usize = 50;

/// Which deliveries.
#[derive(Deserialize)]
pub struct Wanted {
    status: Option<String>,
    cursor: Option<String>,
}

const STATUSES: [(DeliveryStatus, &str); 3] = [
    (DeliveryStatus::Failed, "Parked"),
    (DeliveryStatus::Pending, "Pending"),
    (DeliveryStatus::Succeeded, "Delivered"),
];

/// The page.
pub async fn show(
    seat: Seat,
    Path(id): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let endpoint = webhooks::get(domain, seat.ws(), &id).await?;
    let status = STATUSES
        .iter()
        .map(|(status, _)| *status)
        .find(|status| Some(status.as_str()) == wanted.status.as_deref());
    let paging = Paging {
        limit: A_PAGE,
        cursor: wanted.cursor.as_deref(),
    };
    let found = webhooks::deliveries(domain, seat.ws(), &id, status, paging).await?;
    let now = domain.ports.clock.now();
    let base = format!("{PATH}/{id}");
    let to = |status: Option<DeliveryStatus>, cursor: &str| {
        let status = status.map_or("", DeliveryStatus::as_str);
        address(&base, &[("status", status), ("cursor", cursor)])
    };
    let content = html! {
        (back(PATH, "Webhooks"))
        div id="endpoint-head" class="stack" data-live { (title(&seat, &endpoint)) (standing(&endpoint, now)) }
        div class="columns" {
            div class="stack" {
                nav class="chips" aria-label="State of deliveries" {
                    a class="chip" href=(to(None, "")) aria-current=[status.is_none().then_some("page")] { "All" }
                    @for (one, word) in STATUSES { a class="chip" href=(to(Some(one), "")) aria-current=[(status == Some(one)).then_some("page")] { (word) } }
                }
                div id="deliveries" class="card" data-live { (deliveries(&found.data, now)) }
                (pager(
                    wanted.cursor.as_ref().map(|_| to(status, "")).as_deref(),
                    found.next_cursor.as_deref().map(|cursor| to(status, cursor)).as_deref(),
                    "Older",
                ))
            }
            div class="stack loose" { (facts(&endpoint, now)) (again(&seat, &endpoint)) (ending(&seat, &endpoint)) }
        }
    };
    Ok(page(&seat, Place::Webhooks, "Endpoint", &content))
}

fn title(seat: &Seat, endpoint: &Endpoint) -> Markup {
    html! {
        div class="page-head" {
            div class="grow" {
                h1 { (endpoint.settings.url) " " (state(endpoint)) }
                p class="soft small" { @if let Some(note) = &endpoint.settings.description { (note) " · " } span class="mono" { (endpoint.id) } }
            }
            div class="row" {
                (seat.button(&format!("{PATH}/{}/test", endpoint.id), "", &html! { (icon(Icon::Send)) "Send a test" }))
                a class="button" href={ (PATH) "/" (endpoint.id) "/edit" } { "Change" }
            }
        }
    }
}

fn standing(endpoint: &Endpoint, now: Timestamp) -> Markup {
    if endpoint.status == EndpointStatus::Disabled {
        let reason = endpoint.disabled_reason.as_deref().unwrap_or_default();
        return notice(
            Tone::Bad,
            &html! {
                p { strong { "Nothing is sent here" } @if let Some(at) = endpoint.disabled_at { " since " (when(now, at)) } ". " (reason) }
                p { "Enable it, then send again what it missed: each event comes once, in the order in which it happened." }
            },
        );
    }
    match (endpoint.failing_since, endpoint.disables_at) {
        (Some(since), Some(until)) => notice(
            Tone::Warn,
            &html! { p { strong { "Every attempt fails" } " since " (when(now, since)) ". It is disabled " (when(now, until)) " unless one succeeds." } },
        ),
        _ => html! {},
    }
}

fn deliveries(deliveries: &[Delivery], now: Timestamp) -> Markup {
    if deliveries.is_empty() {
        return empty(
            Icon::Send,
            "Nothing here",
            "Deliveries stand here as events happen. A test makes one now.",
            &html! {},
        );
    }
    html! {
        div class="table-box" {
            table class="table" {
                thead { tr { th { "Event" } th { "State" } th { "Last answer" } th class="number" { "Attempts" } th { "When" } } }
                tbody {
                    @for one in deliveries {
                        @let last = one.attempts.last();
                        tr {
                            td { a class="quiet-link" href={ "/dashboard/deliveries/" (one.id) } { (badge(tone_of(one.kind.as_str()), one.kind.as_str())) } }
                            td { (progress(one.status)) @if let Some(at) = one.next_attempt_at { div class="faint tiny" { "next " (when(now, at)) } } }
                            td class="soft wrap-text" {
                                @if let Some(attempt) = last {
                                    @match (attempt.status, &attempt.error) {
                                        (Some(status), _) => { "HTTP " (status) " in " (attempt.milliseconds) " ms" },
                                        (None, Some(error)) => div class="clamp" { (error) },
                                        (None, None) => "",
                                    }
                                } @else { span class="faint" { (one.reason.as_deref().unwrap_or("not yet")) } }
                            }
                            td class="number" { (one.attempts.len()) }
                            td class="nowrap soft" title=(exact(one.created_at)) { (when(now, one.created_at)) }
                        }
                    }
                }
            }
        }
    }
}

fn facts(endpoint: &Endpoint, now: Timestamp) -> Markup {
    html! {
        section class="card" aria-labelledby="facts" {
            header { h2 id="facts" { "Facts" } }
            dl class="facts body" {
                dt { "Hears" } dd { (listens(endpoint)) }
                dt { "Records" } dd { @if endpoint.settings.batch { "up to 500 a message" } @else { "one a message" } }
                dt { "First syncs" } dd { @if endpoint.settings.initial { "told" } @else { "not told" } }
                dt { "Last taken" } dd { @match endpoint.last_success_at { Some(at) => (when(now, at)), None => span class="faint" { "not yet" } } }
                dt { "Added" } dd { (exact(endpoint.created_at)) }
            }
        }
    }
}

fn again(seat: &Seat, endpoint: &Endpoint) -> Markup {
    html! {
        form class="card" method="post" action={ (PATH) "/" (endpoint.id) "/replay" } {
            (seat.form_field())
            header { h2 { "Send again" } }
            div class="body stack" {
                div class="field" {
                    label for="hours" { "Events of" }
                    select class="input" id="hours" name="hours" { @for (hours, word) in BACK { option value=(hours) selected[hours == 24] { (word) } } }
                }
                div class="field" {
                    label for="only" { "Which" }
                    select class="input" id="only" name="only" {
                        option value="failed" { "Those that did not arrive" }
                        option value="all" { "All, also those that arrived" }
                    }
                }
                button class="button" type="submit" disabled[endpoint.status == EndpointStatus::Disabled] { (icon(Icon::Refresh)) "Send again" }
            }
        }
    }
}

fn ending(seat: &Seat, endpoint: &Endpoint) -> Markup {
    let base = format!("{PATH}/{}", endpoint.id);
    let (to, word) = if endpoint.status == EndpointStatus::Disabled {
        ("enabled", "Enable")
    } else {
        ("disabled", "Disable")
    };
    html! {
        section class="card" {
            header { h2 { "More" } }
            div class="body stack" {
                form method="post" action={ (base) "/switch" } {
                    (seat.form_field())
                    input type="hidden" name="to" value=(to);
                    button class="button wide" type="submit" { (word) }
                }
                a class="button" href={ (base) "/rotate-secret" } data-dialog { "Rotate the secret…" }
                a class="button grave" href={ (base) "/delete" } data-dialog { "Delete…" }
            }
        }
    }
}
