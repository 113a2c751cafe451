//! A connection's synced records, model by model.

use axum::{extract::Path, response::Response};
use jiff::Timestamp;
use manifold_connectors::model::Model;
use manifold_domain::{
    connection::Connection,
    synced::{self, ListRequest},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::{Tab, find, model_of, models, page, path};
use crate::{
    dashboard::{
        form::{Asked, address},
        frame::pager,
        session::Seat,
        trouble::Trouble,
        words::when_text,
    },
    pages::{
        Icon, icon,
        parts::{Tone, badge, empty},
    },
};

/// Records a page.
const A_PAGE: usize = 50;

/// Which records.
#[derive(Deserialize)]
pub struct Wanted {
    model: Option<String>,
    cursor: Option<String>,
}

/// The page.
pub async fn list(
    seat: Seat,
    Path(id): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Trouble> {
    let connection = find(&seat, &id).await?;
    let Some(model) = model_of(&connection, wanted.model.as_deref()) else {
        let content = html! { div class="card" { (empty(Icon::List, "No models", "This connection has no model that can be read.", &html! {})) } };
        return Ok(page(&seat, &connection, Tab::Records, &content));
    };
    let request = ListRequest {
        model: model.name.to_owned(),
        limit: A_PAGE,
        cursor: wanted.cursor.clone(),
        include_deleted: true,
        ..ListRequest::default()
    };
    let found = synced::list(&seat.app.domain, &connection, &request).await?;
    let here = format!("{}/records", path(&connection));
    let next = found
        .next_cursor
        .as_deref()
        .map(|cursor| address(&here, &[("model", model.name), ("cursor", cursor)]));
    let first = address(&here, &[("model", model.name)]);
    let content = html! {
        (models(&connection, model, "/records"))
        (find_one(&connection, model))
        @if found.records.is_empty() && next.is_none() && wanted.cursor.is_none() {
            div class="card" { (nothing(&seat, &connection)) }
        } @else {
            (table(&connection, model, &found.records, seat.app.domain.ports.clock.now()))
        }
        (pager(wanted.cursor.as_ref().map(|_| first.as_str()), next.as_deref(), "Further"))
    };
    Ok(page(&seat, &connection, Tab::Records, &content))
}

fn find_one(connection: &Connection, model: &Model) -> Markup {
    html! {
        form class="filters" method="get" action={ (path(connection)) "/record" } {
            input type="hidden" name="model" value=(model.name);
            div class="input-group grow" {
                (icon(Icon::Search))
                input class="input" type="search" name="id" required placeholder="Id of a record" aria-label="Id of a record";
            }
            button class="button" type="submit" { "Open" }
        }
    }
}

fn nothing(seat: &Seat, connection: &Connection) -> Markup {
    if connection.is_disconnected() {
        return empty(
            Icon::List,
            "No records",
            "Nothing was synced before the connection ended, or it was erased.",
            &html! {},
        );
    }
    let sync = seat.button(
        &format!("{}/sync", path(connection)),
        "primary",
        &html! { "Sync now" },
    );
    empty(
        Icon::List,
        "No records yet",
        "Records stand here when the first sync of this model has brought some.",
        &sync,
    )
}

/// What a record is called, from the fields that people look for first.
fn label(record: &Value) -> String {
    let id = record["id"].as_str();
    let text = |name: &str| {
        record[name]
            .as_str()
            .filter(|text| !text.is_empty() && Some(*text) != id)
    };
    let named = ["number", "name", "title", "description"];
    let said = named.iter().filter_map(|name| text(name)).take(2);
    // What is about something else is known by that: stock by its item, an order by its vendor.
    let other = ["item", "vendor", "asset"]
        .iter()
        .flat_map(|field| ["name", "number", "id"].map(|name| record[*field][name].as_str()))
        .flatten()
        .next();
    said.chain(other).collect::<Vec<_>>().join(" · ")
}

/// An amount as it stands, or a quantity.
fn amount(record: &Value) -> String {
    let total = &record["total"];
    if let Some(amount) = total["amount"].as_str() {
        let currency = total["currency"].as_str().unwrap_or_default();
        return format!("{amount} {currency}").trim_end().to_owned();
    }
    let quantity = record["quantity_on_hand"].as_str().unwrap_or_default();
    let unit = record["unit"].as_str().unwrap_or_default();
    format!("{quantity} {unit}").trim().to_owned()
}

fn table(connection: &Connection, model: &Model, records: &[Vec<u8>], now: Timestamp) -> Markup {
    let records: Vec<Value> = records
        .iter()
        .filter_map(|text| serde_json::from_slice(text).ok())
        .collect();
    let has = |field: &str| model.field(field).is_some();
    let amounts = has("total") || has("quantity_on_hand");
    html! {
        div class="card" {
            div class="table-box" {
                table class="table" {
                    thead { tr {
                        th { (model.title) }
                        @if has("status") { th { "Status" } }
                        @if amounts { th class="number" { @if has("total") { "Total" } @else { "On hand" } } }
                        th { "Changed in the system" }
                        th { "Synced" }
                    } }
                    tbody {
                        @for record in &records {
                            @let id = record["id"].as_str().unwrap_or_default();
                            tr {
                                td {
                                    a class="strong" href=(address(&format!("{}/record", path(connection)), &[("model", model.name), ("id", id)])) { (id) }
                                    @if record["deleted_at"].is_string() { " " (badge(Tone::Plain, "Deleted")) }
                                    @let label = label(record);
                                    @if !label.is_empty() { div class="soft tiny clip" { (label) } }
                                }
                                @if has("status") { td { @if let Some(status) = record["status"].as_str() { span class="badge plain" { (status.replace('_', " ")) } } } }
                                @if amounts { td class="number nowrap" { (amount(record)) } }
                                td class="nowrap" { (when_text(now, record["updated_at"].as_str(), "not told")) }
                                td class="nowrap" { (when_text(now, record["synced_at"].as_str(), "")) }
                            }
                        }
                        @if records.is_empty() { tr { td colspan="5" class="soft" { "None on this page. There are more further on." } } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_called_by_what_people_look_for() {
        for (record, said) in [
            (
                json!({"number": "4500000001", "title": "Bolts"}),
                "4500000001 · Bolts",
            ),
            (json!({"name": "Acme", "description": ""}), "Acme"),
            (json!({"item": {"id": "7", "number": "P-7"}}), "P-7"),
            (
                json!({"id": "1", "number": "1", "vendor": {"id": "7", "name": "Acme"}}),
                "Acme",
            ),
            (json!({}), ""),
        ] {
            assert_eq!(label(&record), said, "{record}");
        }
        assert_eq!(amount(&json!({"total": {"amount": "1.10"}})), "1.10");
        assert_eq!(
            amount(&json!({"total": {"amount": "1.10", "currency": "EUR"}})),
            "1.10 EUR"
        );
        assert_eq!(amount(&json!({"quantity_on_hand": "5", "unit": "EA"})), "5 EA");
        assert_eq!(amount(&json!({})), "");
    }
}
