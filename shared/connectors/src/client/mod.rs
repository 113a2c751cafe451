//! Talks to one instance of one system: everything that a [`crate::Source`] does, from the manifest.

mod ask;
mod exchange;
mod fetch;
mod filter;
mod hosts;
mod one;
mod paging;
mod parents;
mod passthrough;
mod plan;
mod position;
mod probe;
mod read;
mod related;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

pub(crate) use hosts::{hosts_of, own_host};
pub use passthrough::{Answer, Call};
pub(crate) use plan::ListPlan;

use crate::{
    auth::{Authenticator, MemoryTokens, Moment, SystemMoment, TokenCache},
    budget::{Budget, Patience},
    connector::{Compiled, Connector},
    fault::{Fault, FaultKind},
    form::Instance,
    manifest::{List, ManifestError},
    map::{CustomField, Plan},
    source::{ModelTraits, Pages, ReadRequest, Record, Rejected, Source},
    transport::Transport,
};

/// What a client needs from the world around it. Clones share all of it.
#[derive(Clone)]
pub struct Outside {
    /// Sends requests; guarded, wherever an address comes from a user.
    pub transport: Arc<dyn Transport>,
    /// Time and randomness.
    pub moment: Arc<dyn Moment>,
    /// Where the access token is kept between clients.
    pub tokens: Arc<dyn TokenCache>,
    /// The system's budget for this connection.
    pub budget: Budget,
    /// Time for one exchange.
    pub timeout: Duration,
    /// How long a request waits for its turn in the budget.
    pub patience: Patience,
}

impl Outside {
    /// With the machine's clock, tokens in memory, 30 s for an exchange and 60 s of patience.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, budget: Budget) -> Self {
        Self {
            transport,
            moment: Arc::new(SystemMoment),
            tokens: Arc::new(MemoryTokens::default()),
            budget,
            timeout: Duration::from_secs(30),
            patience: Duration::from_secs(60).into(),
        }
    }
}

/// One instance of one system, with credentials.
pub struct Client {
    connector: Arc<Connector>,
    instance: Instance,
    secrets: Vec<SecretString>,
    hosts: BTreeMap<String, Url>,
    auth: Authenticator,
    outside: Outside,
    /// Models to which the connection adds fields of its own.
    own: BTreeMap<String, Own>,
}

/// A model with a connection's own fields.
struct Own {
    compiled: Compiled,
    columns: Vec<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("instance", &self.instance)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client for an instance. Nothing is asked of the system yet.
    ///
    /// # Errors
    /// Settings or credentials that do not fill the manifest's templates, a private key that is none, or
    /// a custom field that cannot be read.
    pub fn new(
        connector: Arc<Connector>,
        mut instance: Instance,
        outside: Outside,
        custom: &[CustomField],
    ) -> Result<Self, Fault> {
        let manifest = connector.manifest();
        let method = manifest
            .methods
            .iter()
            .find(|method| method.id == instance.method)
            .ok_or_else(|| {
                let message = format!(
                    "{} has no method `{}` to sign in.",
                    manifest.name, instance.method
                );
                Fault::new(FaultKind::Rejected, message).about("method")
            })?;
        // A connection made before the manifest had a setting gets its default.
        for setting in &manifest.settings {
            if let Some(default) = &setting.default {
                instance
                    .settings
                    .entry(setting.key.clone())
                    .or_insert_with(|| default.clone());
            }
        }
        let hosts = hosts::hosts_of(manifest, &instance)?;
        let value_of = |name: &str| {
            let credential = instance
                .credentials
                .get(name)
                .map(|secret| Cow::Borrowed(secret.expose_secret()));
            credential.or_else(|| {
                instance
                    .settings
                    .get(name)
                    .map(|value| Cow::Borrowed(value.as_str()))
            })
        };
        let auth = Authenticator::new(
            &method.auth,
            &value_of,
            &hosts,
            outside.tokens.clone(),
            outside.moment.clone(),
        )?;
        let own = own_fields(&connector, custom)?;
        let secrets = instance.credentials.values().cloned().collect();
        Ok(Self {
            connector,
            instance,
            secrets,
            hosts,
            auth,
            outside,
            own,
        })
    }

    /// The system.
    #[must_use]
    pub fn connector(&self) -> &Arc<Connector> {
        &self.connector
    }

