//! When a delivery is tried again: thirteen attempts over 94 hours, as published.

use std::time::Duration;

use crate::ports::Ids;

/// The waits between one attempt and the next, in seconds. The first attempt is made at once.
const WAITS: [u64; 12] = [
    5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400,
];

/// Attempts of one ladder.
pub const ATTEMPTS: u32 = 13;

/// No receiver is believed that asks for a longer pause.
pub const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// How long to wait after so many failed attempts; `None` when there is no further one.
///
/// Jitter only adds, up to a tenth, so that no attempt comes earlier than published. What the receiver asks for
/// (`Retry-After`) wins when it is longer.
#[must_use]
pub fn wait(failed: u32, asked: Option<Duration>, ids: &dyn Ids) -> Option<Duration> {
    let step = usize::try_from(failed).ok()?.checked_sub(1)?;
    let ours = Duration::from_secs(*WAITS.get(step)?);
    let mut random = [0; 4];
    ids.random(&mut random);
    let ours = ours + jitter(ours, u32::from_le_bytes(random));
    Some(ours.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
}

/// Between nothing (random 0) and a tenth of the wait (random `u32::MAX`).
fn jitter(wait: Duration, random: u32) -> Duration {
    // A day of milliseconds times 2^32 is far below 2^64.
    let tenth = u64::try_from(wait.as_millis() / 10).unwrap_or_default();
    Duration::from_millis(tenth * u64::from(random) / u64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededIds;

    #[test]
    fn t28_thirteen_attempts_over_94_hours() {
        let ids = SeededIds::default();
        for (failed, least) in (1..).zip(WAITS) {
            for _ in 0..50 {
                let wait = wait(failed, None, &ids).unwrap();
                let (least, most) = (Duration::from_secs(least), Duration::from_secs(least) * 11 / 10);
                assert!(wait >= least && wait <= most, "{failed}: {wait:?}");
            }
        }
        assert_eq!(wait(ATTEMPTS, None, &ids), None, "the thirteenth is the last");
        assert_eq!(wait(u32::MAX, None, &ids), None);
        assert_eq!(WAITS.iter().sum::<u64>() / 3600, 94);
        assert_eq!(ATTEMPTS as usize, WAITS.len() + 1);
    }

    #[test]
    fn t33_what_the_receiver_asks_wins_when_longer_and_is_capped() {
        let ids = SeededIds::default();
        let asked = |seconds| wait(1, Some(Duration::from_secs(seconds)), &ids).unwrap();
        assert_eq!(asked(600), Duration::from_secs(600));
        assert!(asked(1) >= Duration::from_secs(5));
        assert_eq!(asked(u64::MAX), LONGEST_ASKED);
    }
}
