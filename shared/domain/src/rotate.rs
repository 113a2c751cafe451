//! Makes a connection's token, the first after a link session or one in place of another.

use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    audit::{self, Actor},
    auth,
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::{
        Change, Row, StoreError, Table, Transaction, When, keys,
        token::{Opens, TokenRow},
    },
    timeline,
    token::{self, Kind},
};

/// A new token, shown here and never again; the old one is refused from now on.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::ConnectionDisconnected`].
pub async fn rotate(domain: &Domain, ws: &str, conn: &str, actor: &Actor) -> Result<SecretString, Problem> {
    /// Each turn lost means that somebody else rotated meanwhile.
    const TURNS: u32 = 8;
    for _ in 0..TURNS {
        let connection = auth::find(domain, ws, conn).await?.live()?;
        let mut transaction = Transaction::new();
        let token = give(&mut transaction, domain, &connection)?;
        timeline::add(
            &mut transaction,
            domain,
            ws,
            conn,
            "connection.token_rotated",
            "The token was replaced.",
        )?;
        audit::add(
            &mut transaction,
            domain,
            ws,
            actor,
            "connection.rotate_token",
            conn,
        )?;
        match domain.store.transact(transaction).await {
            Ok(()) => return Ok(token),
            Err(StoreError::Condition(Row::Connection | Row::Token)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::Conflict(
        "The connection is being changed by others. Try again.".to_owned(),
    ))
}

/// Puts a new token into a transaction and revokes the one that was read with the connection.
pub(crate) fn give(
    transaction: &mut Transaction,
    domain: &Domain,
    connection: &Connection,
) -> Result<SecretString, StoreError> {
    let now = domain.ports.clock.now();
    let (ws, conn) = (&connection.workspace, &connection.id);
    let token = token::generate(Kind::Connection, &*domain.ports.ids);
    let hash = domain.keys.token_hash(token.expose_secret());
    let opens = Opens::Connection {
        conn: conn.clone(),
        generation: connection.generation,
    };
    let mut when = When::connected(connection.generation);
    match &connection.token_hash {
        Some(old) => {
            when = when.eq("token_hash", old);
            transaction.revoke_token(old, now);
        }
        None => when = when.absent("token_hash"),
    }
    let change = Change::new().set("token_hash", &hash);
    transaction.update(
        Row::Connection,
        Table::State,
        keys::connection(ws, conn),
        change,
        when,
    );
    transaction.put_token(&hash, &TokenRow::lasting(ws, opens, now))?;
    Ok(token)
}
