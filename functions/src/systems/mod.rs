//! The catalogue as the domain sees it: what systems are, whether input fits, and a way in.

mod budgets;
mod open;
mod validate;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use manifold_connectors::{
    Fault, FaultKind, auth,
    auth::code::SignIn,
    budget::Patience,
    catalog::Catalog,
    client::{Client, Outside},
    connector::Connector,
    form::{self, Instance},
    map,
    transport::{AllowList, GuardedTransport},
};
use manifold_domain::systems::{
    AcceptedInput, ConnectionInput, CustomField, FieldProblem, Hosting, OpenSpec, OpenSystem, Purpose,
    SignInPlace, StepFailure, StepReport, SystemFacts, Systems, Validated,
};
use secrecy::SecretString;

use self::{budgets::Budgets, open::Opened};

/// Time for one exchange with a system; a live call has 25 s in all, a sync many exchanges.
const EXCHANGE: Duration = Duration::from_secs(20);

/// The longest that a request waits for its turn: a live call has 25 s in all, and whoever would wait in vain is told
/// at once.
const TURN: Duration = Duration::from_secs(10);

/// The longest that somebody who waits for the answer is kept waiting because the system asked for a pause: for more,
/// they hear at once when to come again.
const PAUSE_OF_A_CALL: Duration = Duration::from_secs(2);

/// Bytes of a custom field's name.
const LONGEST_NAME: usize = 64;

/// Bytes of the path that a custom field comes from.
const LONGEST_SOURCE: usize = 512;

/// Time for a connection check in all.
pub const CHECK: Duration = Duration::from_secs(25);

/// The connector crate behind the domain's trait.
pub struct Connectors {
    catalog: &'static Catalog,
    transport: GuardedTransport,
    allowed: Allowed,
    budgets: Budgets,
}

/// Private targets that workspaces may call.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Every workspace may call this machine itself: the local stack, never a deployment.
    pub loopback: bool,
    /// Workspace, host and port of each target.
    pub targets: Vec<(String, String, u16)>,
}

impl Allowed {
    /// Reads `ws_…|host|port` entries, separated by commas.
    ///
    /// # Errors
    /// The entry that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut targets = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let mut parts = entry.split('|');
            let (Some(ws), Some(host), Some(port), None) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Err(format!("`{entry}` is not `workspace|host|port`"));
            };
            let port = port
                .parse()
                .map_err(|_| format!("`{port}` in `{entry}` is not a port"))?;
            targets.push((ws.to_owned(), host.to_owned(), port));
        }
        Ok(Self {
            loopback: false,
            targets,
        })
    }

    pub(crate) fn of(&self, workspace: &str) -> AllowList {
        let own = self.targets.iter().filter(|(ws, ..)| ws == workspace);
        let list = AllowList::new(own.map(|(_, host, port)| (host, *port)));
        if self.loopback { list.with_loopback() } else { list }
    }
}

impl Connectors {
    /// Over the built-in catalogue and the network.
    #[must_use]
    pub fn new(allowed: Allowed) -> Self {
        Self {
            catalog: Catalog::builtin(),
            transport: GuardedTransport::new(AllowList::none()),
            allowed,
            budgets: Budgets::default(),
        }
    }

    fn client(
        &self,
        workspace: &str,
        instance: Instance,
        outside: Outside,
        custom: &[CustomField],
    ) -> Result<Arc<Client>, Fault> {
        let connector = self.connector(&instance.system)?;
        let custom: Vec<map::CustomField> = custom
            .iter()
            .map(|field| map::CustomField {
                name: field.name.clone(),
                model: field.model.clone(),
                path: field.source.clone(),
            })
            .collect();
        let _ = workspace;
        Client::new(connector, instance, outside, &custom).map(Arc::new)
    }

    fn connector(&self, system: &str) -> Result<Arc<Connector>, Fault> {
        self.catalog.get(system).ok_or_else(|| {
            Fault::new(
                FaultKind::Unsupported,
                format!("The catalogue has no system `{system}`."),
            )
        })
    }

    fn accept_at(
        &self,
        input: &ConnectionInput,
        before_sign_in: bool,
    ) -> Result<AcceptedInput, Vec<FieldProblem>> {
        let Some(connector) = self.catalog.get(&input.system) else {
            return Err(vec![FieldProblem::new(
                "/system",
                format!(
                    "There is no system `{}`. GET /v1/systems lists them.",
                    input.system
                ),
            )]);
        };
        let hosting = input.settings.get("hosting").cloned();
        let form = form::ConnectionInput {
            system: input.system.clone(),
            method: input.method.clone(),
            settings: input.settings.clone(),
            credentials: input.credentials.clone(),
            hosting,
        };
        let instance = if before_sign_in {
            connector.accept_before_sign_in(&form)
        } else {
            connector.accept(&form)
        };
        let instance = instance.map_err(|problems| {
            problems
                .into_iter()
                .map(|problem| FieldProblem::new(problem.pointer, problem.detail))
                .collect::<Vec<_>>()
        })?;
        Ok(AcceptedInput {
            system: instance.system,
            method: instance.method,
            hosting: if instance.on_premises {
                Hosting::OnPremises
            } else {
                Hosting::Cloud
            },
            settings: instance.settings,
            credentials: instance.credentials,
            identity: connector.identity().map(str::to_owned).collect(),
        })
    }

