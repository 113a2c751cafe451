//! The systems that can be connected, as the rules need them: what they are, whether input fits, and
//! a way in. The functions implement it over the catalogue; tests bring their own.

mod input;
mod validation;

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use manifold_connectors::{
    auth::{Turn, code::SignIn},
    fault::{Fault, FaultKind},
    source::{ModelTraits, Source},
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use self::{
    input::{AcceptedInput, ConnectionInput, FieldProblem},
    validation::{StepFailure, StepReport, StepState, Validated},
};
use crate::{ports::Secrets, store::StoreError};

/// Opens systems.
#[async_trait]
pub trait Systems: Send + Sync {
    /// What there is to know about a system; `None` when there is no such system.
    fn describe(&self, system: &str) -> Option<SystemFacts>;

    /// Checks settings and credentials against what the system asks for, without any call.
    ///
    /// # Errors
    /// Every problem at once, each with a pointer into the input.
    fn accept(&self, input: &ConnectionInput) -> Result<AcceptedInput, Vec<FieldProblem>>;

    /// Talks to the system step by step and reports each; `Ok` means that it can be connected. Which
    /// private targets may be called depends on the workspace.
    ///
    /// # Errors
    /// The step that failed, and why.
    async fn validate(
        &self,
        workspace: &str,
        input: &AcceptedInput,
        progress: &mut (dyn FnMut(StepReport) + Send),
    ) -> Result<Validated, StepFailure>;

    /// As [`Self::accept`], before a person has signed in at the system itself.
    ///
    /// # Errors
    /// Every problem at once; one about `/method` when nobody signs in so.
    fn accept_before_sign_in(&self, _input: &ConnectionInput) -> Result<AcceptedInput, Vec<FieldProblem>> {
        let detail = "Nobody signs in to this system in a browser: choose another method.";
        Err(vec![FieldProblem::new("/method", detail)])
    }

    /// Where a person signs in, and what `iss` must say when they come back, where it says anything.
    ///
    /// # Errors
    /// A fault when the system has no such place.
    fn sign_in_at(&self, _input: &AcceptedInput, _sign_in: &SignIn) -> Result<SignInPlace, Fault> {
        Err(Fault::new(
            FaultKind::Unsupported,
            "Nobody signs in to this system in a browser.",
        ))
    }

    /// The refresh token that a code brings.
    ///
    /// # Errors
    /// What the system says against it, or an outage.
    async fn exchange_code(
        &self,
        _workspace: &str,
        _input: &AcceptedInput,
        _code: &SecretString,
        _sign_in: &SignIn,
    ) -> Result<SecretString, Fault> {
        Err(Fault::new(
            FaultKind::Unsupported,
            "Nobody signs in to this system in a browser.",
        ))
    }

    /// Name and port of the host whose outage is that of every connection to it; `None` where the vendor's
    /// customers share a host, so that one connection's failure says nothing about another's.
    fn host(&self, system: &str, settings: &BTreeMap<String, String>) -> Option<String> {
        let _ = (system, settings);
        None
    }

    /// A way into one connection's system. Nothing is asked of the system yet.
    ///
    /// # Errors
    /// A fault when settings that were accepted once no longer fit the catalogue.
    fn open(&self, spec: OpenSpec) -> Result<Arc<dyn OpenSystem>, Fault>;
}

/// Where a person signs in to a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInPlace {
    /// The address to send them to.
    pub url: String,
    /// What `iss` must say when they come back (RFC 9207).
    pub issuer: Option<String>,
}

/// Where an installation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hosting {
    /// At the vendor or in a cloud.
    Cloud,
    /// In the customer's own house: costs twice the credits.
    OnPremises,
}

/// A system as far as rules depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemFacts {
    /// Its id in the catalogue: `sap_s4hana`.
    pub system: String,
    /// Its name for people.
    pub title: String,
    /// Credits that a cloud connection holds.
    pub credits: u32,
    /// Every model that it offers, with what the model can do there.
    pub models: Vec<ModelTraits>,
}

impl SystemFacts {
    /// Credits that a connection with this hosting holds.
    #[must_use]
    pub fn credits_for(&self, hosting: Hosting) -> u32 {
        match hosting {
            Hosting::Cloud => self.credits,
            Hosting::OnPremises => self.credits * 2,
        }
    }

