//! Exchanges the public token, the only thing that a page hands to its parent window, for the
//! connection and its token. Once, within ten minutes, with the workspace's own key.

use secrecy::SecretString;

use crate::{
    audit::{self, Actor},
    auth,
    connection::Connection,
    deployment::Domain,
    error::Problem,
    rotate,
    store::{Row, StoreError, Transaction, token::Opens},
    token::{self, Kind},
};

/// The connection that a link session made, and its token, shown here and never again; no token when
/// the session repaired a connection, which keeps its own.
///
/// # Errors
/// [`Problem::NotFound`] for a public token that is unknown, over, or another workspace's,
/// [`Problem::Conflict`] for one that was used, [`Problem::ConnectionDisconnected`].
pub async fn exchange(
    domain: &Domain,
    ws: &str,
    actor: &Actor,
    public_token: &str,
) -> Result<(Connection, Option<SecretString>), Problem> {
    let unknown = || Problem::NotFound("such public token: it is over, or was never there".to_owned());
    if token::parse(public_token) != Some(Kind::Public) {
        return Err(Problem::invalid(
            "/public_token",
            "A public token, mfp_…, as the connect flow handed it over.",
        ));
    }
    let used = || Problem::Conflict("The public token was exchanged already. Use rotate-token.".to_owned());
    let row = match auth::valid_token(domain, public_token).await {
        Ok(row) if row.ws == ws => row,
        Ok(_) | Err(Problem::Unauthorized) => return Err(unknown()),
        // Whose it was is not told to others.
        Err(Problem::TokenRevoked) => {
            let row = domain.store.token(&domain.keys.token_hash(public_token)).await?;
            return Err(if row.is_some_and(|row| row.ws == ws) {
                used()
            } else {
                unknown()
            });
        }
        Err(problem) => return Err(problem),
    };
    let Opens::Public { conn, repaired } = row.opens else {
        return Err(unknown());
    };
    let connection = auth::find(domain, ws, &conn).await?.live()?;
    let mut transaction = Transaction::new();
    transaction.revoke_token(&domain.keys.token_hash(public_token), domain.ports.clock.now());
    // A token that was made meanwhile by `rotate-token` stays; then there is nothing to hand out.
    let token = if repaired || connection.token_hash.is_some() {
        None
    } else {
        Some(rotate::give(&mut transaction, domain, &connection)?)
    };
    audit::add(&mut transaction, domain, ws, actor, "link.exchange", &conn)?;
    match domain.store.transact(transaction).await {
        Ok(()) => Ok((auth::find(domain, ws, &conn).await?, token)),
        Err(StoreError::Condition(Row::Token)) => Err(used()),
        Err(StoreError::Condition(Row::Connection)) => {
            auth::find(domain, ws, &conn).await?.live()?;
            Err(Problem::Conflict(
                "The connection is being changed by others. Try again.".to_owned(),
            ))
        }
        Err(error) => Err(error.into()),
    }
}
