//! A connection at a glance: the sync of each model, facts, and what happened last.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use manifold_connectors::Catalog;
use manifold_domain::{
    connection::{Connection, History},
    listing::Paging,
    sync::{self, SyncView},
    timeline as kept,
};
use maud::{Markup, html};

use super::{Tab, find, page, path, timeline};
use crate::{
    dashboard::{
        connections::system_name,
        session::Seat,
        trouble::Trouble,
        words::{age, every, exact, model_title, number, state, when, when_text},
    },
    pages::{Icon, icon},
};

/// Entries of the timeline that are shown here.
const LATEST: usize = 8;

/// The page.
pub async fn show(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let domain = &seat.app.domain;
    let connection = find(&seat, &id).await?;
    let paging = Paging {
        limit: LATEST,
        cursor: None,
    };
    let (syncs, latest) = tokio::join!(
        sync::states(domain, seat.ws(), &id),
        kept::latest(domain, seat.ws(), &id, paging),
    );
    let now = domain.ports.clock.now();
    let content = html! {
        div class="columns" {
            div class="stack loose" {
                (models(&seat, &connection, &syncs?, now))
                section id="latest" class="card" data-live aria-labelledby="latest-title" {
                    header { h2 id="latest-title" { "Latest" } a class="small" href={ (path(&connection)) "/timeline" } { "Whole timeline" } }
                    (timeline::entries(&latest?.data, now))
                }
            }
            (facts(&connection, now))
        }
    };
    Ok(page(&seat, &connection, Tab::Overview, &content))
}

fn models(seat: &Seat, connection: &Connection, syncs: &[SyncView], now: Timestamp) -> Markup {
    let base = path(connection);
    html! {
        section id="syncs" class="card" data-live aria-labelledby="syncs-title" {
            header { h2 id="syncs-title" { "Syncs" } @if !connection.is_disconnected() { span class="soft small" { (every(&connection.schedule)) } } }
            div class="table-box" {
                table class="table" {
                    thead { tr { th { "Model" } th { "State" } th { "Last success" } th { "Next run" } th class="number" { "Read" } th class="number" { "Changed" } th { span class="visually-hidden" { "Actions" } } } }
                    tbody {
                        @for sync in syncs {
                            @let counts = sync.counts;
                            tr {
                                td { a class="strong" href={ (base) "/records?model=" (sync.model) } { (model_title(&sync.model)) } }
                                td {
                                    (state(sync.state))
                                    @if let Some(error) = &sync.error { div class="tiny bad-text wrap-text clamp" title=(error.message) { (error.message) } }
                                }
                                td class="nowrap" { (when_text(now, sync.last_success_at.as_deref(), "never")) }
                                td class="nowrap" { (when_text(now, sync.next_run_at.as_deref(), if connection.is_disconnected() { "none" } else { "by hand" })) }
                                td class="number" { (number(counts.read)) }
                                td class="number" title={ (counts.created) " created, " (counts.updated) " updated, " (counts.deleted) " deleted, " (counts.quarantined) " put aside" } {
                                    (number(counts.created + counts.updated + counts.deleted))
                                    @if counts.quarantined > 0 {
                                        div { a class="tiny warn-text" href={ (base) "/put-aside" } { (number(counts.quarantined)) " put aside" } }
                                    }
                                }
                                td class="end" {
                                    @if !connection.is_disconnected() {
                                        form method="post" action={ (base) "/sync" } {
                                            (seat.form_field())
                                            input type="hidden" name="model" value=(sync.model);
                                            button class="button quiet small icon-only" type="submit" aria-label={ "Sync " (model_title(&sync.model)) " now" } title="Sync now" { (icon(Icon::Refresh)) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn facts(connection: &Connection, now: Timestamp) -> Markup {
    let history = match connection.history {
        History::All => "everything".to_owned(),
        History::Days(days) => format!("{days} days"),
    };
    html! {
        section class="card" aria-labelledby="facts" {
            header { h2 id="facts" { "Facts" } }
            dl class="facts body" {
                dt { "System" } dd { a href={ "/dashboard/systems/" (connection.system) } { (system_name(&connection.system)) } }
                dt { "Customer id" } dd class="mono" { (connection.customer.id) }
                dt { "Connected" } dd { (exact(connection.created_at)) }
                dt { "Last synced" } dd { @match connection.last_synced_at { Some(at) => (when(now, at)), None => span class="faint" { "not yet" } } }
                dt { "Credits" } dd { @if connection.is_disconnected() { "0" } @else { (connection.credits) } }
                dt { "Credentials" } dd {
                    @if connection.is_disconnected() { "destroyed" } @else { (age(now, connection.credentials_since())) " old" }
                }
                dt { "Token" } dd {
                    @if connection.is_disconnected() { "refused" } @else if connection.token_hash.is_some() { "in use" } @else { a href={ (path(connection)) "/rotate-token" } { "make the first one" } }
                }
                dt { "History" } dd { (history) }
                @for (key, value) in &connection.settings {
                    dt { (title_of(&connection.system, key)) } dd class="mono" { (value) }
                }
            }
        }
    }
}

/// A setting as the connect form calls it.
fn title_of(system: &str, key: &str) -> String {
    let connector = Catalog::builtin().get(system);
    let settings = connector
        .as_ref()
        .map_or(&[][..], |connector| connector.settings());
    settings
        .iter()
        .find(|field| field.key == key)
        .map_or_else(|| key.to_owned(), |field| field.title.clone())
}
