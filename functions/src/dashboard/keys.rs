//! The workspace's API keys: which there are. The deployment's operator adds and withdraws them.

use axum::response::Response;
use manifold_domain::api_key;
use maud::{Markup, html};

use super::{
    frame::{Place, head, page},
    session::Seat,
    start::call,
    trouble::Trouble,
    words::{exact, when},
};
use crate::pages::parts::{Tone, badge};

/// The page.
pub async fn show(seat: Seat) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let keys = api_key::list(domain, seat.ws()).await?;
    let now = domain.ports.clock.now();
    let (url, ws) = (&seat.app.public_url, seat.ws());
    let add = format!(
        "curl -sS -X POST {url}/v1/workspaces/{ws}/keys \\\n  -H \"Authorization: Bearer $MANIFOLD_ADMIN_KEY\""
    );
    let withdraw = format!(
        "curl -sS -X DELETE {url}/v1/workspaces/{ws}/keys/key_… \\\n  -H \"Authorization: Bearer $MANIFOLD_ADMIN_KEY\""
    );
    let content = html! {
        (head("API keys", "Each opens the whole workspace. Only a keyed hash is stored, so a key cannot be shown again.", &html! {}))
        section id="keys" class="card" data-live {
            div class="table-box" {
                table class="table" {
                    thead { tr { th { "Key" } th { "Added" } th { "State" } } }
                    tbody {
                        @for key in &keys {
                            tr {
                                td { span class="mono" { (key.id) } @if key.id == seat.key { " " (badge(Tone::Accent, "This session")) } }
                                td class="nowrap" title=(exact(key.created_at)) { (when(now, key.created_at)) }
                                td { @match key.revoked_at {
                                    Some(at) => { (badge(Tone::Plain, "Withdrawn")) " " span class="faint tiny" { (when(now, at)) } },
                                    None => (badge(Tone::Good, "In use")),
                                } }
                            }
                        }
                    }
                }
            }
        }
        section class="card" aria-labelledby="operator" {
            header { h2 id="operator" { "Adding and withdrawing" } }
            div class="body stack" {
                p { "Keys are the operator's: a workspace key can neither make another nor withdraw one, so whoever finds one cannot lock you out. Whoever holds the deployment's admin key does it so:" }
                (steps(&add, &withdraw))
                p class="soft small" { "A key that is withdrawn is refused at once, and every session that it opened ends with it." }
            }
        }
    };
    Ok(page(&seat, Place::Keys, "API keys", &content))
}

fn steps(add: &str, withdraw: &str) -> Markup {
    html! {
        div class="stack" {
            h3 { "Add a key" }
            (call("add-key", add))
            h3 { "Withdraw a key" }
            (call("withdraw-key", withdraw))
        }
    }
}
