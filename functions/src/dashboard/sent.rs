//! What was sent to webhook endpoints in the last day, as far as one look goes.

use futures_util::future::try_join_all;
use jiff::ToSpan as _;
use manifold_domain::{
    activity::Hour,
    deployment::Domain,
    error::Problem,
    listing::Paging,
    webhooks::{self, Delivery, DeliveryStatus, Endpoint},
};

/// Endpoints whose deliveries are counted.
const MOST_ENDPOINTS: usize = 10;
/// Deliveries of each that are counted.
const MOST_EACH: usize = 200;

/// The day's deliveries.
pub struct Sent {
    /// Every endpoint.
    pub endpoints: Vec<Endpoint>,
    /// By hour: delivered, and parked.
    pub hours: Vec<(u64, u64)>,
    /// Those that wait for an attempt.
    pub pending: u64,
    /// There were more than were counted.
    pub cut: bool,
}

impl Sent {
    /// Counts into these hours.
    pub async fn within(domain: &Domain, ws: &str, hours: &[Hour]) -> Result<Self, Problem> {
        let endpoints = webhooks::list(domain, ws).await?;
        let paging = Paging {
            limit: MOST_EACH,
            cursor: None,
        };
        let looked_at = endpoints.iter().take(MOST_ENDPOINTS);
        let pages = try_join_all(
            looked_at.map(|endpoint| webhooks::deliveries(domain, ws, &endpoint.id, None, paging)),
        )
        .await?;
        let mut sent = Self {
            cut: endpoints.len() > MOST_ENDPOINTS,
            endpoints,
            hours: vec![(0, 0); hours.len()],
            pending: 0,
        };
        let begin = hours.first().map(|hour| hour.begins);
        for page in pages {
            let oldest = page.data.last().map(|delivery| delivery.created_at);
            sent.cut |= page.next_cursor.is_some() && oldest > begin;
            for delivery in &page.data {
                sent.count(delivery, hours);
            }
        }
        Ok(sent)
    }

    fn count(&mut self, delivery: &Delivery, hours: &[Hour]) {
        let at = delivery.created_at;
        let within = |hour: &Hour| at >= hour.begins && at < hour.begins + 1.hour();
        let Some(place) = hours.iter().position(within) else {
            return;
        };
        match delivery.status {
            DeliveryStatus::Succeeded => self.hours[place].0 += 1,
            DeliveryStatus::Failed => self.hours[place].1 += 1,
            DeliveryStatus::Pending => self.pending += 1,
        }
    }
}
