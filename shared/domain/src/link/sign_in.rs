//! Systems to which a person signs in themselves: at the system's own page, in a window of its own.
//!
//! The connect page begins a sign-in and gets a ticket. The window that opens with the ticket is bound to it by a
//! cookie, goes to the system, and comes back with a code, once. From then on it is an attempt like any other, with
//! what the code brought among the credentials.

mod row;
mod sealed;

use std::time::Duration;

use jiff::SignedDuration;
use manifold_connectors::{FaultKind, auth::code::SignIn, manifest::auth::REFRESH_TOKEN};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use self::{
    row::{SignInRow, find, unknown, write},
    sealed::{Pass, Which, random_text},
};
use super::{
    attempts::{self, MOST_ATTEMPTS, allows, typed, used_up},
    session,
};
use crate::{
    credits,
    deployment::Domain,
    error::Problem,
    store::{Change, Row, StoreError, Table, Transaction, When, due, keys},
    systems::{AcceptedInput, ConnectionInput},
};

/// How long a person has to sign in.
const LONGEST: Duration = Duration::from_secs(15 * 60);
/// How long exchanging the code may take.
const EXCHANGE: SignedDuration = SignedDuration::from_secs(60);
/// Characters of what the system says that are kept.
const MOST_SAID: usize = 300;

/// How far a sign-in is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInStatus {
    /// The person is at the system.
    Waiting,
    /// They are back, and their code is being exchanged.
    Returned,
    /// The attempt has begun.
    Started,
    /// They, or the system, said no.
    Refused,
    /// It did not work.
    Failed,
}

impl SignInStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Returned => "returned",
            Self::Started => "started",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// A sign-in as the page that began it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInView {
    /// How far it is.
    pub status: SignInStatus,
    /// The attempt that began.
    pub attempt: Option<String>,
    /// Why it was refused or failed.
    pub detail: Option<String>,
    /// What kind of failure it was, where it was the system's: `unauthorized` when it did not take its own code.
    pub fault: Option<FaultKind>,
}

impl SignInView {
    fn ended(status: SignInStatus) -> Self {
        Self {
            status,
            attempt: None,
            detail: None,
            fault: None,
        }
    }
}

/// A sign-in that began.
#[derive(Debug, Clone)]
pub struct Started {
    /// `sgn_…`
    pub id: String,
    /// Opens the window, once.
    pub ticket: SecretString,
}

/// Where a window goes.
#[derive(Debug, Clone)]
pub struct Departure {
    /// The system's page.
    pub url: String,
    /// Binds the window's browser to the sign-in; goes into a cookie.
    pub browser: SecretString,
}

/// What a window brings back.
#[derive(Clone, Default)]
pub struct Return {
    /// As it was handed out.
    pub state: String,
    /// What the cookie holds.
    pub browser: Option<SecretString>,
    /// The code.
    pub code: Option<SecretString>,
    /// What the system says instead of a code: `access_denied`.
    pub error: Option<String>,
    /// The same in a sentence.
    pub error_description: Option<String>,
    /// Who says so (RFC 9207).
    pub issuer: Option<String>,
}

/// Begins a sign-in with what the form asked for.
///
/// # Errors
/// As [`attempts::start`].
pub async fn start(
    domain: &Domain,
    ws: &str,
    link: &str,
    input: &ConnectionInput,
    redirect_uri: &str,
) -> Result<Started, Problem> {
    let row = session(domain, ws, link).await?;
    if row.used_at.is_some() {
        return Err(used_up());
    }
    allows(&row, &input.system)?;
    let accepted = accept(domain, input)?;
    if row.repairs.is_none()
        && let Some(facts) = domain.catalog.describe(&accepted.system)
    {
        credits::require(domain, ws, facts.credits_for(accepted.hosting)).await?;
    }
    let wall = domain.ports.clock.wall();
    let which = Which {
        ws: ws.to_owned(),
        link: link.to_owned(),
        id: domain.ports.ids.id("sgn", wall),
    };
    let valid_until = wall + LONGEST;
    let sign_in = SignInRow {
        id: which.id.clone(),
        status: SignInStatus::Waiting,
        redirect_uri: redirect_uri.to_owned(),
        sealed_input: Some(typed::seal(domain, ws, &which.id, input)),
        sealed_verifier: which.seal_verifier(domain, &random_text(domain)),
        browser: None,
        attempt: None,
        detail: None,
        fault: None,
        returned_at: None,
        valid_until,
        expires_at: valid_until.as_second(),
    };
    let mut transaction = Transaction::new();
    let key = keys::sign_in(ws, link, &which.id);
    let mut item = crate::store::to_row(&key, &sign_in)?;
    item.extend(due::attributes(&key, valid_until + EXCHANGE));
    transaction.put_item(Row::SignIn, Table::State, key, item, When::new_row());
    let unused = When::row_exists().absent("used_at").lt("attempts", MOST_ATTEMPTS);
    let counted = Change::new().add("attempts", 1);
    transaction.update(Row::Link, Table::State, keys::link(ws, link), counted, unused);
    match domain.store.transact(transaction).await {
        Ok(()) => Ok(Started {
            ticket: Pass::Ticket.seal(domain, &which).into(),
            id: which.id,
        }),
        Err(StoreError::Condition(Row::Link)) => Err(used_up()),
        Err(error) => Err(error.into()),
    }
}

