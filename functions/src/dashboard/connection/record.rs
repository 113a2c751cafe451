//! One record: as the API gives it, and beside it as the system sent it.

use axum::{extract::Path, response::Response};
use manifold_connectors::{Fault, FaultKind, map::decode_id, model::Model};
use manifold_domain::{connection::Connection, error::Problem, synced};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Tab, find, model_of, page, path};
use crate::{
    api::live,
    dashboard::{
        form::{Asked, address},
        frame::back,
        json,
        session::Seat,
        trouble::{Told, Trouble},
    },
    pages::{
        Icon, icon,
        parts::{Tone, badge, notice},
    },
};

/// Which record, and where from.
#[derive(Deserialize)]
pub struct Wanted {
    model: Option<String>,
    #[serde(default)]
    id: String,
    from: Option<String>,
}

/// A record's two sides.
struct Sides {
    unified: String,
    raw: Option<String>,
}

/// The page.
pub async fn show(
    seat: Seat,
    Path(conn): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Trouble> {
    let connection = find(&seat, &conn).await?;
    let id = wanted.id.trim();
    let missing = || Problem::NotFound(format!("record with the id {id} in this connection"));
    let model = model_of(&connection, wanted.model.as_deref()).ok_or_else(missing)?;
    let live = wanted.from.as_deref() == Some("live");
    let (sides, failed) = if live {
        match from_system(&seat, &connection, model, id).await {
            Ok(sides) => (Some(sides), None),
            Err(problem) => (
                stored(&seat, &connection, model, id).await.ok(),
                Some(Told::of(&problem)),
            ),
        }
    } else {
        (Some(stored(&seat, &connection, model, id).await?), None)
    };
    let sides = match (sides, &failed) {
        (Some(sides), _) => sides,
        (None, Some(told)) => return Err(told.clone().into()),
        (None, None) => return Err(missing().into()),
    };
    let shows_live = live && failed.is_none();
    let base = format!("{}/record", path(&connection));
    let to = |from: &str| address(&base, &[("model", model.name), ("id", id), ("from", from)]);
    let content = html! {
        div class="row between" {
            (back(&address(&format!("{}/records", path(&connection)), &[("model", model.name)]), model.title))
            div class="row" {
                @if shows_live {
                    (badge(Tone::Accent, "From the system, just now"))
                    a class="button small" href=(to("")) { "As synced" }
                } @else {
                    (badge(Tone::Plain, "As synced"))
                    @if !connection.is_disconnected() { a class="button small" href=(to("live")) { (icon(Icon::Bolt)) "Ask the system now" } }
                }
            }
        }
        @if let Some(told) = &failed {
            div role="alert" { (notice(Tone::Warn, &html! { strong { (told.title) } " " (told.detail) " What was synced is shown." })) }
        }
        div class="sides" {
            (side("unified", "Unified", "As the API gives it, the same for every system.", &json::shown(&sides.unified)))
            @match &sides.raw {
                Some(raw) => (side("raw", "Source", "As the system sent it.", &json::shown(raw))),
                None => (no_source(&connection, &to("live"))),
            }
        }
    };
    Ok(page(&seat, &connection, Tab::Records, &content))
}

fn side(id: &str, title: &str, text: &str, content: &Markup) -> Markup {
    html! {
        section class="card side" aria-labelledby={ (id) "-title" } {
            header {
                div { h2 id={ (id) "-title" } { (title) } p class="soft tiny" { (text) } }
                button class="button small icon-only" type="button" data-copy-from=(id) data-copied="The record was copied" aria-label={ "Copy: " (title) } { (icon(Icon::Copy)) }
            }
            pre class="json" tabindex="0" aria-labelledby={ (id) "-title" } { code id=(id) { (content) } }
        }
    }
}

fn no_source(connection: &Connection, live: &str) -> Markup {
    html! {
        section class="card side" aria-labelledby="raw-title" {
            header { div { h2 id="raw-title" { "Source" } p class="soft tiny" { "As the system sent it." } } }
            div class="empty" {
                h3 { "The source text is not kept" }
                p { "This connection keeps records in the unified shape only." }
                @if !connection.is_disconnected() {
                    div class="row" {
                        a class="button" href=(live) { "Ask the system now" }
                        a class="button" href={ (path(connection)) "/settings" } { "Keep it from now on" }
                    }
                }
            }
        }
    }
}

async fn stored(seat: &Seat, connection: &Connection, model: &Model, id: &str) -> Result<Sides, Problem> {
    let text = synced::get(
        &seat.app.domain,
        connection,
        model.name,
        id,
        true,
        connection.keep_raw,
    )
    .await?;
    Ok(apart(&text))
}

async fn from_system(
    seat: &Seat,
    connection: &Connection,
    model: &'static Model,
    id: &str,
) -> Result<Sides, Problem> {
    let connection = connection.clone().live()?;
    let missing = || Problem::NotFound(format!("record with the id {id} in the system"));
    if decode_id(id).is_none() {
        return Err(missing());
    }
    let found = live::ask(&seat.app, &connection, |system| {
        let id = id.to_owned();
        async move { system.get(model.name, &id, true).await }
    })
    .await?;
    match found.ok_or_else(missing)? {
        Ok(record) => Ok(Sides {
            unified: String::from_utf8_lossy(&record.body).into_owned(),
            raw: record.raw.map(|raw| String::from_utf8_lossy(&raw).into_owned()),
        }),
        Err(rejected) => {
            let told = format!(
                "The record cannot be mapped: {} {}.",
                rejected.pointer, rejected.reason
            );
            Err(Problem::live(&connection, Fault::new(FaultKind::Malformed, told)))
        }
    }
}

/// The record's two sides, out of the one object in which they are served.
fn apart(text: &[u8]) -> Sides {
    let whole = || String::from_utf8_lossy(text).into_owned();
    let Ok(fields) = serde_json::from_slice::<Fields<'_>>(text) else {
        return Sides {
            unified: whole(),
            raw: None,
        };
    };
    let mut raw = None;
    let mut unified = String::from("{");
    for (name, value) in fields.0 {
        if name == "raw" {
            // Source text that is no JSON is served as a string.
            let text = serde_json::from_str::<String>(value.get());
            raw = Some(text.unwrap_or_else(|_| value.get().to_owned()));
            continue;
        }
        if unified.len() > 1 {
            unified.push(',');
        }
        unified.push_str(&serde_json::Value::from(name).to_string());
        unified.push(':');
        unified.push_str(value.get());
    }
    unified.push('}');
    Sides { unified, raw }
}

/// The fields of an object in their order, values as they stand.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry::<String, &'de RawValue>()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sides_keep_their_order_and_digits() {
        let sides = apart(br#"{"id":"7","total":1.10,"raw":{"z":1.00,"a":2},"synced_at":"x"}"#);
        assert_eq!(sides.unified, r#"{"id":"7","total":1.10,"synced_at":"x"}"#);
        assert_eq!(sides.raw.as_deref(), Some(r#"{"z":1.00,"a":2}"#));
        let text = apart(br#"{"raw":"<x>\"1\"</x>"}"#);
        assert_eq!(
            (text.unified.as_str(), text.raw.as_deref()),
            ("{}", Some("<x>\"1\"</x>"))
        );
        assert_eq!(apart(b"{}").raw, None);
    }
}
