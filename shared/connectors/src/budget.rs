//! The budget of one connection: how many requests at once, and how many a minute.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout_at},
};

use crate::{
    fault::{Fault, FaultKind},
    manifest::Limits,
};

const MINUTE: Duration = Duration::from_secs(60);

/// Part of a minute's requests that may go out at once after a pause; the rest is spread evenly.
const BURST_DIVISOR: u32 = 4;

/// What one connection may ask of its system. Clones share it.
///
/// A quarter of a minute's requests may go out at once, so that a live call that needs three is not
/// made to wait; from then on they are spaced so that no 60 seconds ever see more than `per_minute`.
#[derive(Debug, Clone)]
pub struct Budget {
    slots: Arc<Semaphore>,
    pace: Arc<Mutex<Pace>>,
}

/// How long a request waits before it goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For its turn in all.
    pub turn: Duration,
    /// For a system that asked for a pause: whoever waits for an answer would rather hear of it.
    pub pause: Duration,
}

impl From<Duration> for Patience {
    /// As long for the one as for the other.
    fn from(patience: Duration) -> Self {
        Self {
            turn: patience,
            pause: patience,
        }
    }
}

/// One request under way; its place is free again when this is dropped.
#[derive(Debug)]
#[must_use = "the place is given back at once when the permit is not held"]
pub struct Permit {
    _slot: OwnedSemaphorePermit,
}

/// A leaky bucket kept as one time (GCRA): when the requests so far would have gone out evenly.
#[derive(Debug)]
struct Pace {
    interval: Duration,
    burst: Duration,
    even: Instant,
    paused_until: Instant,
}

impl Budget {
    /// A budget of which nothing is used. Zero counts as one.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let per_minute = limits.per_minute.max(1);
        let burst = (per_minute / BURST_DIVISOR).max(1);
        // The burst and what follows it within less than a minute are `per_minute` together.
        let steady = per_minute - burst + 1;
        let interval = MINUTE / steady;
        let now = Instant::now();
        let pace = Pace {
            interval,
            burst: interval * (burst - 1),
            even: now,
            paused_until: now,
        };
        Self {
            slots: Arc::new(Semaphore::new(usize::from(limits.concurrent.max(1)))),
            pace: Arc::new(Mutex::new(pace)),
        }
    }

    /// Waits for its turn, at most as long as the caller has `patience`.
    ///
    /// # Errors
    /// `RateLimited` with `retry_after`, at once when it is clear that the turn comes too late.
    pub async fn acquire(&self, patience: impl Into<Patience>) -> Result<Permit, Fault> {
        let patience = patience.into();
        let now = Instant::now();
        let deadline = now + patience.turn;
        let longest_pause = deadline.min(now + patience.pause);
        self.pace().paused_at_most(longest_pause)?;
        let slot = match timeout_at(deadline, Arc::clone(&self.slots).acquire_owned()).await {
            Ok(Ok(slot)) => slot,
            Ok(Err(_closed)) => unreachable!("the semaphore lives as long as the budget and is never closed"),
            Err(_elapsed) => return Err(too_many(self.pace().interval)),
        };
        // A pause that began while this request waited, for its place or for its turn, holds for it too.
        let mut turn = self.pace().reserve(deadline, longest_pause)?;
        loop {
            sleep_until(turn).await;
            let paused_until = self.pace().paused_until;
            if paused_until <= turn {
                return Ok(Permit { _slot: slot });
            }
            self.pace().paused_at_most(longest_pause)?;
            turn = paused_until;
        }
    }

    /// Lets nothing out for a time: the system said so (`Retry-After`). A shorter pause does not end a longer one.
    pub fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut pace = self.pace();
        pace.paused_until = pace.paused_until.max(until);
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        // Times stay whole whatever panicked beside them.
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    fn paused_at_most(&self, longest: Instant) -> Result<(), Fault> {
        if self.paused_until > longest {
            return Err(too_many(self.paused_until - Instant::now()));
        }
        Ok(())
    }

    /// The next turn, taken unless it comes after the deadline or a pause lasts too long.
    fn reserve(&mut self, deadline: Instant, longest_pause: Instant) -> Result<Instant, Fault> {
        self.paused_at_most(longest_pause)?;
        let now = Instant::now();
        let even = self.even.max(now);
        let turn = now
            .max(even.checked_sub(self.burst).unwrap_or(now))
            .max(self.paused_until);
        if turn > deadline {
            return Err(too_many(turn - now));
        }
        self.even = even.max(turn) + self.interval;
        Ok(turn)
    }
}

