//! The records that break naive readers, and the order that every system shares.

use super::{Delivery, Item, Line, Order, RECENT_ORDERS, SHARED_ORDINAL, Status};
use crate::clock::{DAY, midnight};
use crate::decimal::Decimal;

/// Changes the order with this ordinal if it is one of the odd ones.
pub(super) fn twist(ordinal: u64, started_ms: i64, order: &mut Order, items: &[Item]) {
    match ordinal {
        // Nobody filled in the currency.
        7 => order.currency = None,
        // Migrated from an older system: no modification time at all.
        11 => order.modified = None,
        // A status that no manual lists.
        13 => {
            order.status = Status::Unknown;
            order.lines.iter_mut().for_each(nothing_came);
        }
        17 => free_text(order),
        // Twenty digits: more than a 64-bit float holds.
        19 => one_line(order, |line| {
            line.quantity = Decimal::from(1);
            line.unit_price = Decimal::new(12_345_678_901_234_567_891, 3);
            line.price_quantity = Decimal::from(1);
            line.tax = Decimal::ZERO;
        }),
        // `/Date(0)/` is a real date, the first of January 1970.
        23 => order.order_date = Some(0),
        29 => {
            order.order_date = None;
            order.required_date = None;
            order
                .lines
                .iter_mut()
                .for_each(|line| line.schedule.iter_mut().for_each(|delivery| delivery.day = None));
        }
        31 => "緊急:油圧ポンプの交換部品".clone_into(&mut order.description),
        37 => "Ανταλλακτικά για τη γραμμή Β, «επείγον»".clone_into(&mut order.description),
        39 => {
            "Zeilenumbruch\nund \"Anführungszeichen\" \\ Größe ½″ <b>&amp;</b>".clone_into(&mut order.notes)
        }
        41 => order.lines.iter_mut().for_each(per_thousand),
        SHARED_ORDINAL => shared(started_ms, order, items),
        _ if ordinal > RECENT_ORDERS => {
            order.status = Status::Closed;
            order.lines.iter_mut().for_each(all_came);
        }
        _ => {}
    }
}

/// A line without an item, beside whatever the order had.
fn free_text(order: &mut Order) {
    if let Some(line) = order.lines.first_mut() {
        line.item = None;
        "Repair of the roof, as quoted".clone_into(&mut line.description);
        "EA".clone_into(&mut line.unit);
    }
}

fn nothing_came(line: &mut Line) {
    line.received = Decimal::ZERO;
    line.billed = Decimal::ZERO;
}

fn all_came(line: &mut Line) {
    line.received = line.quantity;
    line.billed = line.quantity;
}

fn one_line(order: &mut Order, change: impl Fn(&mut Line)) {
    order.status = Status::Approved;
    order.lines.truncate(1);
    for line in &mut order.lines {
        change(line);
        line.schedule = vec![Delivery {
            day: line.due(),
            quantity: line.quantity,
        }];
        nothing_came(line);
    }
}

fn per_thousand(line: &mut Line) {
    line.unit_price = line
        .unit_price
        .times(Decimal::from(1000))
        .over(line.price_quantity, 2);
    line.price_quantity = Decimal::from(1000);
}

/// The shared order: two lines, one of them with two deliveries, in euros, approved, nothing received.
fn shared(started_ms: i64, order: &mut Order, items: &[Item]) {
    let today = midnight(started_ms);
    order.status = Status::Approved;
    "Shared order: bearings and oil for line 2".clone_into(&mut order.description);
    order.currency = Some("EUR".to_owned());
    order.exchange_rate = Decimal::new(108_500, 5);
    "NT30".clone_into(&mut order.payment_terms);
    "DAP".clone_into(&mut order.incoterms);
    order.order_date = Some(today - 20 * DAY);
    "Deliver to gate 3".clone_into(&mut order.notes);
    let pattern = order.lines.first().cloned();
    order.lines = pattern
        .map(|line| shared_lines(today, &line, items))
        .unwrap_or_default();
    order.required_date = order.lines.iter().filter_map(Line::due).min();
}

fn shared_lines(today: i64, pattern: &Line, items: &[Item]) -> Vec<Line> {
    let line = |number: u32, item: usize, quantity: i64, price: i128, schedule: Vec<Delivery>| Line {
        number,
        item: items.get(item).map(|item| item.id.clone()),
        quantity: Decimal::from(quantity),
        received: Decimal::ZERO,
        billed: Decimal::ZERO,
        unit: "EA".to_owned(),
        unit_price: Decimal::new(price, 2),
        price_quantity: Decimal::from(1),
        tax: Decimal::ZERO,
        site: "1710".to_owned(),
        location: "171A".to_owned(),
        schedule,
        ..pattern.clone()
    };
    let day = |offset: i64| Some(today + offset * DAY);
    vec![
        Line {
            description: "Ball bearing 6204-2RS".to_owned(),
            ..line(
                10,
                1,
                40,
                1_250,
                vec![Delivery {
                    day: day(10),
                    quantity: Decimal::from(40),
                }],
            )
        },
        Line {
            description: "Hex bolt M8x40".to_owned(),
            ..line(
                20,
                0,
                1_000,
                15,
                vec![
                    Delivery {
                        day: day(12),
                        quantity: Decimal::from(600),
                    },
                    Delivery {
                        day: day(26),
                        quantity: Decimal::from(400),
                    },
                ],
            )
        },
    ]
}
