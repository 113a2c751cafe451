//! Receivers of all manners on tokio's paused clock, and what each of them got.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use manifold_connectors::{Fault, FaultKind};
use tokio::time::{Instant, sleep};
use url::Url;

use crate::webhooks::{Answer, Message, Posted, Receivers};

/// How a receiver behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Well,
    Error,
    Hang,
    Drip,
    Gone,
    Gigabyte,
    Reset,
}

/// What a receiver got.
#[derive(Default)]
pub(super) struct Got {
    /// Times that each id came, and when first.
    pub(super) ids: HashMap<String, (u32, Instant)>,
    pub(super) in_flight: usize,
    pub(super) most_in_flight: usize,
    pub(super) attempts: u64,
}

/// All receivers, by host.
pub(super) struct Network {
    pub(super) manners: BTreeMap<String, Manner>,
    pub(super) got: Mutex<BTreeMap<String, Got>>,
    pub(super) bodies: Mutex<HashMap<String, Bytes>>,
}

impl Network {
    pub(super) fn got(&self) -> MutexGuard<'_, BTreeMap<String, Got>> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts what is in flight, also when the work is dropped.
struct InFlight<'a> {
    network: &'a Network,
    host: String,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if let Some(got) = self.network.got().get_mut(&self.host) {
            got.in_flight -= 1;
        }
    }
}

#[async_trait]
impl Receivers for Network {
    async fn admit(&self, _: &str, _: &Url) -> Result<(), Fault> {
        Ok(())
    }

    async fn post(&self, _: &str, message: Message) -> Posted {
        let host = message.url.host_str().unwrap_or_default().to_owned();
        let id = message.headers[0].1.clone();
        {
            let mut all = self.got();
            let got = all.entry(host.clone()).or_default();
            got.in_flight += 1;
            got.most_in_flight = got.most_in_flight.max(got.in_flight);
            got.attempts += 1;
        }
        let _in_flight = InFlight {
            network: self,
            host: host.clone(),
        };
        let first = self
            .bodies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(id.clone())
            .or_insert_with(|| message.body.clone())
            .clone();
        assert_eq!(first, message.body, "an id stands for the same bytes everywhere");
        let begun = Instant::now();
        let silent = |kind| Err(Fault::new(kind, "No answer."));
        let status = |status| {
            Ok(Answer {
                status,
                ..Answer::default()
            })
        };
        let answer = match self.manners.get(&host).copied().unwrap_or(Manner::Well) {
            Manner::Well => {
                sleep(Duration::from_millis(50)).await;
                let mut all = self.got();
                let got = all.entry(host.clone()).or_default();
                got.ids.entry(id).or_insert((0, Instant::now())).0 += 1;
                status(200)
            }
            Manner::Error => {
                sleep(Duration::from_millis(20)).await;
                status(500)
            }
            // Head or body: time is up after 15 seconds.
            Manner::Hang | Manner::Drip => {
                sleep(message.timeout).await;
                silent(FaultKind::Timeout)
            }
            Manner::Gone => status(410),
            // The head says 500, and of the body a second is read.
            Manner::Gigabyte => {
                sleep(Duration::from_secs(1)).await;
                status(500)
            }
            Manner::Reset => silent(FaultKind::Unreachable),
        };
        Posted {
            took: begun.elapsed(),
            answer,
        }
    }
}
