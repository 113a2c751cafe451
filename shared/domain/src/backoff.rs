//! How long to wait before another try of a system that does not answer.

use std::time::Duration;

use crate::ports::Ids;

/// The wait before the second try.
const FIRST: Duration = Duration::from_secs(30);
/// No wait of ours is longer.
pub const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// A system that asks for more than this is not believed.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// The wait after `failures` failures in a row: 30 s doubling to 6 h, with equal jitter (between
/// half of it and the whole), so that tries stay apart and connections do not keep step.
///
/// What the system itself asks for wins when it is longer, up to a day.
#[must_use]
pub fn wait(failures: u32, asked: Option<Duration>, ids: &dyn Ids) -> Duration {
    let mut random = [0; 4];
    ids.random(&mut random);
    let ours = spread(step(failures), u32::from_le_bytes(random));
    ours.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

/// The longest wait after so many failures in a row.
fn step(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

/// Between half of `longest` (random 0) and the whole (random `u32::MAX`), in milliseconds.
fn spread(longest: Duration, random: u32) -> Duration {
    // Six hours of milliseconds times 2^32 is far below 2^64.
    let half = u64::try_from(longest.as_millis() / 2).unwrap_or(u64::MAX >> 33);
    Duration::from_millis(half + half * u64::from(random) / u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t20_waits_double_from_30_seconds_to_6_hours() {
        let steps: Vec<u64> = (0..13).map(|failures| step(failures).as_secs()).collect();
        assert_eq!(
            steps,
            [
                30, 30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600
            ]
        );
        assert_eq!(step(u32::MAX), LONGEST);
    }

    #[test]
    fn t20_jitter_stays_between_half_and_whole() {
        for failures in 1..40 {
            let whole = step(failures);
            assert_eq!(spread(whole, 0), whole / 2);
            assert_eq!(spread(whole, u32::MAX), whole);
            let some = spread(whole, 0x1234_5678);
            assert!(some >= whole / 2 && some <= whole);
        }
    }

    #[test]
    fn t20_what_the_system_asks_wins_when_longer_and_is_capped() {
        let ids = crate::ports::SystemIds;
        assert_eq!(
            wait(1, Some(Duration::from_secs(600)), &ids),
            Duration::from_secs(600)
        );
        assert!(wait(1, Some(Duration::from_secs(1)), &ids) >= FIRST / 2);
        assert_eq!(wait(1, Some(Duration::from_secs(u64::MAX)), &ids), LONGEST_ASKED);
    }
}
