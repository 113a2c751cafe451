//! Ordinary purchase orders, by ordinal.

use std::collections::BTreeMap;

use super::places::{self, Entity};
use super::seed::{below, mix, pick};
use super::{
    Delivery, Ids, Item, Line, OLD_ORDERS, Order, RECENT_ORDERS, SHARED_ORDINAL, Standing, Status, Vendor,
    vendors,
};
use crate::clock::{DAY, MINUTE, midnight};
use crate::decimal::Decimal;

/// Often seen statuses stand more than once.
const STATUSES: [Status; 14] = [
    Status::Draft,
    Status::PendingApproval,
    Status::Approved,
    Status::Approved,
    Status::Sent,
    Status::Sent,
    Status::PartiallyReceived,
    Status::PartiallyReceived,
    Status::Received,
    Status::Received,
    Status::Closed,
    Status::Closed,
    Status::Cancelled,
    Status::Rejected,
];

const BUYERS: [&str; 4] = ["BAUER", "JDOE", "TANAKA", "PAPAS"];

/// When the order was last changed: recent ones are spread over the 60 days before the start, the others over
/// 200 to 700 days before it. Some share one instant, as records that one job wrote do.
fn modified(ordinal: u64, started_ms: i64) -> i64 {
    if ordinal > RECENT_ORDERS {
        let age = 200 + (ordinal - RECENT_ORDERS - 1) * 500 / (OLD_ORDERS - 1);
        return started_ms - i64::try_from(age).unwrap_or(200) * DAY - MINUTE;
    }
    let slot = match ordinal % 50 {
        2 | 3 => ordinal - ordinal % 50 + 1,
        _ => ordinal,
    };
    let minutes = 30 + (RECENT_ORDERS - slot) * 162;
    let fraction = if slot.is_multiple_of(7) { 123 } else { 0 };
    let whole = started_ms.div_euclid(1000) * 1000;
    whole - i64::try_from(minutes).unwrap_or(30) * MINUTE + fraction
}

/// The order with this ordinal.
pub(super) fn order(
    ordinal: u64,
    started_ms: i64,
    ids: &dyn Ids,
    vendors: &[Vendor],
    items: &[Item],
) -> Order {
    let vendor = vendor(ordinal, vendors);
    let company = places::company(vendor.company);
    let modified = modified(ordinal, started_ms);
    let created = modified - (1 + below(41, ordinal, 18)) * DAY - below(42, ordinal, 600) * MINUTE;
    let order_date = midnight(created);
    let status = STATUSES[(mix(43, ordinal) % 14) as usize];
    let currency = currency(ordinal, vendor, company);
    let (id, number) = ids.order(ordinal, company);
    let shop = Shop {
        ordinal,
        company,
        status,
        currency: &currency,
        order_date,
        items: assortment(company, items),
    };
    let lines: Vec<Line> = (1..=1 + u32::try_from(mix(44, ordinal) % 8).unwrap_or(0))
        .map(|position| shop.line(position))
        .collect();
    Order {
        id,
        number,
        status,
        description: format!("Replenishment {} for {}", ordinal, company.name),
        company: company.key,
        vendor: vendor.id.clone(),
        exchange_rate: rate(&currency, company),
        currency: Some(currency),
        payment_terms: vendor.payment_terms.clone(),
        incoterms: (*pick(45, ordinal, &["FCA", "DAP", "EXW", ""])).to_owned(),
        incoterms_place: vendor.address.city.clone(),
        buyer: (*pick(46, ordinal, &BUYERS)).to_owned(),
        requester: (*pick(47, ordinal, &BUYERS)).to_owned(),
        order_date: Some(order_date),
        required_date: lines.iter().filter_map(Line::due).min(),
        created,
        modified: Some(modified),
        notes: if ordinal.is_multiple_of(5) {
            "Bitte vor 12 Uhr anliefern. Gate 3.".to_owned()
        } else {
            String::new()
        },
        lines,
        custom: BTreeMap::from([
            (
                "cost_object".to_owned(),
                format!("CO-{:04}", mix(48, ordinal) % 2000),
            ),
            (
                "priority".to_owned(),
                (*pick(49, ordinal, &["high", "normal", ""])).to_owned(),
            ),
        ]),
        deleted: false,
    }
}

/// An active vendor, mostly.
fn vendor(ordinal: u64, vendors: &[Vendor]) -> &Vendor {
    let index = if ordinal == SHARED_ORDINAL {
        vendors::SHARED - 1
    } else {
        mix(40, ordinal) % vendors::COUNT
    };
    let chosen = &vendors[index as usize];
    if chosen.standing == Standing::Inactive {
        &vendors[0]
    } else {
        chosen
    }
}