    /// Whether the system offers this model.
    #[must_use]
    pub fn has_model(&self, model: &str) -> bool {
        self.models.iter().any(|traits| traits.model == model)
    }
}

/// What an access token is and how long it lasts, by the wall's clock.
#[derive(Debug, Clone)]
pub struct AccessToken {
    /// The token.
    pub secret: SecretString,
    /// When to stop using it: a safe while before it ends. `None` when the system did not say.
    pub expires_at: Option<Timestamp>,
}

/// Keeps a connection's access token between invocations. Losing it costs a sign-in, nothing else.
#[async_trait]
pub trait TokenCache: Send + Sync {
    /// The token that was saved last, unless it was dropped or is over.
    async fn load(&self) -> Option<AccessToken>;
    /// Keeps a token.
    async fn save(&self, token: &AccessToken);
    /// Forgets the token: the system refused it.
    async fn forget(&self);

    /// The refresh token of the last renewal; `None` while the one in the credentials is the newest.
    ///
    /// # Errors
    /// The store's: then no older one must be used in its place.
    async fn refresh_token(&self) -> Result<Option<SecretString>, StoreError>;
    /// Keeps a refresh token in place of the last one.
    ///
    /// # Errors
    /// The store's, or [`StoreError::Condition`] when a later turn kept one or the connection has other credentials
    /// by now: then the access token that came with it must not be used.
    async fn keep_refresh_token(&self, turn: Turn, token: &SecretString) -> Result<(), StoreError>;
    /// Takes the turn to renew; `None` while another process has it.
    async fn take_turn(&self) -> Option<Turn>;
    /// Gives the turn back, if it is still this one.
    async fn end_turn(&self, turn: Turn);
}

/// A field that the workspace added to a connection's mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// The unified model that gets it.
    pub model: String,
    /// Its name under `custom_fields`.
    pub name: String,
    /// Where it stands in the source record.
    pub source: String,
    /// How its value is read, by the catalogue's decoder names; text when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<String>,
}

/// What is needed to open one connection's system.
#[derive(Clone)]
pub struct OpenSpec {
    /// The workspace's id: which private targets may be called depends on it.
    pub workspace: String,
    /// The connection's id: rate budgets are kept per connection.
    pub connection: String,
    /// The system's id.
    pub system: String,
    /// The authentication method.
    pub method: String,
    /// Settings as accepted.
    pub settings: BTreeMap<String, String>,
    /// Credentials from the vault.
    pub credentials: Secrets,
    /// Fields that the workspace added.
    pub custom_fields: Vec<CustomField>,
    /// Where the access token is kept.
    pub tokens: Arc<dyn TokenCache>,
    /// What it is opened for.
    pub purpose: Purpose,
}

/// What a system is opened for, hence how long a request may be held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody waits for the answer.
    Call,
    /// Nobody does: a sync, or a look whether the system is back.
    Work,
}

impl fmt::Debug for OpenSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSpec")
            .field("connection", &self.connection)
            .field("system", &self.system)
            .field("method", &self.method)
            .field("settings", &self.settings.keys())
            .field("credentials", &self.credentials.keys())
            .finish_non_exhaustive()
    }
}

/// A system that was opened: reads of unified models, and the system's own API.
#[async_trait]
pub trait OpenSystem: Source {
    /// Calls the system's own API with the connection's credentials.
    ///
    /// # Errors
    /// A fault when there was no answer; an answer of any status is `Ok`.
    async fn passthrough(&self, call: PassthroughCall) -> Result<PassthroughAnswer, Fault>;
}

/// A call of the system's own API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassthroughCall {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path on the system's API host; never another host.
    pub path: String,
    /// Query parameters in their order.
    pub query: Vec<(String, String)>,
    /// Headers beside those of the authentication.
    pub headers: Vec<(String, String)>,
    /// The body to send.
    pub body: Option<Bytes>,
}

/// What the system answered to a passthrough call; at most 5 MB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassthroughAnswer {
    /// The system's own status.
    pub status: u16,
    /// Headers, by an allow-list.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Bytes,
}
