//! Time and randomness of authentication, so that tests own them.

use jiff::Timestamp;

/// Where timestamps and nonces come from.
pub trait Moment: Send + Sync {
    /// The time by which credentials are judged: the real one, never a sped-up clock's.
    fn now(&self) -> Timestamp;

    /// Fills a buffer with bytes that nobody can guess.
    fn random(&self, out: &mut [u8]);
}

/// The machine's own clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemMoment;

impl Moment for SystemMoment {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn random(&self, out: &mut [u8]) {
        getrandom::fill(out).expect("an operating system that gives no randomness cannot do TLS either");
    }
}
