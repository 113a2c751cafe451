//! From an event to its deliveries, one for each endpoint that wants it.

use super::{
    delivery::{self, DeliveryRow},
    endpoint::{self, EndpointRow},
    lane,
};
use crate::{
    deployment::Domain,
    error::Problem,
    events::EventRow,
    store::{Change, Item, Row, StoreError, Table, When, due, from_row, keys},
};

/// Deliveries that are made at a time: an endpoint that wants each record by itself makes five hundred of one event.
const MOST_AT_ONCE: usize = 500;

/// Hands events of one workspace to their endpoints. Those that were handed over before are passed by.
///
/// Dying at any point only means that it is done once more: the events stay due until every delivery has its
/// row and its turn, and every lane knows.
///
/// # Errors
/// The store's; the events stay due.
pub async fn fan_out(domain: &Domain, ws: &str, events: &[String]) -> Result<(), Problem> {
    let mut ids: Vec<&String> = events.iter().collect();
    ids.sort();
    ids.dedup();
    let keys: Vec<keys::Key> = ids.iter().map(|id| keys::event(ws, id)).collect();
    let rows = domain.store.get_many(Row::Event, Table::State, &keys).await?;
    let mut due: Vec<EventRow> = Vec::with_capacity(rows.len());
    for item in rows.into_iter().filter(is_due) {
        due.push(from_row(item)?);
    }
    if due.is_empty() {
        return Ok(());
    }
    due.sort_by(|one, other| one.id.cmp(&other.id));
    let endpoints: Vec<EndpointRow> = endpoint::rows(domain, ws)
        .await?
        .into_iter()
        .map(|(endpoint, _)| endpoint)
        .filter(EndpointRow::is_enabled)
        .collect();
    let concerned = deliver_all(domain, ws, &due, &endpoints).await?;
    for endpoint in concerned {
        lane::wake(domain, ws, &endpoint.id).await?;
    }
    for event in &due {
        let key = keys::event(ws, &event.id);
        let done = Change::new().not_due();
        match domain
            .store
            .update(Row::Event, Table::State, &key, done, When::row_exists())
            .await
        {
            Ok(()) | Err(StoreError::Condition(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn is_due(item: &Item) -> bool {
    item.contains_key(due::AT)
}

/// Makes the deliveries, and answers the endpoints that have some.
async fn deliver_all<'a>(
    domain: &Domain,
    ws: &str,
    events: &[EventRow],
    endpoints: &'a [EndpointRow],
) -> Result<Vec<&'a EndpointRow>, StoreError> {
    let now = domain.ports.clock.now();
    let mut concerned = vec![false; endpoints.len()];
    let mut waiting: Vec<(String, DeliveryRow)> = Vec::new();
    for event in events {
        for (endpoint, concerned) in endpoints.iter().zip(&mut concerned) {
            if !endpoint.wants(event) {
                continue;
            }
            *concerned = true;
            for part in delivery::parts(endpoint, event) {
                // The time of the event, so that doing it again makes the same turn.
                let row = DeliveryRow::new(event, part, &endpoint.id, event.timestamp, now);
                waiting.push((endpoint.id.clone(), row));
            }
            if waiting.len() >= MOST_AT_ONCE {
                delivery::create(domain, ws, &waiting).await?;
                waiting.clear();
            }
        }
    }
    delivery::create(domain, ws, &waiting).await?;
    let chosen = endpoints.iter().zip(concerned);
    Ok(chosen
        .filter_map(|(endpoint, concerned)| concerned.then_some(endpoint))
        .collect())
}
