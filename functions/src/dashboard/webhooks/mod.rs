//! Webhook endpoints: all of them, and a file for each page of one.

pub mod deeds;
pub mod delivery;
pub mod edit;
pub mod endpoint;

use axum::response::Response;
use manifold_domain::webhooks::{self, DeliveryStatus, Endpoint, EndpointStatus};
use maud::{Markup, html};

use super::{
    frame::{Place, head, page},
    session::Seat,
    trouble::Trouble,
    words::when,
};
use crate::pages::{
    Icon, icon,
    parts::{Tone, badge, empty},
};

const PATH: &str = "/dashboard/webhooks";

/// All endpoints.
pub async fn list(seat: Seat) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let endpoints = webhooks::list(domain, seat.ws()).await?;
    let now = domain.ports.clock.now();
    let add =
        html! { a class="button primary" href={ (PATH) "/new" } { (icon(Icon::Plus)) "Add an endpoint" } };
    let content = html! {
        (head("Webhooks", "Where your software wants to hear of what happens. Each message is signed.", &add))
        @if endpoints.is_empty() {
            div class="card" { (empty(Icon::Send, "Nobody is told yet", "Add the address of your software, and it hears when a connection breaks, recovers, or brings new records.", &add)) }
        } @else {
            div id="endpoints" class="card" data-live {
                div class="table-box" {
                    table class="table" {
                        thead { tr { th { "Endpoint" } th { "Listens to" } th { "State" } th { "Last taken" } } }
                        tbody {
                            @for one in &endpoints {
                                tr {
                                    td class="wrap-text" {
                                        a class="strong" href={ (PATH) "/" (one.id) } { (one.settings.url) }
                                        @if let Some(note) = &one.settings.description { div class="soft tiny" { (note) } }
                                    }
                                    td class="soft" { (listens(one)) }
                                    td { (state(one)) }
                                    td class="nowrap soft" { @match one.last_success_at { Some(at) => (when(now, at)), None => span class="faint" { "not yet" } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Ok(page(&seat, Place::Webhooks, "Webhooks", &content))
}

/// What an endpoint listens to, in words.
fn listens(endpoint: &Endpoint) -> String {
    let settings = &endpoint.settings;
    let types = if settings.event_types.is_empty() {
        "Every event".to_owned()
    } else {
        settings.event_types.join(", ")
    };
    match settings.connection_ids.len() {
        0 => types,
        1 => format!("{types}, of one connection"),
        several => format!("{types}, of {several} connections"),
    }
}

/// How an endpoint stands, in a word.
fn state(endpoint: &Endpoint) -> Markup {
    if endpoint.status == EndpointStatus::Disabled {
        badge(Tone::Bad, "Disabled")
    } else if endpoint.failing_since.is_some() {
        badge(Tone::Warn, "Failing")
    } else {
        badge(Tone::Good, "Enabled")
    }
}

/// How far a delivery is, in a word.
fn progress(status: DeliveryStatus) -> Markup {
    match status {
        DeliveryStatus::Pending => badge(Tone::Accent, "Pending"),
        DeliveryStatus::Succeeded => badge(Tone::Good, "Delivered"),
        DeliveryStatus::Failed => badge(Tone::Bad, "Parked"),
    }
}
