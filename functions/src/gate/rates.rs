//! Our own request rates: per connection and per workspace.
//!
//! Counted in each execution environment, without a shared store: the limits protect an environment
//! from one caller, and cost no write a request. A deployment's total is the limit times its
//! environments.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// One window.
const WINDOW: Duration = Duration::from_secs(60);

/// Requests a window for a workspace key.
pub const WORKSPACE: u32 = 3_000;

/// Requests a window for a connection token.
pub const CONNECTION: u32 = 1_500;

/// Callers that are remembered.
const MOST: usize = 10_000;

/// Requests counted by caller.
#[derive(Default)]
pub struct Rates(Mutex<HashMap<String, (Instant, u32)>>);

/// What is left of a caller's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests a window.
    pub limit: u32,
    /// Requests left.
    pub remaining: u32,
    /// Seconds until the window ends.
    pub reset: u64,
    /// Whether this request may go on.
    pub granted: bool,
}

impl Allowance {
    /// The value of `RateLimit`.
    #[must_use]
    pub fn header(&self) -> String {
        format!("\"default\";r={};t={}", self.remaining, self.reset)
    }

    /// The value of `RateLimit-Policy`.
    #[must_use]
    pub fn policy(&self) -> String {
        format!("\"default\";q={};w={}", self.limit, WINDOW.as_secs())
    }
}

impl Rates {
    /// Counts one request of a caller.
    pub fn count(&self, caller: &str, limit: u32, now: Instant) -> Allowance {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= MOST {
            callers.retain(|_, (began, _)| now.duration_since(*began) < WINDOW);
        }
        let (began, used) = callers.entry(caller.to_owned()).or_insert((now, 0));
        if now.duration_since(*began) >= WINDOW {
            (*began, *used) = (now, 0);
        }
        let granted = *used < limit;
        if granted {
            *used += 1;
        }
        let reset = WINDOW.saturating_sub(now.duration_since(*began)).as_secs().max(1);
        Allowance {
            limit,
            remaining: limit - *used,
            reset,
            granted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_used_up_and_begins_again() {
        let rates = Rates::default();
        let start = Instant::now();
        assert_eq!(
            rates.count("a", 2, start),
            Allowance {
                limit: 2,
                remaining: 1,
                reset: 60,
                granted: true
            }
        );
        assert!(rates.count("a", 2, start).granted);
        assert!(!rates.count("a", 2, start + Duration::from_secs(59)).granted);
        assert!(
            rates.count("b", 2, start).granted,
            "another caller has a window of its own"
        );
        assert!(rates.count("a", 2, start + Duration::from_secs(60)).granted);
    }
}
