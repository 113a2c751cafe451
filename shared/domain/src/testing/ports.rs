//! Queue, vault, clock and identifiers in memory, all owned by the test.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::ports::{
    Clock, Ids, MAX_DELAY, PortError, Queue, QueueName, Received, Secrets, Vault, sortable_id,
};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that panicked elsewhere has its own message.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct TestClock {
    now: AtomicI64,
    wall: AtomicI64,
}

impl Default for TestClock {
    fn default() -> Self {
        let start: Timestamp = "2026-01-05T08:00:00Z".parse().expect("a constant that parses");
        let millis = start.as_millisecond();
        Self {
            now: AtomicI64::new(millis),
            wall: AtomicI64::new(millis),
        }
    }
}

impl TestClock {
    /// Lets time pass, the stack's and the wall's.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("tests wait less than 292 million years");
        self.now.fetch_add(millis, Ordering::SeqCst);
        self.wall.fetch_add(millis, Ordering::SeqCst);
    }

    /// Lets only the stack's time pass, as `--speed` does.
    pub fn advance_stack(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("tests wait less than 292 million years");
        self.now.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets both times.
    pub fn set(&self, at: Timestamp) {
        self.now.store(at.as_millisecond(), Ordering::SeqCst);
        self.wall.store(at.as_millisecond(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now.load(Ordering::SeqCst)).expect("tests stay in jiff's range")
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_millisecond(self.wall.load(Ordering::SeqCst)).expect("tests stay in jiff's range")
    }
}

/// Identifiers and "randomness" that are the same in each run of a test: SplitMix64 over a counter.
#[derive(Debug, Default)]
pub struct SeededIds {
    counter: AtomicU64,
}

impl SeededIds {
    /// Starts elsewhere, for tests that try several sequences.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            counter: AtomicU64::new(seed),
        }
    }
}

impl Ids for SeededIds {
    fn id(&self, prefix: &str, at: Timestamp) -> String {
        let mut random = [0; 10];
        self.random(&mut random);
        sortable_id(prefix, at, random)
    }

    fn random(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let step = self.counter.fetch_add(1, Ordering::SeqCst);
            let mut z = step.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            let bytes = z.to_le_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }
}

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// To which queue.
    pub queue: QueueName,
    /// Its text.
    pub body: String,
    /// The delay that was asked for.
    pub delay: Duration,
}

#[derive(Debug)]
struct Waiting {
    queue: QueueName,
    id: String,
    body: String,
    visible_at: Timestamp,
    receives: u32,
}

/// Queues by the test's clock.
#[derive(Debug)]
pub struct MemoryQueue {
    clock: Arc<TestClock>,
    waiting: Mutex<Vec<Waiting>>,
    sent: Mutex<Vec<Sent>>,
    next: AtomicU64,
}

impl MemoryQueue {
    /// Empty queues.
    #[must_use]
    pub fn new(clock: Arc<TestClock>) -> Self {
        Self {
            clock,
            waiting: Mutex::default(),
            sent: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// Everything that was ever sent, in order.
    pub fn sent(&self) -> Vec<Sent> {
        lock(&self.sent).clone()
    }

    /// Takes every visible message off a queue for good, in order.
    pub fn take(&self, queue: QueueName) -> Vec<String> {
        let now = self.clock.now();
        let mut waiting = lock(&self.waiting);
        let (taken, left) = waiting
            .drain(..)
            .partition(|message| message.queue == queue && message.visible_at <= now);
        *waiting = left;
        let taken: Vec<Waiting> = taken;
        taken.into_iter().map(|message| message.body).collect()
    }

    /// Loses every message.
    pub fn lose_all(&self) {
        lock(&self.waiting).clear();
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, queue: QueueName, body: &str, delay: Duration) -> Result<(), PortError> {
        if delay > MAX_DELAY {
            return Err(PortError::Refused(format!(
                "a delay of {} s is over 900 s",
                delay.as_secs()
            )));
        }
        lock(&self.sent).push(Sent {
            queue,
            body: body.to_owned(),
            delay,
        });
        lock(&self.waiting).push(Waiting {
            queue,
            id: format!("m{}", self.next.fetch_add(1, Ordering::SeqCst)),
            body: body.to_owned(),
            visible_at: self.clock.now() + delay,
            receives: 0,
        });
        Ok(())
    }

    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let now = self.clock.now();
        let mut waiting = lock(&self.waiting);
        let visible = waiting
            .iter_mut()
            .filter(|message| message.queue == queue && message.visible_at <= now);
        Ok(visible
            .take(most.min(10))
            .map(|message| {
                message.receives += 1;
                message.visible_at = now + visibility;
                Received {
                    message_id: message.id.clone(),
                    receipt: format!("{}/{}", message.id, message.receives),
                    body: message.body.clone(),
                    receive_count: message.receives,
                }
            })
            .collect())
    }

    async fn delete(&self, _queue: QueueName, receipt: &str) -> Result<(), PortError> {
        lock(&self.waiting).retain(|message| format!("{}/{}", message.id, message.receives) != receipt);
        Ok(())
    }
}

/// A vault that a test can look into and break.
#[derive(Debug, Default)]
pub struct MemoryVault {
    secrets: Mutex<HashMap<String, Secrets>>,
    broken: Mutex<bool>,
}

impl MemoryVault {
    /// Names of everything in it, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = lock(&self.secrets).keys().cloned().collect();
        names.sort();
        names
    }

    /// Every call fails until it is mended.
    pub fn set_broken(&self, broken: bool) {
        *lock(&self.broken) = broken;
    }

    fn answer(&self) -> Result<MutexGuard<'_, HashMap<String, Secrets>>, PortError> {
        if *lock(&self.broken) {
            return Err(PortError::Unavailable {
                service: "memory vault",
                reason: "broken by the test".to_owned(),
            });
        }
        Ok(lock(&self.secrets))
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn put(&self, name: &str, secrets: &Secrets) -> Result<(), PortError> {
        let copy: BTreeMap<_, _> = secrets.clone();
        self.answer()?.insert(name.to_owned(), copy);
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Secrets>, PortError> {
        Ok(self.answer()?.get(name).cloned())
    }

    async fn destroy(&self, name: &str) -> Result<(), PortError> {
        self.answer()?.remove(name);
        Ok(())
    }
}
