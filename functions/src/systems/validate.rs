//! Checking a connection against its system, step by step.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use manifold_connectors::{
    Fault, auth,
    budget::Budget,
    check::{self, Step, StepState},
    client::Outside,
};
use manifold_domain::systems::{AcceptedInput, AccessToken, StepFailure, StepReport, Validated};
use secrecy::SecretString;

use super::{CHECK, Connectors, EXCHANGE, instance_of};

/// Talks to the system, reports each step, and says which models the credentials may read.
pub async fn validate(
    connectors: &Connectors,
    workspace: &str,
    input: &AcceptedInput,
    progress: &mut (dyn FnMut(StepReport) + Send),
) -> Result<Validated, StepFailure> {
    let failed = |fault| StepFailure {
        step: "address".into(),
        fault,
        hint: None,
    };
    let Some(connector) = connectors.catalog.get(&input.system) else {
        return Err(failed(manifold_connectors::Fault::new(
            manifold_connectors::FaultKind::Unsupported,
            format!("The catalogue has no system `{}`.", input.system),
        )));
    };
    let kept = Arc::new(Kept::default());
    let mut outside = Outside::new(
        connectors.transport(workspace),
        Budget::new(connector.manifest().limits),
    );
    outside.tokens = Arc::clone(&kept) as Arc<dyn auth::TokenCache>;
    outside.timeout = EXCHANGE;
    let client = connectors
        .client(workspace, instance_of(input), outside, &[])
        .map_err(failed)?;
    let models: Vec<String> = connector.models().map(str::to_owned).collect();
    let mut report = |step: Step| progress(report_of(step));
    let checked = check::check(&client, &models, CHECK, &mut report)
        .await
        .map_err(|failure| StepFailure {
            step: failure.step,
            fault: failure.fault,
            hint: failure.hint,
        })?;
    Ok(Validated {
        models: checked.models.into_iter().map(|model| model.model).collect(),
        access: kept.access.lock().unwrap_or_else(PoisonError::into_inner).take(),
        refresh_token: kept.refresh.lock().unwrap_or_else(PoisonError::into_inner).take(),
    })
}

fn report_of(step: Step) -> StepReport {
    use manifold_domain::systems::StepState as Shown;
    StepReport {
        key: step.key,
        title: step.title,
        state: match step.state {
            StepState::Waiting => Shown::Waiting,
            StepState::Running => Shown::Running,
            StepState::Passed => Shown::Passed,
            StepState::Failed => Shown::Failed,
            StepState::Skipped => Shown::Skipped,
        },
        detail: step.detail,
        hint: step.hint,
        fault: step.fault,
        said: step.said,
        total: step.total,
        newest: step.newest,
    }
}

/// Keeps the token of the check, so that the first sync need not sign in again.
#[derive(Default)]
struct Kept {
    access: Mutex<Option<AccessToken>>,
    refresh: Mutex<Option<SecretString>>,
}

#[async_trait]
impl auth::TokenCache for Kept {
    async fn load(&self) -> Option<auth::AccessToken> {
        let kept = self.access.lock().unwrap_or_else(PoisonError::into_inner);
        let token = kept.as_ref()?;
        Some(auth::AccessToken {
            secret: token.secret.clone(),
            expires_at: token.expires_at?,
        })
    }

    async fn save(&self, token: &auth::AccessToken) {
        let kept = AccessToken {
            secret: token.secret.clone(),
            expires_at: Some(token.expires_at),
        };
        *self.access.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    }

    async fn refresh_token(&self) -> Result<Option<SecretString>, Fault> {
        let kept = self.refresh.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.clone())
    }

    async fn keep_refresh_token(&self, _turn: auth::Turn, token: &SecretString) -> Result<(), Fault> {
        *self.refresh.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        Ok(())
    }
}