/// Sends a window to the system's page, and binds its browser to the sign-in. Once.
///
/// # Errors
/// [`Problem::NotFound`] for a ticket that is none or over, [`Problem::Conflict`] for one that was used,
/// [`Problem::System`] where the system has no such page.
pub async fn depart(domain: &Domain, ticket: &str) -> Result<Departure, Problem> {
    let which = Pass::Ticket.open(domain, ticket).ok_or_else(unknown)?;
    let row = find(domain, &which).await?;
    let browser = random_text(domain);
    let change = Change::new().set("browser", domain.keys.token_hash(browser.expose_secret()));
    let unopened = When::row_exists()
        .absent("browser")
        .eq("status", SignInStatus::Waiting.as_str());
    write(domain, &which, change, unopened).await?;
    let accepted = accept(domain, &input_of(domain, &which, &row)?)?;
    let sign_in = sign_in_of(domain, &which, &row)?;
    let place = domain
        .catalog
        .sign_in_at(&accepted, &sign_in)
        .map_err(|fault| Problem::Unsupported(fault.message))?;
    Ok(Departure {
        url: place.url,
        browser,
    })
}

/// Takes what a window brings back, once, and begins the attempt. How it went is the row's to tell, where the page
/// that waits reads it; the answer is the same, for the window.
///
/// # Errors
/// [`Problem::NotFound`] for a state that is none or over, [`Problem::Forbidden`] for another browser's,
/// [`Problem::Conflict`] for one that came back before.
pub async fn come_back(domain: &Domain, back: Return) -> Result<SignInView, Problem> {
    let which = Pass::State.open(domain, &back.state).ok_or_else(unknown)?;
    let row = find(domain, &which).await?;
    let browser = back
        .browser
        .as_ref()
        .map(|browser| domain.keys.token_hash(browser.expose_secret()));
    let same = match (&row.browser, &browser) {
        (Some(bound), Some(given)) => bool::from(bound.as_bytes().ct_eq(given.as_bytes())),
        _ => false,
    };
    if !same {
        return Err(Problem::Forbidden(
            "This sign-in was begun in another browser. Begin it again in this one.".to_owned(),
        ));
    }
    let returned = Change::new()
        .set("status", SignInStatus::Returned.as_str())
        .set("returned_at", domain.ports.clock.wall());
    let waiting = When::row_exists().eq("status", SignInStatus::Waiting.as_str());
    write(domain, &which, returned, waiting).await?;
    let view = match go_on(domain, &which, &row, back).await {
        Ok(view) => view,
        Err(problem) => SignInView {
            detail: Some(problem.to_string()),
            ..SignInView::ended(SignInStatus::Failed)
        },
    };
    let ended = Change::new()
        .set("status", view.status.as_str())
        .set_or_remove("attempt", view.attempt.clone())
        .set_or_remove("detail", view.detail.clone())
        .set_or_remove("fault", view.fault.map(FaultKind::as_str))
        .remove("sealed_input")
        .not_due();
    write(domain, &which, ended, When::row_exists()).await?;
    Ok(view)
}

