//! Why a use case could not do what it was asked, classified by what the caller can do about it.
//!
//! Exactly two translators read this: one makes HTTP answers of it, the other queue outcomes.

use std::time::Duration;

use jiff::Timestamp;
use manifold_connectors::fault::{Fault, FaultKind};

use crate::{
    connection::Connection,
    deployment::Unsealable,
    ports::{Clock, PortError},
    store::StoreError,
    systems::{FieldProblem, StepFailure},
};

/// Why a use case could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A query, a cursor or a body that cannot be read at all.
    #[error("{0}")]
    Unreadable(String),
    /// Fields that do not fit: all of them.
    #[error("{}", list(.0))]
    InvalidFields(Vec<FieldProblem>),
    /// No token, or one that is malformed or unknown.
    #[error("The token is missing, malformed or unknown.")]
    Unauthorized,
    /// The token was good once: its connection was disconnected, or the token was replaced or withdrawn.
    #[error("The token was revoked.")]
    TokenRevoked,
    /// The workspace has not enough free credits.
    #[error("The connection needs {needed} credits, and {free} are free.")]
    InsufficientCredits {
        /// What the connection would hold.
        needed: u32,
        /// What is free now.
        free: u64,
    },
    /// The token is good and not for this.
    #[error("{0}")]
    Forbidden(String),
    /// No such thing in this workspace.
    #[error("There is no {0}.")]
    NotFound(String),
    /// The state of things does not allow it now.
    #[error("{0}")]
    Conflict(String),
    /// The same `Idempotency-Key` is being worked on.
    #[error("A request with this Idempotency-Key is being worked on.")]
    IdempotencyInFlight,
    /// The same `Idempotency-Key` came with another body.
    #[error("This Idempotency-Key was used with another request.")]
    IdempotencyMismatch,
    /// The connection is over; only stored data can be read.
    #[error("The connection was disconnected at {since}.")]
    ConnectionDisconnected {
        /// Which.
        connection: String,
        /// Since when.
        since: Timestamp,
    },
    /// The cursor points before what is kept.
    #[error("The cursor is older than what is kept. Start again without a cursor.")]
    CursorExpired,
    /// The system failed, or refused.
    #[error("{}", .0.fault)]
    System(Box<SystemProblem>),
    /// The system refuses the connection's credentials: a person has to give new ones.
    #[error("The system refuses the credentials since {since}. {reason}")]
    ReauthRequired {
        /// Which connection.
        connection: String,
        /// Its system.
        system: String,
        /// Since when.
        since: Timestamp,
        /// What the system said.
        reason: String,
    },
    /// The system, or this model of it, cannot do that.
    #[error("{0}")]
    Unsupported(String),
    /// DynamoDB.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Queue or vault.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Something that we stored cannot be opened: the master secret is another one.
    #[error(transparent)]
    Sealed(#[from] Unsealable),
}

/// A failure of a system, with what is known about its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemProblem {
    /// What happened.
    pub fault: Fault,
    /// The system's id.
    pub system: String,
    /// The connection; `None` while connecting.
    pub connection: Option<String>,
    /// The step of a validation that failed; `None` unless connecting.
    pub step: Option<String>,
    /// What a person can do about it.
    pub hint: Option<String>,
    /// Since when the system cannot be reached.
    pub since: Option<Timestamp>,
    /// When it makes sense to try again.
    pub retry_at: Option<Timestamp>,
    /// How long that is from now, in real time.
    pub wait: Option<Duration>,
    /// When a sync last succeeded: as old is what is stored.
    pub last_synced_at: Option<Timestamp>,
}

impl SystemProblem {
    /// The same, with what is left of the wait by this clock.
    #[must_use]
    pub fn waiting(mut self, clock: &dyn Clock) -> Self {
        let left = self.retry_at.map(|at| at.duration_since(clock.now()));
        self.wait = left.map(|left| clock.real(Duration::try_from(left).unwrap_or_default()));
        self
    }

    /// Whether it came while connecting, where refusals are the input's fault.
    #[must_use]
    pub fn connecting(&self) -> bool {
        self.step.is_some()
    }
}

/// The problem's name, as api.md lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// `invalid_request`
    InvalidRequest,
    /// `unauthorized`
    Unauthorized,
    /// `token_revoked`
    TokenRevoked,
    /// `insufficient_credits`
    InsufficientCredits,
    /// `forbidden`
    Forbidden,
    /// `not_found`
    NotFound,
    /// `conflict`
    Conflict,
    /// `idempotency_in_flight`
    IdempotencyInFlight,
    /// `idempotency_mismatch`
    IdempotencyMismatch,
    /// `connection_disconnected`
    ConnectionDisconnected,
    /// `cursor_expired`
    CursorExpired,
    /// `system_unreachable`
    SystemUnreachable,
    /// `system_rate_limited`
    SystemRateLimited,
    /// `system_timeout`
    SystemTimeout,
    /// `system_rejected`
    SystemRejected,
    /// `invalid_credentials`
    InvalidCredentials,
    /// `system_forbidden`
    SystemForbidden,
    /// `system_malformed`
    SystemMalformed,
    /// `reauth_required`
    ReauthRequired,
    /// `unsupported`
    Unsupported,
    /// `internal`
    Internal,
}

