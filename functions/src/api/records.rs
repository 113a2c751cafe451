//! Unified records: asked of the system now, or as synced.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use jiff::{Timestamp, ToSpan as _};
use manifold_connectors::{Page, Position, ReadRequest, Record, model::Model};
use manifold_domain::{
    connection::Connection,
    cursor,
    error::Problem,
    present::{self, Served},
    synced,
};

use super::{live, models::filters};
use crate::{
    app::App,
    gate::{
        body::raw,
        caller::Scoped,
        failure::Answer,
        query::{AllParameters, flag, limit},
        times,
    },
};

/// Where records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Live,
    Synced,
}

/// What a list request asks for.
struct Asked {
    from: From,
    limit: usize,
    cursor: Option<String>,
    modified_after: Option<Timestamp>,
    include_deleted: bool,
    include_raw: bool,
    filters: Vec<(String, String)>,
}

impl Asked {
    fn read(model: &'static Model, parameters: Vec<(String, String)>) -> Result<Self, Problem> {
        let mut asked = Self {
            from: From::Live,
            limit: 100,
            cursor: None,
            modified_after: None,
            include_deleted: false,
            include_raw: false,
            filters: Vec::new(),
        };
        for (name, value) in parameters {
            match name.as_str() {
                "source" => {
                    asked.from = match value.as_str() {
                        "live" => From::Live,
                        "synced" => From::Synced,
                        other => {
                            return Err(Problem::Unreadable(format!(
                                "`source` is live or synced, not `{other}`."
                            )));
                        }
                    }
                }
                "limit" => asked.limit = limit(Some(&value))?,
                "cursor" => asked.cursor = Some(value),
                "modified_after" => {
                    let at = times::parse(&value)
                        .map_err(|said| Problem::Unreadable(format!("modified_after: {said}.")))?;
                    asked.modified_after = Some(at);
                }
                "include_deleted" => asked.include_deleted = flag("include_deleted", Some(&value))?,
                "include" if value == "raw" => asked.include_raw = true,
                "include" => return Err(Problem::Unreadable(format!("`include` is raw, not `{value}`."))),
                _ if filters(model).any(|field| field.name() == name) => asked.filters.push((name, value)),
                _ => return Err(unknown_parameter(model, &name)),
            }
        }
        Ok(asked)
    }

    /// A cursor only fits the query that it came from.
    fn bound_to(&self, connection: &Connection, model: &Model) -> String {
        format!(
            "live#{}#{}#{}#{:?}#{:?}",
            connection.workspace, connection.id, model.name, self.modified_after, self.filters
        )
    }
}

fn unknown_parameter(model: &Model, name: &str) -> Problem {
    let fields: Vec<&str> = filters(model).map(|field| field.name()).collect();
    Problem::Unreadable(format!(
        "There is no parameter `{name}`: source, limit, cursor, modified_after, include_deleted, include, or one of the fields {}.",
        fields.join(", ")
    ))
}

/// The model must be one of the connection's.
pub(super) fn of_connection(connection: &Connection, model: &Model) -> Result<(), Problem> {
    if connection.models.iter().any(|name| name == model.name) {
        return Ok(());
    }
    Err(Problem::Unsupported(format!(
        "This connection to {} has no {}. It has: {}.",
        connection.system,
        model.name,
        connection.models.join(", ")
    )))
}

/// Records of a model.
pub async fn list(
    model: &'static Model,
    State(app): State<App>,
    Scoped(connection): Scoped,
    AllParameters(parameters): AllParameters,
) -> Answer<Response> {
    let asked = Asked::read(model, parameters)?;
    match asked.from {
        From::Live => {
            let connection = connection.live()?;
            of_connection(&connection, model)?;
            live_list(&app, &connection, model, asked).await
        }
        From::Synced => {
            of_connection(&connection, model)?;
            let query = synced::ListRequest {
                model: model.name.to_owned(),
                limit: asked.limit,
                cursor: asked.cursor,
                modified_after: asked.modified_after,
                include_deleted: asked.include_deleted,
                raw: asked.include_raw,
                filters: asked.filters,
            };
            let page = synced::list(&app.domain, &connection, &query).await?;
            Ok(listed(page.records, page.next_cursor.as_deref()))
        }
    }
}

