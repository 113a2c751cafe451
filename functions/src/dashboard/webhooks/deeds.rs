//! What can be done to an endpoint: try it, give it a new secret, switch it off and on, delete it, send a range
//! of events again.

use axum::{extract::Path, response::Response};
use jiff::{SignedDuration, Timestamp};
use manifold_domain::webhooks::{self, Endpoint, EndpointPatch, EndpointStatus, Only, Range, USUAL_OVERLAP};
use maud::{Markup, html};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::PATH;
use crate::{
    dashboard::{
        form::Form,
        frame::{Place, back, head, page},
        session::Seat,
        trouble::Trouble,
        words::age,
    },
    pages::{
        Icon, icon,
        parts::{Tone, notice},
    },
};

/// Sends a test message and shows what became of it.
pub async fn test(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let tried = webhooks::test(&seat.app.domain, seat.ws(), &id, &seat.actor).await?;
    Ok(seat.go(&format!("/dashboard/deliveries/{}", tried.id), "tested"))
}

/// The secret, which is shown here and never again.
pub(super) fn secret_page(seat: &Seat, endpoint: &Endpoint, secret: &SecretString) -> Response {
    let content = html! {
        (back(PATH, "Webhooks"))
        (head("The endpoint's secret", &endpoint.settings.url, &html! {}))
        div class="card narrow" {
            div class="body stack" {
                (notice(Tone::Good, &html! { "Keep it now: it is shown this once. Your software checks the signature of every message with it." }))
                div class="code" {
                    pre tabindex="0" aria-label="The secret" { code id="secret" { (secret.expose_secret()) } }
                    button class="button small icon-only" type="button" data-copy-from="secret" data-copied="The secret was copied" aria-label="Copy the secret" { (icon(Icon::Copy)) }
                }
                p class="soft small" { "Signatures are Standard Webhooks: libraries for most languages check them." }
                div class="row" {
                    (seat.button(&format!("{PATH}/{}/test", endpoint.id), "primary", &html! { (icon(Icon::Send)) "Send a test" }))
                    a class="button" href={ (PATH) "/" (endpoint.id) } { "Done" }
                }
            }
        }
    };
    page(seat, Place::Webhooks, "The endpoint's secret", &content)
}

/// A question before something is done; a script shows it in place.
fn question(
    seat: &Seat,
    endpoint: &Endpoint,
    step: &str,
    title: &str,
    text: &Markup,
    button: &Markup,
) -> Response {
    let content = html! {
        (back(&format!("{PATH}/{}", endpoint.id), "The endpoint"))
        form class="card narrow" method="post" action={ (PATH) "/" (endpoint.id) "/" (step) } data-asks {
            (seat.form_field())
            header { h1 class="asked-title" { (title) } }
            div class="body stack" { p class="mono small wrap-text" { (endpoint.settings.url) } (text) }
            footer class="row" {
                a class="button" href={ (PATH) "/" (endpoint.id) } data-closes { "Cancel" }
                (button)
            }
        }
    };
    page(seat, Place::Webhooks, title, &content)
}

/// Asks before the secret is replaced.
pub async fn ask_rotate(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let endpoint = webhooks::get(&seat.app.domain, seat.ws(), &id).await?;
    let now = seat.app.domain.ports.clock.now();
    let overlap = SignedDuration::try_from(USUAL_OVERLAP).unwrap_or_default();
    let kept = age(now, now.checked_sub(overlap).unwrap_or(now));
    let text = html! { p { "Messages are signed with both secrets for " (kept) ", so that nothing is refused while your software takes the new one." } };
    let button = html! { button class="button primary" type="submit" { "Make a new secret" } };
    Ok(question(
        &seat,
        &endpoint,
        "rotate-secret",
        "Rotate the secret",
        &text,
        &button,
    ))
}

/// Replaces the secret and shows the new one.
pub async fn rotate(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let (domain, ws) = (&seat.app.domain, seat.ws());
    let (endpoint, secret) = webhooks::rotate_secret(domain, ws, &id, &seat.actor, USUAL_OVERLAP).await?;
    Ok(secret_page(&seat, &endpoint, &secret))
}

/// Asks before the endpoint is deleted.
pub async fn ask_delete(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let endpoint = webhooks::get(&seat.app.domain, seat.ws(), &id).await?;
    let text = html! { p { "Nothing is sent there any more, what is on its way is dropped, and the log goes with it. To stop for a while, disable it instead." } };
    let button =
        html! { button class="button danger" type="submit" { (icon(Icon::Bin)) "Delete the endpoint" } };
    Ok(question(
        &seat,
        &endpoint,
        "delete",
        "Delete the endpoint",
        &text,
        &button,
    ))
}

/// Deletes the endpoint.
pub async fn delete(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    webhooks::delete(&seat.app.domain, seat.ws(), &id, &seat.actor).await?;
    Ok(seat.go(PATH, "endpoint-deleted"))
}

/// Which way to switch.
#[derive(Deserialize)]
pub struct Switch {
    to: String,
}

/// Switches the endpoint off or on.
pub async fn switch(
    seat: Seat,
    Path(id): Path<String>,
    Form(switch): Form<Switch>,
) -> Result<Response, Trouble> {
    let (status, did) = if switch.to == "enabled" {
        (EndpointStatus::Enabled, "endpoint-enabled")
    } else {
        (EndpointStatus::Disabled, "endpoint-disabled")
    };
    let patch = EndpointPatch {
        status: Some(status),
        ..EndpointPatch::default()
    };
    webhooks::change(&seat.app.domain, seat.ws(), &id, &seat.actor, &patch).await?;
    Ok(seat.go(&format!("{PATH}/{id}"), did))
}

/// Which events to send again.
#[derive(Deserialize)]
pub struct Again {
    #[serde(default)]
    hours: i64,
    #[serde(default)]
    only: String,
}

/// Hours back that a person chooses from.
pub(super) const BACK: [(i64, &str); 5] = [
    (1, "The last hour"),
    (24, "The last day"),
    (72, "The last 3 days"),
    (168, "The last 7 days"),
    (720, "The last 30 days"),
];

/// Sends a range of events again.
pub async fn replay(
    seat: Seat,
    Path(id): Path<String>,
    Form(again): Form<Again>,
) -> Result<Response, Trouble> {
    let now = seat.app.domain.ports.clock.now();
    let hours = BACK
        .iter()
        .map(|(hours, _)| *hours)
        .find(|hours| *hours == again.hours)
        .unwrap_or(24);
    let range = Range {
        since: since(now, hours),
        until: None,
        only: if again.only == "all" {
            Only::All
        } else {
            Only::Failed
        },
    };
    webhooks::replay_range(&seat.app.domain, seat.ws(), &id, &seat.actor, range).await?;
    Ok(seat.go(&format!("{PATH}/{id}"), "replaying"))
}

fn since(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(now)
}