/// Wipes what was typed for a sign-in from which nobody can come back any more.
///
/// # Errors
/// The store's.
pub async fn tend(domain: &Domain, ws: &str, link: &str, id: &str) -> Result<(), Problem> {
    let key = keys::sign_in(ws, link, id);
    let row: Option<SignInRow> = domain.store.get(Row::SignIn, Table::State, &key).await?;
    let wall = domain.ports.clock.wall();
    if row.is_none_or(|row| wall < row.valid_until + EXCHANGE) {
        return Ok(());
    }
    let wiped = Change::new().remove("sealed_input").not_due();
    let there = When::row_exists();
    match domain
        .store
        .update(Row::SignIn, Table::State, &key, wiped, there)
        .await
    {
        Ok(()) | Err(StoreError::Condition(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// How it ends: with the attempt that begins, or with what the system said against it.
async fn go_on(domain: &Domain, which: &Which, row: &SignInRow, back: Return) -> Result<SignInView, Problem> {
    let mut input = input_of(domain, which, row)?;
    let accepted = accept(domain, &input)?;
    let sign_in = sign_in_of(domain, which, row)?;
    let place = domain
        .catalog
        .sign_in_at(&accepted, &sign_in)
        .map_err(|fault| Problem::Unsupported(fault.message))?;
    // Whoever answers must be whom the person was sent to (RFC 9207): before anything of it is believed.
    if place.issuer.is_some() && place.issuer != back.issuer {
        return Err(Problem::Forbidden(
            "The answer came from somewhere else than the person was sent to.".to_owned(),
        ));
    }
    let Some(code) = back.code else {
        let said = back.error_description.or(back.error).unwrap_or_default();
        return Ok(SignInView {
            detail: Some(said.chars().take(MOST_SAID).collect()),
            ..SignInView::ended(SignInStatus::Refused)
        });
    };
    let exchanged = domain
        .catalog
        .exchange_code(&which.ws, &accepted, &code, &sign_in);
    let token = match exchanged.await {
        Ok(token) => token,
        Err(fault) => {
            return Ok(SignInView {
                detail: Some(fault.to_string()),
                fault: Some(fault.kind),
                ..SignInView::ended(SignInStatus::Failed)
            });
        }
    };
    input.credentials.insert(REFRESH_TOKEN.to_owned(), token);
    let attempt = attempts::start(domain, &which.ws, &which.link, &input).await?;
    Ok(SignInView {
        attempt: Some(attempt),
        ..SignInView::ended(SignInStatus::Started)
    })
}

/// A sign-in as it is now.
///
/// # Errors
/// [`Problem::NotFound`].
pub async fn get(domain: &Domain, ws: &str, link: &str, id: &str) -> Result<SignInView, Problem> {
    if id.len() > 64 {
        return Err(unknown());
    }
    let key = keys::sign_in(ws, link, id);
    let row: Option<SignInRow> = domain.store.get(Row::SignIn, Table::State, &key).await?;
    let row = row.ok_or_else(unknown)?;
    let wall = domain.ports.clock.wall();
    let over = match row.status {
        SignInStatus::Waiting => wall >= row.valid_until,
        // Whoever exchanged the code died: it cannot be used again.
        SignInStatus::Returned => row.returned_at.is_some_and(|at| wall >= at + EXCHANGE),
        _ => false,
    };
    if over {
        return Ok(SignInView {
            detail: Some("The sign-in took too long.".to_owned()),
            ..SignInView::ended(SignInStatus::Failed)
        });
    }
    Ok(SignInView {
        status: row.status,
        attempt: row.attempt,
        detail: row.detail,
        fault: row.fault,
    })
}

fn accept(domain: &Domain, input: &ConnectionInput) -> Result<AcceptedInput, Problem> {
    domain
        .catalog
        .accept_before_sign_in(input)
        .map_err(Problem::InvalidFields)
}

fn input_of(domain: &Domain, which: &Which, row: &SignInRow) -> Result<ConnectionInput, Problem> {
    let sealed = row.sealed_input.as_deref();
    sealed
        .and_then(|sealed| typed::unseal(domain, &which.ws, &which.id, sealed))
        .ok_or_else(unknown)
}

fn sign_in_of(domain: &Domain, which: &Which, row: &SignInRow) -> Result<SignIn, Problem> {
    let verifier = which.open_verifier(domain, &row.sealed_verifier);
    Ok(SignIn {
        state: Pass::State.seal(domain, which),
        verifier: verifier.ok_or_else(unknown)?,
        redirect_uri: row.redirect_uri.clone(),
    })
}
