//! The fake systems as the domain sees them: described, validated, opened, read page by page.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use manifold_connectors::{
    auth::code::SignIn,
    fault::{Fault, FaultKind},
    source::{ModelTraits, Page, Pages, Position, ReadRequest, Record, Rejected, Source},
};

use secrecy::{ExposeSecret as _, SecretString};

use super::{Entry, FakeSystems, Twist};
use crate::systems::{
    AcceptedInput, ConnectionInput, FieldProblem, Hosting, OpenSpec, OpenSystem, PassthroughAnswer,
    PassthroughCall, SignInPlace, StepFailure, StepReport, StepState, SystemFacts, Systems, Validated,
};

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
            problems.push(FieldProblem::new(
                "/system",
                format!("There is no system `{}`.", input.system),
            ));
        }
        if !input
            .settings
            .get("instance_url")
            .is_some_and(|url| url.starts_with("https://"))
        {
            problems.push(FieldProblem::new(
                "/settings/instance_url",
                "An address that begins with https://.",
            ));
        }
        if !input.credentials.contains_key("password") {
            problems.push(FieldProblem::new(
                "/credentials/password",
                "The password is missing.",
            ));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let on_premises = input
            .settings
            .get("hosting")
            .is_some_and(|hosting| hosting == "on_premises");
        Ok(AcceptedInput {
            system: input.system.clone(),
            method: input.method.clone().unwrap_or_else(|| "password".to_owned()),
            hosting: if on_premises {
                Hosting::OnPremises
            } else {
                Hosting::Cloud
            },
            settings: input.settings.clone(),
            credentials: input.credentials.clone(),
            identity: vec!["instance_url".to_owned()],
        })
    }

    fn accept_before_sign_in(&self, input: &ConnectionInput) -> Result<AcceptedInput, Vec<FieldProblem>> {
        self.accept(input)
    }

    fn sign_in_at(&self, _: &AcceptedInput, sign_in: &SignIn) -> Result<SignInPlace, Fault> {
        Ok(SignInPlace {
            url: format!("https://fake.example/authorize?state={}", sign_in.state),
            issuer: Some("https://fake.example".to_owned()),
        })
    }

    /// The code `good` brings a token; every other one is refused.
    async fn exchange_code(
        &self,
        _: &str,
        _: &AcceptedInput,
        code: &SecretString,
        _: &SignIn,
    ) -> Result<SecretString, Fault> {
        if code.expose_secret() == "good" {
            Ok(SecretString::from("refresh-1"))
        } else {
            Err(Fault::new(FaultKind::Unauthorized, "The code is not good."))
        }
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
            fault: None,
            said: None,
            total: None,
            newest: None,
        };
        progress(step("host", "Reach the host", StepState::Running, None));
        if let Err(fault) = self.exchange("validate".to_owned()).await {
            progress(step(
                "host",
                "Reach the host",
                StepState::Failed,
                Some(fault.to_string()),
            ));
            return Err(StepFailure {
                step: "host".to_owned(),
                fault,
                hint: Some("Check the address.".to_owned()),
            });
        }
        progress(step("host", "Reach the host", StepState::Passed, None));
        if self.refuses(&input.credentials) {
            let fault =
                Fault::new(FaultKind::Unauthorized, "The system refuses the password.").about("password");
            progress(step(
                "sign_in",
                "Sign in",
                StepState::Failed,
                Some(fault.to_string()),
            ));
            return Err(StepFailure {
                step: "sign_in".to_owned(),
                fault,
                hint: Some("Type it again.".to_owned()),
            });
        }
        progress(step("sign_in", "Sign in", StepState::Passed, None));
        Ok(Validated {
            models: self.state().traits.keys().cloned().collect(),
            access: None,
            refresh_token: None,
        })
    }

    fn host(&self, _system: &str, settings: &BTreeMap<String, String>) -> Option<String> {
        if self.state().shared_host {
            return None;
        }
        let url = settings.get("instance_url")?;
        Some(url.trim_start_matches("https://").to_owned())
    }

    fn open(&self, spec: OpenSpec) -> Result<Arc<dyn OpenSystem>, Fault> {
        Ok(Arc::new(FakeSystem {
            systems: self.clone(),
            spec,
        }))
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
            return Err(Fault::new(
                FaultKind::Unauthorized,
                "The system refuses the password.",
            ));
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
        Box::new(FakePages {
            system: self,
            request,
            page: 0,
            over: false,
        })
    }

    async fn get(&self, model: &str, id: &str, raw: bool) -> Result<Option<Result<Record, Rejected>>, Fault> {
        self.exchange(format!("get {model} {id}")).await?;
        let state = self.systems.state();
        Ok(state
            .records
            .get(model)
            .and_then(|records| records.get(id))
            .map(|entry| entry.mapped(raw)))
    }
}

#[async_trait]
impl OpenSystem for FakeSystem {
    async fn passthrough(&self, call: PassthroughCall) -> Result<PassthroughAnswer, Fault> {
        self.exchange(format!("passthrough {} {}", call.method, call.path))
            .await?;
        Ok(PassthroughAnswer {
            status: 200,
            headers: vec![],
            body: Bytes::from_static(b"{}"),
        })
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
                    let body =
                        String::from_utf8_lossy(&record.body).replace("\"name\":\"", "\"name\":\"newest ");
                    Record {
                        body: body.into_bytes(),
                        ..record.clone()
                    }
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
        self.system
            .exchange(format!("page {} {}", self.request.model, self.page))
            .await?;
        let state = self.system.systems.state();
        let Some(traits) = state.traits.get(&self.request.model) else {
            return Err(
                Fault::new(FaultKind::Unsupported, "The system has no such model.")
                    .about(&self.request.model),
            );
        };
        if self.request.since.is_some() && !traits.incremental {
            return Err(
                Fault::new(FaultKind::Unsupported, "The model cannot say what changed.")
                    .about("modified_after"),
            );
        }
        let size = self
            .request
            .page_size
            .map_or(state.page_size, |wanted| wanted as usize)
            .max(1);
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
                (
                    Entry::Good(Record {
                        modified_at: Some(at),
                        ..
                    }),
                    Some(since),
                ) => *at >= since,
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
