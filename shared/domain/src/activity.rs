//! What a workspace's syncs did in the last day, for people to look at: counted from its events.

use std::collections::HashSet;

use jiff::{Timestamp, ToSpan as _};

use crate::{
    deployment::Domain,
    error::Problem,
    events::{self, Event, EventType},
    listing::{MOST, Paging},
};

/// Hours that are looked at.
pub const HOURS: usize = 24;
/// Pages of events that one look reads: a workspace with more is told from when on was counted.
const MOST_PAGES: usize = 6;

/// One hour's runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// Its begin.
    pub begins: Timestamp,
    /// Runs that came to their end.
    pub succeeded: u64,
    /// Runs that could not go on.
    pub failed: u64,
}

/// A model whose last run failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// `conn_…`
    pub connection: String,
    /// The model.
    pub model: String,
    /// Why, in a sentence.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// The last day.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Hour by hour, the oldest first; the last one is going on.
    pub hours: Vec<Hour>,
    /// Where counting began, when there were too many events to go a whole day back.
    pub cut_at: Option<Timestamp>,
    /// Models whose last run failed, the latest first.
    pub failing: Vec<Failing>,
    /// What happened last, the newest first.
    pub latest: Vec<Event>,
}

/// Looks at the last day of a workspace's events.
///
/// # Errors
/// The store's.
pub async fn last_day(domain: &Domain, ws: &str, latest: usize) -> Result<Activity, Problem> {
    let now = domain.ports.clock.now();
    let mut activity = Activity::empty(now);
    let mut known = HashSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let paging = Paging {
            limit: MOST,
            cursor: cursor.as_deref(),
        };
        let page = events::list(domain, ws, paging).await?;
        let last = page.data.last().map(|event| event.timestamp);
        for event in page.data {
            activity.count(&event, &mut known);
            if activity.latest.len() < latest {
                activity.latest.push(event);
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() || last.is_some_and(|at| at < activity.since()) {
            return Ok(activity);
        }
        activity.cut_at = last;
    }
    Ok(activity)
}

impl Activity {
    fn empty(now: Timestamp) -> Self {
        let this = now.as_second().div_euclid(3600) * 3600;
        let begins = |back: usize| {
            let back = i64::try_from(back).unwrap_or_default() * 3600;
            Timestamp::from_second(this - back).unwrap_or(now)
        };
        let hours = (0..HOURS).rev().map(|back| Hour {
            begins: begins(back),
            succeeded: 0,
            failed: 0,
        });
        Self {
            hours: hours.collect(),
            cut_at: None,
            failing: Vec::new(),
            latest: Vec::new(),
        }
    }

    fn since(&self) -> Timestamp {
        self.hours
            .first()
            .map_or(Timestamp::UNIX_EPOCH, |hour| hour.begins)
    }

    /// Runs that came to their end.
    #[must_use]
    pub fn succeeded(&self) -> u64 {
        self.hours.iter().map(|hour| hour.succeeded).sum()
    }

    /// Runs that could not go on.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.hours.iter().map(|hour| hour.failed).sum()
    }

    /// Counts an event; `known` holds the models whose last run was seen already.
    fn count(&mut self, event: &Event, known: &mut HashSet<(String, String)>) {
        let failed = match event.kind {
            EventType::SyncSucceeded => false,
            EventType::SyncFailed => true,
            _ => return,
        };
        let hour = self
            .hours
            .iter_mut()
            .rev()
            .find(|hour| event.timestamp >= hour.begins && event.timestamp < hour.begins + 1.hour());
        let Some(hour) = hour else { return };
        let counted = if failed {
            &mut hour.failed
        } else {
            &mut hour.succeeded
        };
        *counted += 1;
        let text = |name: &str| event.data[name].as_str().unwrap_or_default().to_owned();
        let (connection, model) = (text("connection_id"), text("model"));
        if known.insert((connection.clone(), model.clone())) && failed {
            let message = event.data["error"]["message"].as_str().unwrap_or_default();
            self.failing.push(Failing {
                connection,
                model,
                message: message.to_owned(),
                at: event.timestamp,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_run_of_a_model_says_whether_it_fails() {
        let now: Timestamp = "2026-11-24T13:20:00Z".parse().expect("a time");
        let mut activity = Activity::empty(now);
        let mut known = HashSet::new();
        let mut met = |minutes: i64, kind, model: &str| {
            let event = Event {
                id: "evt_1".into(),
                kind,
                timestamp: now - minutes.minutes(),
                data: json!({"connection_id": "conn_1", "model": model, "error": {"message": "No."}}),
            };
            activity.count(&event, &mut known);
        };
        // The newest first, as events are listed.
        met(5, EventType::SyncSucceeded, "vendor");
        met(10, EventType::SyncFailed, "vendor");
        met(70, EventType::SyncFailed, "item");
        met(80, EventType::SyncSucceeded, "item");
        met(25 * 60, EventType::SyncFailed, "site");
        assert_eq!(activity.failing.len(), 1, "{:?}", activity.failing);
        assert_eq!(activity.failing[0].model, "item");
        assert_eq!((activity.succeeded(), activity.failed()), (2, 2));
        let last = activity.hours.last().expect("hours");
        assert_eq!(last.begins, "2026-11-24T13:00:00Z".parse().expect("a time"));
        assert_eq!((last.succeeded, last.failed), (1, 1));
    }
}
