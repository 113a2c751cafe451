//! ONE coherent, deterministic sample company.
//!
//! It is generated as of a moment: the same moment gives the same company, down to the millisecond. Its keys
//! are neutral ordinals; a dialect replaces them by ids of its own form (see [`Ids`]).

mod items;
mod model;
mod odd;
mod orders;
pub(crate) mod places;
pub(crate) mod seed;
mod vendors;

pub(crate) use model::*;

/// Ordinal of the order that exists in every system with the same data.
pub(crate) const SHARED_ORDINAL: u64 = 123;
/// Orders changed in the 60 days before the start.
pub(crate) const RECENT_ORDERS: u64 = 530;
/// Orders changed 200 to 700 days before the start.
pub(crate) const OLD_ORDERS: u64 = 30;

/// How a system forms its ids from the neutral ordinals.
pub(crate) trait Ids {
    /// The id and the number of the order with this ordinal.
    fn order(&self, ordinal: u64, company: &'static places::Entity) -> (String, String);
    /// The id of the vendor with this ordinal and number.
    fn vendor(&self, ordinal: u64, number: &str, company: &'static places::Entity) -> String;
    /// The id of the item with this ordinal and number.
    fn item(&self, ordinal: u64, number: &str, company: &'static places::Entity) -> String;
    /// The id of a stock level.
    fn level(&self, item_id: &str, item_number: &str, place: &places::Place, lot: &str) -> String;
}

impl Company {
    /// The company as of `started_ms`, with ids as one system forms them.
    pub(crate) fn generate(started_ms: i64, ids: &dyn Ids) -> Self {
        let mut company = Self::default();
        let vendors = vendors::all(started_ms, ids);
        let items = items::all(started_ms, ids, &vendors);
        for level in items::levels(started_ms, ids, &items) {
            company.levels.insert(level.id.clone(), level);
        }
        for ordinal in 1..=RECENT_ORDERS + OLD_ORDERS {
            let mut order = orders::order(ordinal, started_ms, ids, &vendors, &items);
            odd::twist(ordinal, started_ms, &mut order, &items);
            company.orders.insert(order.id.clone(), order);
        }
        company.vendors = vendors
            .into_iter()
            .map(|vendor| (vendor.id.clone(), vendor))
            .collect();
        company.items = items.into_iter().map(|item| (item.id.clone(), item)).collect();
        company
    }
}
