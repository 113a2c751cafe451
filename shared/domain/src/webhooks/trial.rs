//! Tries an endpoint out: one signed message now, and its outcome in the answer.

use serde_json::json;

use super::{
    attempt::{Courier, Verdict},
    delivery::{self, Delivery, DeliveryRow, DeliveryStatus},
    endpoint,
};
use crate::{
    audit::{self, Actor},
    deployment::Domain,
    error::Problem,
    events::{EventRow, EventType},
    store::{Row, Table, Transaction, When, keys},
};

/// Sends one message of the type `endpoint.test`, whatever the endpoint listens to and even while it is disabled.
/// It stands in the log like any other; nothing is retried.
///
/// # Errors
/// [`Problem::NotFound`]. A receiver that fails is no error: the delivery says so.
pub async fn test(domain: &Domain, ws: &str, ep: &str, actor: &Actor) -> Result<Delivery, Problem> {
    let endpoint = endpoint::find(domain, ws, ep).await?;
    let now = domain.ports.clock.now();
    let id = domain.ports.ids.id("evt", now);
    let data = json!({"endpoint_id": endpoint.id});
    let event = EventRow::new(id.clone(), EventType::EndpointTest, now, &data);
    let mut row = DeliveryRow::new(&event, None, ep, now, now);
    row.end(
        DeliveryStatus::Failed,
        Some("Its only attempt was cut off before it was written down."),
    );
    let mut transaction = Transaction::new();
    transaction.put(
        Row::Event,
        Table::State,
        keys::event(ws, &id),
        &event,
        When::new_row(),
    )?;
    let key = keys::delivery(ws, ep, &row.id);
    transaction.put(Row::Delivery, Table::State, key, &row, When::new_row())?;
    audit::add(&mut transaction, domain, ws, actor, "endpoint.test", ep)?;
    domain.commit(transaction).await?;
    let courier = Courier::new(domain, ws, &endpoint)?;
    if let Some((attempt, verdict)) = courier.send(&event, &row).await {
        let read = row.turn;
        row.log(attempt);
        let status = if verdict == Verdict::Taken {
            DeliveryStatus::Succeeded
        } else {
            DeliveryStatus::Failed
        };
        row.end(status, None);
        delivery::write(domain, ws, ep, &row, read).await?;
    }
    delivery::get(domain, ws, &row.id).await
}
