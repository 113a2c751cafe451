//! How many attempts are in flight to one endpoint: few at first, more with each success, four while it fails.

/// While an endpoint fails, and before it is known.
const NARROW: usize = 4;
/// The most.
const WIDE: usize = 32;

/// The number of attempts that may be in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window(usize);

impl Window {
    pub(super) fn new() -> Self {
        Self(NARROW)
    }

    pub(super) fn size(self) -> usize {
        self.0
    }

    pub(super) fn succeeded(&mut self) {
        self.0 = (self.0 + 1).min(WIDE);
    }

    pub(super) fn failed(&mut self) {
        self.0 = NARROW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_with_successes_and_closes_with_a_failure() {
        let mut window = Window::new();
        assert_eq!(window.size(), 4);
        for _ in 0..100 {
            window.succeeded();
        }
        assert_eq!(window.size(), 32);
        window.failed();
        assert_eq!(window.size(), 4);
    }
}
