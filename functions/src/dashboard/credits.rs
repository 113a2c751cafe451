//! Credits: how the pool stands, and every movement of it.

use axum::response::Response;
use manifold_domain::{
    credits::{self, Movement, MovementKind},
    listing::Paging,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{
    chart,
    fleet::Fleet,
    form::{Asked, address},
    frame::{Place, head, page, pager},
    session::Seat,
    trouble::Trouble,
    words::{exact, number},
};
use crate::pages::parts::{Tone, badge, notice};

const PATH: &str = "/dashboard/credits";

/// Where to go on.
#[derive(Deserialize)]
pub struct Wanted {
    cursor: Option<String>,
}

/// The page.
pub async fn show(seat: Seat, Asked(wanted): Asked<Wanted>) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let paging = Paging {
        cursor: wanted.cursor.as_deref(),
        ..Paging::default()
    };
    let (balance, ledger, fleet) = tokio::join!(
        credits::balance(domain, seat.ws()),
        credits::ledger(domain, seat.ws(), paging),
        Fleet::of(domain, seat.ws()),
    );
    let (balance, ledger, fleet) = (balance?, ledger?, fleet?);
    let next = ledger
        .next_cursor
        .as_deref()
        .map(|cursor| address(PATH, &[("cursor", cursor)]));
    let held = format!("{} of {} credits are held", balance.held, balance.total);
    let content = html! {
        (head("Credits", "A connection holds credits while it exists, and gives them back when it ends.", &html! {}))
        div id="credits" class="stack loose" data-live {
            section class="card" {
                div class="body pool" {
                    @for (count, word) in [(balance.total, "in all"), (balance.held, "held"), (balance.free, "free")] {
                        div class="stat" { span class="value" { (number(count)) } span class="name" { (word) } }
                    }
                    div class="grow" { (chart::meter(balance.held, balance.total, &held)) }
                }
            }
            @if balance.free == 0 {
                (notice(Tone::Warn, &html! { "No credits are free: nothing more can be connected. Disconnect what is not needed, or ask the operator for more." }))
            }
            section class="card" aria-labelledby="ledger" {
                header { h2 id="ledger" { "Ledger" } }
                div class="table-box" {
                    table class="table" {
                        thead { tr { th { "When" } th { "Movement" } th { "Connection" } th class="number" { "Credits" } } }
                        tbody { @for movement in &ledger.data { (line(movement, &fleet)) } }
                    }
                }
            }
        }
        (pager(wanted.cursor.as_ref().map(|_| PATH), next.as_deref(), "Older"))
    };
    Ok(page(&seat, Place::Credits, "Credits", &content))
}

fn line(movement: &Movement, fleet: &Fleet) -> Markup {
    let (tone, word) = match movement.kind {
        MovementKind::Granted => (Tone::Accent, "Granted"),
        MovementKind::Held => (Tone::Plain, "Held"),
        MovementKind::Released => (Tone::Good, "Released"),
    };
    html! {
        tr {
            td class="nowrap soft" { (exact(movement.at)) }
            td { (badge(tone, word)) }
            td { @if let Some(id) = &movement.connection_id { a href={ "/dashboard/connections/" (id) } { (fleet.name_of(id)) } } @else { span class="faint" { "the operator" } } }
            td class="number" { @if movement.amount < 0 { "−" } (number(movement.amount.unsigned_abs())) }
        }
    }
}
