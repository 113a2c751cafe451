//! Disconnecting. The question is a page of the `api` function; its form goes to the `disconnect` function, which
//! alone may destroy secrets.

use axum::{extract::Path, response::Response};
use manifold_domain::disconnect as ending;
use maud::html;

use super::{Tab, actions::question, find, page, path};
use crate::{
    dashboard::{
        session::Seat,
        trouble::Trouble,
        words::{customer, several},
    },
    pages::{Icon, icon},
};

/// Says what will happen, and asks.
pub async fn ask(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?.live()?;
    let credits = several(u64::from(connection.credits), "credit", "credits");
    let content = html! {
        p { "From the moment that you confirm:" }
        ul class="marks" {
            li { (icon(Icon::Cross)) span { "The token of " strong { (customer(&connection)) } " is refused." } }
            li { (icon(Icon::Cross)) "Nothing of the connection runs any more: no sync, no retry." }
            li { (icon(Icon::Cross)) "Its credentials are destroyed." }
            li { (icon(Icon::Check)) (credits) " are free again." }
            li { (icon(Icon::Check)) "What was synced stays readable with the workspace key, until you erase it." }
        }
        p class="soft" { "Connecting the system again makes a new connection with a new token." }
    };
    let button = html! { button class="button danger" type="submit" { "Disconnect" } };
    let asked = question(&seat, &connection, "disconnect", "Disconnect", &content, &button);
    Ok(page(&seat, &connection, Tab::Settings, &asked))
}

/// Ends the connection.
pub async fn disconnect(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let ended = ending::disconnect(&seat.app.domain, seat.ws(), &id, &seat.actor).await?;
    Ok(seat.go(&path(&ended), "disconnected"))
}
