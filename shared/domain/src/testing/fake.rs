//! Systems whose data, faults and pace a test scripts.

mod opened;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use manifold_connectors::{
    fault::Fault,
    source::{Deletes, ModelTraits, Record, Rejected},
};
use secrecy::ExposeSecret as _;

/// The system that is always there: 2 credits, models `purchase_order` and `vendor`.
pub const SYSTEM: &str = "fake_erp";
/// The password that the fake systems take until a test changes it.
pub const PASSWORD: &str = "open sesame";

/// Called before each exchange with what it is for: `page purchase_order 3`, `get vendor 7`, `validate`.
type Hook = Arc<dyn Fn(&str) + Send + Sync>;

/// How pages of a fake system go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Twist {
    /// Every page names the position that the first one named.
    SamePosition,
    /// Every page is the first one, with new positions.
    SamePage,
    /// Behind the last record come empty pages that promise more.
    EmptyPages,
    /// Each record comes twice, the second time with another name.
    Doubled,
    /// Pages count records instead of naming the last one, so that removals shift what follows.
    Offset,
}

/// Stops an exchange until the test lets it go on.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    reached: Arc<tokio::sync::Notify>,
    open: Arc<tokio::sync::Notify>,
}

impl Gate {
    /// Waits until the exchange is there.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets it go on.
    pub fn open(&self) {
        self.open.notify_one();
    }
}

/// All fake systems of a test; they share data and behaviour.
#[derive(Clone)]
pub struct FakeSystems {
    state: Arc<Mutex<State>>,
}

struct State {
    credits: BTreeMap<String, u32>,
    traits: BTreeMap<String, ModelTraits>,
    records: BTreeMap<String, BTreeMap<String, Entry>>,
    page_size: usize,
    next_faults: VecDeque<Option<Fault>>,
    standing: Option<Fault>,
    latency: Duration,
    password: String,
    calls: Vec<String>,
    hook: Option<Hook>,
    twist: Option<Twist>,
    gates: Vec<(String, Gate)>,
    failing: BTreeMap<String, Fault>,
    shared_host: bool,
}

#[derive(Clone)]
enum Entry {
    Good(Record),
    Bad(Rejected),
}

impl fmt::Debug for FakeSystems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeSystems")
    }
}

impl Default for FakeSystems {
    fn default() -> Self {
        let traits = ["purchase_order", "vendor"].map(|model| (model.to_owned(), incremental(model)));
        Self {
            state: Arc::new(Mutex::new(State {
                credits: BTreeMap::from([(SYSTEM.to_owned(), 2), ("fake_cmms".to_owned(), 1)]),
                traits: BTreeMap::from(traits),
                records: BTreeMap::new(),
                page_size: 100,
                next_faults: VecDeque::new(),
                standing: None,
                latency: Duration::ZERO,
                password: PASSWORD.to_owned(),
                calls: Vec::new(),
                hook: None,
                twist: None,
                gates: Vec::new(),
                failing: BTreeMap::new(),
                shared_host: false,
            })),
        }
    }
}

fn incremental(model: &str) -> ModelTraits {
    ModelTraits {
        model: model.to_owned(),
        incremental: true,
        by_id: true,
        deletes: Deletes::Absence,
        filters: vec![],
        overlap: Duration::from_secs(60),
        hold_back: Duration::from_secs(60),
    }
}

/// A record with one field `name`, modified at a time.
#[must_use]
pub fn record(model: &str, id: &str, name: &str, modified_at: Option<Timestamp>) -> Record {
    let body = serde_json::json!({"id": id, "source_key": {"id": id}, "model": model, "name": name,
        "updated_at": modified_at.map(|at| at.to_string())});
    Record {
        id: id.to_owned(),
        body: body.to_string().into_bytes(),
        modified_at,
        deleted: false,
        raw: None,
    }
}

impl FakeSystems {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates or replaces a record.
    pub fn put(&self, model: &str, record: Record) {
        self.state()
            .records
            .entry(model.to_owned())
            .or_default()
            .insert(record.id.clone(), Entry::Good(record));
    }

    /// Makes a record that cannot be mapped.
    pub fn put_bad(&self, model: &str, id: &str, reason: &str) {
        let rejected = Rejected {
            id: Some(id.to_owned()),
            pointer: "/name".to_owned(),
            reason: reason.to_owned(),
            raw: Bytes::from(format!("{{\"id\":\"{id}\"}}")),
        };
        self.state()
            .records
            .entry(model.to_owned())
            .or_default()
            .insert(id.to_owned(), Entry::Bad(rejected));
    }

