//! All of it, started and stopped.

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, time::Duration};

use manifold_domain::{
    deployment::{DeploymentKeys, Domain},
    error::Problem,
    ports::{Clock as _, Ids, PortError, Ports, SystemIds},
    sync, webhooks,
};
use manifold_functions::{
    app::App,
    connect::session::Sample,
    receivers::HttpReceivers,
    systems::{Allowed, Connectors},
};
use manifold_sandbox::Sandbox;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};

use crate::{
    clock::{RENEW, StackClock},
    embedded::{Embedded, EmbeddedError},
    gateway::Gateway,
    home::{Home, HomeError},
    identity::{Identity, Workspace},
    pumps,
    queue::LocalQueue,
    rehearsal::{Rehearsal, RehearsalError},
    stop::{self, Stopped, Stopper},
    vault::LocalVault,
};

/// What is under way gets so long to end when the stack does.
const GRACE: Duration = Duration::from_secs(5);

/// How often rows whose time is over are looked for.
const SWEEP: Duration = Duration::from_secs(600);

/// How to run a stack.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API's port; 0 takes a free one.
    pub port: u16,
    /// Where to keep what survives; nothing survives when absent.
    pub data: Option<PathBuf>,
    /// How many times faster than the wall's the clock goes.
    pub speed: u32,
}

impl Default for Options {
    /// In memory, on a free port, as fast as the wall's clock.
    fn default() -> Self {
        Self {
            port: 0,
            data: None,
            speed: 1,
        }
    }
}

/// Why a stack did not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Something else listens there.
    #[error(
        "port {0} is taken by another program: stop it, choose another port with --port, or take a free one with --port 0"
    )]
    PortTaken(u16),
    /// The port cannot be had for another reason.
    #[error("port {0} cannot be used: {1}; --port 0 takes a free one")]
    Port(u16, io::Error),
    /// The folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A file in the folder.
    #[error("{file} cannot be used: {error}")]
    File {
        /// Which.
        file: String,
        /// Why.
        error: io::Error,
    },
    /// The embedded DynamoDB.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The queue's messages.
    #[error("the queue cannot be opened: {0}")]
    Queue(#[from] PortError),
    /// The workspace.
    #[error("the workspace cannot be made: {0}")]
    Workspace(Problem),
    /// The sandbox.
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
}

/// A stack that runs. Dropping it ends everything at once; [`Stack::stop`] lets it finish first.
pub struct Stack {
    url: String,
    app: App,
    clock: Arc<StackClock>,
    queue: Arc<LocalQueue>,
    sandbox: Arc<Sandbox>,
    sandbox_url: String,
    workspace: Workspace,
    notes: Vec<String>,
    stopper: Stopper,
    // In this order: what works ends before what it works with, and the folder is given back last.
    tasks: JoinSet<()>,
    /// Goes on until the last task ended: systems that vanish, or a clock that stands still, would be
    /// written down as outages.
    ground: JoinSet<()>,
    embedded: Arc<Embedded>,
    _home: Option<Home>,
}

impl Stack {
    /// Starts everything, and answers once the API does.
    ///
    /// # Errors
    /// See [`StackError`]; nothing is left running then.
    pub async fn start(options: &Options) -> Result<Self, StackError> {
        let home = options.data.as_deref().map(Home::open).transpose()?;
        let listener = listen(options.port).await?;
        let port = listener
            .local_addr()
            .map_err(|error| StackError::Port(options.port, error))?
            .port();
        let url = format!("http://127.0.0.1:{port}");
        let clock = Arc::new(match &home {
            Some(home) => StackClock::open(home.clock(), options.speed).map_err(in_file("clock.json"))?,
            None => StackClock::in_memory(options.speed),
        });
        let mut identity = match &home {
            Some(home) => Identity::open(home, clock.now()).map_err(in_file("local.json"))?,
            None => Identity::generate(clock.now()),
        };
        let embedded = Arc::new(Embedded::start(home.as_ref().map(Home::database).as_deref()).await?);
        let (domain, queue) = domain(&embedded, &clock, &identity).await?;
        identity
            .make_workspace(&domain)
            .await
            .map_err(StackError::Workspace)?;
        let rehearsal = Rehearsal::prepare(
            Arc::clone(&clock),
            identity.sandbox_started.as_millisecond(),
            identity.sandbox_port,
            home.as_ref().map(Home::sandbox),
        )
        .await?;
        identity.sandbox_port.get_or_insert(rehearsal.port);
        if let Some(home) = &home {
            identity.keep(home).map_err(in_file("local.json"))?;
        }
        let workspace = identity.workspace.clone();
        let workspace =
            workspace.ok_or_else(|| StackError::Workspace(Problem::NotFound("workspace".to_owned())))?;
        // The folder is locked and this process has begun no work: whatever held a sync is dead.
        sync::end_leases(&domain, &workspace.id)
            .await
            .map_err(StackError::Workspace)?;
        webhooks::end_leases(&domain, &workspace.id)
            .await
            .map_err(StackError::Workspace)?;
        let (stopper, stopped) = stop::channel();
        let mut stack = Self {
            app: App {
                samples: Arc::new(samples(rehearsal.sandbox())),
                ..App::new(domain, &url)
            },
            url,
            clock,
            queue,
            sandbox: Arc::clone(rehearsal.sandbox()),
            sandbox_url: format!("http://127.0.0.1:{}", rehearsal.port),
            workspace,
            notes: notes(&rehearsal),
            stopper,
            tasks: JoinSet::new(),
            ground: JoinSet::new(),
            embedded,
            _home: home,
        };
        stack.run(listener, rehearsal, &stopped);
        Ok(stack)
    }