fn too_many(wait: Duration) -> Fault {
    let mut fault = Fault::new(
        FaultKind::RateLimited,
        "The system gets no more requests for now: its limit is reached.",
    );
    fault.retry_after = Some(wait);
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Duration = Duration::from_secs(3600);

    fn budget(concurrent: u16, per_minute: u32) -> Budget {
        Budget::new(Limits {
            concurrent,
            per_minute,
        })
    }

    /// Seconds after the start at which each of `count` requests goes out.
    async fn departures(budget: &Budget, count: usize) -> Vec<u64> {
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..count {
            drop(budget.acquire(PATIENT).await.expect("a turn"));
            times.push(u64::try_from(start.elapsed().as_millis()).expect("short"));
        }
        times
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_and_then_evenly() {
        let times = departures(&budget(1, 9), 6).await;
        let expected = [0, 0, 7_500, 15_000, 22_500, 30_000];
        // Timers are as fine as a millisecond.
        assert!(
            times
                .iter()
                .zip(expected)
                .all(|(time, due)| time.abs_diff(due) <= 2),
            "{times:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_sees_more_than_allowed() {
        for per_minute in [1_u32, 2, 3, 7, 60, 600] {
            let allowed = usize::try_from(per_minute).expect("small");
            let times = departures(&budget(4, per_minute), allowed * 3 + 1).await;
            for window in times.windows(allowed + 1) {
                assert!(
                    window[allowed] - window[0] >= 59_990,
                    "{per_minute} a minute: {window:?}"
                );
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn rest_brings_the_burst_back() {
        let budget = budget(1, 9);
        let _ = departures(&budget, 4).await;
        tokio::time::advance(MINUTE * 10).await;
        let times = departures(&budget, 3).await;
        assert_eq!(&times[..2], [0, 0], "a long rest is worth one burst, not more");
        assert!(times[2] >= 7_490);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_at_once() {
        let budget = budget(2, 6000);
        let first = budget.acquire(PATIENT).await.expect("a turn");
        let _second = budget.acquire(PATIENT).await.expect("a turn");
        let fault = budget
            .acquire(Duration::from_secs(5))
            .await
            .expect_err("both places are taken");
        assert_eq!(fault.kind, FaultKind::RateLimited);
        drop(first);
        let _third = budget.acquire(Duration::ZERO).await.expect("a place is free");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_begins_while_one_waits_for_a_place_is_not_waited_out() {
        let budget = budget(1, 6000);
        let neighbour = budget.acquire(PATIENT).await.expect("a turn");
        let live = Patience {
            turn: Duration::from_secs(10),
            pause: Duration::from_secs(2),
        };
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.acquire(live).await.map(drop) }
        });
        let start = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        budget.pause(Duration::from_secs(8));
        drop(neighbour);
        let fault = waiting
            .await
            .expect("ran")
            .expect_err("a person does not wait so long");
        assert_eq!(fault.retry_after, Some(Duration::from_secs(8)));
        assert_eq!(start.elapsed(), Duration::from_secs(1), "it says so at once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_for_all() {
        let budget = budget(4, 6000);
        let start = Instant::now();
        budget.pause(Duration::from_secs(30));
        budget.pause(Duration::from_secs(10));
        let fault = budget
            .acquire(Duration::from_secs(20))
            .await
            .expect_err("nobody waits in vain");
        assert_eq!(
            (fault.kind, fault.retry_after),
            (FaultKind::RateLimited, Some(Duration::from_secs(30)))
        );
        assert_eq!(start.elapsed(), Duration::ZERO, "it says so at once");

        let live = Patience {
            turn: PATIENT,
            pause: Duration::from_secs(2),
        };
        let fault = budget
            .acquire(live)
            .await
            .expect_err("a person does not wait so long");
        assert_eq!(fault.retry_after, Some(Duration::from_secs(30)));
        assert_eq!(start.elapsed(), Duration::ZERO);

        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.acquire(PATIENT).await.map(drop) }
        });
        tokio::time::advance(Duration::from_secs(5)).await;
        budget.pause(Duration::from_secs(60));
        waiting.await.expect("ran").expect("a turn");
        assert_eq!(
            start.elapsed().as_secs(),
            65,
            "the later pause counts for who waits already"
        );
    }
}
