//! The word that everything should end.

use tokio::sync::watch;

/// Gives the word, once. Dropping it gives it as well.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Waits for the word. Every task of a stack has one.
#[derive(Debug, Clone)]
pub struct Stopped(watch::Receiver<bool>);

/// A word that is not given yet, and who waits for it.
#[must_use]
pub fn channel() -> (Stopper, Stopped) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stopped(receiver))
}

impl Stopper {
    /// Everything should end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stopped {
    /// Resolves once the word is given, and at once from then on.
    pub async fn wait(&mut self) {
        // An error means that the stopper is gone, which is the same word.
        let _ = self.0.wait_for(|given| *given).await;
    }
}
