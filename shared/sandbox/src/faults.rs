//! Faults on demand, so that an outage can be rehearsed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use crate::sessions::moment;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Down,
    Slow,
    Http500,
    Http503,
    RateLimited,
    ExpiredToken,
    BadCredentials,
    Forbidden,
    Html,
    Drip,
    Truncated,
    BadRecord,
}

/// Every fault with the name that the control API gives it.
const NAMES: [(&str, Fault); 12] = [
    ("down", Fault::Down),
    ("slow", Fault::Slow),
    ("http_500", Fault::Http500),
    ("http_503", Fault::Http503),
    ("rate_limited", Fault::RateLimited),
    ("expired_token", Fault::ExpiredToken),
    ("bad_credentials", Fault::BadCredentials),
    ("forbidden", Fault::Forbidden),
    ("html", Fault::Html),
    ("drip", Fault::Drip),
    ("truncated", Fault::Truncated),
    ("bad_record", Fault::BadRecord),
];

impl Fault {
    /// The fault of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, fault)| *fault)
    }

    /// All names.
    pub(crate) fn names() -> Vec<&'static str> {
        NAMES.iter().map(|(name, _)| *name).collect()
    }

    /// How long to wait where nobody said: before an answer, or between two bytes.
    const fn default_delay(self) -> Duration {
        match self {
            Self::Slow => Duration::from_secs(8),
            _ => Duration::from_millis(100),
        }
    }

    /// Whether it strikes calls that sign in, and whether it strikes calls of the API.
    const fn strikes(self, signing_in: bool) -> bool {
        !(signing_in && matches!(self, Self::ExpiredToken | Self::Forbidden | Self::BadRecord))
    }
}

/// A request to set a fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    /// A system, or `*` for all.
    pub(crate) system: String,
    pub(crate) fault: String,
    /// Ends the fault after so many seconds of the stack's clock.
    #[serde(default)]
    pub(crate) seconds: Option<u64>,
    /// Ends the fault after so many calls.
    #[serde(default)]
    pub(crate) count: Option<u64>,
    /// Real milliseconds: `slow` waits so long, `drip` so long after each byte.
    #[serde(default)]
    pub(crate) delay_ms: Option<u64>,
}

/// A fault that is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Active {
    system: &'static str,
    pub(crate) fault: Fault,
    /// Tokens issued before this moment are the ones that expire.
    pub(crate) since: u64,
    until_ms: Option<i64>,
    left: Option<u64>,
    pub(crate) delay: Duration,
}

/// The faults that are set.
#[derive(Default)]
pub(crate) struct Faults {
    active: Mutex<Vec<Active>>,
}

impl Faults {
    /// Sets a fault. The same fault of the same system is set anew.
    pub(crate) fn set(&self, system: &'static str, fault: Fault, order: &Order, now_ms: i64) {
        let mut active = self.lock();
        active.retain(|one| one.system != system || one.fault != fault);
        let seconds = order
            .seconds
            .map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX / 2000));
        active.push(Active {
            system,
            fault,
            since: moment(),
            until_ms: seconds.map(|seconds| now_ms.saturating_add(seconds.saturating_mul(1000))),
            left: order.count,
            delay: order
                .delay_ms
                .map_or(fault.default_delay(), Duration::from_millis),
        });
    }

    /// Ends all faults.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// The fault that strikes a call, if any, and counts it. `hits` says whether a fault that could strike
    /// does: an expired token, for instance, only strikes a call that carries an old one.
    pub(crate) fn strike(
        &self,
        system: &str,
        signing_in: bool,
        now_ms: i64,
        hits: impl Fn(&Active) -> bool,
    ) -> Option<Active> {
        let mut active = self.lock();
        active.retain(|one| one.left != Some(0) && one.until_ms.is_none_or(|until| now_ms < until));
        let found = active
            .iter_mut()
            .find(|one| one.system == system && one.fault.strikes(signing_in) && hits(one))?;
        found.left = found.left.map(|left| left - 1);
        Some(*found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Active>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
