//! What webhooks say in the benchmark: changes of 120 records, about 4 KB.

use std::fmt::Write as _;

/// Records that one message tells of.
const RECORDS: usize = 120;

/// The connection that they are of.
pub const CONNECTION: &str = "conn_01kdvtr8000000000000000001";

/// The type of the event.
pub const KIND: &str = "record.updated";

/// The text of one message, as the product writes it.
#[must_use]
pub fn body(number: usize) -> String {
    let first = number * RECORDS + 1;
    let last = first + RECORDS - 1;
    let mut records = String::with_capacity(4096);
    for seq in first..=last {
        let comma = if seq == first { "" } else { "," };
        // A text takes whatever is written into it.
        let _ = write!(
            records,
            r#"{comma}{{"id":"{}","seq":{seq}}}"#,
            4_500_000_000_usize + seq
        );
    }
    format!(
        r#"{{"type":"{KIND}","timestamp":"2026-01-01T00:00:00.000Z","data":{{"connection_id":"{CONNECTION}","model":"purchase_order","first_seq":{first},"last_seq":{last},"records":[{records}]}}}}"#
    )
}
