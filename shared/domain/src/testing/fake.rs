//! Systems whose data, faults and pace a test scripts.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use manifold_connectors::{
    fault::{Fault, FaultKind},
    source::{Deletes, ModelTraits, Page, Pages, Position, ReadRequest, Record, Rejected, Source},
};
use secrecy::ExposeSecret as _;

use crate::systems::{
    AcceptedInput, ConnectionInput, FieldProblem, Hosting, OpenSpec, OpenSystem, PassthroughAnswer, PassthroughCall,
    StepFailure, StepReport, StepState, SystemFacts, Systems, Validated,
};

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
    Record { id: id.to_owned(), body: body.to_string().into_bytes(), modified_at, deleted: false, raw: None }
}

impl FakeSystems {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates or replaces a record.
    pub fn put(&self, model: &str, record: Record) {
        self.state().records.entry(model.to_owned()).or_default().insert(record.id.clone(), Entry::Good(record));
    }

    /// Makes a record that cannot be mapped.
    pub fn put_bad(&self, model: &str, id: &str, reason: &str) {
        let rejected = Rejected {
            id: Some(id.to_owned()),
            pointer: "/name".to_owned(),
            reason: reason.to_owned(),
            raw: Bytes::from(format!("{{\"id\":\"{id}\"}}")),
        };
        self.state().records.entry(model.to_owned()).or_default().insert(id.to_owned(), Entry::Bad(rejected));
    }

    /// Makes a record whose id cannot be read; `place` is where it stands among the others.
    pub fn put_unnamed(&self, model: &str, place: &str, reason: &str) {
        let rejected = Rejected {
            id: None,
            pointer: "/id".to_owned(),
            reason: reason.to_owned(),
            raw: Bytes::from_static(b"{}"),
        };
        self.state().records.entry(model.to_owned()).or_default().insert(place.to_owned(), Entry::Bad(rejected));
    }

    /// Removes a record.
    pub fn remove(&self, model: &str, id: &str) {
        if let Some(records) = self.state().records.get_mut(model) {
            records.remove(id);
        }
    }

    /// Changes what a model can do, or adds a model.
    pub fn traits(&self, model: &str, change: impl FnOnce(&mut ModelTraits)) {
        change(self.state().traits.entry(model.to_owned()).or_insert_with(|| incremental(model)));
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
        spec.get("password").is_none_or(|password| password.expose_secret() != self.state().password)
    }
}

#[async_trait]
impl Systems for FakeSystems {
    fn describe(&self, system: &str) -> Option<SystemFacts> {
        let state = self.state();
        Some(SystemFacts {
            system: system.to_owned(),
            title: "Fake ERP".to_owned(),
            credits: *state.credits.get(system)?,
            models: state.traits.values().cloned().collect(),
        })
    }

    fn accept(&self, input: &ConnectionInput) -> Result<AcceptedInput, Vec<FieldProblem>> {
        let mut problems = Vec::new();
        if self.describe(&input.system).is_none() {
            problems.push(FieldProblem::new("/system", format!("There is no system `{}`.", input.system)));
        }
        if !input.settings.get("instance_url").is_some_and(|url| url.starts_with("https://")) {
            problems.push(FieldProblem::new("/settings/instance_url", "An address that begins with https://."));
        }
        if !input.credentials.contains_key("password") {
            problems.push(FieldProblem::new("/credentials/password", "The password is missing."));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let on_premises = input.settings.get("hosting").is_some_and(|hosting| hosting == "on_premises");
        Ok(AcceptedInput {
            system: input.system.clone(),
            method: input.method.clone().unwrap_or_else(|| "password".to_owned()),
            hosting: if on_premises { Hosting::OnPremises } else { Hosting::Cloud },
            settings: input.settings.clone(),
            credentials: input.credentials.clone(),
            identity: vec!["instance_url".to_owned()],
        })
    }

    async fn validate(
        &self,
        _workspace: &str,
        input: &AcceptedInput,
        progress: &mut (dyn FnMut(StepReport) + Send),
    ) -> Result<Validated, StepFailure> {
        let step = |key: &str, title: &str, state, detail: Option<String>| StepReport {
            key: key.to_owned(),
            title: title.to_owned(),
            state,
            detail,
            hint: None,
        };
        progress(step("host", "Reach the host", StepState::Running, None));
        if let Err(fault) = self.exchange("validate".to_owned()).await {
            progress(step("host", "Reach the host", StepState::Failed, Some(fault.to_string())));
            return Err(StepFailure { step: "host".to_owned(), fault, hint: Some("Check the address.".to_owned()) });
        }
        progress(step("host", "Reach the host", StepState::Passed, None));
        if self.refuses(&input.credentials) {
            let fault = Fault::new(FaultKind::Unauthorized, "The system refuses the password.").about("password");
            progress(step("sign_in", "Sign in", StepState::Failed, Some(fault.to_string())));
            return Err(StepFailure { step: "sign_in".to_owned(), fault, hint: Some("Type it again.".to_owned()) });
        }
        progress(step("sign_in", "Sign in", StepState::Passed, None));
        Ok(Validated { models: self.state().traits.keys().cloned().collect(), access: None })
    }

    fn open(&self, spec: OpenSpec) -> Result<Arc<dyn OpenSystem>, Fault> {
        Ok(Arc::new(FakeSystem { systems: self.clone(), spec }))
    }
}

/// One opened fake system.
struct FakeSystem {
    systems: FakeSystems,
    spec: OpenSpec,
}

impl FakeSystem {
    async fn exchange(&self, what: String) -> Result<(), Fault> {
        self.systems.exchange(what).await?;
        if self.systems.refuses(&self.spec.credentials) {
            return Err(Fault::new(FaultKind::Unauthorized, "The system refuses the password."));
        }
        Ok(())
    }
}

#[async_trait]
impl Source for FakeSystem {
    fn traits(&self, model: &str) -> Option<ModelTraits> {
        self.systems.state().traits.get(model).cloned()
    }

