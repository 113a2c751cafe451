//! Waiting for something to come true, bounded: never a fixed sleep.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

/// How long anything may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks until there is something, and panics with what it waited for when its patience ends.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "waited {} s for {what}", PATIENCE.as_secs());
        sleep(INTERVAL).await;
    }
}
