//! Adding an endpoint, and changing what it hears.

use axum::{extract::Path, http::StatusCode, response::Response};
use manifold_domain::{
    error::Problem,
    webhooks::{self, EndpointPatch, EndpointSettings},
};
use maud::{Markup, html};

use super::{PATH, deeds::secret_page};
use crate::{
    dashboard::{
        fleet::Fleet,
        form::{Form, filled},
        frame::{Place, answer, back, head},
        session::Seat,
        trouble::{Told, Trouble},
        words::customer,
    },
    pages::parts::{Tone, notice},
};

/// Groups of events that a person chooses from.
const GROUPS: [(&str, &str, &str); 4] = [
    (
        "connection.*",
        "Connections",
        "made, out of reach, back, in need of credentials, ended",
    ),
    ("sync.*", "Syncs", "each run that succeeded or failed"),
    ("record.*", "Records", "created, changed and deleted"),
    (
        "endpoint.*",
        "Endpoints",
        "another endpoint fails or was disabled",
    ),
];
/// Connections that can be chosen from here; the API takes any.
const MOST_OFFERED: usize = 200;

/// What stands in the form.
fn usual() -> EndpointSettings {
    EndpointSettings {
        url: String::new(),
        description: None,
        event_types: Vec::new(),
        connection_ids: Vec::new(),
        batch: true,
        initial: false,
    }
}

/// The form of a new endpoint.
pub async fn ask_new(seat: Seat) -> Result<Response, Trouble> {
    form_page(&seat, None, &usual(), None).await
}

/// The form of one that is there.
pub async fn ask(seat: Seat, Path(id): Path<String>) -> Result<Response, Trouble> {
    let endpoint = webhooks::get(&seat.app.domain, seat.ws(), &id).await?;
    form_page(&seat, Some(&endpoint.id), &endpoint.settings, None).await
}

/// Fields as they were sent: a name may come several times.
type Fields = Vec<(String, String)>;

fn settings_of(fields: &Fields) -> EndpointSettings {
    let one = |name: &str| {
        fields
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.clone())
    };
    let all = |name: &str| {
        let of = fields
            .iter()
            .filter(|(given, value)| given == name && !value.is_empty());
        of.map(|(_, value)| value.clone()).collect()
    };
    EndpointSettings {
        url: one("url").unwrap_or_default().trim().to_owned(),
        description: filled(one("description")),
        event_types: all("event_types"),
        connection_ids: all("connection_ids"),
        batch: one("batch").is_some(),
        initial: one("initial").is_some(),
    }
}

