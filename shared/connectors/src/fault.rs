//! What can go wrong with a system, classified by what to do about it.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// What a fault means for whoever called: each kind has one way of recovering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The address is not one that we may call: a private range, a loopback, a denied port, a foreign host.
    ///
    /// Reads exactly like a name that does not resolve, so that nobody can map a network with it.
    Blocked,
    /// The host's name does not resolve.
    Unresolved,
    /// Nothing listens there, or the connection was cut before an answer.
    Unreachable,
    /// The certificate is not one that we trust, or TLS failed otherwise.
    Tls,
    /// No answer in time.
    Timeout,
    /// The system answers 5xx: it is there and does not work now.
    Unavailable,
    /// The system asks to wait; [`Fault::retry_after`] says how long when the system said it.
    RateLimited,
    /// The credentials are refused: only a person can mend this.
    Unauthorized,
    /// Signed in, but not allowed to do this.
    Denied,
    /// No such record, or no such path.
    NotFound,
    /// The system's own validation refuses the request.
    Rejected,
    /// Somebody else changed the record meanwhile.
    Conflict,
    /// The answer is not what this API says (an HTML page, cut JSON, a broken page).
    Malformed,
    /// The same page or cursor came twice: going on would never end.
    PaginationStuck,
    /// The system, or its manifest, has no way to do this; the message names it.
    Unsupported,
}

impl FaultKind {
    /// Whether waiting may mend it. These, and only these, back off and count as an outage.
    #[must_use]
    pub fn is_outage(self) -> bool {
        use FaultKind::*;
        matches!(
            self,
            Unresolved | Unreachable | Tls | Timeout | Unavailable | Blocked
        )
    }

    /// Whether another try later makes sense without a person: an outage or a rate limit.
    #[must_use]
    pub fn is_transient(self) -> bool {
        self.is_outage() || self == FaultKind::RateLimited
    }

    /// The kind's name as it stands in stored errors and log fields.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        use FaultKind::*;
        match self {
            Blocked => "blocked",
            Unresolved => "unresolved",
            Unreachable => "unreachable",
            Tls => "tls",
            Timeout => "timeout",
            Unavailable => "unavailable",
            RateLimited => "rate_limited",
            Unauthorized => "unauthorized",
            Denied => "denied",
            NotFound => "not_found",
            Rejected => "rejected",
            Conflict => "conflict",
            Malformed => "malformed",
            PaginationStuck => "pagination_stuck",
            Unsupported => "unsupported",
        }
    }
}

/// What the system itself said: from its known error envelope only, cut and redacted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upstream {
    /// HTTP status of the system's answer.
    pub status: u16,
    /// The system's own error code (`/IWBEP/CX_MGW_BUSI_EXCEPTION`, `USER_ERROR`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The system's own sentence, at most 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// One failure of one exchange with a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What to do about it.
    pub kind: FaultKind,
    /// A sentence for a person, without secrets and without the raw answer.
    pub message: String,
    /// What the system said, where it answered at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<Upstream>,
    /// How long the system asks to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
    /// Which setting, credential, filter or model it is about, where one is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl Fault {
    /// A fault with a sentence and nothing else.
    #[must_use]
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            upstream: None,
            retry_after: None,
            about: None,
        }
    }

    /// The same fault, naming what it is about.
    #[must_use]
    pub fn about(mut self, what: impl Into<String>) -> Self {
        self.about = Some(what.into());
        self
    }

    /// The same fault with what the system said.
    #[must_use]
    pub fn upstream(mut self, upstream: Upstream) -> Self {
        self.upstream = Some(upstream);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(said) = self
            .upstream
            .as_ref()
            .and_then(|upstream| upstream.message.as_deref())
        {
            write!(f, " The system says: {said}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}