impl Code {
    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Code::InvalidRequest => "invalid_request",
            Code::Unauthorized => "unauthorized",
            Code::TokenRevoked => "token_revoked",
            Code::InsufficientCredits => "insufficient_credits",
            Code::Forbidden => "forbidden",
            Code::NotFound => "not_found",
            Code::Conflict => "conflict",
            Code::IdempotencyInFlight => "idempotency_in_flight",
            Code::IdempotencyMismatch => "idempotency_mismatch",
            Code::ConnectionDisconnected => "connection_disconnected",
            Code::CursorExpired => "cursor_expired",
            Code::SystemUnreachable => "system_unreachable",
            Code::SystemRateLimited => "system_rate_limited",
            Code::SystemTimeout => "system_timeout",
            Code::SystemRejected => "system_rejected",
            Code::InvalidCredentials => "invalid_credentials",
            Code::SystemForbidden => "system_forbidden",
            Code::SystemMalformed => "system_malformed",
            Code::ReauthRequired => "reauth_required",
            Code::Unsupported => "unsupported",
            Code::Internal => "internal",
        }
    }
}

impl Problem {
    /// Its name in the API.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Problem::Unreadable(_) | Problem::InvalidFields(_) => Code::InvalidRequest,
            Problem::Unauthorized => Code::Unauthorized,
            Problem::TokenRevoked => Code::TokenRevoked,
            Problem::InsufficientCredits { .. } => Code::InsufficientCredits,
            Problem::Forbidden(_) => Code::Forbidden,
            Problem::NotFound(_) => Code::NotFound,
            Problem::Conflict(_) => Code::Conflict,
            Problem::IdempotencyInFlight => Code::IdempotencyInFlight,
            Problem::IdempotencyMismatch => Code::IdempotencyMismatch,
            Problem::ConnectionDisconnected { .. } => Code::ConnectionDisconnected,
            Problem::CursorExpired => Code::CursorExpired,
            Problem::System(problem) => problem.code(),
            Problem::ReauthRequired { .. } => Code::ReauthRequired,
            Problem::Unsupported(_) => Code::Unsupported,
            Problem::Store(_) | Problem::Port(_) | Problem::Sealed(_) => Code::Internal,
        }
    }

    /// One field that does not fit.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Problem::InvalidFields(vec![FieldProblem::new(pointer, detail)])
    }

    /// A live call of a connection's system failed.
    #[must_use]
    pub fn live(connection: &Connection, fault: Fault) -> Self {
        if fault.kind == FaultKind::Unsupported {
            return Problem::Unsupported(fault.to_string());
        }
        Problem::System(Box::new(SystemProblem {
            fault,
            system: connection.system.clone(),
            connection: Some(connection.id.clone()),
            step: None,
            hint: None,
            since: connection.is_unreachable().then_some(connection.status_since),
            retry_at: connection.live_at(),
            wait: None,
            last_synced_at: connection.last_synced_at,
        }))
    }

    /// A validation failed while connecting.
    #[must_use]
    pub fn connecting(system: &str, failure: StepFailure) -> Self {
        Problem::System(Box::new(SystemProblem {
            fault: failure.fault,
            system: system.to_owned(),
            connection: None,
            step: Some(failure.step),
            hint: failure.hint,
            since: None,
            retry_at: None,
            wait: None,
            last_synced_at: None,
        }))
    }
}

impl SystemProblem {
    /// Its name in the API.
    #[must_use]
    pub fn code(&self) -> Code {
        match self.fault.kind {
            FaultKind::Blocked
            | FaultKind::Unresolved
            | FaultKind::Unreachable
            | FaultKind::Tls
            | FaultKind::Unavailable => Code::SystemUnreachable,
            FaultKind::Timeout => Code::SystemTimeout,
            FaultKind::RateLimited => Code::SystemRateLimited,
            FaultKind::Unauthorized if self.connecting() => Code::InvalidCredentials,
            FaultKind::Unauthorized => Code::ReauthRequired,
            FaultKind::Denied => Code::SystemForbidden,
            // A path that is missing while connecting means that something else lives at this address.
            FaultKind::NotFound if self.connecting() => Code::SystemMalformed,
            FaultKind::NotFound => Code::NotFound,
            FaultKind::Rejected => Code::SystemRejected,
            FaultKind::Conflict => Code::Conflict,
            FaultKind::Malformed | FaultKind::PaginationStuck => Code::SystemMalformed,
            FaultKind::Unsupported => Code::Unsupported,
        }
    }
}

fn list(problems: &[FieldProblem]) -> String {
    let problems: Vec<String> = problems
        .iter()
        .map(|problem| match problem.pointer.as_str() {
            // The whole of what was given.
            "" => problem.detail.clone(),
            pointer => format!("{pointer}: {}", problem.detail),
        })
        .collect();
    problems.join(" ")
}
