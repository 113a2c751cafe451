//! Three days in one process: time is tokio's paused clock, the network and DynamoDB are in memory, messages are lost and
//! doubled, and work is dropped where it stands.

mod network;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use network::{Manner, Network};
use serde_json::json;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    deployment::Domain,
    events::{self, EventType},
    ports::{Clock, PortError, Ports, Queue, QueueName, Received},
    schedule,
    store::Transaction,
    testing::{FakeSystems, MemoryVault, SeededIds, in_process_store},
    webhooks::{DeliverMessage, create, endpoint::EndpointSettings, work},
    workspace,
};

/// Time by tokio's clock.
struct PausedClock {
    begun: Instant,
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let start = Timestamp::from_second(1_770_000_000).unwrap();
        start + self.begun.elapsed()
    }
}

/// Numbers that are the same in each run.
struct Chance(AtomicU64);

impl Chance {
    fn below(&self, limit: u64) -> u64 {
        let step = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mut z = step;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// A queue that loses messages and doubles them, one in ten each.
struct BadQueue {
    chance: Arc<Chance>,
    waiting: Mutex<BTreeSet<(Instant, u64, String)>>,
    next: AtomicU64,
    arrived: Notify,
    bad: bool,
}

impl BadQueue {
    fn waiting(&self) -> MutexGuard<'_, BTreeSet<(Instant, u64, String)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, body: &str, at: Instant) {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        self.waiting().insert((at, number, body.to_owned()));
        self.arrived.notify_one();
    }

    /// The next message, once it is visible.
    async fn take(&self) -> String {
        loop {
            let arrived = self.arrived.notified();
            let next = self.waiting().first().map(|(at, ..)| *at);
            match next {
                Some(at) if at <= Instant::now() => {
                    if let Some((_, _, body)) = self.waiting().pop_first() {
                        return body;
                    }
                }
                Some(at) => {
                    tokio::select! {
                        () = arrived => {}
                        () = sleep_until(at) => {}
                    }
                }
                None => arrived.await,
            }
        }
    }
}

#[async_trait]
impl Queue for BadQueue {
    async fn send(&self, queue: QueueName, body: &str, delay: Duration) -> Result<(), PortError> {
        if queue != QueueName::Deliver {
            return Ok(());
        }
        let at = Instant::now() + delay;
        match self.chance.below(10) {
            0 if self.bad => {}
            1 if self.bad => {
                self.put(body, at);
                self.put(body, at);
            }
            _ => self.put(body, at),
        }
        Ok(())
    }

    async fn receive(&self, _: QueueName, _: usize, _: Duration) -> Result<Vec<Received>, PortError> {
        Ok(Vec::new())
    }

    async fn delete(&self, _: QueueName, _: &str) -> Result<(), PortError> {
        Ok(())
    }
}

/// Work that is dropped after so many polls.
struct Mortal<F> {
    inner: Option<Pin<Box<F>>>,
    polls: u64,
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            self.inner = None;
        }
        let Some(inner) = self.inner.as_mut() else {
            return Poll::Ready(None);
        };
        let polled = inner.as_mut().poll(context).map(Some);
        self.polls = self.polls.saturating_sub(1);
        polled
    }
}

struct Run {
    domain: Domain,
    queue: Arc<BadQueue>,
    network: Arc<Network>,
    chance: Arc<Chance>,
    ws: String,
}

/// Deaths of each piece of work.
const DEATHS: u32 = 5;
/// Invocations at the same time.
const SEATS: usize = 100;

impl Run {
    async fn begin(manners: BTreeMap<String, Manner>, bad: bool) -> Self {
        let chance = Arc::new(Chance(AtomicU64::new(7)));
        let queue = Arc::new(BadQueue {
            chance: Arc::clone(&chance),
            waiting: Mutex::default(),
            next: AtomicU64::new(0),
            arrived: Notify::new(),
            bad,
        });
        let hosts: Vec<String> = manners.keys().cloned().collect();
        let network = Arc::new(Network {
            manners,
            got: Mutex::default(),
            bodies: Mutex::default(),
        });
        let clock = Arc::new(PausedClock {
            begun: Instant::now(),
        });
        let domain = Domain {
            store: in_process_store().await,
            ports: Ports {
                queue: queue.clone(),
                vault: Arc::new(MemoryVault::default()),
                clock,
                ids: Arc::new(SeededIds::default()),
            },
            keys: crate::testing::keys(),
            catalog: Arc::new(FakeSystems::default()),
            receivers: network.clone(),
        };
        let actor = super::somebody();
        let (made, _) = workspace::create(&domain, &actor, "Example", 1).await.unwrap();
        for host in hosts {
            let settings = EndpointSettings {
                url: format!("https://{host}/hook"),
                description: None,
                event_types: vec!["sync.*".to_owned()],
                connection_ids: Vec::new(),
                batch: true,
                initial: false,
            };
            create(&domain, &made.id, &actor, settings).await.unwrap();
        }
        Self {
            domain,
            queue,
            network,
            chance,
            ws: made.id,
        }
    }

    async fn happen(&self) -> String {
        let mut transaction = Transaction::new();
        let data = json!({"connection_id": "conn_1"});
        let kind = EventType::SyncSucceeded;
        let id = events::add(&mut transaction, &self.domain, &self.ws, kind, data).unwrap();
        self.domain.commit(transaction).await.unwrap();
        id
    }

