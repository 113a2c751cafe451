//! The way out to endpoints, as the rules see it.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use manifold_connectors::Fault;
use url::Url;

/// Sends messages to addresses that workspaces gave. Whatever implements it lets nothing out to where no
/// workspace may send: private ranges, closed ports, redirects.
#[async_trait]
pub trait Receivers: Send + Sync {
    /// Judges an address when a workspace gives it.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    async fn admit(&self, workspace: &str, url: &Url) -> Result<(), Fault>;

    /// Posts a message. The address is judged again, and what it resolves to now.
    async fn post(&self, workspace: &str, message: Message) -> Posted;
}

/// A signed message on its way.
#[derive(Debug, Clone)]
pub struct Message {
    /// Where to.
    pub url: Url,
    /// The signature's headers.
    pub headers: [(&'static str, String); 3],
    /// JSON.
    pub body: Bytes,
    /// Until the answer's head must be there.
    pub timeout: Duration,
}

/// What became of a message.
#[derive(Debug, Clone)]
pub struct Posted {
    /// How long it took, in real time.
    pub took: Duration,
    /// The answer, or why there was none.
    pub answer: Result<Answer, Fault>,
}

/// What a receiver answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
    /// The beginning of its body.
    pub body: Bytes,
}

/// The most of an answer's body that is looked at, in bytes.
pub const BODY_LIMIT: usize = 1_024;