async fn live_list(
    app: &App,
    connection: &Connection,
    model: &'static Model,
    asked: Asked,
) -> Answer<Response> {
    if asked.include_deleted {
        return Err(Problem::Unsupported(
            "A system does not list what it deleted: include_deleted goes with source=synced.".into(),
        )
        .into());
    }
    let domain = &app.domain;
    let bound_to = asked.bound_to(connection, model);
    let now = domain.ports.clock.now();
    let position = match asked.cursor.as_deref() {
        None => None,
        Some(text) => Some(cursor::decode::<Position>(&domain.keys, &bound_to, text, now)?),
    };
    let request = ReadRequest {
        model: model.name.to_owned(),
        since: asked.modified_after,
        filters: asked.filters,
        // `limit` is at most 500.
        page_size: Some(u32::try_from(asked.limit).unwrap_or(500)),
        position,
        raw: asked.include_raw,
        look: false,
    };
    let page = live::ask(app, connection, |system| {
        let mut pages = system.read(request.clone());
        async move { pages.next().await }
    })
    .await?
    .unwrap_or_default();
    warn_of_rejected(connection, model, &page);
    let next = page
        .next
        .as_ref()
        .map(|next| cursor::encode(&domain.keys, &bound_to, next, Some(now + 24.hours())));
    let records = page.records.into_iter().filter(|record| !record.deleted);
    Ok(listed(
        records.map(|record| shown(record, connection)).collect(),
        next.as_deref(),
    ))
}

/// A live list leaves out records that cannot be mapped: a sync puts them into quarantine, where they are shown.
fn warn_of_rejected(connection: &Connection, model: &Model, page: &Page) {
    for rejected in &page.rejected {
        tracing::warn!(
            connection_id = %connection.id, model = model.name, record_id = rejected.id.as_deref(), pointer = %rejected.pointer,
            "a record was left out of a live list, since it cannot be mapped"
        );
    }
}

fn shown(record: Record, connection: &Connection) -> Vec<u8> {
    let served = Served {
        connection_id: &connection.id,
        synced_at: None,
        seq: None,
        deleted_at: None,
        raw: record.raw.as_deref(),
    };
    present::present(&record.body, &served)
}

/// `{"data":[…],"next_cursor":…}` from records that are JSON already.
fn listed(records: Vec<Vec<u8>>, next_cursor: Option<&str>) -> Response {
    let size: usize = records.iter().map(|record| record.len() + 1).sum();
    let mut text = Vec::with_capacity(size + 64);
    text.extend_from_slice(b"{\"data\":[");
    for (number, record) in records.iter().enumerate() {
        if number > 0 {
            text.push(b',');
        }
        text.extend_from_slice(record);
    }
    text.extend_from_slice(b"],\"next_cursor\":");
    match next_cursor {
        None => text.extend_from_slice(b"null"),
        Some(cursor) => {
            // A cursor is made of letters, digits, `-`, `_` and `.`.
            text.push(b'"');
            text.extend_from_slice(cursor.as_bytes());
            text.push(b'"');
        }
    }
    text.push(b'}');
    raw(text)
}

/// One record of a model.
pub async fn get(
    model: &'static Model,
    State(app): State<App>,
    Scoped(connection): Scoped,
    Path(id): Path<String>,
    AllParameters(parameters): AllParameters,
) -> Answer<Response> {
    let asked = Asked::read(model, parameters)?;
    let missing = || Problem::NotFound(format!("{} with the id {id} in this connection", model.name));
    if manifold_connectors::map::decode_id(&id).is_none() {
        return Err(missing().into());
    }
    let text = match asked.from {
        From::Live => {
            let connection = connection.live()?;
            of_connection(&connection, model)?;
            let found = live::ask(&app, &connection, |system| {
                let id = id.clone();
                async move { system.get(model.name, &id, asked.include_raw).await }
            })
            .await?;
            match found {
                None => return Err(missing().into()),
                Some(Ok(record)) => shown(record, &connection),
                Some(Err(rejected)) => {
                    let fault = manifold_connectors::Fault::new(
                        manifold_connectors::FaultKind::Malformed,
                        format!(
                            "The record cannot be mapped: {} {}.",
                            rejected.pointer, rejected.reason
                        ),
                    );
                    return Err(Problem::live(&connection, fault).into());
                }
            }
        }
        From::Synced => {
            of_connection(&connection, model)?;
            synced::get(
                &app.domain,
                &connection,
                model.name,
                &id,
                asked.include_deleted,
                asked.include_raw,
            )
            .await?
        }
    };
    Ok(raw(Bytes::from(text).into()).into_response())
}