    /// The instance.
    #[must_use]
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Host `api`.
    pub(crate) fn base(&self) -> &Url {
        // `hosts_of` has an address for every declared host, and a manifest without `api` is refused.
        self.hosts.get("api").expect("every manifest has host `api`")
    }

    fn api(&self, path: &str) -> Result<Url, Fault> {
        hosts::below(self.base(), path)
    }

    fn setting(&self, name: &str) -> Option<Cow<'_, str>> {
        self.instance
            .settings
            .get(name)
            .map(|value| Cow::Borrowed(value.as_str()))
    }

    /// What a model is read by.
    fn model(&self, model: &str) -> Result<(&List, Compiled, &[String]), Fault> {
        let name = &self.connector.manifest().name;
        let absent = || Fault::new(FaultKind::Unsupported, format!("{name} has no `{model}`.")).about(model);
        let list = self
            .connector
            .manifest()
            .models
            .get(model)
            .map(|model| &model.list)
            .ok_or_else(absent)?;
        if let Some(own) = self.own.get(model) {
            return Ok((list, own.compiled.clone(), &own.columns));
        }
        let compiled = self
            .connector
            .compiled(model)
            .ok_or_else(absent)?
            .map_err(unusable)?;
        Ok((list, compiled, &[]))
    }
}

#[async_trait]
impl Source for Client {
    fn traits(&self, model: &str) -> Option<ModelTraits> {
        self.connector.traits(model)
    }

    fn read(self: Arc<Self>, request: ReadRequest) -> Box<dyn Pages> {
        Box::new(read::Reading::new(self, request))
    }

    async fn get(&self, model: &str, id: &str, raw: bool) -> Result<Option<Result<Record, Rejected>>, Fault> {
        self.one(model, id, raw).await
    }
}

fn own_fields(connector: &Connector, custom: &[CustomField]) -> Result<BTreeMap<String, Own>, Fault> {
    let models: BTreeSet<&str> = custom.iter().map(|field| field.model.as_str()).collect();
    let mut own = BTreeMap::new();
    for model in models {
        let Some(shared) = connector.compiled(model) else {
            let message = format!(
                "{} has no `{model}`, so it can have no custom field.",
                connector.manifest().name
            );
            return Err(Fault::new(FaultKind::Unsupported, message).about("custom_fields"));
        };
        let list = shared.map_err(unusable)?.list;
        let map = Plan::compile(connector.manifest(), model, custom).map_err(|error| {
            Fault::new(
                FaultKind::Rejected,
                format!("{}: {}.", error.place, error.problem),
            )
            .about("custom_fields")
        })?;
        let named = connector
            .manifest()
            .models
            .get(model)
            .is_some_and(|model| names_columns(&model.list));
        let fields = custom.iter().filter(|field| named && field.model == model);
        let columns = fields.map(column).collect::<Result<Vec<_>, _>>()?;
        own.insert(
            model.to_owned(),
            Own {
                compiled: Compiled {
                    list,
                    map: Arc::new(map),
                },
                columns,
            },
        );
    }
    Ok(own)
}

/// The column that brings a custom field, for systems that want each one named: the steps of its path
/// joined by dots, numbers left out. Being part of a request, it must be nothing but names.
fn column(field: &CustomField) -> Result<String, Fault> {
    let mut steps = Vec::new();
    for step in field
        .path
        .split('/')
        .filter(|step| !step.bytes().all(|byte| byte.is_ascii_digit()))
    {
        if !step
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
        {
            let message = format!("`{}` is not the name of a source field.", field.path);
            return Err(Fault::new(FaultKind::Rejected, message).about("custom_fields"));
        }
        // Tryton 7 answers `party.name` with an object under `party.`.
        steps.push(step.trim_end_matches('.'));
    }
    Ok(steps.join("."))
}

/// Whether a list names each column that it brings.
fn names_columns(list: &List) -> bool {
    let query = list.query.values().flat_map(|templates| templates.all());
    query
        .chain(list.json.values())
        .chain(&list.body)
        .any(|template| template.holes().any(|hole| hole == "columns"))
}

/// A manifest whose mapping does not compile: uploads and the suite find it before anything is read.
fn unusable(error: ManifestError) -> Fault {
    Fault::new(
        FaultKind::Unsupported,
        format!("The connector's manifest is broken: {error}."),
    )
}

#[cfg(test)]
pub(crate) mod tests;
