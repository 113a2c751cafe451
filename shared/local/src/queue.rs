//! The queue port on this machine: SQS as far as Manifold depends on it.
//!
//! What waits is in memory, where it can be waited for without asking again and again, and each message
//! is a row as well, so that none is lost when the process dies. Only one process has the table open.
//!
//! That a message is hidden is not written down: it belongs to the worker that took it, and dies with
//! it. How often it was received is, so that a message that kills its worker ends among the dead ones.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use manifold_aws::MAX_BODY;
use manifold_domain::ports::{Clock, Ids, MAX_DELAY, PortError, Queue, QueueName, Received};
use tokio::{sync::Notify, time::timeout};

use crate::table::{Attributes, LocalTable, number, number_in, text, text_in};

/// A message received so often goes to the dead letters instead: `maxReceiveCount` of template.yaml.
pub const MOST_RECEIVES: u32 = 5;

/// SQS gives no more at once.
const MOST_AT_ONCE: usize = 10;

/// The longest that a wait relies on the clock standing still relative to the timer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// [`Queue`] over a table of the embedded DynamoDB. Delays and hiding go by the wall's clock, as SQS's do:
/// who sends converts a delay of the stack's time.
pub struct LocalQueue {
    table: LocalTable,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    waiting: Mutex<BTreeMap<QueueName, Waiting>>,
    arrived: Notify,
}

impl fmt::Debug for LocalQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalQueue")
    }
}

/// The messages of one queue.
#[derive(Default)]
struct Waiting {
    messages: HashMap<String, Message>,
    /// When each becomes visible, the next one first.
    order: BTreeSet<(Timestamp, String)>,
}

#[derive(Clone)]
struct Message {
    body: String,
    visible_at: Timestamp,
    receives: u32,
}

impl Waiting {
    fn insert(&mut self, id: String, message: Message) {
        self.order.insert((message.visible_at, id.clone()));
        self.messages.insert(id, message);
    }

    fn remove(&mut self, id: &str) -> Option<Message> {
        let message = self.messages.remove(id)?;
        self.order.remove(&(message.visible_at, id.to_owned()));
        Some(message)
    }
}

impl LocalQueue {
    /// Opens the queues as they were left. What was being worked on then is visible again.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn open(
        table: LocalTable,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, PortError> {
        let mut waiting = BTreeMap::new();
        for queue in QueueName::ALL {
            let mut messages = Waiting::default();
            for row in table.all(&partition(queue)).await? {
                if let Some((id, message)) = from_row(&row) {
                    messages.insert(id, message);
                }
            }
            waiting.insert(queue, messages);
        }
        Ok(Self {
            table,
            clock,
            ids,
            waiting: Mutex::new(waiting),
            arrived: Notify::new(),
        })
    }

    /// Waits until the queue has a visible message. Another worker may be faster to take it.
    pub async fn visible(&self, queue: QueueName) {
        loop {
            // Made before looking, so that what arrives in between wakes it.
            let arrived = self.arrived.notified();
            let next = self
                .lock()
                .get(&queue)
                .and_then(|waiting| waiting.order.first().map(|(at, _)| *at));
            let Some(next) = next else {
                arrived.await;
                continue;
            };
            let Ok(wait) = Duration::try_from(next.duration_since(self.clock.wall())) else {
                return;
            };
            if wait.is_zero() {
                return;
            }
            // Whether it was woken or the time is over: it looks again.
            let _ = timeout(wait.min(LONGEST_WAIT), arrived).await;
        }
    }

    /// How many messages are visible now.
    #[must_use]
    pub fn backlog(&self, queue: QueueName) -> usize {
        let now = self.clock.wall();
        let waiting = self.lock();
        waiting.get(&queue).map_or(0, |waiting| {
            waiting.order.iter().take_while(|(at, _)| *at <= now).count()
        })
    }