    fn read(self: Arc<Self>, request: ReadRequest) -> Box<dyn Pages> {
        Box::new(FakePages { system: self, request, page: 0, over: false })
    }

    async fn get(&self, model: &str, id: &str, raw: bool) -> Result<Option<Result<Record, Rejected>>, Fault> {
        self.exchange(format!("get {model} {id}")).await?;
        let state = self.systems.state();
        Ok(state.records.get(model).and_then(|records| records.get(id)).map(|entry| entry.mapped(raw)))
    }
}

#[async_trait]
impl OpenSystem for FakeSystem {
    async fn passthrough(&self, call: PassthroughCall) -> Result<PassthroughAnswer, Fault> {
        self.exchange(format!("passthrough {} {}", call.method, call.path)).await?;
        Ok(PassthroughAnswer { status: 200, headers: vec![], body: Bytes::from_static(b"{}") })
    }
}

impl Entry {
    fn mapped(&self, raw: bool) -> Result<Record, Rejected> {
        match self {
            Entry::Good(record) => {
                let mut record = record.clone();
                record.raw = raw.then(|| record.raw.unwrap_or_else(|| Bytes::from(record.body.clone())));
                Ok(record)
            }
            Entry::Bad(rejected) => Err(rejected.clone()),
        }
    }
}

impl Twist {
    fn apply(self, page: &mut Page, number: u32) {
        match self {
            Twist::SamePosition => page.next = Some(Position("again".to_owned())),
            Twist::SamePage => page.next = Some(Position(format!(" {number}"))),
            Twist::EmptyPages => {
                if page.next.is_none() {
                    page.next = Some(Position(format!("~~{number}")));
                }
            }
            Twist::Doubled => {
                let again = page.records.iter().map(|record| {
                    let body = String::from_utf8_lossy(&record.body).replace("\"name\":\"", "\"name\":\"newest ");
                    Record { body: body.into_bytes(), ..record.clone() }
                });
                let again: Vec<Record> = again.collect();
                page.records.extend(again);
            }
            Twist::Offset => {}
        }
    }
}

/// Pages by keyset over the ids, so that changes between pages behave as in a real system.
struct FakePages {
    system: Arc<FakeSystem>,
    request: ReadRequest,
    page: u32,
    over: bool,
}

#[async_trait]
impl Pages for FakePages {
    async fn next(&mut self) -> Result<Option<Page>, Fault> {
        if self.over {
            return Ok(None);
        }
        self.page += 1;
        self.system.exchange(format!("page {} {}", self.request.model, self.page)).await?;
        let state = self.system.systems.state();
        let Some(traits) = state.traits.get(&self.request.model) else {
            return Err(Fault::new(FaultKind::Unsupported, "The system has no such model.").about(&self.request.model));
        };
        if self.request.since.is_some() && !traits.incremental {
            return Err(Fault::new(FaultKind::Unsupported, "The model cannot say what changed.").about("modified_after"));
        }
        let size = self.request.page_size.map_or(state.page_size, |wanted| wanted as usize).max(1);
        let after = self.request.position.as_ref().map(|position| position.0.clone());
        let offset = (state.twist == Some(Twist::Offset))
            .then(|| after.as_ref().and_then(|after| after.parse().ok()).unwrap_or(0));
        let since = self.request.since;
        let none = BTreeMap::new();
        let mut wanted = state
            .records
            .get(&self.request.model)
            .unwrap_or(&none)
            .iter()
            .filter(|(id, _)| offset.is_some() || after.as_ref().is_none_or(|after| *id > after))
            .filter(|(_, entry)| match (entry, since) {
                (Entry::Good(Record { modified_at: Some(at), .. }), Some(since)) => *at >= since,
                _ => true,
            })
            .skip(offset.unwrap_or(0))
            .peekable();
        let mut page = Page::default();
        let mut last = None;
        for _ in 0..size {
            let Some((id, entry)) = wanted.next() else { break };
            last = Some(id.clone());
            match entry.mapped(self.request.raw) {
                Ok(record) => page.records.push(record),
                Err(rejected) => page.rejected.push(rejected),
            }
        }
        if wanted.peek().is_some() {
            page.next = match offset {
                Some(offset) => Some(Position((offset + size).to_string())),
                None => last.map(Position),
            };
        }
        if let Some(twist) = state.twist {
            twist.apply(&mut page, self.page);
        }
        self.request.position = page.next.clone();
        self.over = page.next.is_none();
        Ok(Some(page))
    }
}
