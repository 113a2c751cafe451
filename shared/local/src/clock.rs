//! The stack's clock: N times as fast as the wall's, and never going back, not even over a kill.
//!
//! The clock never shows a time beyond a limit that is on the disk already. The limit is moved on before
//! it is reached; a stack that finds one left behind begins there. So whatever was shown before is past,
//! and all that a kill costs is the little that the limit was ahead.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use manifold_domain::ports::Clock;
use manifold_sandbox::SandboxClock;
use serde::{Deserialize, Serialize};

use crate::files;

/// How often the limit has to be moved on, in real time.
pub const RENEW: Duration = Duration::from_millis(500);

/// How far ahead the limit lies, in real milliseconds: the clock stands still when it was not moved on for so
/// long.
const LEAD_MS: i64 = 2_000;

/// A clock of one stack.
#[derive(Debug)]
pub struct StackClock {
    /// How many times faster than the wall's it goes.
    speed: u32,
    begun: Instant,
    /// What it showed then; milliseconds since 1970, like all the others.
    base: i64,
    /// The latest time that was shown.
    shown: AtomicI64,
    /// What it must not show yet.
    limit: AtomicI64,
    file: Option<PathBuf>,
}

/// What is kept of a clock.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Everything that was ever shown is at most this.
    shown_at_most: Timestamp,
}

impl StackClock {
    /// A clock that nothing is kept of.
    #[must_use]
    pub fn in_memory(speed: u32) -> Self {
        Self::beginning(Timestamp::now(), speed, None)
    }

    /// Goes on with the clock whose time `file` keeps, or begins with the wall's time: it is never behind
    /// the wall's.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not one of ours.
    pub fn open(file: PathBuf, speed: u32) -> io::Result<Self> {
        let wall = Timestamp::now();
        let begin = read(&file)?.map_or(wall, |kept| kept.shown_at_most.max(wall));
        let clock = Self::beginning(begin, speed, Some(file));
        clock.keep()?;
        Ok(clock)
    }

    fn beginning(base: Timestamp, speed: u32, file: Option<PathBuf>) -> Self {
        let base = base.as_millisecond();
        let limit = if file.is_some() { base } else { i64::MAX };
        Self {
            speed: speed.max(1),
            begun: Instant::now(),
            base,
            shown: AtomicI64::new(base),
            limit: AtomicI64::new(limit),
            file,
        }
    }

    /// Moves the limit on. To be called every [`RENEW`].
    ///
    /// # Errors
    /// When it cannot be written; the clock then stands still at the old one.
    pub fn keep(&self) -> io::Result<()> {
        let ahead = LEAD_MS.saturating_mul(self.speed.into());
        self.write(
            self.due(self.begun.elapsed(), Timestamp::now())
                .saturating_add(ahead),
        )
    }

    /// Ends the clock at the time that it shows: the next one begins there.
    ///
    /// # Errors
    /// When it cannot be written; the next clock then begins a little later.
    pub fn stop(&self) -> io::Result<()> {
        self.limit
            .store(self.shown.load(Ordering::SeqCst), Ordering::SeqCst);
        self.write(self.millis())
    }

    /// Writes a limit, and only then lets the clock go that far.
    fn write(&self, limit: i64) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let shown_at_most = Timestamp::from_millisecond(limit).map_err(io::Error::other)?;
        files::replace(file, &serde_json::to_vec(&Kept { shown_at_most })?)?;
        self.limit.store(limit, Ordering::SeqCst);
        Ok(())
    }

    /// What the clock ought to show. The wall's time is taken where it is ahead: a laptop that slept counts
    /// no elapsed time.
    fn due(&self, elapsed: Duration, wall: Timestamp) -> i64 {
        let elapsed = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let scaled = self
            .base
            .saturating_add(elapsed.saturating_mul(self.speed.into()));
        scaled.max(wall.as_millisecond())
    }

    fn millis(&self) -> i64 {
        let due = self.due(self.begun.elapsed(), Timestamp::now());
        let allowed = due.min(self.limit.load(Ordering::SeqCst));
        self.shown.fetch_max(allowed, Ordering::SeqCst).max(allowed)
    }
}

fn read(file: &Path) -> io::Result<Option<Kept>> {
    let Some(text) = files::read(file)? else {
        return Ok(None);
    };
    Ok(Some(serde_json::from_slice(&text)?))
}

impl Clock for StackClock {
    fn now(&self) -> Timestamp {
        // Only a speed of millions, kept up for years, leads out of the calendar.
        Timestamp::from_millisecond(self.millis()).unwrap_or(Timestamp::MAX)
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Rounded up to the steps in which this clock goes, and one more, since the wall's clock may be pushed forward a
    /// little meanwhile: whoever comes early finds nothing due, and waits for the schedule.
    fn real(&self, duration: Duration) -> Duration {
        let millis = (duration / self.speed).as_millis();
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX).saturating_add(2))
    }
}

impl SandboxClock for StackClock {
    fn now_ms(&self) -> i64 {
        self.millis()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn goes_as_fast_as_it_is_told_and_is_never_behind_the_wall() {
        let clock = StackClock::in_memory(60);
        let base = clock.base;
        let wall =
            |seconds: i64| Timestamp::from_millisecond(base).unwrap() + SignedDuration::from_secs(seconds);
        assert_eq!(clock.due(Duration::from_secs(2), wall(2)), base + 120_000);
        assert_eq!(
            clock.due(Duration::from_secs(2), wall(7_200)),
            base + 7_200_000,
            "after the laptop slept"
        );
        assert_eq!(
            clock.due(Duration::from_secs(2), wall(-7_200)),
            base + 120_000,
            "after the wall was set back"
        );
        let minute = Duration::from_secs(60);
        assert!(clock.real(HOUR) > minute && clock.real(HOUR) < minute + Duration::from_millis(5));
    }

    #[test]
    fn a_clock_that_was_stopped_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock.json");
        let first = StackClock::open(file.clone(), 1_000_000).unwrap();
        while first.millis() < first.base + 60_000 {}
        let shown = first.now();
        first.stop().unwrap();
        let stopped = first.now();
        assert!(shown <= stopped);
        let second = StackClock::open(file, 1).unwrap();
        assert_eq!(second.base, stopped.as_millisecond());
    }

    #[test]
    fn a_clock_that_was_killed_does_not_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock.json");
        let mut last = 0;
        for _ in 0..5 {
            let clock = StackClock::open(file.clone(), 10_000).unwrap();
            for _ in 0..200 {
                let now = clock.millis();
                assert!(now >= last, "{now} after {last}");
                last = now;
            }
            clock.keep().unwrap();
            last = last.max(clock.millis());
        }
    }

    #[test]
    fn it_stands_still_at_the_limit_instead_of_passing_it() {
        let folder = tempfile::tempdir().unwrap();
        let clock = StackClock::open(folder.path().join("clock.json"), 1).unwrap();
        let limit = clock.base - 1;
        clock.limit.store(limit, Ordering::SeqCst);
        assert_eq!(clock.millis(), clock.base, "and never goes back to it");
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clock.json");
        std::fs::write(&file, "yesterday").unwrap();
        assert!(StackClock::open(file, 1).is_err());
    }
}
