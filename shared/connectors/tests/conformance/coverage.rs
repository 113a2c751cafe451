//! What the fixtures of a system must show between them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use manifold_connectors::{
    FaultKind,
    manifest::{Auth, Paging},
};

use crate::{fixture::Fixture, replay::Sent, run::Outcome, system::System};

/// What no fixture of the system shows.
pub fn gaps(system: &System, outcomes: &[(&Fixture, Outcome)]) -> Vec<String> {
    let mut gaps = Vec::new();
    for model in system.connector.models() {
        let of_model = |fixture: &Fixture| fixture.request.model == model;
        let whole = system
            .connector
            .manifest()
            .models
            .get(model)
            .is_some_and(|model| matches!(model.list.paging, Paging::Whole));
        if !whole
            && !outcomes
                .iter()
                .any(|(fixture, outcome)| of_model(fixture) && outcome.pages.len() > 1)
        {
            gaps.push(format!("no fixture reads two pages of {model}"));
        }
        let by_id = system.connector.traits(model).is_some_and(|traits| traits.by_id);
        if by_id
            && !outcomes
                .iter()
                .any(|(fixture, _)| of_model(fixture) && fixture.request.id.is_some())
        {
            gaps.push(format!("no fixture reads one {model} by its id"));
        }
    }
    let waits = |outcome: &Outcome| {
        outcome
            .faults
            .iter()
            .any(|fault| fault.kind == FaultKind::RateLimited && fault.retry_after.is_some())
            && outcome.pages.len() > 1
    };
    if !outcomes.iter().any(|(_, outcome)| waits(outcome)) {
        gaps.push("no fixture is told to wait (429 with Retry-After) and goes on".into());
    }
    if !outcomes
        .iter()
        .any(|(fixture, outcome)| refused(fixture) && ends_well(system, fixture, outcome))
    {
        gaps.push(
            "no fixture shows a token that has expired (401, and a new one at once where there are tokens)"
                .into(),
        );
    }
    let incremental = system.connector.models().filter(|model| {
        system
            .connector
            .traits(model)
            .is_some_and(|traits| traits.incremental)
    });
    for model in incremental {
        if !outcomes
            .iter()
            .any(|(fixture, outcome)| fixture.request.model == model && asks_since(fixture, outcome))
        {
            gaps.push(format!(
                "no fixture asks for the {model} records changed since a time"
            ));
        }
    }
    gaps
}

fn refused(fixture: &Fixture) -> bool {
    fixture
        .exchanges
        .iter()
        .any(|exchange| exchange.response.status == 401)
}

/// With tokens: one new sign-in, and all is well. Without: the credentials are to blame.
fn ends_well(system: &System, fixture: &Fixture, outcome: &Outcome) -> bool {
    let methods = &system.connector.manifest().methods;
    let method = match &fixture.instance.method {
        Some(id) => methods.iter().find(|method| method.id == *id),
        None => methods.first(),
    };
    let any_renews = methods.iter().any(|method| renews(&method.auth));
    match method {
        Some(method) if renews(&method.auth) => outcome.faults.is_empty() && !outcome.records.is_empty(),
        Some(_) => {
            !any_renews
                && outcome
                    .faults
                    .iter()
                    .any(|fault| fault.kind == FaultKind::Unauthorized)
        }
        None => false,
    }
}

fn renews(auth: &Auth) -> bool {
    matches!(
        auth,
        Auth::Oauth2ClientCredentials { .. }
            | Auth::Oauth2AuthorizationCode { .. }
            | Auth::JwtAssertion { .. }
            | Auth::Session { .. }
    )
}

/// Whether the time stands in a request, in whatever spelling.
fn asks_since(fixture: &Fixture, outcome: &Outcome) -> bool {
    let Some(since) = fixture.request.since else {
        return false;
    };
    let day = jiff::tz::Offset::UTC.to_datetime(since).date();
    let spellings = [
        day.to_string(),
        format!(
            r#""year":{},"month":{},"day":{}"#,
            day.year(),
            day.month(),
            day.day()
        ),
    ];
    outcome.faults.is_empty()
        && outcome.sent.iter().any(|sent| {
            let text = readable(sent);
            spellings.iter().any(|spelling| text.contains(spelling))
        })
}

/// A request's query, headers and body, base 64 decoded.
fn readable(sent: &Sent) -> String {
    let mut text = sent
        .body
        .as_ref()
        .map(|body| String::from_utf8_lossy(body).into_owned())
        .unwrap_or_default();
    for value in sent.headers.values() {
        text.push_str(value.to_str().unwrap_or_default());
    }
    for (_, value) in &sent.query {
        text.push_str(value);
        if let Ok(decoded) = URL_SAFE.decode(value) {
            text.push_str(&String::from_utf8_lossy(&decoded));
        }
    }
    text
}
