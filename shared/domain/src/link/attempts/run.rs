//! One worker's work on an attempt: takes its lease, asks the system, and writes how it ended.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc::UnboundedSender;

use super::{LEASE, MOST_TRIES, PUBLIC_TOKEN, progress, public_context, request, typed, used_up};
use crate::{
    audit::Actor,
    connect, credits,
    deployment::Domain,
    error::Problem,
    link::session,
    store::{
        Change, Row, StoreError, Table, Transaction, When, keys,
        link::{AttemptFailure, AttemptRow, AttemptStatus, LinkRow},
        token::{Opens, TokenRow},
    },
    systems::{ConnectionInput, StepReport},
    token::{self, Kind},
    update::{self, Repair},
};

/// Works on an attempt, or does nothing when it ended or another worker holds it.
///
/// # Errors
/// The store's and the vault's; the row stays due. What the system says ends in the row instead.
pub async fn run(domain: &Domain, ws: &str, link: &str, attempt: &str) -> Result<(), Problem> {
    let Some(row) = take(domain, ws, link, attempt).await? else {
        return Ok(());
    };
    let run = Run {
        domain,
        ws,
        link,
        attempt,
        tries: row.tries,
    };
    let wall = domain.ports.clock.wall();
    if wall >= row.valid_until || row.tries > MOST_TRIES {
        let problem = Problem::Conflict("The attempt took too long and was given up. Try again.".to_owned());
        return run.fail(row.steps, &problem).await;
    }
    let Some(input) = row
        .sealed_input
        .as_deref()
        .and_then(|sealed| typed::unseal(domain, ws, attempt, sealed))
    else {
        let problem = Problem::Conflict("What was typed is no longer there. Try again.".to_owned());
        return run.fail(row.steps, &problem).await;
    };
    let session = match session(domain, ws, link).await {
        Ok(session) if session.used_at.is_none() => session,
        Ok(_) => return run.fail(row.steps, &used_up()).await,
        Err(problem @ Problem::NotFound(_)) => return run.fail(row.steps, &problem).await,
        Err(problem) => return Err(problem),
    };
    let work = |reports: UnboundedSender<StepReport>| async {
        // Nobody listens any more when the work is over.
        let mut report = move |step| drop(reports.send(step));
        run.work(&session, input, &mut report).await
    };
    let (ended, steps) = progress::with(&run, work).await;
    match ended {
        Ok(()) => Ok(()),
        // Ours to mend: another worker takes it up.
        Err(problem @ (Problem::Store(_) | Problem::Port(_))) => Err(problem),
        Err(problem) => run.fail(steps, &problem).await,
    }
}

/// One worker's hold on an attempt.
pub(super) struct Run<'a> {
    domain: &'a Domain,
    ws: &'a str,
    link: &'a str,
    pub(super) attempt: &'a str,
    tries: u32,
}

