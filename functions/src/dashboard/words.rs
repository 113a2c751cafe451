//! How times, numbers and states read.

use jiff::{SignedDuration, Timestamp};
use manifold_connectors::model;
use manifold_domain::{
    connection::{Connection, ConnectionStatus, Every, Schedule},
    store::sync::SyncState,
};
use maud::{Markup, html};

use crate::{
    gate::times::rfc3339,
    pages::parts::{Tone, badge},
};

/// `1,204`.
pub fn number(of: u64) -> String {
    let digits = of.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 connection`, `2 connections`.
pub fn several(of: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(of), if of == 1 { one } else { many })
}

/// A stretch of time in its largest unit.
fn stretch(length: SignedDuration) -> String {
    let seconds = length.as_secs().unsigned_abs();
    let (count, one, many) = match seconds {
        0..60 => (seconds, "second", "seconds"),
        60..3_600 => (seconds / 60, "minute", "minutes"),
        3_600..86_400 => (seconds / 3_600, "hour", "hours"),
        _ => (seconds / 86_400, "day", "days"),
    };
    several(count, one, many)
}

/// So long something has happened just now.
const JUST_NOW: SignedDuration = SignedDuration::from_secs(5);

/// A time as people say it, with the exact one behind it.
pub fn when(now: Timestamp, at: Timestamp) -> Markup {
    let past = now.duration_since(at);
    let said = if past.abs() < JUST_NOW {
        "just now".to_owned()
    } else if past.is_negative() {
        format!("in {}", stretch(past))
    } else {
        format!("{} ago", stretch(past))
    };
    html! { time datetime=(rfc3339(at)) title=(exact(at)) { (said) } }
}

/// Since when something is as it is.
pub fn since(now: Timestamp, at: Timestamp) -> Markup {
    html! { @if now.duration_since(at).abs() >= JUST_NOW { "since " } (when(now, at)) }
}

/// The same for a time that may be missing, or is written out already.
pub fn when_text(now: Timestamp, at: Option<&str>, missing: &str) -> Markup {
    match at.and_then(|at| at.parse().ok()) {
        Some(at) => when(now, at),
        None => html! { span class="faint" { (missing) } },
    }
}

/// `24 Nov 2026, 08:00:03 UTC`.
pub fn exact(at: Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M:%S UTC").to_string()
}

/// `today`, `12 days`: how old something is.
pub fn age(now: Timestamp, since: Timestamp) -> String {
    let past = now.duration_since(since).max(SignedDuration::ZERO);
    if past < SignedDuration::from_hours(24) {
        "less than a day".to_owned()
    } else {
        stretch(past)
    }
}

/// A connection's status in a word.
pub fn status(of: ConnectionStatus) -> Markup {
    let (tone, word) = status_word(of);
    badge(tone, word)
}

/// The tone and the word of a status.
pub fn status_word(of: ConnectionStatus) -> (Tone, &'static str) {
    match of {
        ConnectionStatus::Online => (Tone::Good, "Online"),
        ConnectionStatus::Unreachable => (Tone::Warn, "Unreachable"),
        ConnectionStatus::ReauthRequired => (Tone::Bad, "Needs credentials"),
        ConnectionStatus::Disconnected => (Tone::Plain, "Disconnected"),
    }
}

/// A sync's state in a word.
pub fn state(of: SyncState) -> Markup {
    let (tone, word) = match of {
        SyncState::Never => (Tone::Plain, "Never ran"),
        SyncState::Queued => (Tone::Accent, "Queued"),
        SyncState::Running => (Tone::Accent, "Running"),
        SyncState::Succeeded => (Tone::Good, "Succeeded"),
        SyncState::Failed => (Tone::Bad, "Failed"),
        SyncState::Interrupted => (Tone::Warn, "Interrupted"),
    };
    badge(tone, word)
}

/// The tone of an event or a timeline entry, by its kind.
pub fn tone_of(kind: &str) -> Tone {
    match kind {
        "connection.online" | "connection.created" | "sync.succeeded" => Tone::Good,
        "connection.unreachable" | "endpoint.failing" => Tone::Warn,
        "connection.reauth_required" | "sync.failed" | "endpoint.disabled" => Tone::Bad,
        kind if kind.starts_with("record.") => Tone::Accent,
        _ => Tone::Plain,
    }
}

/// Intervals, their names in the API, and how people say them.
pub const INTERVALS: [(Every, &str, &str); 7] = [
    (Every::FifteenMinutes, "15m", "Every 15 minutes"),
    (Every::ThirtyMinutes, "30m", "Every 30 minutes"),
    (Every::Hour, "1h", "Every hour"),
    (Every::SixHours, "6h", "Every 6 hours"),
    (Every::TwelveHours, "12h", "Every 12 hours"),
    (Every::Day, "24h", "Every day"),
    (Every::Manual, "manual", "By hand only"),
];

/// How often models are synced.
pub fn every(schedule: &Schedule) -> &'static str {
    match schedule {
        Schedule::All(every) => INTERVALS
            .iter()
            .find(|(one, ..)| one == every)
            .map_or("", |(.., word)| word),
        Schedule::PerModel(_) => "Each model has its own interval",
    }
}

/// Whose connection it is, as people call them.
pub fn customer(connection: &Connection) -> &str {
    let customer = &connection.customer;
    customer.name.as_deref().unwrap_or(&customer.id)
}

/// What several records of a model are called: `Purchase orders`.
pub fn model_title(name: &str) -> &str {
    model::by_name(name).map_or(name, |model| model.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_the_names_of_the_api() {
        for (every, name, _) in INTERVALS {
            assert_eq!(serde_json::to_value(every).expect("a name"), name);
        }
    }

    #[test]
    fn numbers_and_times_read_as_people_write_them() {
        for (of, text) in [(0, "0"), (999, "999"), (1_204, "1,204"), (1_000_000, "1,000,000")] {
            assert_eq!(number(of), text);
        }
        let now: Timestamp = "2026-11-24T08:00:00Z".parse().expect("a time");
        let said = |at: &str| when(now, at.parse().expect("a time")).into_string();
        for (at, text) in [
            ("2026-11-24T07:59:58Z", ">just now<"),
            ("2026-11-24T07:59:00Z", ">1 minute ago<"),
            ("2026-11-24T05:30:00Z", ">2 hours ago<"),
            ("2026-11-22T08:00:00Z", ">2 days ago<"),
            ("2026-11-24T08:12:00Z", ">in 12 minutes<"),
        ] {
            assert!(said(at).contains(text), "{}", said(at));
        }
        assert_eq!(exact(now), "24 Nov 2026, 08:00:00 UTC");
    }
}
