//! Watches a test's calls of DynamoDB, and lets the process die at any of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::config::{
    ConfigBag, Intercept, RuntimeComponents,
    interceptors::{BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut},
};
use aws_smithy_runtime_api::box_error::BoxError;

/// One call as it was sent.
#[derive(Debug, Clone)]
pub struct StoreCall {
    /// `PutItem`, `TransactWriteItems`, …
    pub operation: String,
    /// The request's JSON.
    pub body: String,
}

impl StoreCall {
    /// Whether it writes anything.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !matches!(self.operation.as_str(), "GetItem" | "BatchGetItem" | "Query")
    }

    /// Whether it names a row under this part of the records table: `records`, `journal`, `index`,
    /// `seen`, `quarantine`.
    #[must_use]
    pub fn touches(&self, part: &str) -> bool {
        match part {
            "records" => self.body.contains("#r0") || self.body.contains("#r1"),
            part => self.body.contains(&format!("#{part}\"")),
        }
    }
}

/// Where a process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Before the call with this number is sent.
    Before(usize),
    /// After it was done, before its answer arrives.
    After(usize),
    /// Before the write of a record's row with this number is sent.
    BeforeRecord(usize),
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<StoreCall>,
    death: Option<Death>,
    /// Calls since the death was set.
    count: usize,
    dead: bool,
}

/// Watches the calls of one client.
#[derive(Debug, Clone, Default)]
pub struct Probe(Arc<Mutex<State>>);

impl Probe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the calls that were made since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<StoreCall> {
        std::mem::take(&mut self.state().calls)
    }

    /// From now on counts calls from zero, and fails that one and all after it.
    pub fn die(&self, death: Death) {
        let mut state = self.state();
        (state.death, state.count, state.dead) = (Some(death), 0, false);
    }

    /// A new process takes up work; `true` when the old one had died.
    pub fn revive(&self) -> bool {
        let mut state = self.state();
        let died = state.dead;
        (state.death, state.dead) = (None, false);
        died
    }
}

impl Intercept for Probe {
    fn name(&self) -> &'static str {
        "Probe"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request
            .body()
            .bytes()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let call = StoreCall {
            operation,
            body: body.unwrap_or_default(),
        };
        let mut state = self.state();
        let number = state.count;
        let is_record = call.is_write() && call.operation != "TransactWriteItems" && call.touches("records");
        if !matches!(state.death, Some(Death::BeforeRecord(_))) || is_record {
            state.count += 1;
        }
        if is_record && state.death == Some(Death::BeforeRecord(number)) {
            state.dead = true;
        }
        if state.dead || state.death == Some(Death::Before(number)) {
            state.dead = true;
            return Err("the process is dead".into());
        }
        if let Some(Death::After(last)) = state.death
            && number > last
        {
            state.dead = true;
            return Err("the process is dead".into());
        }
        state.calls.push(call);
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        _: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut state = self.state();
        // Answers of earlier calls that are under way are lost with the process as well.
        if let Some(Death::After(last)) = state.death
            && state.count > last
        {
            state.dead = true;
        }
        if state.dead {
            Err("the process is dead".into())
        } else {
            Ok(())
        }
    }
}
