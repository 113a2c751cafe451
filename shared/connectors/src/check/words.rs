//! What a check says to people: titles of its steps, what was found, and what to do about a failure.

use jiff::Timestamp;

use super::{ADDRESS, FIRST_RECORD, HOST, SIGN_IN, Step, StepState, TLS};
use crate::{
    client::Client,
    fault::{Fault, FaultKind},
    form::{INSTANCE_URL, TOKEN_URL},
    model,
    source::Page,
};

/// The step of a model's permission.
pub(super) fn permission(model: &str) -> String {
    format!("permission:{model}")
}

/// All steps of a check, waiting.
pub(super) fn steps(client: &Client, models: &[String]) -> Vec<Step> {
    let name = &client.connector().manifest().name;
    let host = client.base().host_str().unwrap_or(name);
    let step = |key: &str, title: String| Step {
        key: key.to_owned(),
        title,
        state: StepState::Waiting,
        detail: None,
        hint: None,
        fault: None,
        said: None,
        total: None,
        newest: None,
    };
    let mut steps = vec![
        step(ADDRESS, "Looking at the address".to_owned()),
        step(HOST, format!("Reaching {host}")),
        step(TLS, "Checking that the connection is secure".to_owned()),
        step(SIGN_IN, format!("Signing in to {name}")),
    ];
    for model in models {
        steps.push(step(
            &permission(model),
            format!("Asking for permission to read {}", plural(model)),
        ));
    }
    steps.push(step(FIRST_RECORD, "Reading a first record".to_owned()));
    steps
}

/// The address that is used.
pub(super) fn address(client: &Client) -> String {
    client.base().as_str().trim_end_matches('/').to_owned()
}

/// How many there are, or what is odd about the first of them.
pub(super) fn found(model: &str, page: &Page, total: Option<u64>) -> Option<String> {
    if let Some(rejected) = page.rejected.first() {
        return Some(format!("The first of them cannot be read: {}.", rejected.reason));
    }
    total.map(|total| format!("{total} {}", plural(model)))
}

/// The record that was read.
pub(super) fn record(model: &str, name: &str, modified: Option<Timestamp>) -> String {
    let mut what = model.replace('_', " ");
    if let Some(first) = what.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    match modified {
        Some(time) => format!(
            "{what} {name}, last changed {}",
            time.strftime("%Y-%m-%d %H:%M UTC")
        ),
        None => format!("{what} {name}"),
    }
}

/// What to do about a failed step, in a sentence or two.
pub(super) fn hint(client: &Client, step: &str, fault: &Fault) -> Option<String> {
    let manifest = client.connector().manifest();
    let name = &manifest.name;
    // Which of the system's addresses was asked.
    let asked = if step == SIGN_IN && client.fetches_token() {
        Asked::SignIn
    } else {
        Asked::Api
    };
    Some(match fault.kind {
        FaultKind::Unresolved | FaultKind::Blocked => {
            let http = client.base().scheme() == "http";
            let secure = if http { " and begin it with https://" } else { "" };
            format!("No host with this name was found: check {} for typing errors{secure}.", asked.by(client))
        }
        FaultKind::Unreachable => format!(
            "The host is there, but nothing answers at {}: check the port, that {name} is running, and that its firewall lets us in.",
            asked.place()
        ),
        FaultKind::Tls => {
            "The certificate of the host is not one that can be trusted: it must come from a public authority, be valid today, and be made out for exactly this host name.".to_owned()
        }
        FaultKind::Timeout => format!(
            "Nothing came back in time: try again in a minute. If it stays so, a firewall on the way to {name} may be dropping the connection."
        ),
        FaultKind::Unavailable => format!("{name} is there, but does not work at the moment: try again in some minutes."),
        FaultKind::RateLimited => match fault.retry_after {
            Some(wait) => format!("{name} asks to wait: try again in {} seconds.", wait.as_secs().max(1)),
            None => format!("{name} asks to wait: try again in a minute."),
        },
        FaultKind::Unauthorized => {
            format!("Check {}, and that the account is neither locked nor expired.", credentials(client))
        }
        FaultKind::Denied if step == SIGN_IN => {
            format!("The account exists, but may not use the interface ({}): give it that permission in {name}.", manifest.api)
        }
        FaultKind::Denied => format!(
            "The account may not read {}: give it permission for {} in {name}, then try again.",
            plural_of_step(step),
            source(client, step)
        ),
        FaultKind::NotFound => format!(
            "{name} has no {} at this address: check {}, and that the service is switched on.",
            source(client, step),
            asked.by(client)
        ),
        FaultKind::Rejected => {
            format!("{name} refuses to list {}: what it says names the reason.", source(client, step))
        }
        FaultKind::Malformed => format!(
            "What answers there is not {name}'s interface ({}), but perhaps a web page or a proxy: check {}.",
            manifest.api,
            asked.by(client)
        ),
        FaultKind::Unsupported | FaultKind::Conflict | FaultKind::PaginationStuck => return None,
    })
}

/// Which of a system's addresses was asked.
#[derive(Clone, Copy)]
enum Asked {
    Api,
    SignIn,
}

impl Asked {
    fn place(self) -> &'static str {
        match self {
            Self::Api => "the address",
            Self::SignIn => "the sign-in address",
        }
    }

    /// The fields that make the address, by the titles under which they were entered.
    fn by(self, client: &Client) -> String {
        let (host, replacement) = match self {
            Self::Api => ("api", INSTANCE_URL),
            Self::SignIn => ("token", TOKEN_URL),
        };
        let connector = client.connector();
        let entered = |key: &str| client.instance().settings.contains_key(key);
        let url = connector
            .manifest()
            .hosts
            .get(host)
            .and_then(|host| host.url.as_ref());
        let in_url = |key: &str| url.is_some_and(|url| url.holes().any(|hole| hole == key));
        let replaced = entered(replacement);
        let fields = connector.settings().iter().filter(|field| match replaced {
            true => field.key == replacement,
            false => entered(&field.key) && in_url(&field.key),
        });
        joined(fields.map(|field| field.title.as_str()), self.place())
    }
}

fn credentials(client: &Client) -> String {
    let fields = client.connector().credentials(&client.instance().method);
    joined(fields.iter().map(|field| field.title.as_str()), "the credentials")
}

fn joined<'t>(titles: impl Iterator<Item = &'t str>, otherwise: &str) -> String {
    let titles: Vec<String> = titles.map(|title| format!("\u{201c}{title}\u{201d}")).collect();
    match titles.as_slice() {
        [] => otherwise.to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What the system itself calls the model of a step.
fn source(client: &Client, step: &str) -> String {
    let model = step
        .strip_prefix("permission:")
        .and_then(|model| client.connector().manifest().models.get(model));
    model.map_or_else(
        || "such a list".to_owned(),
        |model| format!("\u{201c}{}\u{201d}", model.source),
    )
}

fn plural_of_step(step: &str) -> String {
    step.strip_prefix("permission:")
        .map_or_else(|| "this".to_owned(), plural)
}

fn plural(model: &str) -> String {
    model::by_name(model).map_or_else(|| model.replace('_', " "), |model| model.title.to_lowercase())
}
