//! Connecting: input is checked, credits are checked, the system is asked, and then one transaction
//! makes the connection. Until then nothing is kept, and a failure leaves nothing behind.

mod commit;
mod options;

use std::time::Duration;

use manifold_connectors::fault::{Fault, FaultKind};
use secrecy::SecretString;

pub(crate) use commit::{NewConnection, commit};
pub(crate) use options::{MOST_MODELS, check_customer, check_history, check_metadata, check_models};

use crate::{
    audit::Actor,
    connection::{Connection, Customer, History, Metadata, Schedule},
    credits,
    deployment::Domain,
    error::Problem,
    store::Transaction,
    systems::{AcceptedInput, ConnectionInput, StepFailure, StepReport, StepState, SystemFacts, Validated},
};

/// How long a system has for its validation. Connecting takes 25 s in all, vault and tables included.
pub const VALIDATION_BUDGET: Duration = Duration::from_secs(22);

/// What somebody wants to connect, and how.
#[derive(Debug, Clone, Default)]
pub struct ConnectRequest {
    /// What was typed.
    pub input: ConnectionInput,
    /// Whose system it is.
    pub customer: Customer,
    /// How it is to be kept.
    pub options: ConnectOptions,
}

/// How a connection is to be kept; each has a default.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    /// How often models are synced; every hour.
    pub schedule: Option<Schedule>,
    /// Which models; all that the system offers and the credentials may read.
    pub models: Option<Vec<String>>,
    /// How far back the first sync reads; 90 days.
    pub history: Option<History>,
    /// The workspace's own notes.
    pub metadata: Metadata,
    /// Keep source texts.
    pub keep_raw: bool,
}

/// A request that fits: what the system accepted, and what the system is.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    pub(crate) input: AcceptedInput,
    pub(crate) facts: SystemFacts,
}

impl Checked {
    /// Credits that the connection will hold.
    pub(crate) fn credits(&self) -> u32 {
        self.facts.credits_for(self.input.hosting)
    }
}

/// Connects server to server: the connection, and its token, which is shown here and never again.
///
/// # Errors
/// [`Problem::InvalidFields`] with every field that does not fit, [`Problem::InsufficientCredits`],
/// [`Problem::System`] with the step of the validation that failed.
pub async fn connect(
    domain: &Domain,
    ws: &str,
    actor: &Actor,
    request: &ConnectRequest,
    progress: &mut (dyn FnMut(StepReport) + Send),
) -> Result<(Connection, SecretString), Problem> {
    let checked = check(domain, request)?;
    credits::require(domain, ws, checked.credits()).await?;
    let validated = validate(domain, ws, &checked.input, progress).await?;
    let models = choose_models(&checked, request.options.models.as_deref(), &validated)?;
    let new = NewConnection {
        checked: &checked,
        request,
        models,
        access: validated.access,
        refresh_token: validated.refresh_token,
    };
    let (connection, token) = commit(domain, ws, actor, new, true, |_: &mut Transaction, _| Ok(())).await?;
    let token = token.expect("a connection that was made server to server has a token");
    Ok((connection, token))
}

/// Checks everything that can be checked without a call: every problem at once.
pub(crate) fn check(domain: &Domain, request: &ConnectRequest) -> Result<Checked, Problem> {
    let mut problems = Vec::new();
    problems.extend(check_customer(&request.customer));
    problems.extend(check_metadata(&request.options.metadata));
    problems.extend(request.options.history.and_then(check_history));
    let facts = domain.catalog.describe(&request.input.system);
    if let Some(facts) = &facts {
        problems.extend(check_models(
            facts,
            request.options.models.as_deref(),
            request.options.schedule.as_ref(),
        ));
    }
    match (domain.catalog.accept(&request.input), facts) {
        (Ok(input), Some(facts)) if problems.is_empty() => Ok(Checked { input, facts }),
        (accepted, _) => {
            problems.extend(accepted.err().unwrap_or_default());
            Err(Problem::InvalidFields(problems))
        }
    }
}

/// Asks the system, within the budget.
pub(crate) async fn validate(
    domain: &Domain,
    ws: &str,
    input: &AcceptedInput,
    progress: &mut (dyn FnMut(StepReport) + Send),
) -> Result<Validated, Problem> {
    let mut under_way: Option<StepReport> = None;
    let asked = {
        let mut report = |step: StepReport| {
            under_way = (step.state == StepState::Running).then(|| step.clone());
            progress(step);
        };
        tokio::time::timeout(VALIDATION_BUDGET, domain.catalog.validate(ws, input, &mut report)).await
    };
    match asked {
        Ok(done) => done.map_err(|failure| Problem::connecting(&input.system, failure)),
        Err(_) => {
            let message = format!(
                "The system took longer than {} seconds.",
                VALIDATION_BUDGET.as_secs()
            );
            let step = match under_way {
                Some(mut step) => {
                    step.state = StepState::Failed;
                    step.detail = Some(message.clone());
                    progress(step.clone());
                    step.key
                }
                None => "connect".to_owned(),
            };
            let fault = Fault::new(FaultKind::Timeout, message);
            Err(Problem::connecting(
                &input.system,
                StepFailure {
                    step,
                    fault,
                    hint: None,
                },
            ))
        }
    }
}

/// The models of the new connection: those asked for, or all that may be read.
pub(crate) fn choose_models(
    checked: &Checked,
    wanted: Option<&[String]>,
    validated: &Validated,
) -> Result<Vec<String>, Problem> {
    let readable = |model: &str| validated.models.iter().any(|readable| readable == model);
    let Some(wanted) = wanted else {
        let offered = checked.facts.models.iter().map(|traits| traits.model.clone());
        return Ok(offered.filter(|model| readable(model)).collect());
    };
    if let Some(model) = wanted.iter().find(|model| !readable(model)) {
        let message = format!("The credentials may not read {model} in {}.", checked.facts.title);
        let fault = Fault::new(FaultKind::Denied, message).about(model);
        let hint = Some(format!(
            "Give the user the permission to read {model}, or leave the model out."
        ));
        let failure = StepFailure {
            step: format!("model:{model}"),
            fault,
            hint,
        };
        return Err(Problem::connecting(&checked.input.system, failure));
    }
    let mut models = wanted.to_vec();
    models.sort();
    models.dedup();
    Ok(models)
}
