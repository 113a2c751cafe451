//! Link sessions: a person outside connects a system to a workspace, with a token that opens only that.
//!
//! A session is used up by a success, not by being opened. Its id is not secret (it chooses who may
//! frame the page); only its token opens it.

pub mod attempts;
pub mod exchange;
mod options;
pub mod repairing;
pub mod sign_in;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    audit::{self, Actor},
    auth,
    connection::{Customer, History, Metadata, Schedule},
    deployment::Domain,
    error::Problem,
    store::{
        Row, Table, Transaction, When, keys,
        link::LinkRow,
        token::{Opens, TokenRow},
    },
    token::{self, Kind},
};

/// The longest life of a session that is embedded in a page.
pub const LONGEST_EMBEDDED: Duration = Duration::from_secs(30 * 60);
/// The longest life of a session whose link is sent to somebody.
pub const LONGEST_HOSTED: Duration = Duration::from_secs(7 * 24 * 3600);
/// The life of a hosted session when nothing is said.
const USUAL_HOSTED: Duration = Duration::from_secs(24 * 3600);
/// How long rows outlive a session.
const OUTLIVES: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a link session is to do.
#[derive(Debug, Clone, Default)]
pub struct LinkRequest {
    /// Whose system is to be connected.
    pub customer: Customer,
    /// The systems to choose from; all when absent.
    pub systems: Option<Vec<String>>,
    /// The models of the connection; all when absent.
    pub models: Option<Vec<String>>,
    /// How far back the first sync reads.
    pub history: Option<History>,
    /// How often models are synced.
    pub schedule: Option<Schedule>,
    /// Notes for the connection.
    pub metadata: Metadata,
    /// Pages that may embed the flow.
    pub origins: Vec<String>,
    /// Where a hosted page returns to.
    pub redirect_uri: Option<String>,
    /// How long it lives.
    pub expires_in: Option<Duration>,
    /// The connection to repair, instead of a new one.
    pub connection_id: Option<String>,
}

/// A session that was made. The token is shown here and never again.
#[derive(Debug, Clone)]
pub struct LinkCreated {
    /// `lnk_…`
    pub id: String,
    /// Opens the session.
    pub link_token: SecretString,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A session as the person in it may see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkView {
    /// `lnk_…`
    pub id: String,
    /// Whose system is to be connected.
    pub customer: Customer,
    /// The systems to choose from; all when absent.
    pub systems: Option<Vec<String>>,
    /// The connection that is to be repaired.
    pub connection_id: Option<String>,
    /// Where to go afterwards.
    pub redirect_uri: Option<String>,
    /// Pages that may embed the flow, and hear of its end.
    pub origins: Vec<String>,
    /// Whether it was used up.
    pub used: bool,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Finds a session's workspace by its id, for whoever frames the page.
#[derive(Serialize, Deserialize)]
struct LinkByIdRow {
    ws: String,
    expires_at: i64,
}

/// Makes a link session.
///
/// # Errors
/// [`Problem::InvalidFields`] with every field that does not fit, [`Problem::NotFound`] for a connection
/// of another workspace, [`Problem::ConnectionDisconnected`].
pub async fn create(
    domain: &Domain,
    ws: &str,
    actor: &Actor,
    request: &LinkRequest,
) -> Result<LinkCreated, Problem> {
    let lifetime = options::check(domain, request)?;
    let mut systems = request.systems.clone();
    let mut customer = request.customer.clone();
    if let Some(conn) = &request.connection_id {
        let connection = auth::find(domain, ws, conn).await?.live()?;
        systems = Some(vec![connection.system]);
        customer = connection.customer;
    }
    let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
    let valid_until = wall + lifetime;
    let id = domain.ports.ids.id("lnk", wall);
    let expires_at = (valid_until + OUTLIVES).as_second();
    let link_token = token::generate(Kind::Link, &*domain.ports.ids);
    let row = LinkRow {
        id: id.clone(),
        ws: ws.to_owned(),
        customer,
        systems,
        models: request.models.clone(),
        history: request.history,
        schedule: request.schedule.clone(),
        metadata: request.metadata.clone(),
        origins: request.origins.clone(),
        redirect_uri: request.redirect_uri.clone(),
        repairs: request.connection_id.clone(),
        created_at: now,
        valid_until,
        attempts: 0,
        used_at: None,
        expires_at,
    };
    let mut transaction = Transaction::new();
    transaction.put(
        Row::Link,
        Table::State,
        keys::link(ws, &id),
        &row,
        When::new_row(),
    )?;
    let by_id = LinkByIdRow {
        ws: ws.to_owned(),
        expires_at,
    };
    transaction.put(
        Row::Link,
        Table::State,
        keys::link_by_id(&id),
        &by_id,
        When::new_row(),
    )?;
    let hash = domain.keys.token_hash(link_token.expose_secret());
    let opens = Opens::Link { link: id.clone() };
    transaction.put_token(&hash, &TokenRow::until(ws, opens, now, valid_until))?;
    audit::add(&mut transaction, domain, ws, actor, "link.create", &id)?;
    domain.store.transact(transaction).await?;
    Ok(LinkCreated {
        id,
        link_token,
        expires_at: valid_until,
    })
}

/// The session of a link token, used up or not.
///
/// # Errors
/// [`Problem::NotFound`] when it is gone or over.
pub async fn open(domain: &Domain, ws: &str, link: &str) -> Result<LinkView, Problem> {
    let row = session(domain, ws, link).await?;
    Ok(LinkView {
        id: row.id,
        customer: row.customer,
        systems: row.systems,
        connection_id: row.repairs,
        redirect_uri: row.redirect_uri,
        origins: row.origins,
        used: row.used_at.is_some(),
        expires_at: row.valid_until,
    })
}

/// The pages that may frame the session with this id: empty when there is none. They stay when the session is
/// over, so that a page can say so where it is shown.
///
/// # Errors
/// The store's.
pub async fn origins(domain: &Domain, link: &str) -> Result<Vec<String>, Problem> {
    if link.len() > 64 {
        return Ok(Vec::new());
    }
    let by_id: Option<LinkByIdRow> = domain
        .store
        .get(Row::Link, Table::State, &keys::link_by_id(link))
        .await?;
    let Some(by_id) = by_id else { return Ok(Vec::new()) };
    let row = domain.store.link(&by_id.ws, link).await?;
    Ok(row.map(|row| row.origins).unwrap_or_default())
}

/// A session that is not over.
async fn session(domain: &Domain, ws: &str, link: &str) -> Result<LinkRow, Problem> {
    let row = domain.store.link(ws, link).await?;
    row.filter(|row| domain.ports.clock.wall() < row.valid_until)
        .ok_or_else(|| Problem::NotFound("such link session: it is over, or was never there".to_owned()))
}
