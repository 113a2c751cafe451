//! The access token of a connection: kept while it is good, renewed by one at a time.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use http::HeaderValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::{Moment, grant::Grant, sensitive, session::Session};
use zeroize::Zeroizing;

use crate::{fault::Fault, transport::Transport};

/// A token that a sign-in brought.
#[derive(Clone)]
pub struct AccessToken {
    /// The token itself.
    pub secret: SecretString,
    /// When to stop using it: a safe while before the system does.
    pub expires_at: Timestamp,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessToken(until {})", self.expires_at)
    }
}

/// Where the processes that work for a connection share its token, sealed.
///
/// Neither call fails: a token that cannot be read or kept costs one sign-in more.
#[async_trait]
pub trait TokenCache: Send + Sync {
    /// The token that was kept last.
    async fn load(&self) -> Option<AccessToken>;

    /// Keeps a token in place of the last one.
    async fn save(&self, token: &AccessToken);
}

/// A cache for one process, or one try.
#[derive(Debug, Default)]
pub struct MemoryTokens(Mutex<Option<AccessToken>>);

#[async_trait]
impl TokenCache for MemoryTokens {
    async fn load(&self) -> Option<AccessToken> {
        self.0.lock().await.clone()
    }

    async fn save(&self, token: &AccessToken) {
        *self.0.lock().await = Some(token.clone());
    }
}

/// Which token will do.
#[derive(Clone, Copy)]
pub(super) enum Want<'a> {
    /// One whose time is not over.
    Any,
    /// One that is not the refused one, whose `Authorization` this is; without it, one from a new sign-in.
    OtherThan(Option<&'a HeaderValue>),
}

/// What brings a token.
pub(super) enum SignIn {
    /// OAuth 2.0.
    Grant(Grant),
    /// The system's own.
    Session { session: Session, scheme: String },
}

impl SignIn {
    fn scheme(&self) -> &str {
        match self {
            Self::Grant(_) => "Bearer",
            Self::Session { scheme, .. } => scheme,
        }
    }

    async fn token(
        &self,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<AccessToken, Fault> {
        match self {
            Self::Grant(grant) => grant.sign_in(transport, moment, timeout).await,
            Self::Session { session, .. } => session.sign_in(transport, moment, timeout).await,
        }
    }
}

/// The token of one connection.
pub(super) struct Tokens {
    sign_in: SignIn,
    cache: Arc<dyn TokenCache>,
    held: Mutex<Held>,
    /// How many sign-ins have ended.
    sign_ins: AtomicU64,
}

#[derive(Default)]
struct Held {
    token: Option<AccessToken>,
    /// How the last sign-in failed.
    fault: Option<Fault>,
}

impl Tokens {
    pub(super) fn new(sign_in: SignIn, cache: Arc<dyn TokenCache>) -> Self {
        Self {
            sign_in,
            cache,
            held: Mutex::default(),
            sign_ins: AtomicU64::new(0),
        }
    }

    /// The `Authorization` that shows a token.
    pub(super) fn header(&self, token: &AccessToken) -> Result<HeaderValue, Fault> {
        sensitive(&Zeroizing::new(format!(
            "{} {}",
            self.sign_in.scheme(),
            token.secret.expose_secret()
        )))
    }

    fn will_do(&self, want: Want<'_>, token: &AccessToken, now: Timestamp) -> bool {
        now < token.expires_at
            && match want {
                Want::Any => true,
                Want::OtherThan(None) => false,
                Want::OtherThan(Some(refused)) => self.header(token).is_ok_and(|value| value != refused),
            }
    }

    /// A token that will do, from here, from the cache, or by signing in.
    ///
    /// Whoever comes while another signs in waits for it and shares its outcome, its failure too:
    /// twenty waiting requests must not try a wrong password twenty times and lock the account.
    pub(super) async fn get(
        &self,
        want: Want<'_>,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<AccessToken, Fault> {
        let sign_ins = self.sign_ins.load(Ordering::Acquire);
        let mut held = self.held.lock().await;
        let waited_for_one = self.sign_ins.load(Ordering::Acquire) != sign_ins;
        if waited_for_one && let Some(fault) = &held.fault {
            return Err(fault.clone());
        }
        if let Some(token) = held
            .token
            .as_ref()
            .filter(|token| self.will_do(want, token, moment.now()))
        {
            return Ok(token.clone());
        }
        if let Some(token) = self
            .cache
            .load()
            .await
            .filter(|token| self.will_do(want, token, moment.now()))
        {
            held.token = Some(token.clone());
            return Ok(token);
        }
        let outcome = self.sign_in.token(transport, moment, timeout).await;
        self.sign_ins.fetch_add(1, Ordering::Release);
        match outcome {
            Ok(token) => {
                *held = Held {
                    token: Some(token.clone()),
                    fault: None,
                };
                self.cache.save(&token).await;
                Ok(token)
            }
            Err(fault) => {
                *held = Held {
                    token: None,
                    fault: Some(fault.clone()),
                };
                Err(fault)
            }
        }
    }
}
