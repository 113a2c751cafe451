//! The check of a new connection: one step after the other, each told as it happens, and a failure named
//! by its step with what to do about it.

mod words;

use std::{future::Future, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use crate::{
    client::Client,
    fault::{Fault, FaultKind},
    json::{Path, find, text_of},
    source::{Page, ReadRequest, Record, Source as _},
};

/// The address is complete.
pub const ADDRESS: &str = "address";
/// The host's name resolves, and something answers there.
pub const HOST: &str = "host";
/// Its certificate is trusted.
pub const TLS: &str = "tls";
/// The credentials are accepted.
pub const SIGN_IN: &str = "sign_in";
/// Time for a look at how much there is: the person waits for it. After one that took longer there is no other.
const LOOK: Duration = Duration::from_secs(2);

/// A record has been read and mapped.
pub const FIRST_RECORD: &str = "first_record";

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Good.
    Passed,
    /// This is what stands in the way.
    Failed,
    /// Not needed, or not reached.
    Skipped,
}

/// One step as a person sees it. A later report of a key replaces the earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `address`, `host`, `tls`, `sign_in`, `permission:purchase_order`, …, `first_record`.
    pub key: String,
    /// What is being done.
    pub title: String,
    /// How far it is.
    pub state: StepState,
    /// What was found, or why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What kind of failure it is, for whoever says it in another language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultKind>,
    /// The system's own words about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// How many records of the model there are, where the system says so cheaply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// When the model's newest record was changed, where that is cheap to ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest: Option<Timestamp>,
}

/// What a check found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The models that can be read.
    pub models: Vec<CheckedModel>,
    /// Those that these credentials may not read, or that this installation does not have.
    pub refused: Vec<(String, Fault)>,
}

/// A model that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedModel {
    /// Its unified name.
    pub model: String,
    /// How many records there are, where the system says so cheaply.
    pub total: Option<u64>,
    /// When the record that changed last was changed, where the system says so cheaply.
    pub newest: Option<Timestamp>,
}

/// Why a check ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFailure {
    /// The step that failed.
    pub step: String,
    /// What went wrong.
    pub fault: Fault,
    /// What a person can do about it.
    pub hint: Option<String>,
}

/// Checks a connection, at most `within` in all. Every step is reported as waiting first.
///
/// A model that the credentials may not read fails its own step and not the check, unless no model can
/// be read at all.
///
/// # Errors
/// The step that failed and why. All steps after it have been reported as skipped.
pub async fn check(
    client: &Arc<Client>,
    models: &[String],
    within: Duration,
    report: &mut (dyn FnMut(Step) + Send),
) -> Result<Checked, CheckFailure> {
    let deadline = Instant::now() + within;
    let mut run = Run {
        client,
        deadline,
        steps: words::steps(client, models),
        report,
        looks: true,
    };
    for step in &run.steps {
        (run.report)(step.clone());
    }
    let result = run.all(models).await;
    if result.is_err() {
        run.skip_the_rest();
    }
    result
}

struct Run<'r> {
    client: &'r Arc<Client>,
    deadline: Instant,
    steps: Vec<Step>,
    report: &'r mut (dyn FnMut(Step) + Send),
    /// Whether models are looked at.
    looks: bool,
}

