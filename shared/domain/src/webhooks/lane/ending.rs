//! What becomes of the turns of an endpoint that wants no more messages.

use super::{Done, Health, Leg, Stop, Turn};
use crate::{
    store::{Row, StoreError, Table},
    webhooks::{
        delivery::{self, DeliveryStatus},
        endpoint::EndpointRow,
    },
};

/// Turns that are cleared away together.
const MOST_CLEARED: usize = 100;

impl Leg<'_> {
    /// The endpoint is disabled: what waits is parked, so that it can be replayed.
    pub(super) async fn park(&mut self, endpoint: &EndpointRow) -> Result<Done, Stop> {
        let reason = endpoint.disabled_reason.as_deref().unwrap_or_default();
        let reason = format!("The endpoint is disabled. {reason}");
        loop {
            let turns = self.turns(MOST_CLEARED).await?;
            if turns.is_empty() {
                self.health = Health::default();
                return Ok(Done::Until(None));
            }
            if self.is_out_of_time() {
                return Ok(Done::OutOfTime);
            }
            let rows = self.deliveries(&turns).await?;
            for turn in &turns {
                let waiting = rows.iter().find(|row| row.id == turn.row.delivery);
                let waiting =
                    waiting.filter(|row| row.turn == turn.row.turn && row.status == DeliveryStatus::Pending);
                let Some(mut row) = waiting.cloned() else { continue };
                row.end(DeliveryStatus::Failed, Some(reason.trim_end()));
                match delivery::write(self.domain, self.ws, self.ep, &row, turn.row.turn).await {
                    Ok(()) => self.parked += 1,
                    Err(StoreError::Condition(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            self.drop_turns(turns).await?;
            self.keep().await?;
        }
    }

    /// The endpoint was deleted: what waits is dropped. Its log goes with the time that it is kept.
    pub(super) async fn purge(&mut self) -> Result<Done, Stop> {
        loop {
            let turns = self.turns(MOST_CLEARED).await?;
            if turns.is_empty() {
                return Ok(Done::Gone);
            }
            if self.is_out_of_time() {
                return Ok(Done::OutOfTime);
            }
            self.drop_turns(turns).await?;
            self.keep().await?;
        }
    }

    async fn drop_turns(&self, turns: Vec<Turn>) -> Result<(), StoreError> {
        let gone = turns.into_iter().map(|turn| turn.key).collect();
        self.domain
            .store
            .write_many(Row::Turn, Table::State, Vec::new(), gone)
            .await
    }
}
