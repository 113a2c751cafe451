//! How many connections of the deployment stand how: numbers for its operator, kept by the transactions
//! that change a status, since nothing here ever counts rows.

use serde::{Deserialize, Serialize};

use crate::{
    connection::ConnectionStatus,
    deployment::Domain,
    store::{Change, Row, SortKeys, StoreError, Table, Transaction, When, keys},
};

/// Connections by status, the disconnected ones left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Their systems answer.
    pub online: i64,
    /// Their systems cannot be reached.
    pub unreachable: i64,
    /// They need new credentials.
    pub reauth_required: i64,
}

/// Counts a change of status with the transaction that makes it; a new connection comes from nowhere.
pub(crate) fn moved(
    transaction: &mut Transaction,
    conn: &str,
    from: Option<ConnectionStatus>,
    to: ConnectionStatus,
) {
    let counted = |status: &ConnectionStatus| *status != ConnectionStatus::Disconnected;
    let mut change = Change::new();
    if let Some(from) = from.filter(counted) {
        change = change.add(from.as_str(), -1);
    }
    if counted(&to) {
        change = change.add(to.as_str(), 1);
    }
    let key = keys::statuses(conn);
    transaction.update(Row::Statuses, Table::State, key, change, When::always());
}

/// The counts as they are now.
///
/// # Errors
/// The store's.
pub async fn read(domain: &Domain) -> Result<Counts, StoreError> {
    let shards = domain
        .store
        .query::<Counts>(
            Row::Statuses,
            Table::State,
            keys::STATUSES_PK,
            &SortKeys::All,
            usize::from(keys::STATUS_SHARDS),
            true,
        )
        .await?;
    let sum = |mut sum: Counts, shard: &Counts| {
        sum.online += shard.online;
        sum.unreachable += shard.unreachable;
        sum.reauth_required += shard.reauth_required;
        sum
    };
    Ok(shards.rows.iter().fold(Counts::default(), sum))
}
