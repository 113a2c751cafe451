//! The four things that differ between Lambda, a laptop and a test: queue, vault, clock, identifiers.
//!
//! Everything else (DynamoDB, the systems themselves) is reached by the same code everywhere.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

/// The longest delay that a queue accepts; SQS refuses 901 seconds.
///
/// What is due later stays a row that the minute schedule finds.
pub const MAX_DELAY: Duration = Duration::from_secs(900);

/// The queues of the deployment. The name is also the key of its URL in the functions' environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QueueName {
    /// Wakes the `sync` function.
    Sync,
    /// Wakes the `deliver` function.
    Deliver,
}

impl QueueName {
    /// Every queue, in the order of the template.
    pub const ALL: [QueueName; 2] = [QueueName::Sync, QueueName::Deliver];

    /// `sync`, `deliver`: used in table keys of the local queue and in log fields.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            QueueName::Sync => "sync",
            QueueName::Deliver => "deliver",
        }
    }
}

/// A message as received, to be deleted (or left) by its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Stays the same over redeliveries.
    pub message_id: String,
    /// Valid for this receipt only.
    pub receipt: String,
    /// The message's text, as sent.
    pub body: String,
    /// How often it was received, this time included.
    pub receive_count: u32,
}

/// What went wrong with a queue or a vault: always worth another try later, never the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// A delay above [`MAX_DELAY`], or a body over the queue's limit: a bug of ours.
    #[error("{0}")]
    Refused(String),
    /// The service did not answer, or said that it cannot now.
    #[error("{service} is unavailable: {reason}")]
    Unavailable {
        /// `sqs`, `secretsmanager`, or the local stand-in.
        service: &'static str,
        /// For the log only.
        reason: String,
    },
}

/// A queue is a wake-up and never the truth: a message may come early, late, twice or not at all.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends `body` so that it becomes visible after `delay` (at most [`MAX_DELAY`]), rounded up to what the queue
    /// counts in: a message that is early is one too many.
    async fn send(&self, queue: QueueName, body: &str, delay: Duration) -> Result<(), PortError>;

    /// Takes up to ten visible messages and hides them for `visibility`.
    ///
    /// On AWS Lambda's poller does this; the local stack and the contract tests call it.
    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError>;

    /// Removes a message that was handled. A message whose receipt is stale is left alone.
    async fn delete(&self, queue: QueueName, receipt: &str) -> Result<(), PortError>;
}

/// A set of named secrets that are stored and destroyed together.
pub type Secrets = BTreeMap<String, SecretString>;

/// Where credentials live. Names are `connection id # generation # credentials version`, never reused; a
/// vault that does not know `#` in names replaces it.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Creates or replaces the secret of this name.
    async fn put(&self, name: &str, secrets: &Secrets) -> Result<(), PortError>;

    /// The secret, or `None` when it was never there or was destroyed.
    async fn get(&self, name: &str) -> Result<Option<Secrets>, PortError>;

    /// Destroys at once and for good; destroying what is not there succeeds.
    async fn destroy(&self, name: &str) -> Result<(), PortError>;
}

/// The time by which schedules, backoff and retention go, and the one by which leases and tokens go.
pub trait Clock: Send + Sync {
    /// The stack's time. `--speed` makes it run faster than the wall's; it never goes back.
    fn now(&self) -> Timestamp;

    /// The wall's time: leases, lifetimes of tokens and links, timestamps in signatures.
    fn wall(&self) -> Timestamp {
        self.now()
    }

    /// How long to wait in real time until `duration` of the stack's time has surely passed.
    fn real(&self, duration: Duration) -> Duration {
        duration
    }
}

/// Unpredictable identifiers and numbers.
pub trait Ids: Send + Sync {
    /// `prefix` followed by 26 characters that sort by `at`: `conn_01jd…`.
    fn id(&self, prefix: &str, at: Timestamp) -> String;

    /// Fills `out` with random bytes that nobody can guess.
    fn random(&self, out: &mut [u8]);
}

/// The ports of one deployment, shared by every use case.
#[derive(Clone)]
pub struct Ports {
    /// Wake-ups.
    pub queue: Arc<dyn Queue>,
    /// Credentials.
    pub vault: Arc<dyn Vault>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Identifiers and randomness.
    pub ids: Arc<dyn Ids>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}

/// The wall's clock, for Lambda.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Identifiers from the operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

/// Crockford's base 32 in lower case: sorts as the number does, and has no letters that look alike.
const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The identifier made of 48 bits of milliseconds and 80 random bits, as ULIDs are.
#[must_use]
pub fn sortable_id(prefix: &str, at: Timestamp, random: [u8; 10]) -> String {
    let millis = u128::try_from(at.as_millisecond()).unwrap_or_default() & 0xffff_ffff_ffff;
    let tail = random.iter().fold(0u128, |n, byte| (n << 8) | u128::from(*byte));
    let number = (millis << 80) | tail;
    let mut id = String::with_capacity(prefix.len() + 27);
    id.push_str(prefix);
    id.push('_');
    for place in (0..26).rev() {
        let digit = (number >> (place * 5)) & 31;
        id.push(char::from(BASE32[digit as usize]));
    }
    id
}

impl Ids for SystemIds {
    fn id(&self, prefix: &str, at: Timestamp) -> String {
        let mut random = [0; 10];
        self.random(&mut random);
        sortable_id(prefix, at, random)
    }

    fn random(&self, out: &mut [u8]) {
        // Without randomness no token would be safe: stop rather than go on.
        getrandom::fill(out).expect("the operating system gives random bytes");
    }
}
