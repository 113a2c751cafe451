//! A sign-in as it stands in the table.

use jiff::{
    Timestamp,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use manifold_connectors::FaultKind;
use serde::{Deserialize, Serialize};

use super::{SignInStatus, sealed::Which};
use crate::{
    deployment::Domain,
    error::Problem,
    store::{Change, Row, StoreError, Table, When, keys},
};

#[derive(Serialize, Deserialize)]
pub(super) struct SignInRow {
    pub(super) id: String,
    pub(super) status: SignInStatus,
    pub(super) redirect_uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sealed_input: Option<String>,
    pub(super) sealed_verifier: String,
    /// Keyed hash of what the cookie holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) browser: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<FaultKind>,
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(super) returned_at: Option<Timestamp>,
    #[serde(with = "millis")]
    pub(super) valid_until: Timestamp,
    pub(super) expires_at: i64,
}

pub(super) async fn find(domain: &Domain, which: &Which) -> Result<SignInRow, Problem> {
    let key = keys::sign_in(&which.ws, &which.link, &which.id);
    let row: Option<SignInRow> = domain.store.get(Row::SignIn, Table::State, &key).await?;
    row.filter(|row| domain.ports.clock.wall() < row.valid_until)
        .ok_or_else(unknown)
}

pub(super) async fn write(domain: &Domain, which: &Which, change: Change, when: When) -> Result<(), Problem> {
    let key = keys::sign_in(&which.ws, &which.link, &which.id);
    match domain
        .store
        .update(Row::SignIn, Table::State, &key, change, when)
        .await
    {
        Ok(()) => Ok(()),
        Err(StoreError::Condition(_)) => Err(Problem::Conflict(
            "This sign-in was used already. Begin it again.".to_owned(),
        )),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn unknown() -> Problem {
    Problem::NotFound("such sign-in: it is over, or was never there".to_owned())
}
