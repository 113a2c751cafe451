//! Records that were put aside: why, and another try.

use crate::{
    connection::Connection,
    cursor,
    deployment::Domain,
    error::Problem,
    listing::{Listing, Paging},
    live::{self, Again},
    store::quarantine::{PutAside, Quarantined},
    sync,
};

/// What another try of a record came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retried {
    /// It could be read and is stored now; the item is gone.
    Stored,
    /// The system does not have the record any more; the item is gone.
    Gone,
    /// It still cannot be stored; the item as it is now.
    StillAside(Box<Quarantined>),
}

/// Lists what was put aside of a connection.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of another query.
pub async fn list(
    domain: &Domain,
    connection: &Connection,
    paging: Paging<'_>,
) -> Result<Listing<Quarantined>, Problem> {
    let (ws, conn, epoch) = scope(connection);
    let bound_to = format!("quarantine\n{ws}\n{conn}\n{epoch}");
    let after = paging.position(domain, &bound_to)?;
    let page = domain
        .store
        .quarantined((ws, conn, epoch), after.as_deref(), paging.bounded())
        .await?;
    let next_cursor = page
        .next
        .map(|last| cursor::encode(&domain.keys, &bound_to, &last, None));
    Ok(Listing {
        data: page.rows,
        next_cursor,
    })
}

/// Reads a record that was put aside once more, and stores it when it is well.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::Unsupported`] when the system cannot be asked for one record,
/// [`Problem::Conflict`] while a sync of the model is going on, and what a live read can end in.
pub async fn retry(domain: &Domain, connection: &Connection, item: &str) -> Result<Retried, Problem> {
    let scope = scope(connection);
    let aside = domain.store.quarantined_item(scope, item).await?;
    let aside = aside.ok_or_else(|| Problem::NotFound(format!("item {item} in the quarantine")))?;
    let facts = domain.catalog.describe(&connection.system);
    let by_id = facts.is_some_and(|facts| {
        let mut models = facts.models.iter();
        models.any(|traits| traits.model == aside.model && traits.by_id)
    });
    let Some(id) = aside.id.filter(|_| by_id) else {
        let reason = "This record cannot be asked for by its id. The next full sync reads it again.";
        return Err(Problem::Unsupported(reason.to_owned()));
    };
    let read = live::ask(domain, connection, live::WITHIN, Again::Harmless, |system| {
        let (model, id) = (aside.model.clone(), id.clone());
        async move { system.get(&model, &id, connection.keep_raw).await }
    });
    let (refused, raw) = match read.await? {
        None => {
            domain.store.release(scope, item).await?;
            return Ok(Retried::Gone);
        }
        Some(Ok(record)) => {
            let raw = record.raw.clone().unwrap_or_else(|| record.body.clone().into());
            match sync::store_one(domain, connection.clone(), &aside.model, record).await? {
                None => return Ok(Retried::Stored),
                Some(reason) => ((String::new(), reason), raw),
            }
        }
        Some(Err(rejected)) => ((rejected.pointer, rejected.reason), rejected.raw),
    };
    let (pointer, reason) = refused;
    let again = PutAside {
        id: Some(id),
        pointer,
        reason,
        raw,
    };
    domain
        .store
        .put_aside(scope, &aside.model, &again, domain.ports.clock.now())
        .await?;
    let now = domain.store.quarantined_item(scope, item).await?;
    now.map(|item| Retried::StillAside(Box::new(item)))
        .ok_or_else(|| Problem::NotFound(format!("item {item} in the quarantine")))
}

fn scope(connection: &Connection) -> (&str, &str, u64) {
    (&connection.workspace, &connection.id, connection.epoch)
}
