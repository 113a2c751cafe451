//! What stands around every page: the sidebar, the head of a page, and pages that stand alone.

use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use maud::{Markup, html};

use super::{session::Seat, trouble::Told};
use crate::pages::{Document, Framing, Icon, Language, assets, icon};

/// Where in the dashboard a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Overview,
    Connections,
    Systems,
    Webhooks,
    Events,
    Credits,
    Keys,
    Start,
}

impl Place {
    const ALL: [Self; 8] = [
        Self::Overview,
        Self::Connections,
        Self::Systems,
        Self::Webhooks,
        Self::Events,
        Self::Credits,
        Self::Keys,
        Self::Start,
    ];

    fn link(self) -> (&'static str, &'static str, Icon) {
        match self {
            Self::Overview => ("/dashboard", "Overview", Icon::Home),
            Self::Connections => ("/dashboard/connections", "Connections", Icon::Plug),
            Self::Systems => ("/dashboard/systems", "Systems", Icon::Grid),
            Self::Webhooks => ("/dashboard/webhooks", "Webhooks", Icon::Send),
            Self::Events => ("/dashboard/events", "Events", Icon::List),
            Self::Credits => ("/dashboard/credits", "Credits", Icon::Coins),
            Self::Keys => ("/dashboard/keys", "API keys", Icon::Key),
            Self::Start => ("/dashboard/start", "Getting started", Icon::Book),
        }
    }
}

/// What a page says of something that was just done.
fn sentence(did: &str) -> Option<&'static str> {
    Some(match did {
        "synced" => "The sync was started.",
        "field-added" => "The field was added. A full sync brings it to stored records.",
        "field-removed" => "The field was removed. A full sync takes it out of stored records.",
        "changed" => "The settings were saved.",
        "erased" => "The data was erased. Reads are empty from now on.",
        "disconnected" => "The connection was disconnected. Its credits are free again.",
        "endpoint-changed" => "The endpoint was changed.",
        "endpoint-enabled" => "The endpoint is enabled. Send again what it missed.",
        "endpoint-disabled" => "Nothing is sent there any more.",
        "endpoint-deleted" => "The endpoint was deleted.",
        "tested" => "A test message was sent. This is what became of it.",
        "replaying" => "The events are being sent again, one after the other.",
        "resent" => "It is sent again now.",
        "stored" => "The record is well now, and stored.",
        "gone" => "The system does not have the record any more.",
        "still-aside" => "The record still cannot be stored; the reason is below.",
        _ => return None,
    })
}

/// A whole page of the dashboard.
pub fn page(seat: &Seat, place: Place, title: &str, content: &Markup) -> Response {
    answer(seat, StatusCode::OK, Some(place), title, content)
}

/// A page that says that something cannot be done.
pub fn trouble(seat: &Seat, told: &Told) -> Response {
    let content = sorry(told);
    answer(seat, told.status, None, &told.title, &content)
}

/// A page with a status of its own.
pub fn answer(
    seat: &Seat,
    status: StatusCode,
    place: Option<Place>,
    title: &str,
    content: &Markup,
) -> Response {
    let body = html! {
        a class="skip" href="#main" { "Skip to the page" }
        div class="dash" {
            (sidebar(seat, place))
            main id="main" class="dash-main" tabindex="-1" { (content) }
        }
        @if let Some(sentence) = seat.did.as_deref().and_then(sentence) {
            div class="toasts" role="status" { div class="toast" data-passing { (icon(Icon::Check)) (sentence) } }
        }
    };
    document(title, body).answer(status, &Framing::Nobody, &seat.headers)
}

fn document(title: &str, body: Markup) -> Document {
    let mut document = Document::new(title, Language::English, body);
    document.styles = &["dashboard.css"];
    document.scripts = &["parts.js", "dashboard.js"];
    document
}

fn sidebar(seat: &Seat, place: Option<Place>) -> Markup {
    html! {
        header class="dash-side" { div {
            a class="brand" href="/dashboard" {
                img src=(assets::href("mark.svg")) alt="" width="28" height="28";
                span { "Manifold" }
            }
            p class="whose truncate" title=(seat.workspace.name) { (seat.workspace.name) }
            nav aria-label="Dashboard" {
                ul {
                    @for one in Place::ALL {
                        @let (path, word, sign) = one.link();
                        li {
                            a href=(path) aria-current=[(place == Some(one)).then_some("page")] {
                                (icon(sign)) (word)
                            }
                        }
                    }
                }
            }
            form class="leave" method="post" action="/dashboard/sign-out" {
                (seat.form_field())
                button class="button quiet small" type="submit" { (icon(Icon::Leave)) "Sign out" }
            }
        } }
    }
}

/// The head of a page.
pub fn head(title: &str, lead: &str, actions: &Markup) -> Markup {
    html! {
        div class="page-head" {
            div class="grow" {
                h1 { (title) }
                @if !lead.is_empty() { p class="soft" { (lead) } }
            }
            div class="row" { (actions) }
        }
    }
}

/// The way back to the list that a page belongs to.
pub fn back(path: &str, word: &str) -> Markup {
    html! { a class="back" href=(path) { (icon(Icon::Back)) (word) } }
}

/// Older entries of a list, and the way back to its begin.
pub fn pager(first: Option<&str>, next: Option<&str>, word: &str) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav class="pager" aria-label="Pages" {
                @if let Some(first) = first { a class="button small" href=(first) { "Back to the start" } }
                @if let Some(next) = next { a class="button small" href=(next) rel="next" { (word) (icon(Icon::Next)) } }
            }
        }
    }
}

fn sorry(told: &Told) -> Markup {
    html! {
        div class="empty sorry" {
            span class="mark warn" { (icon(Icon::Warning)) }
            h1 { (told.title) }
            p { (told.detail) }
            a class="button" href="/dashboard" { "Go to the overview" }
        }
    }
}

/// A page for somebody whose session is not known.
pub fn alone(told: &Told, request: &HeaderMap) -> Response {
    let body = html! { main id="main" class="dash-alone" { (sorry(told)) } };
    document(&told.title, body).answer(told.status, &Framing::Nobody, request)
}

/// A page around a card, without the sidebar.
pub fn small(title: &str, status: StatusCode, content: &Markup, request: &HeaderMap) -> Response {
    let body = html! {
        main id="main" class="dash-alone" {
            p class="brand" {
                img src=(assets::href("mark.svg")) alt="" width="32" height="32";
                span { "Manifold" }
            }
            (content)
        }
    };
    document(title, body).answer(status, &Framing::Nobody, request)
}

/// Asks the browser to load the same address again, from a page of ours.
pub fn ask_again(request: &HeaderMap) -> Response {
    let told = html! { main id="main" class="dash-alone" { h1 { "One moment" } p class="soft" { "Opening the dashboard." } } };
    let mut response = document("One moment", told).answer(StatusCode::OK, &Framing::Nobody, request);
    response.headers_mut().insert(
        axum::http::header::REFRESH,
        axum::http::HeaderValue::from_static("0"),
    );
    response
}
