//! Endpoints: where a workspace wants to hear of what.

mod rows;

use jiff::{
    Timestamp,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{
    failing::DISABLED_AFTER,
    filter,
    lane::LaneRow,
    secret::{self, SealedSecret},
};
use crate::{
    audit::{self, Actor},
    cursor,
    deployment::Domain,
    error::Problem,
    events::EventRow,
    listing::{Listing, Paging},
    store::{Change, Row, StoreError, Table, Transaction, When, keys},
};
use rows::{LaneChange, missing, write};
pub(crate) use rows::{find, rows};

/// Endpoints of a workspace: one event reaches all of them in a bounded number of writes.
pub const MOST: usize = 40;
/// Bytes of an address.
pub(super) const LONGEST_URL: usize = 2_048;

/// Whether an endpoint is sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointStatus {
    /// It is.
    Enabled,
    /// It is not, until somebody enables it again.
    Disabled,
}

impl EndpointStatus {
    /// The name as rows and the API hold it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EndpointStatus::Enabled => "enabled",
            EndpointStatus::Disabled => "disabled",
        }
    }
}

/// What an endpoint wants to hear of, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSettings {
    /// Where messages go.
    pub url: String,
    /// A note for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Types, or groups such as `connection.*`; all when empty.
    #[serde(default)]
    pub event_types: Vec<String>,
    /// Only events of these connections, beside those of none; all when empty.
    #[serde(default)]
    pub connection_ids: Vec<String>,
    /// Up to 500 records in one message, instead of a message for each.
    pub batch: bool,
    /// Records of first syncs as well.
    #[serde(default)]
    pub initial: bool,
}

/// An endpoint as its row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndpointRow {
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) settings: EndpointSettings,
    pub(crate) status: EndpointStatus,
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) disabled_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) disabled_reason: Option<String>,
    pub(crate) secrets: Vec<SealedSecret>,
    #[serde(with = "millis")]
    pub(crate) created_at: Timestamp,
    /// Rises with every write of the row.
    pub(crate) rev: u64,
}

impl EndpointRow {
    /// Whether it wants to hear of this event.
    pub(crate) fn wants(&self, event: &EventRow) -> bool {
        let about_itself = event.endpoint.as_deref() == Some(self.id.as_str());
        !about_itself
            && (self.settings.initial || !event.initial)
            && filter::matches_type(&self.settings.event_types, event.kind)
            && filter::matches_connection(&self.settings.connection_ids, event.connection.as_deref())
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.status == EndpointStatus::Enabled
    }
}

/// An endpoint as the workspace sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `ep_…`
    pub id: String,
    /// What it wants to hear of, and where.
    pub settings: EndpointSettings,
    /// Whether it is sent to.
    pub status: EndpointStatus,
    /// Since when it is not.
    pub disabled_at: Option<Timestamp>,
    /// Why it is not, in a sentence.
    pub disabled_reason: Option<String>,
    /// Since when each attempt fails.
    pub failing_since: Option<Timestamp>,
    /// When it will be disabled unless an attempt succeeds.
    pub disables_at: Option<Timestamp>,
    /// When an attempt last succeeded.
    pub last_success_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Endpoint {
    fn of(row: EndpointRow, lane: Option<LaneRow>) -> Self {
        let lane = lane.unwrap_or_default();
        let failing_since = lane.failing_since.filter(|_| row.is_enabled());
        Self {
            id: row.id,
            settings: row.settings,
            status: row.status,
            disabled_at: row.disabled_at,
            disabled_reason: row.disabled_reason,
            failing_since,
            disables_at: failing_since.map(|since| since + DISABLED_AFTER),
            last_success_at: lane.last_success_at,
            created_at: row.created_at,
        }
    }
}