    /// Works on messages for ever.
    async fn work(&self, mortal: bool) {
        let mut deaths: HashMap<String, u32> = HashMap::new();
        let mut under_way: JoinSet<(String, bool)> = JoinSet::new();
        loop {
            let body = tokio::select! {
                Some(done) = under_way.join_next() => {
                    let (body, died) = done.unwrap();
                    if died {
                        // It comes again when its visibility ends.
                        self.queue.put(&body, Instant::now() + Duration::from_secs(450));
                    }
                    continue;
                }
                body = self.queue.take(), if under_way.len() < SEATS => body,
            };
            let died = deaths.entry(body.clone()).or_default();
            let polls = if mortal && *died < DEATHS {
                *died += 1;
                1 + self.chance.below(60)
            } else if mortal && self.chance.below(50) == 0 {
                1 + self.chance.below(2_000)
            } else {
                u64::MAX
            };
            let domain = self.domain.clone();
            under_way.spawn(async move {
                let message: DeliverMessage = serde_json::from_str(&body).unwrap();
                let deadline = domain.ports.clock.wall() + Duration::from_secs(70);
                let inner = async { work(&domain, &message, deadline).await };
                let ended = Mortal {
                    inner: Some(Box::pin(inner)),
                    polls,
                }
                .await;
                if let Some(Err(problem)) = &ended {
                    panic!("{problem}");
                }
                (body, ended.is_none())
            });
        }
    }

    /// The minute schedule, for ever. When little happens any more it comes less often, so that the story is told
    /// in less time.
    async fn minutes(&self) {
        for minute in 0_u32.. {
            let deadline = self.domain.ports.clock.wall() + Duration::from_secs(50);
            schedule::drive(&self.domain, deadline).await.unwrap();
            let pause = if minute < 90 { 60 } else { 900 };
            sleep(Duration::from_secs(pause)).await;
        }
    }
}

fn hosts(good: usize, bad: &[Manner]) -> BTreeMap<String, Manner> {
    let well = (0..good).map(|number| (format!("good{number:02}.example"), Manner::Well));
    let ill = bad
        .iter()
        .enumerate()
        .map(|(number, manner)| (format!("bad{number:02}.example"), *manner));
    well.chain(ill).collect()
}

const ILL: [Manner; 6] = [
    Manner::Error,
    Manner::Hang,
    Manner::Drip,
    Manner::Gone,
    Manner::Gigabyte,
    Manner::Reset,
];

/// Events to twenty endpoints of which six fail, each in its way, for three days.
async fn three_days(count: usize) {
    let run = Arc::new(Run::begin(hosts(14, &ILL), true).await);
    let mut events = BTreeSet::new();
    let working = tokio::spawn({
        let run = Arc::clone(&run);
        async move { run.work(true).await }
    });
    let ticking = tokio::spawn({
        let run = Arc::clone(&run);
        async move { run.minutes().await }
    });
    for _ in 0..count {
        events.insert(run.happen().await);
        sleep(Duration::from_millis(200)).await;
    }
    sleep(Duration::from_secs(72 * 3600)).await;
    working.abort();
    ticking.abort();
    let got = run.network.got();
    for (host, manner) in &run.network.manners {
        let got = &got[host];
        if *manner != Manner::Well {
            assert!(got.ids.is_empty() && got.attempts > 0, "{host}");
            // A worker that died may have left its attempts on their way while another began.
            assert!(
                got.most_in_flight <= 8,
                "{host}: {} in flight",
                got.most_in_flight
            );
            continue;
        }
        let missing: Vec<&String> = events.iter().filter(|id| !got.ids.contains_key(*id)).collect();
        assert!(
            missing.is_empty(),
            "{host} never got {} of {count}",
            missing.len()
        );
        assert_eq!(got.ids.len(), events.len(), "{host} got what never happened");
        let times: u32 = got.ids.values().map(|(times, _)| times).sum();
        // Whatever was on its way when its worker was dropped comes again.
        let most = u32::try_from(count).unwrap_or(u32::MAX) * 3 / 2 + 300;
        assert!(times <= most, "{host} got {count} events {times} times");
    }
}

#[tokio::test(start_paused = true)]
async fn t26_three_days_with_lost_messages_and_dropped_work_lose_no_event() {
    three_days(10).await;
}

/// The whole of it, as tests/README.md says how.
#[tokio::test(start_paused = true)]
#[ignore = "takes minutes of optimised code: tests/README.md says how"]
async fn t26_ten_thousand_events_to_twenty_endpoints() {
    three_days(10_000).await;
}

/// How long events take to the good endpoints, in milliseconds: the mean and the longest.
async fn latency(bad: &[Manner], count: u32) -> (u128, u128) {
    let run = Arc::new(Run::begin(hosts(4, bad), false).await);
    let working = tokio::spawn({
        let run = Arc::clone(&run);
        async move { run.work(false).await }
    });
    let mut begun = HashMap::new();
    for _ in 0..count {
        let id = run.happen().await;
        begun.insert(id, Instant::now());
        sleep(Duration::from_millis(100)).await;
    }
    sleep(Duration::from_secs(60)).await;
    working.abort();
    let got = run.network.got();
    let mut all = Vec::new();
    for number in 0..4 {
        let got = &got[&format!("good{number:02}.example")];
        assert_eq!(got.ids.len(), begun.len());
        all.extend(
            got.ids
                .iter()
                .map(|(id, (_, at))| at.duration_since(begun[id]).as_millis()),
        );
    }
    let mean = all.iter().sum::<u128>() * 1000 / all.len() as u128;
    (mean, all.into_iter().max().unwrap_or(0))
}

#[tokio::test(start_paused = true)]
async fn t37_endpoints_that_fail_slow_no_other() {
    let (alone, alone_longest) = latency(&[], 30).await;
    let (beside, beside_longest) = latency(&ILL, 30).await;
    assert!(
        beside * 100 <= alone * 105,
        "a mean of {beside} us beside failing endpoints, {alone} us alone"
    );
    assert!(
        beside_longest * 100 <= alone_longest * 105,
        "{beside_longest} ms at the longest, {alone_longest} ms alone"
    );
}
