//! Receivers of webhooks in memory, each with the behaviour that a test gives it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use manifold_connectors::{Fault, FaultKind};
use url::Url;

use super::TestClock;
use crate::{
    ports::Clock as _,
    webhooks::{Answer, Message, Posted, Receivers},
};

/// How a receiver treats a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers with a status.
    Answers(u16),
    /// Answers with a status and asks for a pause of so many seconds.
    AsksForPause(u16, u64),
    /// Answers 204 after so many milliseconds, which pass for everybody.
    Takes(u64),
    /// Does not answer at all.
    Silent(FaultKind),
}

/// A message that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// When, by the stack's clock.
    pub at: Timestamp,
    /// Where.
    pub url: Url,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// The body, byte for byte.
    pub body: Bytes,
    /// What it was answered.
    pub answered: Behaviour,
}

#[derive(Debug, Default)]
struct State {
    behaviours: HashMap<String, Behaviour>,
    arrived: Vec<Arrived>,
    in_flight: HashMap<String, usize>,
    most_in_flight: HashMap<String, usize>,
}

/// All receivers, told apart by host.
#[derive(Debug)]
pub struct MemoryReceivers {
    clock: Arc<TestClock>,
    state: Mutex<State>,
}

impl MemoryReceivers {
    /// Receivers that answer 204.
    #[must_use]
    pub fn new(clock: Arc<TestClock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this host behaves so.
    pub fn behave(&self, host: &str, behaviour: Behaviour) {
        self.state().behaviours.insert(host.to_owned(), behaviour);
    }

    /// What arrived at a host, in order, whatever it was answered.
    pub fn arrived(&self, host: &str) -> Vec<Arrived> {
        let state = self.state();
        let here = state
            .arrived
            .iter()
            .filter(|arrived| arrived.url.host_str() == Some(host));
        here.cloned().collect()
    }

    /// Forgets what arrived.
    pub fn forget(&self) {
        let mut state = self.state();
        state.arrived.clear();
        state.most_in_flight.clear();
    }

    /// The most messages that were on their way to a host at the same time.
    pub fn most_in_flight(&self, host: &str) -> usize {
        self.state().most_in_flight.get(host).copied().unwrap_or(0)
    }

    fn begin(&self, host: &str) {
        let mut state = self.state();
        let now = state.in_flight.entry(host.to_owned()).or_default();
        *now += 1;
        let now = *now;
        let most = state.most_in_flight.entry(host.to_owned()).or_default();
        *most = now.max(*most);
    }

    fn end(&self, host: &str) {
        let mut state = self.state();
        if let Some(now) = state.in_flight.get_mut(host) {
            *now -= 1;
        }
    }
}

#[async_trait]
impl Receivers for MemoryReceivers {
    async fn admit(&self, _workspace: &str, url: &Url) -> Result<(), Fault> {
        let refused =
            url.scheme() != "https" || url.host_str().is_some_and(|host| host.ends_with(".internal"));
        if refused {
            return Err(Fault::new(FaultKind::Blocked, "The address could not be found."));
        }
        Ok(())
    }

    async fn post(&self, _workspace: &str, message: Message) -> Posted {
        let host = message.url.host_str().unwrap_or_default().to_owned();
        self.begin(&host);
        // Others that are on their way meet it there.
        tokio::task::yield_now().await;
        self.end(&host);
        let [(_, id), (_, timestamp), (_, signature)] = message.headers;
        let mut state = self.state();
        let answered = state
            .behaviours
            .get(&host)
            .cloned()
            .unwrap_or(Behaviour::Answers(204));
        state.arrived.push(Arrived {
            at: self.clock.now(),
            url: message.url,
            id,
            timestamp,
            signature,
            body: message.body,
            answered: answered.clone(),
        });
        drop(state);
        let (took, answer) = match answered {
            Behaviour::Answers(status) => (
                5,
                Ok(Answer {
                    status,
                    retry_after: None,
                    body: Bytes::from_static(b"an answer"),
                }),
            ),
            Behaviour::Takes(millis) => {
                self.clock.advance(Duration::from_millis(millis));
                let answer = Answer {
                    status: 204,
                    retry_after: None,
                    body: Bytes::new(),
                };
                (millis, Ok(answer))
            }
            Behaviour::AsksForPause(status, seconds) => (
                5,
                Ok(Answer {
                    status,
                    retry_after: Some(Duration::from_secs(seconds)),
                    body: Bytes::new(),
                }),
            ),
            Behaviour::Silent(kind) => (15_000, Err(Fault::new(kind, "No answer."))),
        };
        Posted {
            took: Duration::from_millis(took),
            answer,
        }
    }
}
