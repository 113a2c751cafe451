//! Connecting a system from here: a link is made, to be opened at once or sent to whoever knows the credentials.

use axum::response::Response;
use manifold_domain::{
    connection::Customer,
    error::Problem,
    link::{self, LinkCreated, LinkRequest},
};
use maud::{Markup, html};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::{
    form::{Asked, Form, filled},
    frame::{Place, answer, back, head, page},
    session::Seat,
    trouble::{Told, Trouble},
    words::when,
};
use crate::pages::{
    Icon, icon,
    parts::{Tone, notice},
};

/// The system that was chosen in the catalogue.
#[derive(Deserialize)]
pub struct Chosen {
    system: Option<String>,
}

/// Asks whose system it is.
pub async fn ask(seat: Seat, Asked(chosen): Asked<Chosen>) -> Response {
    let given = Given {
        system: chosen.system,
        ..Given::default()
    };
    page(
        &seat,
        Place::Connections,
        "Connect a system",
        &form(&seat, &given, ""),
    )
}

/// What was entered.
#[derive(Default, Deserialize)]
pub struct Given {
    #[serde(default)]
    customer: String,
    #[serde(default)]
    name: String,
    system: Option<String>,
}

fn form(seat: &Seat, given: &Given, problem: &str) -> Markup {
    html! {
        (back("/dashboard/connections", "Connections"))
        (head("Connect a system", "Credentials are entered on a page of their own. Open it yourself, or send its link to somebody who knows them.", &html! {}))
        form class="card narrow" method="post" action="/dashboard/connect" {
            (seat.form_field())
            div class="body stack" {
                @if !problem.is_empty() { div role="alert" { (notice(Tone::Bad, &html! { (problem) })) } }
                div class="field" {
                    label for="name" { "Customer's name" span class="optional" { "optional" } }
                    input class="input" id="name" name="name" value=(given.name) maxlength="200" placeholder="Harbour Foods" autocomplete="off";
                }
                div class="field" {
                    label for="customer" { "Your id for this customer" }
                    input class="input mono" id="customer" name="customer" value=(given.customer) required maxlength="200" placeholder="customer-42" autocomplete="off" aria-describedby="customer-help";
                    p class="help" id="customer-help" { "As your own software knows the customer. The API finds connections by it." }
                }
                div class="field" {
                    label for="system" { "System" }
                    select class="input" id="system" name="system" {
                        option value="" { "Let them choose" }
                        @for connector in seat.app.catalog.all() {
                            @let manifest = connector.manifest();
                            option value=(manifest.id) selected[given.system.as_deref() == Some(manifest.id.as_str())] { (manifest.name) }
                        }
                    }
                }
                div { button class="button primary" type="submit" { "Make the link" } }
            }
        }
    }
}

/// Makes a link session and shows its link.
pub async fn make(seat: Seat, Form(given): Form<Given>) -> Result<Response, Trouble> {
    let system = filled(given.system.clone());
    let request = LinkRequest {
        customer: Customer {
            id: given.customer.trim().to_owned(),
            name: filled(Some(given.name.clone())),
        },
        systems: system.map(|system| vec![system]),
        ..LinkRequest::default()
    };
    match link::create(&seat.app.domain, seat.ws(), &seat.actor, &request).await {
        Ok(made) => Ok(show(&seat, "Connect a system", &made)),
        Err(problem @ Problem::InvalidFields(_)) => {
            let told = Told::of(&problem);
            let content = form(&seat, &given, &told.detail);
            Ok(answer(
                &seat,
                told.status,
                Some(Place::Connections),
                "Connect a system",
                &content,
            ))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The link of a session, which is shown here and never again.
pub fn show(seat: &Seat, title: &str, made: &LinkCreated) -> Response {
    let url = format!(
        "{}/connect/{}#token={}",
        seat.app.public_url,
        made.id,
        made.link_token.expose_secret()
    );
    let wall = seat.app.domain.ports.clock.wall();
    let content = html! {
        (back("/dashboard/connections", "Connections"))
        (head(title, "The link is ready.", &html! {}))
        div class="card narrow" {
            div class="body stack" {
                p { "Open the page here, or send the link. It is shown this once, works for one connection, and ends " (when(wall, made.expires_at)) "." }
                div class="code" {
                    pre tabindex="0" aria-label="The link" { code id="link" { (url) } }
                    button class="button small icon-only" type="button" data-copy-from="link" data-copied="The link was copied" aria-label="Copy the link" { (icon(Icon::Copy)) }
                }
                div class="row" {
                    a class="button primary" href=(url) target="_blank" rel="noreferrer" { "Open the page" (icon(Icon::External)) }
                    a class="button" href="/dashboard/connections" { "To the connections" }
                }
            }
        }
    };
    page(seat, Place::Connections, title, &content)
}
