//! Erases a connection's data: from the answer on, reads are empty. The deletion itself is due work.

use crate::{
    audit::{self, Actor},
    auth,
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::{Change, Item, Row, StoreError, Table, Transaction, When, due, keys},
    sync, timeline,
};

/// Hides everything that was synced, and has it deleted. A connected connection's next syncs are first
/// ones; a disconnected one is empty for good.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn request(domain: &Domain, ws: &str, conn: &str, actor: &Actor) -> Result<Connection, Problem> {
    /// Each turn lost means that somebody else erased or disconnected meanwhile.
    const TURNS: u32 = 8;
    for _ in 0..TURNS {
        let connection = auth::find(domain, ws, conn).await?;
        let mut transaction = Transaction::new();
        let change = Change::new()
            .set("epoch", connection.epoch + 1)
            .remove("last_synced_at");
        let when = When::row_exists()
            .eq("epoch", connection.epoch)
            .eq("generation", connection.generation);
        transaction.update(
            Row::Connection,
            Table::State,
            keys::connection(ws, conn),
            change,
            when,
        );
        let key = keys::erase(ws, conn, connection.epoch);
        let item: Item = due::attributes(&key, domain.ports.clock.now());
        transaction.put_item(Row::Erase, Table::State, key, item, When::new_row());
        timeline::add(
            &mut transaction,
            domain,
            ws,
            conn,
            "connection.data_erased",
            "The synced data was erased.",
        )?;
        audit::add(&mut transaction, domain, ws, actor, "connection.erase", conn)?;
        match domain.store.transact(transaction).await {
            Ok(()) => {}
            Err(StoreError::Condition(_)) => continue,
            Err(error) => return Err(error.into()),
        }
        let erased = auth::find(domain, ws, conn).await?;
        if !erased.is_disconnected() {
            sync::reset(domain, &erased).await?;
        }
        return Ok(erased);
    }
    Err(Problem::Conflict(
        "The connection is being changed by others. Try again.".to_owned(),
    ))
}