impl Run<'_> {
    async fn all(&mut self, models: &[String]) -> Result<Checked, CheckFailure> {
        self.begin(ADDRESS);
        self.end(ADDRESS, StepState::Passed, Some(words::address(self.client)));
        self.reach().await?;

        self.begin(SIGN_IN);
        let client = self.client.clone();
        self.bounded(client.sign_in())
            .await
            .map_err(|fault| self.fail(SIGN_IN, fault))?;
        // Whether the credentials are good shows at the first call that needs them.
        let mut first = None;
        if let Some(model) = models.first() {
            let read = self.read(model).await;
            match read {
                Err(fault) if self.tells_of_sign_in(&fault) => return Err(self.fail(SIGN_IN, fault)),
                read => first = Some(read),
            }
        }
        self.end(SIGN_IN, StepState::Passed, None);

        let mut checked = Checked {
            models: Vec::new(),
            refused: Vec::new(),
        };
        let mut record = None;
        for model in models {
            let step = words::permission(model);
            self.begin(&step);
            let read = match first.take() {
                Some(read) => read,
                None => self.read(model).await,
            };
            match read {
                Ok(page) => {
                    let (total, newest) = self.look(model).await;
                    let total = total.or(page.total);
                    self.found(&step, words::found(model, &page, total), total, newest);
                    checked.models.push(CheckedModel {
                        model: model.clone(),
                        total,
                        newest,
                    });
                    record = record.or_else(|| {
                        page.records
                            .into_iter()
                            .next()
                            .map(|record| (model.clone(), record))
                    });
                }
                Err(fault) if is_about_the_model(&fault) => {
                    self.fail(&step, fault.clone());
                    checked.refused.push((model.clone(), fault));
                }
                Err(fault) => return Err(self.fail(&step, fault)),
            }
        }
        if checked.models.is_empty()
            && let Some((model, fault)) = checked.refused.first()
        {
            let step = words::permission(model);
            let hint = words::hint(self.client, &step, fault);
            return Err(CheckFailure {
                step,
                fault: fault.clone(),
                hint,
            });
        }
        match record {
            Some((model, record)) => {
                let detail = words::record(&model, &name_of(&record), record.modified_at);
                self.begin(FIRST_RECORD);
                self.end(FIRST_RECORD, StepState::Passed, Some(detail));
            }
            None => self.end(
                FIRST_RECORD,
                StepState::Skipped,
                Some("There is no record yet.".to_owned()),
            ),
        }
        Ok(checked)
    }

    /// How many records there are and when the newest changed, where the system tells it cheaply. Nothing depends on
    /// it: a system that refuses to count, or takes long, is connected all the same.
    async fn look(&mut self, model: &str) -> (Option<u64>, Option<Timestamp>) {
        let client = self.client;
        let look = client.connector().manifest().models[model].list.look.as_ref();
        let Some(look) = look.filter(|_| self.looks) else {
            return (None, None);
        };
        let request = ReadRequest {
            model: model.to_owned(),
            page_size: Some(1),
            look: true,
            ..ReadRequest::default()
        };
        let mut pages = client.clone().read(request);
        let until = self.deadline.min(Instant::now() + LOOK);
        match timeout_at(until, pages.next()).await {
            Ok(Ok(Some(page))) => {
                let changed = page.records.first().and_then(|record| record.modified_at);
                (page.total, changed.filter(|_| look.newest_first))
            }
            Ok(_) => (None, None),
            Err(_) => {
                self.looks = false;
                (None, None)
            }
        }
    }

    /// Host and certificate show in one request without credentials, whatever its answer.
    async fn reach(&mut self) -> Result<(), CheckFailure> {
        self.begin(HOST);
        let client = self.client.clone();
        let reached = self.bounded(client.probe()).await;
        let secure = client.base().scheme() == "https";
        match reached {
            Err(fault) if fault.kind == FaultKind::Tls => {
                self.end(HOST, StepState::Passed, None);
                self.begin(TLS);
                return Err(self.fail(TLS, fault));
            }
            Err(fault) => return Err(self.fail(HOST, fault)),
            Ok(()) => self.end(HOST, StepState::Passed, None),
        }
        if secure {
            self.begin(TLS);
            self.end(TLS, StepState::Passed, None);
        } else {
            self.end(
                TLS,
                StepState::Skipped,
                Some("The address is plain http: nothing is encrypted.".to_owned()),
            );
        }
        Ok(())
    }

    /// One record of a model.
    // Exclusive although it changes nothing: a shared borrow of the report could not cross an await.
    async fn read(&mut self, model: &str) -> Result<Page, Fault> {
        let request = ReadRequest {
            model: model.to_owned(),
            page_size: Some(1),
            ..ReadRequest::default()
        };
        let mut pages = self.client.clone().read(request);
        let page = self.bounded(pages.next()).await?;
        Ok(page.unwrap_or_default())
    }

    /// Whether a first read's fault is one of signing in. Without a token to fetch, nothing has shown yet
    /// that the system even looked at the credentials.
    fn tells_of_sign_in(&self, fault: &Fault) -> bool {
        fault.kind == FaultKind::Unauthorized || (fault.kind.is_transient() && !self.client.fetches_token())
    }

    async fn bounded<T>(&mut self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        timeout_at(self.deadline, work).await.unwrap_or_else(|_| {
            Err(Fault::new(
                FaultKind::Timeout,
                "The system took too long to answer.",
            ))
        })
    }

    fn begin(&mut self, key: &str) {
        self.end(key, StepState::Running, None);
    }

    fn end(&mut self, key: &str, state: StepState, detail: Option<String>) {
        let Some(step) = self.steps.iter_mut().find(|step| step.key == key) else {
            return;
        };
        step.state = state;
        step.detail = detail;
        (self.report)(step.clone());
    }

    /// A model can be read, and this is known of it.
    fn found(&mut self, key: &str, detail: Option<String>, total: Option<u64>, newest: Option<Timestamp>) {
        if let Some(step) = self.steps.iter_mut().find(|step| step.key == key) {
            step.total = total;
            step.newest = newest;
        }
        self.end(key, StepState::Passed, detail);
    }

    fn fail(&mut self, key: &str, fault: Fault) -> CheckFailure {
        let hint = words::hint(self.client, key, &fault);
        if let Some(step) = self.steps.iter_mut().find(|step| step.key == key) {
            step.state = StepState::Failed;
            step.detail = Some(fault.to_string());
            step.fault = Some(fault.kind);
            step.said = fault
                .upstream
                .as_ref()
                .and_then(|upstream| upstream.message.clone());
            step.hint.clone_from(&hint);
            (self.report)(step.clone());
        }
        CheckFailure {
            step: key.to_owned(),
            fault,
            hint,
        }
    }

    fn skip_the_rest(&mut self) {
        for step in &mut self.steps {
            if matches!(step.state, StepState::Waiting | StepState::Running) {
                step.state = StepState::Skipped;
                (self.report)(step.clone());
            }
        }
    }
}

/// A refusal of this model, which says nothing against the others: no permission, not installed, or a field
/// that this installation does not have.
fn is_about_the_model(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Denied | FaultKind::NotFound | FaultKind::Rejected
    )
}

/// What people call a record: its number, else its name, else its id.
fn name_of(record: &Record) -> String {
    let named = ["number", "name"].into_iter().find_map(|field| {
        let value = find(&record.body, &Path::parse(field)?)?;
        text_of(value).map(|text| text.into_owned())
    });
    named.unwrap_or_else(|| record.id.clone())
}

#[cfg(test)]
mod tests;
