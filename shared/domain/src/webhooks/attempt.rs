//! One attempt: sign, send, and write down what became of it.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use url::Url;
use zeroize::Zeroizing;

use super::{
    announce,
    delivery::{self, Attempt, DeliveryRow, DeliveryStatus},
    endpoint::EndpointRow,
    ladder,
    receivers::{Answer, BODY_LIMIT, Message, Posted},
    secret, signature,
};
use crate::{
    deployment::Domain,
    error::Problem,
    events::EventRow,
    store::{Row, StoreError, Table},
};

/// How long a receiver has for the head of its answer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(15);
/// Others write a delivery's row rarely; more turns than this cannot be lost.
const TURNS: u32 = 8;

/// What an attempt says about the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver took the message.
    Taken,
    /// It did not, or could not be reached.
    Refused,
    /// It asks for a pause.
    Pause(Duration),
    /// It says that it will never be back.
    Gone,
    /// Nothing was sent, since there is nothing left to send.
    Unsent,
}

/// An attempt that was made and written down.
pub(super) struct Made {
    pub(super) verdict: Verdict,
    /// When the next one is due.
    pub(super) next: Option<Timestamp>,
    /// It was the last: the delivery is parked.
    pub(super) parked: bool,
}

/// Carries messages to one endpoint as it is now.
pub(super) struct Courier<'a> {
    domain: &'a Domain,
    ws: &'a str,
    endpoint: &'a EndpointRow,
    url: Option<Url>,
    secrets: Vec<Zeroizing<Vec<u8>>>,
}

impl<'a> Courier<'a> {
    /// # Errors
    /// When the endpoint's secrets cannot be opened.
    pub(super) fn new(domain: &'a Domain, ws: &'a str, endpoint: &'a EndpointRow) -> Result<Self, Problem> {
        Ok(Self {
            domain,
            ws,
            endpoint,
            // It was checked when it was given.
            url: Url::parse(&endpoint.settings.url).ok(),
            secrets: secret::open(domain, ws, &endpoint.id, &endpoint.secrets)?,
        })
    }

    /// Sends what a delivery has to say, signed now.
    pub(super) async fn send(&self, event: &EventRow, row: &DeliveryRow) -> Option<(Attempt, Verdict)> {
        let body = match row.part {
            None => event.body.clone(),
            Some(seq) => announce::one_record(event, seq)?,
        };
        let at = self.domain.ports.clock.now();
        let signed_at = self.domain.ports.clock.wall();
        let message = Message {
            url: self.url.clone()?,
            headers: signature::headers(&row.message_id(), signed_at, body.as_bytes(), &self.secrets),
            body: Bytes::from(body),
            timeout: TIMEOUT,
        };
        let posted = self.domain.receivers.post(self.ws, message).await;
        let verdict = judge(&posted);
        Some((written(at, &posted), verdict))
    }
}

/// Makes the attempt that is due and writes it down with what follows from it: row first, then the next turn.
///
/// # Errors
/// The store's; the turn stands, and the attempt is made again.
pub(super) async fn make(
    courier: &Courier<'_>,
    event: Option<&EventRow>,
    row: DeliveryRow,
) -> Result<Made, Problem> {
    let read = row.turn;
    let sent = match event {
        Some(event) => courier.send(event, &row).await,
        None => None,
    };
    let Some((attempt, verdict)) = sent else {
        let mut row = row;
        row.end(DeliveryStatus::Failed, Some("The event is not kept any more."));
        return Ok(Made {
            verdict: Verdict::Unsent,
            next: None,
            parked: settle(courier, &row, read).await?,
        });
    };
    let now = courier.domain.ports.clock.now();
    let mut row = row;
    let mut next = row.clone();
    next.log(attempt.clone());
    follow(courier.domain, &mut next, verdict, now);
    for _ in 0..TURNS {
        match delivery::write(courier.domain, courier.ws, &courier.endpoint.id, &next, row.turn).await {
            Ok(()) => {
                let turn = next.turn_item(courier.ws, &courier.endpoint.id)?;
                courier
                    .domain
                    .store
                    .write_many(Row::Turn, Table::State, turn.into_iter().collect(), Vec::new())
                    .await?;
                return Ok(Made {
                    verdict,
                    next: next.next_at,
                    parked: next.status == DeliveryStatus::Failed,
                });
            }
            Err(StoreError::Condition(_)) => {}
            Err(error) => return Err(error.into()),
        }
        // Somebody replayed or parked it meanwhile. What was attempted is noted; their will is done.
        let (_, stored) = delivery::find(courier.domain, courier.ws, &row.id).await?;
        row = stored;
        next = row.clone();
        next.log(attempt.clone());
        next.turn += 1;
        if verdict == Verdict::Taken && next.status == DeliveryStatus::Failed {
            next.end(DeliveryStatus::Succeeded, None);
        }
    }
    Err(StoreError::Busy.into())
}

