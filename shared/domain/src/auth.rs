//! Who is calling, from the bearer token alone. One strongly consistent read a request; nothing cached.

use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

use crate::{
    connection::Connection,
    deployment::Domain,
    error::Problem,
    store::token::{Opens, TokenRow},
    token::{self, Kind},
};

/// Who is calling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The deployment's operator.
    Admin,
    /// A workspace.
    Workspace {
        /// Its id.
        ws: String,
        /// The API key that was used.
        key: String,
    },
    /// Whoever holds a connection's token.
    Connection {
        /// The workspace.
        ws: String,
        /// The connection.
        conn: String,
        /// The generation that the token was made in.
        generation: u64,
    },
    /// A person in a link session.
    Link {
        /// The workspace.
        ws: String,
        /// The link session.
        link: String,
    },
}

/// Whose token this is.
///
/// # Errors
/// [`Problem::Unauthorized`] for a token that is malformed, unknown or over, [`Problem::TokenRevoked`]
/// for one that was good once.
pub async fn authenticate(domain: &Domain, bearer: &str) -> Result<Caller, Problem> {
    let kind = token::parse(bearer).ok_or(Problem::Unauthorized)?;
    if kind == Kind::Admin {
        let admin = domain.keys.admin_key();
        let same = admin.expose_secret().as_bytes().ct_eq(bearer.as_bytes());
        return if bool::from(same) {
            Ok(Caller::Admin)
        } else {
            Err(Problem::Unauthorized)
        };
    }
    let row = valid_token(domain, bearer).await?;
    let ws = row.ws;
    match (kind, row.opens) {
        (Kind::Workspace, Opens::Workspace { key }) => Ok(Caller::Workspace { ws, key }),
        (Kind::Connection, Opens::Connection { conn, generation }) => {
            Ok(Caller::Connection { ws, conn, generation })
        }
        (Kind::Link, Opens::Link { link }) => Ok(Caller::Link { ws, link }),
        // A public token opens nothing: it is only exchanged. A session opens pages and no API call.
        _ => Err(Problem::Unauthorized),
    }
}

/// The row of a token that is neither revoked nor over.
pub(crate) async fn valid_token(domain: &Domain, bearer: &str) -> Result<TokenRow, Problem> {
    let hash = domain.keys.token_hash(bearer);
    let row = domain.store.token(&hash).await?.ok_or(Problem::Unauthorized)?;
    if row.revoked_at.is_some() {
        return Err(Problem::TokenRevoked);
    }
    if row
        .valid_until
        .is_some_and(|until| domain.ports.clock.wall() >= until)
    {
        return Err(Problem::Unauthorized);
    }
    Ok(row)
}

impl Caller {
    /// The workspace, when it is its key that was used.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for any other token.
    pub fn workspace(&self) -> Result<&str, Problem> {
        match self {
            Caller::Workspace { ws, .. } => Ok(ws),
            _ => Err(Problem::Forbidden(
                "This needs a workspace key (mfk_…).".to_owned(),
            )),
        }
    }

    /// Nothing, when it is the operator.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for any other token.
    pub fn admin(&self) -> Result<(), Problem> {
        match self {
            Caller::Admin => Ok(()),
            _ => Err(Problem::Forbidden(
                "This needs the deployment's admin key (mfa_…).".to_owned(),
            )),
        }
    }

    /// Workspace and link session, when it is a link token.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for any other token.
    pub fn link(&self) -> Result<(&str, &str), Problem> {
        match self {
            Caller::Link { ws, link } => Ok((ws, link)),
            _ => Err(Problem::Forbidden("This needs a link token (mfl_…).".to_owned())),
        }
    }

    /// Who acts, as audit entries say it.
    #[must_use]
    pub fn who(&self) -> &str {
        match self {
            Caller::Admin => "admin",
            Caller::Workspace { key, .. } => key,
            Caller::Connection { conn, .. } => conn,
            Caller::Link { link, .. } => link,
        }
    }
}

/// The connection that a data call is about: that of the token, or the one that the header
/// `Manifold-Connection` names beside a workspace key. It may be disconnected in the latter case.
///
/// # Errors
/// [`Problem::NotFound`] for another workspace's connection, [`Problem::TokenRevoked`] when the token's
/// connection was disconnected, [`Problem::Unreadable`] without a header, [`Problem::Forbidden`] for
/// other tokens.
pub async fn connection(
    domain: &Domain,
    caller: &Caller,
    named: Option<&str>,
) -> Result<Connection, Problem> {
    match caller {
        Caller::Workspace { ws, .. } => {
            let conn = named.ok_or_else(|| {
                Problem::Unreadable("Name the connection in the header Manifold-Connection.".to_owned())
            })?;
            find(domain, ws, conn).await
        }
        Caller::Connection { ws, conn, generation } => {
            if named.is_some_and(|named| named != conn) {
                return Err(Problem::NotFound("such connection for this token".to_owned()));
            }
            let connection = find(domain, ws, conn).await?;
            if connection.generation != *generation || connection.is_disconnected() {
                return Err(Problem::TokenRevoked);
            }
            Ok(connection)
        }
        _ => Err(Problem::Forbidden(
            "This needs a connection token (mft_…) or a workspace key.".to_owned(),
        )),
    }
}

/// A connection of a workspace.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn find(domain: &Domain, ws: &str, conn: &str) -> Result<Connection, Problem> {
    // No id of ours is longer, and DynamoDB refuses long keys with an error that is not the caller's.
    let found = if conn.len() > 64 {
        None
    } else {
        domain.store.connection(ws, conn).await?
    };
    found.ok_or_else(|| Problem::NotFound("such connection in this workspace".to_owned()))
}

impl Connection {
    /// The connection itself, unless it was disconnected: for anything live.
    ///
    /// # Errors
    /// [`Problem::ConnectionDisconnected`].
    pub fn live(self) -> Result<Self, Problem> {
        if self.is_disconnected() {
            return Err(Problem::ConnectionDisconnected {
                connection: self.id,
                since: self.status_since,
            });
        }
        Ok(self)
    }
}