    /// Bodies of the messages that were received too often.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn dead_letters(&self, queue: QueueName) -> Result<Vec<String>, PortError> {
        let rows = self.table.all(&dead_partition(queue)).await?;
        Ok(rows
            .iter()
            .filter_map(|row| text_in(row, "body").map(str::to_owned))
            .collect())
    }

    /// Takes what is visible off the order and puts it back behind `visibility`.
    fn take(&self, queue: QueueName, most: usize, visibility: Duration) -> Taken {
        let now = self.clock.wall();
        let mut taken = Taken::default();
        let mut waiting = self.lock();
        let waiting = waiting.entry(queue).or_default();
        while taken.received.len() < most {
            let Some((_, id)) = waiting.order.first().filter(|(at, _)| *at <= now).cloned() else {
                break;
            };
            let Some(mut message) = waiting.remove(&id) else {
                break;
            };
            if message.receives >= MOST_RECEIVES {
                taken.dead.push((id, message));
                continue;
            }
            message.receives += 1;
            taken.received.push((id.clone(), message.clone()));
            message.visible_at = now + visibility;
            waiting.insert(id, message);
        }
        taken
    }

    async fn bury(&self, queue: QueueName, id: &str, message: Message) -> Result<(), PortError> {
        tracing::warn!(
            target: "local", queue = queue.as_str(), message = id, receives = message.receives,
            "a message was received too often and goes to the dead letters"
        );
        self.table
            .put(&dead_partition(queue), id, to_row(message))
            .await?;
        self.table.delete(&partition(queue), id).await
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<QueueName, Waiting>> {
        // Each change under the lock is whole; a panic between two of them harms nothing.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one receiving found.
#[derive(Default)]
struct Taken {
    received: Vec<(String, Message)>,
    dead: Vec<(String, Message)>,
}

#[async_trait]
impl Queue for LocalQueue {
    async fn send(&self, queue: QueueName, body: &str, delay: Duration) -> Result<(), PortError> {
        if delay > MAX_DELAY {
            return Err(PortError::Refused(format!(
                "a delay of {delay:?} is over {MAX_DELAY:?}"
            )));
        }
        if body.is_empty() || body.len() > MAX_BODY {
            return Err(PortError::Refused(format!("a message of {} bytes", body.len())));
        }
        let now = self.clock.wall();
        let id = self.ids.id("msg", now);
        let message = Message {
            body: body.to_owned(),
            visible_at: now + delay,
            receives: 0,
        };
        self.table
            .put(&partition(queue), &id, to_row(message.clone()))
            .await?;
        self.lock().entry(queue).or_default().insert(id, message);
        self.arrived.notify_waiters();
        Ok(())
    }

    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
    ) -> Result<Vec<Received>, PortError> {
        let taken = self.take(queue, most.min(MOST_AT_ONCE), visibility);
        for (id, message) in taken.dead {
            self.bury(queue, &id, message).await?;
        }
        let mut received = Vec::with_capacity(taken.received.len());
        for (id, message) in taken.received {
            self.table
                .put(&partition(queue), &id, to_row(message.clone()))
                .await?;
            received.push(Received {
                receipt: receipt(&id, message.receives),
                message_id: id,
                body: message.body,
                receive_count: message.receives,
            });
        }
        Ok(received)
    }

    async fn delete(&self, queue: QueueName, given: &str) -> Result<(), PortError> {
        let Some((id, _)) = given.rsplit_once('#') else {
            return Ok(());
        };
        {
            let mut waiting = self.lock();
            let waiting = waiting.entry(queue).or_default();
            let current = waiting
                .messages
                .get(id)
                .is_some_and(|message| receipt(id, message.receives) == given);
            if !current {
                return Ok(());
            }
            waiting.remove(id);
        }
        // Should this fail, the message comes back after a restart: once more, which harms nobody.
        self.table.delete(&partition(queue), id).await
    }
}

fn partition(queue: QueueName) -> String {
    format!("queue#{}", queue.as_str())
}

fn dead_partition(queue: QueueName) -> String {
    format!("dead#{}", queue.as_str())
}

/// Valid for one receiving: the next one has another count.
fn receipt(id: &str, receives: u32) -> String {
    format!("{id}#{receives}")
}

fn to_row(message: Message) -> Attributes {
    Attributes::from([
        ("body".to_owned(), text(message.body)),
        (
            "visible_at".to_owned(),
            number(message.visible_at.as_millisecond()),
        ),
        ("receives".to_owned(), number(message.receives)),
    ])
}

fn from_row(row: &Attributes) -> Option<(String, Message)> {
    let message = Message {
        body: text_in(row, "body")?.to_owned(),
        visible_at: Timestamp::from_millisecond(number_in(row, "visible_at")?).ok()?,
        receives: number_in(row, "receives")?,
    };
    Some((text_in(row, "sk")?.to_owned(), message))
}

#[cfg(test)]
mod tests;
