//! The sample company in neutral terms: what every dialect renders in its own words.
//!
//! Days and instants are milliseconds since the Unix epoch; a day is its midnight in UTC.

use std::collections::BTreeMap;

use super::places::{Place, by_location};
use crate::decimal::Decimal;

/// One system's copy of the company. Keys are that system's own ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Company {
    pub(crate) orders: BTreeMap<String, Order>,
    pub(crate) vendors: BTreeMap<String, Vendor>,
    pub(crate) items: BTreeMap<String, Item>,
    pub(crate) levels: BTreeMap<String, Level>,
}

/// Where a purchase order stands. Every dialect spells it its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Draft,
    PendingApproval,
    Approved,
    Sent,
    PartiallyReceived,
    Received,
    Closed,
    Cancelled,
    Rejected,
    /// Rendered as a code that no manual lists.
    Unknown,
}

impl Status {
    /// All of them, in the order of a purchase order's life.
    pub(crate) const ALL: [Self; 10] = [
        Self::Draft,
        Self::PendingApproval,
        Self::Approved,
        Self::Sent,
        Self::PartiallyReceived,
        Self::Received,
        Self::Closed,
        Self::Cancelled,
        Self::Rejected,
        Self::Unknown,
    ];

    /// The name in the unified model.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::PendingApproval => "pending_approval",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::PartiallyReceived => "partially_received",
            Self::Received => "received",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }

    /// The status of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Everything has arrived.
    pub(crate) const fn is_delivered(self) -> bool {
        matches!(self, Self::Received | Self::Closed)
    }
}

/// A purchase order.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) id: String,
    /// The number people use. In some systems it is the id.
    pub(crate) number: String,
    pub(crate) status: Status,
    pub(crate) description: String,
    /// Key of one of [`super::places::COMPANIES`].
    pub(crate) company: &'static str,
    pub(crate) vendor: String,
    pub(crate) currency: Option<String>,
    pub(crate) exchange_rate: Decimal,
    pub(crate) payment_terms: String,
    pub(crate) incoterms: String,
    pub(crate) incoterms_place: String,
    pub(crate) buyer: String,
    pub(crate) requester: String,
    pub(crate) order_date: Option<i64>,
    pub(crate) required_date: Option<i64>,
    pub(crate) created: i64,
    /// `None`: this record never had a modification time.
    pub(crate) modified: Option<i64>,
    pub(crate) notes: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) custom: BTreeMap<String, String>,
    /// Marked as deleted by a system that keeps its deleted records.
    pub(crate) deleted: bool,
}

impl Order {
    /// The net value of all lines.
    pub(crate) fn subtotal(&self) -> Decimal {
        self.lines
            .iter()
            .fold(Decimal::ZERO, |sum, line| sum.plus(self.net(line)))
    }

    /// The tax of all lines.
    pub(crate) fn tax(&self) -> Decimal {
        self.lines
            .iter()
            .fold(Decimal::ZERO, |sum, line| sum.plus(line.tax))
    }

    /// Where it goes: the place of the first line.
    pub(crate) fn ship_to(&self) -> Option<&'static Place> {
        self.lines.first().and_then(|line| by_location(&line.location))
    }

    /// One line's net value, rounded as its currency is.
    pub(crate) fn net(&self, line: &Line) -> Decimal {
        let digits = self.currency.as_deref().map_or(2, currency_digits);
        line.quantity
            .times(line.unit_price)
            .over(line.price_quantity, digits)
    }
}

/// Digits after the point in amounts of a currency.
pub(crate) fn currency_digits(code: &str) -> u32 {
    if code == "JPY" { 0 } else { 2 }
}

/// One line of a purchase order.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) number: u32,
    /// `None`: free text, nothing from the item master.
    pub(crate) item: Option<String>,
    pub(crate) description: String,
    pub(crate) quantity: Decimal,
    pub(crate) received: Decimal,
    pub(crate) billed: Decimal,
    pub(crate) unit: String,
    pub(crate) unit_price: Decimal,
    /// The price is for this many units.
    pub(crate) price_quantity: Decimal,
    pub(crate) tax: Decimal,
    pub(crate) tax_code: String,
    pub(crate) site: String,
    pub(crate) location: String,
    pub(crate) account: String,
    pub(crate) cost_center: String,
    pub(crate) project: String,
    /// Deliveries agreed upon; their quantities add up to the line's.
    pub(crate) schedule: Vec<Delivery>,
    pub(crate) custom: BTreeMap<String, String>,
}

impl Line {
    /// The first day on which something is due.
    pub(crate) fn due(&self) -> Option<i64> {
        self.schedule.iter().filter_map(|delivery| delivery.day).min()
    }
}

/// One agreed delivery of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    pub(crate) day: Option<i64>,
    pub(crate) quantity: Decimal,
}

/// Whether a vendor or item may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Blocked,
    Inactive,
}

impl Standing {
    /// The standing of that name in the unified model.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "active" => Some(Self::Active),
            "blocked" => Some(Self::Blocked),
            "inactive" => Some(Self::Inactive),
            _ => None,
        }
    }
}

/// A vendor with one address.
#[derive(Debug, Clone)]
pub(crate) struct Vendor {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) legal_name: String,
    pub(crate) company: &'static str,
    pub(crate) standing: Standing,
    pub(crate) tax_id: String,
    pub(crate) currency: String,
    pub(crate) payment_terms: String,
    pub(crate) group: String,
    pub(crate) website: String,
    pub(crate) contact: String,
    pub(crate) address: Address,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    pub(crate) custom: BTreeMap<String, String>,
}

/// A postal address with the ways to reach it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Address {
    pub(crate) street: String,
    pub(crate) extra: String,
    pub(crate) city: String,
    pub(crate) region: String,
    pub(crate) postal_code: String,
    /// ISO 3166 alpha-2.
    pub(crate) country: String,
    pub(crate) phone: String,
    pub(crate) email: String,
}

/// What kind of thing an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Stock,
    Service,
    NonStock,
    Assembly,
}

impl ItemKind {
    /// The kind of that name in the unified model.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "stock" => Some(Self::Stock),
            "service" => Some(Self::Service),
            "non_stock" => Some(Self::NonStock),
            "assembly" => Some(Self::Assembly),
            _ => None,
        }
    }
}

/// An item of the item master.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) company: &'static str,
    pub(crate) kind: ItemKind,
    pub(crate) standing: Standing,
    pub(crate) group: String,
    pub(crate) unit: String,
    pub(crate) cost: Decimal,
    pub(crate) price: Decimal,
    pub(crate) currency: String,
    pub(crate) manufacturer: String,
    pub(crate) part_number: String,
    pub(crate) barcode: String,
    pub(crate) vendor: Option<String>,
    /// Net weight in kilograms.
    pub(crate) weight: Decimal,
    pub(crate) serial_tracked: bool,
    pub(crate) lot_tracked: bool,
    pub(crate) created: i64,
    pub(crate) modified: i64,
    pub(crate) custom: BTreeMap<String, String>,
}

/// How much of an item lies in one place.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub(crate) id: String,
    pub(crate) item: String,
    pub(crate) site: String,
    pub(crate) location: String,
    pub(crate) lot: String,
    pub(crate) on_hand: Decimal,
    pub(crate) reserved: Decimal,
    pub(crate) on_order: Decimal,
    pub(crate) reorder_point: Decimal,
    pub(crate) minimum: Decimal,
    pub(crate) maximum: Decimal,
    pub(crate) modified: i64,
}

impl Level {
    /// What is there and not promised to anyone.
    pub(crate) fn available(&self) -> Decimal {
        self.on_hand.minus(self.reserved)
    }
}
