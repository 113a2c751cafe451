//! Shapes of JSON that no type of a handler spells out: what is passed on as text, or read by hand.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// A page of the change feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what changes::read writes as text")]
pub struct Changes {
    /// The changes in order.
    data: Vec<Change>,
    /// Where the next page starts; never null, since a feed has no end.
    next_cursor: String,
    /// Whether nothing more is there now. An empty page is up to date, unless the search for something to show
    /// took as long as an answer may take.
    up_to_date: bool,
}

/// One change of a record.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what changes::read writes as text")]
pub struct Change {
    /// Rises per connection and model.
    seq: u64,
    /// The unified model.
    model: String,
    /// `created`, `updated` or `deleted`.
    change: String,
    /// The record's id.
    id: String,
    /// The record as it is now; null when it is deleted.
    #[schema(value_type = Option<Object>)]
    record: Option<Value>,
}

/// How often: by hand, or every so many minutes or hours.
#[derive(ToSchema)]
pub enum Interval {
    /// Only when asked.
    #[schema(rename = "manual")]
    Manual,
    /// Every 15 minutes.
    #[schema(rename = "15m")]
    FifteenMinutes,
    /// Every 30 minutes.
    #[schema(rename = "30m")]
    ThirtyMinutes,
    /// Every hour.
    #[schema(rename = "1h")]
    Hour,
    /// Every 6 hours.
    #[schema(rename = "6h")]
    SixHours,
    /// Every 12 hours.
    #[schema(rename = "12h")]
    TwelveHours,
    /// Every day.
    #[schema(rename = "24h")]
    Day,
}

/// One interval for all models, or one for each; models that are not named are synced every hour.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Schedule {
    /// For all models.
    All(Interval),
    /// By model.
    PerModel(BTreeMap<String, Interval>),
}

/// How far back the first sync reads, by last modification.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum History {
    /// So many days.
    Days(LastDays),
    /// All that there is.
    All(Everything),
}

/// The last so many days.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "documents domain's History, whose crate knows no OpenAPI"
)]
pub struct LastDays {
    /// How many.
    #[schema(minimum = 1, maximum = 3650)]
    days: u32,
}

/// Without a limit.
#[derive(ToSchema)]
pub enum Everything {
    /// All that there is.
    #[schema(rename = "all")]
    All,
}

/// The value of a query parameter or of a header.
#[derive(ToSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// Sent as it is.
    Text(String),
    /// Sent with the digits that it is written with.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
}