    /// Makes a record whose id cannot be read; `place` is where it stands among the others.
    pub fn put_unnamed(&self, model: &str, place: &str, reason: &str) {
        let rejected = Rejected {
            id: None,
            pointer: "/id".to_owned(),
            reason: reason.to_owned(),
            raw: Bytes::from_static(b"{}"),
        };
        self.state()
            .records
            .entry(model.to_owned())
            .or_default()
            .insert(place.to_owned(), Entry::Bad(rejected));
    }

    /// Removes a record.
    pub fn remove(&self, model: &str, id: &str) {
        if let Some(records) = self.state().records.get_mut(model) {
            records.remove(id);
        }
    }

    /// Changes what a model can do, or adds a model.
    pub fn traits(&self, model: &str, change: impl FnOnce(&mut ModelTraits)) {
        change(
            self.state()
                .traits
                .entry(model.to_owned())
                .or_insert_with(|| incremental(model)),
        );
    }

    /// Adds a system with its credits.
    pub fn add_system(&self, system: &str, credits: u32) {
        self.state().credits.insert(system.to_owned(), credits);
    }

    /// Records a page.
    pub fn page_size(&self, records: usize) {
        self.state().page_size = records;
    }

    /// The next exchanges end so, one after the other; `None` lets one through.
    pub fn script(&self, outcomes: impl IntoIterator<Item = Option<Fault>>) {
        self.state().next_faults.extend(outcomes);
    }

    /// Every exchange fails so, until `None`.
    pub fn fail(&self, fault: Option<Fault>) {
        self.state().standing = fault;
    }

    /// Every exchange over one model fails so, until `None`.
    pub fn fail_model(&self, model: &str, fault: Option<Fault>) {
        let failing = &mut self.state().failing;
        match fault {
            Some(fault) => failing.insert(model.to_owned(), fault),
            None => failing.remove(model),
        };
    }

    /// Every exchange takes so long, by tokio's clock.
    pub fn latency(&self, latency: Duration) {
        self.state().latency = latency;
    }

    /// Whether all connections share one host of the vendor's, as on a public cloud.
    pub fn share_host(&self, shared: bool) {
        self.state().shared_host = shared;
    }

    /// Changes the password that is accepted.
    pub fn set_password(&self, password: &str) {
        self.state().password = password.to_owned();
    }

    /// Calls this before each exchange.
    pub fn before_each(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        self.state().hook = Some(Arc::new(hook));
    }

    /// The `name` of every good record of a model, by id.
    pub fn names(&self, model: &str) -> BTreeMap<String, String> {
        let state = self.state();
        let entries = state.records.get(model).into_iter().flatten();
        let name = |record: &Record| {
            let body: serde_json::Value = serde_json::from_slice(&record.body).unwrap_or_default();
            body["name"].as_str().unwrap_or_default().to_owned()
        };
        entries
            .filter_map(|(id, entry)| match entry {
                Entry::Good(record) if !record.deleted => Some((id.clone(), name(record))),
                _ => None,
            })
            .collect()
    }

    /// Makes pages go wrong.
    pub fn twist(&self, twist: Option<Twist>) {
        self.state().twist = twist;
    }

    /// Stops the next exchange of this name until the gate is opened.
    pub fn stop_at(&self, what: &str) -> Gate {
        let gate = Gate::default();
        self.state().gates.push((what.to_owned(), gate.clone()));
        gate
    }

    /// Every exchange so far, as the hook sees them.
    pub fn calls(&self) -> Vec<String> {
        self.state().calls.clone()
    }

    async fn exchange(&self, what: String) -> Result<(), Fault> {
        let (latency, hook) = {
            let mut state = self.state();
            state.calls.push(what.clone());
            (state.latency, state.hook.clone())
        };
        if let Some(hook) = hook {
            hook(&what);
        }
        let gate = {
            let mut state = self.state();
            let place = state.gates.iter().position(|(name, _)| *name == what);
            place.map(|place| state.gates.remove(place).1)
        };
        if let Some(gate) = gate {
            gate.reached.notify_one();
            gate.open.notified().await;
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let mut state = self.state();
        if let Some(fault) = what.split(' ').nth(1).and_then(|model| state.failing.get(model)) {
            return Err(fault.clone());
        }
        match state.next_faults.pop_front() {
            Some(Some(fault)) => Err(fault),
            Some(None) => Ok(()),
            None => state.standing.clone().map_or(Ok(()), Err),
        }
    }

    fn refuses(&self, spec: &crate::ports::Secrets) -> bool {
        spec.get("password")
            .is_none_or(|password| password.expose_secret() != self.state().password)
    }
}