    fn transport(&self, workspace: &str) -> Arc<GuardedTransport> {
        Arc::new(self.transport.allowing(self.allowed.of(workspace)))
    }
}

#[async_trait]
impl Systems for Connectors {
    fn describe(&self, system: &str) -> Option<SystemFacts> {
        let connector = self.catalog.get(system)?;
        let manifest = connector.manifest();
        Some(SystemFacts {
            system: manifest.id.clone(),
            title: manifest.name.clone(),
            credits: manifest.tier.credits(),
            models: connector
                .capabilities()
                .into_iter()
                .map(|capability| capability.reads)
                .collect(),
        })
    }

    fn accept(&self, input: &ConnectionInput) -> Result<AcceptedInput, Vec<FieldProblem>> {
        self.accept_at(input, false)
    }

    fn accept_before_sign_in(&self, input: &ConnectionInput) -> Result<AcceptedInput, Vec<FieldProblem>> {
        self.accept_at(input, true)
    }

    fn sign_in_at(&self, input: &AcceptedInput, sign_in: &SignIn) -> Result<SignInPlace, Fault> {
        let (connector, instance) = (self.connector(&input.system)?, instance_of(input));
        Ok(SignInPlace {
            url: auth::code::address(&connector, &instance, sign_in)?.into(),
            issuer: auth::code::issuer(&connector, &instance)?,
        })
    }

    async fn exchange_code(
        &self,
        workspace: &str,
        input: &AcceptedInput,
        code: &SecretString,
        sign_in: &SignIn,
    ) -> Result<SecretString, Fault> {
        let (connector, instance) = (self.connector(&input.system)?, instance_of(input));
        let transport = self.transport(workspace);
        let moment = auth::SystemMoment;
        auth::code::exchange(
            &connector,
            &instance,
            code,
            sign_in,
            &*transport,
            &moment,
            EXCHANGE,
        )
        .await
    }

    async fn validate(
        &self,
        workspace: &str,
        input: &AcceptedInput,
        progress: &mut (dyn FnMut(StepReport) + Send),
    ) -> Result<Validated, StepFailure> {
        validate::validate(self, workspace, input, progress).await
    }

    fn host(&self, system: &str, settings: &BTreeMap<String, String>) -> Option<String> {
        self.catalog.get(system)?.own_host(settings)
    }

    fn open(&self, spec: OpenSpec) -> Result<Arc<dyn OpenSystem>, Fault> {
        let instance = Instance {
            system: spec.system.clone(),
            method: spec.method,
            on_premises: false,
            settings: spec.settings,
            credentials: spec.credentials,
        };
        let limits = self
            .catalog
            .get(&spec.system)
            .map(|connector| connector.manifest().limits);
        let limits = limits.ok_or_else(|| {
            Fault::new(
                FaultKind::Unsupported,
                format!("The catalogue has no system `{}`.", spec.system),
            )
        })?;
        let mut outside = Outside::new(
            self.transport(&spec.workspace),
            self.budgets.of(&spec.connection, limits),
        );
        outside.tokens = Arc::new(open::Tokens(spec.tokens));
        outside.timeout = EXCHANGE;
        outside.patience = Patience {
            turn: TURN,
            pause: match spec.purpose {
                Purpose::Call => PAUSE_OF_A_CALL,
                Purpose::Work => TURN,
            },
        };
        let client = self.client(&spec.workspace, instance, outside, &spec.custom_fields)?;
        Ok(Arc::new(Opened(client)))
    }
}

/// The instance that accepted input describes.
fn instance_of(input: &AcceptedInput) -> Instance {
    Instance {
        system: input.system.clone(),
        method: input.method.clone(),
        on_premises: input.hosting == Hosting::OnPremises,
        settings: input.settings.clone(),
        credentials: input.credentials.clone(),
    }
}

/// Fields of a model that a connection adds, checked against the manifest's mapping before they are kept.
///
/// # Errors
/// What is wrong with them, each with a pointer.
pub fn check_custom_fields(system: &str, fields: &[CustomField]) -> Result<(), Vec<FieldProblem>> {
    let Some(connector) = Catalog::builtin().get(system) else {
        return Ok(());
    };
    let mut problems = Vec::new();
    let mut seen: BTreeMap<(&str, &str), ()> = BTreeMap::new();
    for (number, field) in fields.iter().enumerate() {
        let pointer = |name: &str| format!("/fields/{number}/{name}");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if field.name.is_empty() || field.name.len() > LONGEST_NAME || !field.name.bytes().all(plain) {
            problems.push(FieldProblem::new(
                pointer("name"),
                "1 to 64 letters, digits and underscores.",
            ));
        }
        if field.source.is_empty() || field.source.len() > LONGEST_SOURCE {
            problems.push(FieldProblem::new(
                pointer("source"),
                "Where the field stands in the source record.",
            ));
        }
        if seen.insert((&field.model, &field.name), ()).is_some() {
            problems.push(FieldProblem::new(
                pointer("name"),
                "Two fields of one model have this name.",
            ));
        }
        let own = map::CustomField {
            name: field.name.clone(),
            model: field.model.clone(),
            path: field.source.clone(),
        };
        if !connector.models().any(|model| model == field.model) {
            problems.push(FieldProblem::new(
                pointer("model"),
                "This system does not have that model.",
            ));
        } else if let Err(error) = map::Plan::compile(connector.manifest(), &field.model, &[own]) {
            problems.push(FieldProblem::new(pointer("source"), error.problem));
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}