/// Writes how a delivery ended, unless somebody replayed or parked it meanwhile; whether it did.
async fn settle(courier: &Courier<'_>, row: &DeliveryRow, read: u64) -> Result<bool, StoreError> {
    match delivery::write(courier.domain, courier.ws, &courier.endpoint.id, row, read).await {
        Ok(()) => Ok(true),
        Err(StoreError::Condition(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// What follows from an attempt: success, the next turn, or the end of the ladder.
fn follow(domain: &Domain, row: &mut DeliveryRow, verdict: Verdict, now: Timestamp) {
    let asked = match verdict {
        Verdict::Taken => return row.end(DeliveryStatus::Succeeded, None),
        Verdict::Pause(wait) => Some(wait),
        Verdict::Refused | Verdict::Gone | Verdict::Unsent => None,
    };
    row.failed += 1;
    match ladder::wait(row.failed, asked, &*domain.ports.ids) {
        Some(wait) => {
            row.turn += 1;
            row.next_at = Some(now + wait);
        }
        None => row.end(DeliveryStatus::Failed, None),
    }
}

fn judge(posted: &Posted) -> Verdict {
    let Ok(answer) = &posted.answer else {
        return Verdict::Refused;
    };
    match (answer.status, answer.retry_after) {
        (200..=299, _) => Verdict::Taken,
        (410, _) => Verdict::Gone,
        (429 | 503, Some(wait)) => Verdict::Pause(wait.min(ladder::LONGEST_ASKED)),
        // It asks for less without saying how long: no other message goes out in the first steps.
        (429, None) => Verdict::Pause(Duration::from_secs(5)),
        _ => Verdict::Refused,
    }
}

fn written(at: Timestamp, posted: &Posted) -> Attempt {
    let milliseconds = u64::try_from(posted.took.as_millis()).unwrap_or(u64::MAX);
    match &posted.answer {
        Ok(answer) => Attempt {
            at,
            milliseconds,
            status: Some(answer.status),
            response: Some(shown(answer)).filter(|text| !text.is_empty()),
            error: None,
        },
        Err(fault) => Attempt {
            at,
            milliseconds,
            status: None,
            response: None,
            error: Some(fault.to_string()),
        },
    }
}

/// The beginning of an answer as text.
fn shown(answer: &Answer) -> String {
    let most = answer.body.len().min(BODY_LIMIT);
    String::from_utf8_lossy(&answer.body[..most]).into_owned()
}

#[cfg(test)]
mod tests {
    use manifold_connectors::{Fault, FaultKind};

    use super::*;

    #[test]
    fn t33_what_answers_mean() {
        let check = |status: u16, retry_after: Option<u64>, expected: Verdict| {
            let answer = Answer {
                status,
                retry_after: retry_after.map(Duration::from_secs),
                body: Bytes::new(),
            };
            let posted = Posted {
                took: Duration::ZERO,
                answer: Ok(answer),
            };
            assert_eq!(judge(&posted), expected, "{status} {retry_after:?}");
        };
        for status in [200, 201, 202, 204, 299] {
            check(status, None, Verdict::Taken);
        }
        for status in [100, 301, 302, 307, 308, 400, 401, 404, 500, 502, 503] {
            check(status, None, Verdict::Refused);
        }
        check(410, None, Verdict::Gone);
        check(429, Some(60), Verdict::Pause(Duration::from_secs(60)));
        check(503, Some(60), Verdict::Pause(Duration::from_secs(60)));
        check(500, Some(60), Verdict::Refused);
        check(429, Some(u64::MAX), Verdict::Pause(ladder::LONGEST_ASKED));
        let silent = Posted {
            took: TIMEOUT,
            answer: Err(Fault::new(FaultKind::Timeout, "No answer.")),
        };
        assert_eq!(judge(&silent), Verdict::Refused);
        assert_eq!(
            written(Timestamp::UNIX_EPOCH, &silent).error.as_deref(),
            Some("No answer.")
        );
    }

    #[test]
    fn t33_an_answer_is_cut() {
        let long = Answer {
            status: 500,
            retry_after: None,
            body: Bytes::from("é".repeat(BODY_LIMIT)),
        };
        assert!(shown(&long).len() <= BODY_LIMIT + 2);
    }
}