/// Makes an endpoint and shows its secret.
pub async fn make(seat: Seat, Form(fields): Form<Fields>) -> Result<Response, Trouble> {
    let settings = settings_of(&fields);
    let made = webhooks::create(&seat.app.domain, seat.ws(), &seat.actor, settings.clone()).await;
    match made {
        Ok((endpoint, secret)) => Ok(secret_page(&seat, &endpoint, &secret)),
        Err(problem @ (Problem::InvalidFields(_) | Problem::Conflict(_))) => {
            form_page(&seat, None, &settings, Some(&Told::of(&problem))).await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Changes an endpoint.
pub async fn change(
    seat: Seat,
    Path(id): Path<String>,
    Form(fields): Form<Fields>,
) -> Result<Response, Trouble> {
    let settings = settings_of(&fields);
    let patch = EndpointPatch {
        url: Some(settings.url.clone()),
        description: Some(settings.description.clone()),
        event_types: Some(settings.event_types.clone()),
        connection_ids: Some(settings.connection_ids.clone()),
        batch: Some(settings.batch),
        initial: Some(settings.initial),
        status: None,
    };
    match webhooks::change(&seat.app.domain, seat.ws(), &id, &seat.actor, &patch).await {
        Ok(_) => Ok(seat.go(&format!("{PATH}/{id}"), "endpoint-changed")),
        Err(problem @ Problem::InvalidFields(_)) => {
            form_page(&seat, Some(&id), &settings, Some(&Told::of(&problem))).await
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn form_page(
    seat: &Seat,
    id: Option<&str>,
    settings: &EndpointSettings,
    refused: Option<&Told>,
) -> Result<Response, Trouble> {
    let fleet = Fleet::of(&seat.app.domain, seat.ws()).await?;
    let (title, here, word) = match id {
        Some(id) => ("Change the endpoint", format!("{PATH}/{id}/edit"), "Save"),
        None => ("Add an endpoint", format!("{PATH}/new"), "Add the endpoint"),
    };
    let up = id.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/{id}"));
    let content = html! {
        (back(&up, "Webhooks"))
        (head(title, "", &html! {}))
        form class="card narrow" method="post" action=(here) {
            (seat.form_field())
            div class="body stack" {
                @if let Some(told) = refused { div role="alert" { (notice(Tone::Bad, &html! { (told.detail) })) } }
                div class="field" {
                    label for="url" { "Address" }
                    input class="input mono" type="url" id="url" name="url" required maxlength="2048" value=(settings.url) placeholder="https://app.example.com/webhooks" autocomplete="off" aria-describedby="url-help";
                    p class="help" id="url-help" { "https, on the public internet. It answers with 2xx within 15 seconds." }
                }
                div class="field" {
                    label for="description" { "Note" span class="optional" { "optional" } }
                    input class="input" id="description" name="description" maxlength="500" value=[settings.description.as_deref()] autocomplete="off";
                }
                (events(settings))
                (connections(&fleet, settings))
                label class="check" { input type="checkbox" name="batch" value="true" checked[settings.batch]; span { "Up to 500 records in one message " span class="soft" { "(else one message each)" } } }
                label class="check" { input type="checkbox" name="initial" value="true" checked[settings.initial]; span { "Records of first syncs as well" } }
                div { button class="button primary" type="submit" { (word) } }
            }
        }
    };
    let status = refused.map_or(StatusCode::OK, |told| told.status);
    Ok(answer(seat, status, Some(Place::Webhooks), title, &content))
}

/// Which events: groups as boxes, and single types, which the API knows, kept as they are.
fn events(settings: &EndpointSettings) -> Markup {
    let single = settings
        .event_types
        .iter()
        .filter(|kind| !GROUPS.iter().any(|(group, ..)| group == kind));
    html! {
        fieldset class="choices" {
            legend { "Events" span class="soft small" { " Every event, when none is chosen." } }
            @for (group, word, text) in GROUPS {
                label class="check" {
                    input type="checkbox" name="event_types" value=(group) checked[settings.event_types.iter().any(|kind| kind == group)];
                    span { (word) " " span class="soft small" { (text) } }
                }
            }
            @for kind in single {
                label class="check" { input type="checkbox" name="event_types" value=(kind) checked; span class="mono" { (kind) } }
            }
        }
    }
}

fn connections(fleet: &Fleet, settings: &EndpointSettings) -> Markup {
    let chosen = |id: &String| settings.connection_ids.contains(id);
    let offered: Vec<_> = fleet
        .connections
        .iter()
        .filter(|one| chosen(&one.id) || !one.is_disconnected())
        .take(MOST_OFFERED)
        .collect();
    html! {
        div class="field" {
            label for="connection_ids" { "Connections" span class="optional" { "all, when none is chosen" } }
            select class="input several" id="connection_ids" name="connection_ids" multiple size="4" {
                @for one in &offered { option value=(one.id) selected[chosen(&one.id)] { (customer(one)) " (" (one.id) ")" } }
                @for id in settings.connection_ids.iter().filter(|id| !offered.iter().any(|one| one.id == **id)) { option value=(id) selected { (id) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_come_several_times_are_all_kept() {
        let fields = [
            ("url", " https://a.example "),
            ("event_types", "sync.*"),
            ("event_types", "record.*"),
            ("initial", "true"),
        ];
        let fields = fields
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let settings = settings_of(&fields);
        assert_eq!(settings.url, "https://a.example");
        assert_eq!(settings.event_types, ["sync.*", "record.*"]);
        assert_eq!((settings.batch, settings.initial), (false, true));
        assert!(settings.connection_ids.is_empty() && settings.description.is_none());
    }
}