    fn run(&mut self, listener: TcpListener, rehearsal: Rehearsal, stopped: &Stopped) {
        self.ground.spawn(rehearsal.serve());
        self.ground.spawn(keep_clock(Arc::clone(&self.clock)));
        let tasks = &mut self.tasks;
        tasks.spawn(Gateway::new(&self.app).serve(listener, stopped.clone()));
        for _ in 0..pumps::WORKERS {
            tasks.spawn(pumps::work(
                self.app.clone(),
                Arc::clone(&self.queue),
                stopped.clone(),
            ));
        }
        tasks.spawn(pumps::deliver(
            self.app.clone(),
            Arc::clone(&self.queue),
            stopped.clone(),
        ));
        tasks.spawn(pumps::tick(self.app.clone(), self.clock.clone(), stopped.clone()));
        tasks.spawn(sweep(Arc::clone(&self.embedded), stopped.clone()));
    }

    /// Ends everything: what is under way has a few seconds to finish. What does not is taken up again
    /// by the next stack on the same folder.
    pub async fn stop(mut self) {
        self.stopper.stop();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, finished).await.is_err() {
            tracing::info!(target: "local", "what was still under way is left to the next start");
        }
        self.tasks.shutdown().await;
        self.ground.shutdown().await;
        if let Err(error) = self.clock.stop() {
            tracing::warn!(target: "local", %error, "the stack's time was not written down");
        }
    }

    /// Where the API is: `http://127.0.0.1:7070`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the sandbox's systems are.
    #[must_use]
    pub fn sandbox_url(&self) -> &str {
        &self.sandbox_url
    }

    /// The sandbox itself.
    #[must_use]
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// The id of the workspace `Local`.
    #[must_use]
    pub fn workspace_id(&self) -> &str {
        &self.workspace.id
    }

    /// The API key of the workspace `Local`.
    #[must_use]
    pub fn workspace_key(&self) -> &SecretString {
        &self.workspace.key
    }

    /// The admin key.
    #[must_use]
    pub fn admin_key(&self) -> SecretString {
        self.app.domain.keys.admin_key()
    }

    /// What a person should know about this start.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What the functions see.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The stack's clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<StackClock> {
        &self.clock
    }

    /// The queues.
    #[must_use]
    pub fn queue(&self) -> &Arc<LocalQueue> {
        &self.queue
    }
}

async fn listen(port: u16) -> Result<TcpListener, StackError> {
    TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => StackError::PortTaken(port),
            _ => StackError::Port(port, error),
        })
}

/// The deployment: the same domain as on AWS, over this machine's ports.
async fn domain(
    embedded: &Embedded,
    clock: &Arc<StackClock>,
    identity: &Identity,
) -> Result<(Domain, Arc<LocalQueue>), PortError> {
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let keys = DeploymentKeys::from_master(&identity.master_secret);
    let queue = Arc::new(LocalQueue::open(embedded.local(), clock.clone(), Arc::clone(&ids)).await?);
    // The sandbox, systems that run beside the stack and receivers that are tried out are on this machine.
    let here = Allowed {
        loopback: true,
        targets: Vec::new(),
    };
    let domain = Domain {
        store: embedded.store(),
        ports: Ports {
            queue: queue.clone(),
            vault: Arc::new(LocalVault::new(embedded.local(), keys.clone(), Arc::clone(&ids))),
            clock: clock.clone(),
            ids,
        },
        keys,
        receivers: Arc::new(HttpReceivers::new(here.clone())),
        catalog: Arc::new(Connectors::new(here)),
    };
    Ok((domain, queue))
}

fn in_file(name: &str) -> impl FnOnce(io::Error) -> StackError {
    let file = name.to_owned();
    move |error| StackError::File { file, error }
}

/// What the connect page offers to fill in: the sandbox's systems, by their ids.
fn samples(sandbox: &Sandbox) -> BTreeMap<String, Vec<Sample>> {
    let mut samples: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    for entry in sandbox.entries().into_iter().chain(sandbox.alternatives()) {
        let sample = Sample {
            method: entry.method,
            settings: texts(entry.settings),
            credentials: texts(entry.credentials),
        };
        samples.entry(entry.system).or_default().push(sample);
    }
    samples
}

fn texts(values: Map<String, Value>) -> BTreeMap<String, String> {
    let text = |(key, value): (String, Value)| Some((key, value.as_str()?.to_owned()));
    values.into_iter().filter_map(text).collect()
}

fn notes(rehearsal: &Rehearsal) -> Vec<String> {
    let moved = rehearsal.wanted.map(|wanted| {
        format!(
            "The sandbox's port {wanted} is taken by another program, so it listens on {} this time: connections to \
             it that were made before will be unreachable until that port is free at a start.",
            rehearsal.port
        )
    });
    moved.into_iter().collect()
}

/// Lets the clock go on.
async fn keep_clock(clock: Arc<StackClock>) {
    loop {
        if let Err(error) = clock.keep() {
            tracing::error!(target: "local", %error, "the stack's time cannot be written down, so it stands still");
        }
        tokio::time::sleep(RENEW).await;
    }
}

/// Removes rows whose time is over, as DynamoDB does on AWS.
async fn sweep(embedded: Arc<Embedded>, mut stopped: Stopped) {
    loop {
        tokio::select! {
            () = stopped.wait() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
        let embedded = Arc::clone(&embedded);
        // A panic in there is logged by the runtime; the next round tries again.
        let _ = tokio::task::spawn_blocking(move || embedded.sweep()).await;
    }
}
