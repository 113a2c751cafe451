//! One delivery: what was sent, and what each attempt came to.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use manifold_domain::{
    events,
    webhooks::{self, Attempt, Delivery, DeliveryStatus},
};
use maud::{Markup, html};
use serde_json::json;

use super::{PATH, progress};
use crate::{
    dashboard::{
        frame::{Place, back, page},
        json,
        session::Seat,
        trouble::Trouble,
        words::{exact, when},
    },
    gate::times::rfc3339,
    pages::{
        Icon, icon,
        parts::{Tone, badge, notice},
    },
};

/// The page.
pub async fn show(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let delivery = webhooks::delivery(domain, seat.ws(), &id).await?;
    let endpoint = webhooks::get(domain, seat.ws(), &delivery.endpoint).await?;
    let event = events::get(domain, seat.ws(), &delivery.event).await.ok();
    let message = event.map(|event| {
        json!({"type": event.kind.as_str(), "timestamp": rfc3339(event.timestamp), "data": event.data})
            .to_string()
    });
    let now = domain.ports.clock.now();
    let content = html! {
        (back(&format!("{PATH}/{}", endpoint.id), &endpoint.settings.url))
        div id="delivery" class="stack loose" data-live {
            div class="page-head" {
                div class="grow" {
                    h1 { (delivery.kind.as_str()) " " (progress(delivery.status)) }
                    p class="soft small mono" { (delivery.id) }
                }
                (seat.button(&format!("/dashboard/deliveries/{}/replay", delivery.id), "", &html! { (icon(Icon::Refresh)) "Send again" }))
            }
            (standing(&delivery, now))
            (attempts(&delivery, now))
        }
        section class="card" {
            header {
                div { h2 { "Message" } p class="soft tiny" { "Signed when it is sent; its " code { "webhook-id" } " stays the same over all attempts." } }
                a class="small" href={ "/dashboard/events/" (delivery.event) } { "The event" }
            }
            @match &message {
                Some(message) => pre class="json" tabindex="0" aria-label="The message" { code { (json::shown(message)) } },
                None => p class="body soft" { "The event is older than 90 days and no longer kept." },
            }
        }
    };
    Ok(page(&seat, Place::Webhooks, delivery.kind.as_str(), &content))
}

fn standing(delivery: &Delivery, now: Timestamp) -> Markup {
    match (delivery.status, delivery.next_attempt_at, &delivery.reason) {
        (DeliveryStatus::Pending, Some(at), _) => notice(
            Tone::Plain,
            &html! { p { "The next attempt is due " (when(now, at)) "." } },
        ),
        (DeliveryStatus::Failed, _, Some(reason)) => notice(Tone::Bad, &html! { (reason) }),
        (DeliveryStatus::Failed, _, None) => notice(
            Tone::Bad,
            &html! { "It did not arrive, and no attempt is due. Send it again when the receiver is well." },
        ),
        _ => html! {},
    }
}

fn attempts(delivery: &Delivery, now: Timestamp) -> Markup {
    html! {
        section class="card" aria-labelledby="attempts" {
            header { h2 id="attempts" { "Attempts" } }
            @if delivery.attempts.is_empty() {
                p class="body soft" { "None yet." }
            } @else {
                ol class="deeds" {
                    @for attempt in delivery.attempts.iter().rev() { li { (one(attempt, now)) } }
                }
            }
        }
    }
}

fn one(attempt: &Attempt, now: Timestamp) -> Markup {
    let (tone, word) = match attempt.status {
        Some(status) if (200..300).contains(&status) => (Tone::Good, format!("HTTP {status}")),
        Some(status) => (Tone::Bad, format!("HTTP {status}")),
        None => (Tone::Bad, "No answer".to_owned()),
    };
    html! {
        (badge(tone, &word))
        div class="grow" {
            @if let Some(error) = &attempt.error { p class="small" { (error) } }
            p class="soft tiny" { (exact(attempt.at)) ", " (attempt.milliseconds) " ms" }
        }
        span class="soft small nowrap" { (when(now, attempt.at)) }
        @if let Some(response) = attempt.response.as_deref().filter(|text| !text.is_empty()) {
            details { summary { "What it answered" } pre class="json" tabindex="0" aria-label="The answer" { code { (json::shown(response)) } } }
        }
    }
}

/// Sends it again.
pub async fn replay(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let again = webhooks::replay(&seat.app.domain, seat.ws(), &id, &seat.actor).await?;
    Ok(seat.go(&format!("/dashboard/deliveries/{}", again.id), "resent"))
}
