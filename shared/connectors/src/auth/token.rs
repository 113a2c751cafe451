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
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use zeroize::Zeroizing;

use super::{
    Moment,
    grant::{Brought, Grant},
    sensitive,
    session::Session,
};
use crate::{
    fault::{Fault, FaultKind},
    transport::Transport,
};

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

/// A turn to renew. The number rises with each that is given, so that whoever comes late is known by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Turn(pub u64);

/// Where the processes that work for a connection share its token, sealed.
///
/// An access token that cannot be read or kept costs one sign-in more. A refresh token that cannot be is a fault.
#[async_trait]
pub trait TokenCache: Send + Sync {
    /// The token that was kept last.
    async fn load(&self) -> Option<AccessToken>;

    /// Keeps a token in place of the last one.
    async fn save(&self, token: &AccessToken);

    /// The refresh token that the last renewal brought; `None` while the one in the credentials is the newest.
    ///
    /// # Errors
    /// It could not be read. The one in the credentials must not be shown then: it may be used up, and a system that
    /// sees it again may take it for stolen.
    async fn refresh_token(&self) -> Result<Option<SecretString>, Fault> {
        Ok(None)
    }

    /// Keeps a refresh token in place of the last one, unless a later turn has kept one. It is called before the
    /// access token that came with it is used: what it replaces may be worth nothing any more.
    ///
    /// # Errors
    /// It could not be kept, which must not be passed over.
    async fn keep_refresh_token(&self, _turn: Turn, _token: &SecretString) -> Result<(), Fault> {
        Ok(())
    }

    /// Takes the turn to renew, where renewing uses up what it renews with: of all processes one at a time. It ends
    /// by itself when whoever has it dies, longer after it began than two exchanges take.
    async fn take_turn(&self) -> Option<Turn> {
        Some(Turn(0))
    }

    /// Gives the turn back, if it is still this one.
    async fn end_turn(&self, _turn: Turn) {}
}

/// How long somebody else's renewal is waited for, and how often it is looked after.
const OTHERS_TURN: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A cache for one process, or one try.
#[derive(Debug, Default)]
pub struct MemoryTokens {
    access: Mutex<Option<AccessToken>>,
    refresh: Mutex<Option<SecretString>>,
}

#[async_trait]
impl TokenCache for MemoryTokens {
    async fn load(&self) -> Option<AccessToken> {
        self.access.lock().await.clone()
    }

    async fn save(&self, token: &AccessToken) {
        *self.access.lock().await = Some(token.clone());
    }

    async fn refresh_token(&self) -> Result<Option<SecretString>, Fault> {
        Ok(self.refresh.lock().await.clone())
    }

    async fn keep_refresh_token(&self, _turn: Turn, token: &SecretString) -> Result<(), Fault> {
        *self.refresh.lock().await = Some(token.clone());
        Ok(())
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

    /// Whether a sign-in may use up what it signs in with.
    fn rotates(&self) -> bool {
        matches!(self, Self::Grant(grant) if grant.rotates())
    }

    /// Signs in. `newest` is the refresh token of the last renewal, if there was one.
    async fn token(
        &self,
        newest: Option<&SecretString>,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<Brought, Fault> {
        match self {
            Self::Grant(grant) => grant.sign_in(newest, transport, moment, timeout).await,
            Self::Session { session, .. } => Ok(Brought {
                access: session.sign_in(transport, moment, timeout).await?,
                refresh: None,
            }),
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
        let outcome = self.renew(want, transport, moment, timeout).await;
        self.sign_ins.fetch_add(1, Ordering::Release);
        match outcome {
            Ok(token) => {
                *held = Held {
                    token: Some(token.clone()),
                    fault: None,
                };
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

    /// Signs in, and keeps what that brings; where it uses something up, only in one's turn and with what came last.
    async fn renew(
        &self,
        want: Want<'_>,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<AccessToken, Fault> {
        if !self.sign_in.rotates() {
            let brought = self.sign_in.token(None, transport, moment, timeout).await?;
            self.cache.save(&brought.access).await;
            return Ok(brought.access);
        }
        let until = Instant::now() + OTHERS_TURN;
        loop {
            let turn = self.cache.take_turn().await;
            // Whoever had the turn before may have brought one.
            let others = self.cache.load().await;
            if let Some(token) = others.filter(|token| self.will_do(want, token, moment.now())) {
                if let Some(turn) = turn {
                    self.cache.end_turn(turn).await;
                }
                return Ok(token);
            }
            if let Some(turn) = turn {
                let renewed = self.in_turn(turn, want, transport, moment, timeout).await;
                self.cache.end_turn(turn).await;
                return renewed;
            }
            if Instant::now() >= until {
                let message = "Somebody else has been signing in for a while: try again.";
                return Err(Fault::new(FaultKind::Unavailable, message));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn in_turn(
        &self,
        turn: Turn,
        want: Want<'_>,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<AccessToken, Fault> {
        let exchange = async |newest: Option<&SecretString>| {
            self.sign_in.token(newest, transport, moment, timeout).await
        };
        let used = self.cache.refresh_token().await?;
        let mut brought = exchange(used.as_ref()).await;
        if brought.as_ref().is_err_and(is_unknown) {
            // It may have used the token up and lost what it brought. Systems let the old one be shown again for a
            // moment, so that this is the time to.
            brought = exchange(used.as_ref()).await;
        }
        if brought
            .as_ref()
            .is_err_and(|fault| fault.kind == FaultKind::Unauthorized)
        {
            // Somebody whose turn was over may have used it up meanwhile, and kept what came.
            let newest = self.cache.refresh_token().await?;
            if !same(newest.as_ref(), used.as_ref()) {
                brought = exchange(newest.as_ref()).await;
            }
        }
        let brought = brought?;
        if let Some(refresh) = &brought.refresh
            && let Err(fault) = self.cache.keep_refresh_token(turn, refresh).await
        {
            // A later turn may have kept another.
            let others = self.cache.load().await;
            let others = others.filter(|token| self.will_do(want, token, moment.now()));
            return others.ok_or(fault);
        }
        // Before the turn ends, so that whoever comes next finds it.
        self.cache.save(&brought.access).await;
        Ok(brought.access)
    }
}

/// Whether an exchange that failed may have had its effect all the same: its answer was lost, or is none.
fn is_unknown(fault: &Fault) -> bool {
    matches!(
        fault.kind,
        FaultKind::Timeout | FaultKind::Unreachable | FaultKind::Malformed
    )
}

fn same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    one.map(|token| token.expose_secret()) == other.map(|token| token.expose_secret())
}
