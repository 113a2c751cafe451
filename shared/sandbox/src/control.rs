//! The control API on the sandbox's root: what there is to connect to, faults, the request log, and changes to
//! the data.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::{any, get, post, put};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::dialect::Model;
use crate::exchange::exchange;
use crate::faults::{Fault, Order};
use crate::http::Answer;
use crate::records::{Change, Operation, RecordError};
use crate::sandbox::Sandbox;

impl Sandbox {
    /// The whole sandbox as a router: the control API, and each system below its own prefix.
    ///
    /// The fault `down` needs [`Sandbox::serve`] to hang up before the headers of an answer.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/", get(systems))
            .route("/_faults", post(set_fault).delete(clear_faults))
            .route("/_requests", get(requests))
            .route(
                "/_records/{system}/{model}/{id}",
                put(put_record).delete(delete_record),
            )
            .route("/{system}", any(exchange))
            .route("/{system}/{*path}", any(exchange))
            .with_state(Arc::clone(self))
    }
}

async fn systems(State(sandbox): State<Arc<Sandbox>>) -> Response {
    json_answer(&json!({"systems": sandbox.entries(), "alternatives": sandbox.alternatives()}))
}

async fn set_fault(State(sandbox): State<Arc<Sandbox>>, body: Bytes) -> Response {
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => {
            let detail = format!(
                "The body does not say which fault to set: {error}. It has system, fault and, if wanted, seconds, count, delay_ms."
            );
            return problem(StatusCode::UNPROCESSABLE_ENTITY, &detail);
        }
    };
    let Some(fault) = Fault::named(&order.fault) else {
        let detail = format!(
            "There is no fault '{}'. There are {}.",
            order.fault,
            Fault::names().join(", ")
        );
        return problem(StatusCode::UNPROCESSABLE_ENTITY, &detail);
    };
    let mut struck = Vec::new();
    for dialect in sandbox
        .dialects()
        .filter(|dialect| order.system == "*" || order.system == dialect.key())
    {
        sandbox.faults.set(dialect.key(), fault, &order, sandbox.now_ms());
        struck.push(dialect.key());
    }
    if struck.is_empty() {
        return unknown_system(&sandbox, &order.system);
    }
    json_answer(
        &json!({"systems": struck, "fault": order.fault, "seconds": order.seconds, "count": order.count}),
    )
}

async fn clear_faults(State(sandbox): State<Arc<Sandbox>>) -> Response {
    sandbox.faults.clear();
    Answer::empty().into_response()
}

#[derive(Deserialize)]
struct Wanted {
    system: Option<String>,
}

async fn requests(State(sandbox): State<Arc<Sandbox>>, Query(wanted): Query<Wanted>) -> Response {
    json_answer(&json!({"data": sandbox.log.list(wanted.system.as_deref())}))
}

type RecordPath = Path<(String, String, String)>;

async fn put_record(State(sandbox): State<Arc<Sandbox>>, path: RecordPath, body: Bytes) -> Response {
    match serde_json::from_slice::<Map<String, Value>>(&body) {
        Ok(fields) => change(&sandbox, path, Operation::Put, fields),
        Err(error) => problem(
            StatusCode::BAD_REQUEST,
            &format!("The body is not a JSON object: {error}."),
        ),
    }
}

async fn delete_record(State(sandbox): State<Arc<Sandbox>>, path: RecordPath) -> Response {
    change(&sandbox, path, Operation::Delete, Map::new())
}

fn change(
    sandbox: &Sandbox,
    Path((system, model, id)): RecordPath,
    op: Operation,
    body: Map<String, Value>,
) -> Response {
    let Some(target) = sandbox.system(&system) else {
        return unknown_system(sandbox, &system);
    };
    let Some(kind) = Model::named(&model) else {
        let names: Vec<_> = Model::ALL.iter().map(|model| model.name()).collect();
        let detail = format!(
            "There is no model '{model}' here. There are {}.",
            names.join(", ")
        );
        return problem(StatusCode::UNPROCESSABLE_ENTITY, &detail);
    };
    let change = Change {
        system,
        model: kind.name().to_owned(),
        id,
        op,
        body,
        at_ms: sandbox.now_ms(),
    };
    match change.apply(target) {
        Ok(done) => {
            sandbox.record(change);
            json_answer(&json!({"id": done.id, "ignored": done.ignored}))
        }
        Err(RecordError::Unknown) => problem(StatusCode::NOT_FOUND, "There is no such record."),
        Err(RecordError::BadId) => problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The id has not the form of this system's ids.",
        ),
        Err(RecordError::BadField(field)) => problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            &format!("The field {field} cannot hold this value."),
        ),
    }
}

fn unknown_system(sandbox: &Sandbox, system: &str) -> Response {
    let known: Vec<_> = sandbox.dialects().map(|dialect| dialect.key()).collect();
    let detail = format!(
        "There is no system '{system}'. There are {}, and * for all where it says so.",
        known.join(", ")
    );
    problem(StatusCode::UNPROCESSABLE_ENTITY, &detail)
}

fn json_answer(value: &Value) -> Response {
    Answer::new(StatusCode::OK, "application/json", value.to_string()).into_response()
}

/// An error of the sandbox itself, as RFC 9457 has it.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    Answer::new(status, "application/problem+json", body.to_string()).into_response()
}