impl Run<'_> {
    fn key(&self) -> keys::Key {
        keys::attempt(self.ws, self.link, self.attempt)
    }

    /// The hold is lost when another worker has taken the attempt up.
    fn held(&self) -> When {
        When::row_exists()
            .eq("tries", self.tries)
            .eq("status", AttemptStatus::Running.as_str())
    }

    async fn work(
        &self,
        session: &LinkRow,
        input: ConnectionInput,
        report: &mut (dyn FnMut(StepReport) + Send),
    ) -> Result<(), Problem> {
        let (domain, ws) = (self.domain, self.ws);
        let actor = Actor {
            who: self.link.to_owned(),
            from: None,
            request: None,
        };
        if let Some(conn) = &session.repairs {
            let repair = Repair {
                method: input.method,
                settings: input.settings,
                credentials: input.credentials,
            };
            let also = |t: &mut Transaction, conn: &str| self.succeed(t, conn, true);
            update::repair(domain, ws, conn, &actor, repair, report, also).await?;
            return Ok(());
        }
        let request = request(domain, session, input)?;
        let checked = connect::check(domain, &request)?;
        credits::require(domain, ws, checked.credits()).await?;
        let validated = connect::validate(domain, ws, &checked.input, report).await?;
        let models = connect::choose_models(&checked, request.options.models.as_deref(), &validated)?;
        let new = connect::NewConnection {
            checked: &checked,
            request: &request,
            models,
            access: validated.access,
            refresh_token: validated.refresh_token,
        };
        connect::commit(domain, ws, &actor, new, false, |t, made| {
            self.succeed(t, &made.id, false)
        })
        .await?;
        Ok(())
    }

    /// Puts the end of the attempt and of the session into the transaction of the success.
    fn succeed(&self, transaction: &mut Transaction, conn: &str, repaired: bool) -> Result<(), StoreError> {
        let (domain, ws) = (self.domain, self.ws);
        let (now, wall) = (domain.ports.clock.now(), domain.ports.clock.wall());
        let public = token::generate(Kind::Public, &*domain.ports.ids);
        let opens = Opens::Public {
            conn: conn.to_owned(),
            repaired,
        };
        let hash = domain.keys.token_hash(public.expose_secret());
        transaction.put_token(&hash, &TokenRow::until(ws, opens, now, wall + PUBLIC_TOKEN))?;
        let context = public_context(ws, self.attempt);
        let sealed = domain
            .keys
            .seal(&*domain.ports.ids, &context, public.expose_secret().as_bytes());
        let ended = Change::new()
            .set("status", AttemptStatus::Succeeded.as_str())
            .set("sealed_public_token", BASE64.encode(sealed))
            .remove("sealed_input")
            .remove("lease_until")
            .not_due();
        transaction.update(Row::Attempt, Table::State, self.key(), ended, self.held());
        let used = Change::new().set("used_at", now);
        let unused = When::row_exists().absent("used_at");
        transaction.update(Row::Link, Table::State, keys::link(ws, self.link), used, unused);
        Ok(())
    }

    async fn fail(&self, steps: Vec<StepReport>, problem: &Problem) -> Result<(), Problem> {
        let (step, hint) = match problem {
            Problem::System(system) => (system.step.clone(), system.hint.clone()),
            _ => (None, None),
        };
        let failure = AttemptFailure {
            code: problem.code().as_str().to_owned(),
            detail: problem.to_string(),
            step,
            hint,
        };
        let change = Change::new()
            .set("status", AttemptStatus::Failed.as_str())
            .set_form("failure", &failure)?
            .set_form("steps", &steps)?
            .remove("sealed_input")
            .remove("lease_until")
            .not_due();
        self.write(change, self.held()).await
    }

    /// Shows the steps so far.
    pub(super) async fn keep_steps(&self, steps: &[StepReport]) -> Result<(), Problem> {
        let change = Change::new().set_form("steps", &steps)?;
        self.write(change, When::row_exists().eq("tries", self.tries))
            .await
    }

    async fn write(&self, change: Change, when: When) -> Result<(), Problem> {
        match self
            .domain
            .store
            .update(Row::Attempt, Table::State, &self.key(), change, when)
            .await
        {
            // Another worker took it up: the end is its to write.
            Ok(()) | Err(StoreError::Condition(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Takes the attempt's lease: the row as it is then, or nothing when there is nothing to do.
async fn take(domain: &Domain, ws: &str, link: &str, attempt: &str) -> Result<Option<AttemptRow>, Problem> {
    let wall = domain.ports.clock.wall();
    let Some(row) = domain.store.attempt(ws, link, attempt).await? else {
        return Ok(None);
    };
    let open = matches!(row.status, AttemptStatus::Queued | AttemptStatus::Running);
    if !open || row.lease_until.is_some_and(|until| wall < until) {
        return Ok(None);
    }
    let key = keys::attempt(ws, link, attempt);
    let until: Timestamp = wall + LEASE;
    let change = Change::new()
        .set("status", AttemptStatus::Running.as_str())
        .set("lease_until", until)
        .add("tries", 1)
        .due(&key, until);
    let when = When::row_exists()
        .eq("tries", row.tries)
        .eq("status", row.status.as_str());
    match domain
        .store
        .update(Row::Attempt, Table::State, &key, change, when)
        .await
    {
        Ok(()) => Ok(Some(AttemptRow {
            tries: row.tries + 1,
            status: AttemptStatus::Running,
            ..row
        })),
        Err(StoreError::Condition(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
