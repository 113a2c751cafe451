//! Connection rows.

use super::{Row, RowPage, SortKeys, Store, StoreError, Table, When, keys};
use crate::connection::{Connection, ConnectionStatus};

impl Store {
    /// A connection as it is now.
    ///
    /// # Errors
    /// The store's.
    pub async fn connection(&self, ws: &str, conn: &str) -> Result<Option<Connection>, StoreError> {
        self.get(Row::Connection, Table::State, &keys::connection(ws, conn))
            .await
    }

    /// At most `limit` connections behind an id, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn connections(
        &self,
        ws: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<RowPage<Connection>, StoreError> {
        let range = match after {
            None => SortKeys::Prefix("conn#".to_owned()),
            // Ids are in `conn_` and base 32, so `conn#~` lies behind them all; the range is closed.
            Some(id) => SortKeys::Between(format!("conn#{id}\u{1}"), "conn#~".to_owned()),
        };
        self.query(
            Row::Connection,
            Table::State,
            &keys::workspace_pk(ws),
            &range,
            limit,
            true,
        )
        .await
    }
}

impl When {
    /// The connection is still of this generation: it was not disconnected since that was read.
    #[must_use]
    pub fn connected(generation: u64) -> Self {
        When::always()
            .eq("generation", generation)
            .ne("status", ConnectionStatus::Disconnected.as_str())
    }

    /// The connection's status is still the one that was read, and so are its credentials.
    #[must_use]
    pub fn as_read(connection: &Connection) -> Self {
        let when = Self::connected(connection.generation)
            .eq("status", connection.status.as_str())
            .eq("credentials_version", connection.credentials_version);
        match connection.status_seq {
            // Written before there was such a number.
            0 => when.any_of([
                When::always().absent("status_seq"),
                When::always().eq("status_seq", 0_u64),
            ]),
            seq => when.eq("status_seq", seq),
        }
    }

    /// And its data is still of this epoch: it was not erased since.
    #[must_use]
    pub fn of_epoch(self, epoch: u64) -> Self {
        self.eq("epoch", epoch)
    }
}
