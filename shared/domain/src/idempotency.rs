//! Kept answers: a request that comes again under the same `Idempotency-Key` gets the answer of the first.
//!
//! Whoever begins holds a lease, so that a crash frees the key when the lease ends. Answers are kept 24
//! hours, sealed under a key that only the same caller with the same `Idempotency-Key` can name.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use jiff::{
    SignedDuration, Timestamp,
    fmt::serde::timestamp::millisecond::{optional as maybe_millis, required as millis},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    deployment::Domain,
    error::Problem,
    store::{Change, Row, StoreError, Table, When, keys},
};

/// How long an answer is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// How long a request may take: no function of ours runs longer for one.
const LEASE: Duration = Duration::from_secs(60);
/// Bytes of an answer that can be kept; a row holds 400 KB.
const LARGEST_ANSWER: usize = 250_000;

/// Who asks, and under which key.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The workspace; `admin` for the operator.
    pub ws: &'a str,
    /// The caller's token: the answer is sealed for it.
    pub bearer: &'a SecretString,
    /// The `Idempotency-Key`, at most 255 characters.
    pub key: &'a str,
    /// A hash of method, path and body.
    pub request: &'a str,
}

/// Whether to go on.
#[derive(Debug)]
pub enum Begun {
    /// Do the work, then [`finish`] or [`release`] the claim.
    Fresh(Claim),
    /// Answer this again, as [`finish`] was given it.
    Replay(Vec<u8>),
}

/// The right to work under a key, until its lease ends.
#[derive(Debug)]
#[must_use = "a claim that is neither finished nor released blocks its key until the lease ends"]
pub struct Claim {
    key: keys::Key,
    owner: String,
    context: SecretString,
}

#[derive(Serialize, Deserialize)]
struct AnswerRow {
    request: String,
    owner: String,
    /// While the work goes on, by the wall's clock.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    lease_until: Option<Timestamp>,
    /// When the answer is forgotten, by the stack's clock.
    #[serde(with = "millis")]
    kept_until: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_answer: Option<String>,
    expires_at: i64,
}

/// Claims the key, or finds what was answered under it.
///
/// # Errors
/// [`Problem::IdempotencyInFlight`], [`Problem::IdempotencyMismatch`], [`Problem::InvalidFields`] for a
/// key that is too long.
pub async fn begin(domain: &Domain, asked: Asked<'_>) -> Result<Begun, Problem> {
    if asked.key.is_empty() || asked.key.len() > 255 {
        return Err(Problem::Unreadable(
            "An Idempotency-Key has 1 to 255 characters.".to_owned(),
        ));
    }
    let caller = domain.keys.token_hash(asked.bearer.expose_secret());
    let key = keys::idempotency(asked.ws, &domain.keys.answer_hash(&caller, asked.key));
    let context = SecretString::from(format!(
        "answer for {} {}",
        asked.bearer.expose_secret(),
        asked.key
    ));
    let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
    let kept_until = now + KEPT;
    let row = AnswerRow {
        request: asked.request.to_owned(),
        owner: domain.ports.ids.id("own", wall),
        lease_until: Some(wall + LEASE),
        kept_until,
        sealed_answer: None,
        expires_at: kept_until.as_second(),
    };
    let free = When::always().any_of([
        When::new_row(),
        When::always().le("kept_until", now),
        // The worker died: its lease ended without an answer.
        When::always()
            .le("lease_until", wall)
            .eq("request", asked.request),
    ]);
    match domain
        .store
        .put(Row::Idempotency, Table::State, &key, &row, free)
        .await
    {
        Ok(()) => {
            return Ok(Begun::Fresh(Claim {
                key,
                owner: row.owner,
                context,
            }));
        }
        Err(StoreError::Condition(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let known: Option<AnswerRow> = domain.store.get(Row::Idempotency, Table::State, &key).await?;
    match known {
        Some(known) if known.request != asked.request => Err(Problem::IdempotencyMismatch),
        Some(AnswerRow {
            sealed_answer: Some(sealed),
            ..
        }) => {
            let sealed = BASE64.decode(sealed).unwrap_or_default();
            Ok(Begun::Replay(
                domain.keys.open(context.expose_secret(), &sealed)?.to_vec(),
            ))
        }
        // In flight, or released this very moment: either way the caller may come again.
        _ => Err(Problem::IdempotencyInFlight),
    }
}

/// Keeps the answer. One that is too large is not kept, and the key is released.
///
/// # Errors
/// The store's; the lease frees the key then.
pub async fn finish(domain: &Domain, claim: Claim, answer: &[u8]) -> Result<(), Problem> {
    if answer.len() > LARGEST_ANSWER {
        return release(domain, claim).await;
    }
    let sealed = domain
        .keys
        .seal(&*domain.ports.ids, claim.context.expose_secret(), answer);
    let change = Change::new()
        .set("sealed_answer", BASE64.encode(sealed))
        .remove("lease_until");
    let mine = When::row_exists().eq("owner", &claim.owner);
    ended(
        domain
            .store
            .update(Row::Idempotency, Table::State, &claim.key, change, mine)
            .await,
    )
}

/// Gives the key back: the request did nothing, or may be done again.
///
/// # Errors
/// The store's; the lease frees the key then.
pub async fn release(domain: &Domain, claim: Claim) -> Result<(), Problem> {
    let mine = When::row_exists().eq("owner", &claim.owner);
    ended(
        domain
            .store
            .delete(Row::Idempotency, Table::State, &claim.key, mine)
            .await,
    )
}

/// A claim whose lease ended is another's by now; its own answer counts for nothing.
fn ended(done: Result<(), StoreError>) -> Result<(), Problem> {
    match done {
        Ok(()) | Err(StoreError::Condition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