fn currency(ordinal: u64, vendor: &Vendor, company: &Entity) -> String {
    match mix(50, ordinal) % 17 {
        3 if company.country == "US" => "GBP".to_owned(),
        5 if company.country == "DE" => "CHF".to_owned(),
        _ => vendor.currency.clone(),
    }
}

/// Units of the company's currency for one of the order's.
pub(crate) fn rate(currency: &str, company: &Entity) -> Decimal {
    let dollars = |code: &str| match code {
        "EUR" => 108_500,
        "GBP" => 126_200,
        "CHF" => 113_100,
        "JPY" => 666,
        _ => 100_000,
    };
    Decimal::new(dollars(currency), 0).over(Decimal::new(dollars(company.currency), 0), 5)
}

/// What a company orders: its own items that may be used.
fn assortment<'a>(company: &Entity, items: &'a [Item]) -> Vec<&'a Item> {
    items
        .iter()
        .filter(|item| item.company == company.key && item.standing == Standing::Active)
        .collect()
}

/// What the lines of one order have in common.
struct Shop<'a> {
    ordinal: u64,
    company: &'a Entity,
    status: Status,
    currency: &'a str,
    order_date: i64,
    items: Vec<&'a Item>,
}

impl Shop<'_> {
    fn line(&self, position: u32) -> Line {
        let salt = self.ordinal * 16 + u64::from(position);
        let item = self.items[(mix(61, salt) as usize) % self.items.len()];
        let places: Vec<_> = places::of_company(self.company.key).collect();
        let place = pick(62, salt, &places);
        let quantity = match item.unit.as_str() {
            "KG" | "L" | "M" => Decimal::new(i128::from(500 + below(63, salt, 90_000)), 3),
            _ => Decimal::from(1 + below(63, salt, 200)),
        };
        let digits = super::currency_digits(self.currency);
        let per = match mix(64, salt) % 20 {
            0 => 100,
            1 => 1000,
            _ => 1,
        };
        let price_quantity = Decimal::from(per);
        let unit_price = item.cost.times(price_quantity).rounded(digits);
        let net = quantity.times(unit_price).over(price_quantity, digits);
        let received = self.received(position, quantity);
        Line {
            number: position * 10,
            item: Some(item.id.clone()),
            description: item.name.clone(),
            quantity,
            received,
            billed: if self.status == Status::Closed {
                quantity
            } else {
                Decimal::ZERO
            },
            unit: item.unit.clone(),
            unit_price,
            price_quantity,
            tax: net
                .times(Decimal::new(i128::from(self.company.tax_percent), 2))
                .rounded(digits),
            tax_code: self.company.tax_code.to_owned(),
            site: place.site.to_owned(),
            location: place.location.to_owned(),
            account: (*pick(65, salt, &["400000", "510000", "655000"])).to_owned(),
            cost_center: (*pick(66, salt, &["CC-100", "CC-200", ""])).to_owned(),
            project: if mix(67, salt).is_multiple_of(9) {
                "PRJ-7".to_owned()
            } else {
                String::new()
            },
            schedule: schedule(salt, self.order_date, quantity),
            custom: BTreeMap::from([("gate".to_owned(), (*pick(68, salt, &["1", "2", ""])).to_owned())]),
        }
    }

    fn received(&self, position: u32, quantity: Decimal) -> Decimal {
        match self.status {
            Status::Received | Status::Closed => quantity,
            Status::PartiallyReceived if position.is_multiple_of(3) => Decimal::ZERO,
            Status::PartiallyReceived if position == 1 => quantity.over(Decimal::from(2), 0),
            Status::PartiallyReceived if position.is_multiple_of(2) => quantity,
            _ => Decimal::ZERO,
        }
    }
}

/// One to three deliveries; the last takes the rest.
fn schedule(salt: u64, order_date: i64, quantity: Decimal) -> Vec<Delivery> {
    let first = order_date + (5 + below(71, salt, 30)) * DAY;
    let parts = match mix(72, salt) % 6 {
        0 => 3,
        1 => 2,
        _ => 1,
    };
    let share = quantity.over(Decimal::from(parts), 0);
    let mut rest = quantity;
    let mut deliveries = Vec::new();
    for part in 0..parts {
        let amount = if part == parts - 1 { rest } else { share };
        rest = rest.minus(amount);
        deliveries.push(Delivery {
            day: Some(first + part * 7 * DAY),
            quantity: amount,
        });
    }
    deliveries
}