/// Makes an endpoint, and the secret that it verifies messages with, shown here and never again.
///
/// # Errors
/// [`Problem::InvalidFields`]; [`Problem::Conflict`] when the workspace has as many as it may have.
pub async fn create(
    domain: &Domain,
    ws: &str,
    actor: &Actor,
    settings: EndpointSettings,
) -> Result<(Endpoint, SecretString), Problem> {
    filter::check(domain, ws, &settings).await?;
    let now = domain.ports.clock.now();
    let id = domain.ports.ids.id("ep", now);
    let (shown, sealed) = secret::make(domain, ws, &id);
    let row = EndpointRow {
        id: id.clone(),
        settings,
        status: EndpointStatus::Enabled,
        disabled_at: None,
        disabled_reason: None,
        secrets: vec![sealed],
        created_at: now,
        rev: 1,
    };
    let mut transaction = Transaction::new();
    let key = keys::endpoint(ws, &id);
    transaction.put(Row::Endpoint, Table::State, key, &row, When::new_row())?;
    let lane = keys::lane(ws, &id);
    transaction.put(
        Row::Lane,
        Table::State,
        lane,
        &LaneRow::default(),
        When::new_row(),
    )?;
    // There is no count before the first one.
    let room = When::row_exists().any_of([
        When::always().absent(COUNT),
        When::always().lt(COUNT, MOST as u64),
    ]);
    count(&mut transaction, ws, 1, room);
    audit::add(&mut transaction, domain, ws, actor, "endpoint.create", &id)?;
    match domain.commit(transaction).await {
        Ok(()) => Ok((Endpoint::of(row, None), shown)),
        Err(StoreError::Condition(Row::Workspace)) => Err(Problem::Conflict(format!(
            "A workspace has at most {MOST} webhook endpoints. Delete one that is not needed."
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Attribute of the workspace: how many endpoints it has, so that many at once cannot make too many.
const COUNT: &str = "endpoints";

fn count(transaction: &mut Transaction, ws: &str, change: i64, when: When) {
    let change = Change::new().add(COUNT, change);
    transaction.update(Row::Workspace, Table::State, keys::workspace(ws), change, when);
}

/// A page of a workspace's endpoints, the oldest first.
///
/// # Errors
/// [`Problem::Unreadable`] for a cursor of something else.
pub async fn page(domain: &Domain, ws: &str, paging: Paging<'_>) -> Result<Listing<Endpoint>, Problem> {
    let bound_to = keys::endpoints_pk(ws);
    let after = paging.position(domain, &bound_to)?.unwrap_or_default();
    // There are so few that one read brings them all.
    let mut data = list(domain, ws).await?;
    data.retain(|endpoint| endpoint.id > after);
    let more = data.len() > paging.bounded();
    data.truncate(paging.bounded());
    let last = data.last().filter(|_| more);
    Ok(Listing {
        next_cursor: last.map(|last| cursor::encode(&domain.keys, &bound_to, &last.id, None)),
        data,
    })
}

/// A workspace's endpoints, the oldest first.
///
/// # Errors
/// The store's.
pub async fn list(domain: &Domain, ws: &str) -> Result<Vec<Endpoint>, Problem> {
    let rows = rows(domain, ws).await?;
    Ok(rows
        .into_iter()
        .map(|(row, lane)| Endpoint::of(row, lane))
        .collect())
}

/// One endpoint.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn get(domain: &Domain, ws: &str, ep: &str) -> Result<Endpoint, Problem> {
    let row = find(domain, ws, ep).await?;
    let lane = domain
        .store
        .get(Row::Lane, Table::State, &keys::lane(ws, ep))
        .await?;
    Ok(Endpoint::of(row, lane))
}

/// What can be changed about an endpoint; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// Another address: attempts that are due go there.
    pub url: Option<String>,
    /// Another note; the inner `None` removes it.
    pub description: Option<Option<String>>,
    /// Other types.
    pub event_types: Option<Vec<String>>,
    /// Other connections.
    pub connection_ids: Option<Vec<String>>,
    /// Records in batches or one by one; counts for events from now on.
    pub batch: Option<bool>,
    /// Records of first syncs as well.
    pub initial: Option<bool>,
    /// Disables it, or enables it again.
    pub status: Option<EndpointStatus>,
}

/// Changes an endpoint.
///
/// # Errors
/// [`Problem::NotFound`], [`Problem::InvalidFields`].
pub async fn change(
    domain: &Domain,
    ws: &str,
    ep: &str,
    actor: &Actor,
    patch: &EndpointPatch,
) -> Result<Endpoint, Problem> {
    let mut wanted = find(domain, ws, ep).await?.settings;
    patch.apply(&mut wanted);
    filter::check(domain, ws, &wanted).await?;
    let now = domain.ports.clock.now();
    write(domain, ws, ep, actor, "endpoint.change", |row| {
        let moved = patch.url.as_ref().is_some_and(|url| *url != row.settings.url);
        patch.apply(&mut row.settings);
        match patch.status.filter(|wanted| *wanted != row.status) {
            Some(EndpointStatus::Disabled) => {
                row.status = EndpointStatus::Disabled;
                row.disabled_at = Some(now);
                row.disabled_reason = Some("It was disabled by hand.".to_owned());
                LaneChange::Wake
            }
            Some(EndpointStatus::Enabled) => {
                row.status = EndpointStatus::Enabled;
                row.disabled_at = None;
                row.disabled_reason = None;
                LaneChange::Forget
            }
            // What the old address did, or asked for, says nothing about the new one.
            None if moved => LaneChange::Forget,
            None => LaneChange::None,
        }
    })
    .await?;
    super::lane::send(domain, ws, ep, std::time::Duration::ZERO).await;
    get(domain, ws, ep).await
}

impl EndpointPatch {
    fn apply(&self, settings: &mut EndpointSettings) {
        let take = |new: &Option<Vec<String>>, old: &mut Vec<String>| {
            if let Some(new) = new {
                old.clone_from(new);
            }
        };
        if let Some(url) = &self.url {
            settings.url.clone_from(url);
        }
        if let Some(description) = &self.description {
            settings.description.clone_from(description);
        }
        take(&self.event_types, &mut settings.event_types);
        take(&self.connection_ids, &mut settings.connection_ids);
        settings.batch = self.batch.unwrap_or(settings.batch);
        settings.initial = self.initial.unwrap_or(settings.initial);
    }
}

/// A new secret, shown here and never again. The old one goes on signing beside it for `overlap`.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn rotate_secret(
    domain: &Domain,
    ws: &str,
    ep: &str,
    actor: &Actor,
    overlap: std::time::Duration,
) -> Result<(Endpoint, SecretString), Problem> {
    if overlap > secret::LONGEST_OVERLAP {
        let detail = format!("At most {} seconds.", secret::LONGEST_OVERLAP.as_secs());
        return Err(Problem::invalid("/overlap_seconds", detail));
    }
    let (shown, sealed) = secret::make(domain, ws, ep);
    let wall = domain.ports.clock.wall();
    write(domain, ws, ep, actor, "endpoint.rotate_secret", |row| {
        secret::replace(&mut row.secrets, sealed.clone(), wall, overlap);
        LaneChange::None
    })
    .await?;
    Ok((get(domain, ws, ep).await?, shown))
}

/// Deletes an endpoint. What was on its way to it is dropped.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn delete(domain: &Domain, ws: &str, ep: &str, actor: &Actor) -> Result<(), Problem> {
    let row = find(domain, ws, ep).await?;
    let mut transaction = Transaction::new();
    transaction.delete(
        Row::Endpoint,
        Table::State,
        keys::endpoint(ws, &row.id),
        When::row_exists(),
    );
    count(&mut transaction, ws, -1, When::row_exists());
    audit::add(&mut transaction, domain, ws, actor, "endpoint.delete", ep)?;
    // Whoever works on the lane sees that the endpoint is gone, and clears up.
    let lane = keys::lane(ws, ep);
    let change = super::lane::called(Change::new(), &lane, domain.ports.clock.now());
    transaction.update(Row::Lane, Table::State, lane, change, When::always());
    match domain.commit(transaction).await {
        Ok(()) => {}
        Err(StoreError::Condition(_)) => return Err(missing(ep)),
        Err(error) => return Err(error.into()),
    }
    super::lane::send(domain, ws, ep, std::time::Duration::ZERO).await;
    Ok(())
}
