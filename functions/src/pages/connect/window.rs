//! What the window shows in which a person signed in at a system: a sentence, and then it closes.

use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use maud::html;

use crate::pages::{Document, Framing, Icon, Language, Texts, icon};

/// What there is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It worked.
    Done,
    /// The person, or the system, said no.
    Refused,
    /// It was allowed, and then the system did not accept the code that it had sent itself.
    NotAccepted,
    /// It was allowed, and something else went wrong afterwards: the page that began it says what.
    Failed,
    /// The window is from another sign-in, or another browser's.
    Stale,
    /// The window's address is not one that a system, or we, would have made.
    Unreadable,
    /// Something went wrong at our end.
    Broken,
}

impl Said {
    fn status(self) -> StatusCode {
        match self {
            Self::Done | Self::Refused | Self::NotAccepted | Self::Failed => StatusCode::OK,
            Self::Stale => StatusCode::CONFLICT,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The page in the window. It tells nobody anything: the page that began the sign-in asks the API.
#[must_use]
pub fn page(said: Said, headers: &HeaderMap) -> Response {
    let language = Language::choose(None, headers);
    let texts = Texts::of(language);
    let (sign, tone, title, text) = match said {
        Said::Done => (Icon::Check, "good", "window.done", "window.done_text"),
        Said::Refused => (Icon::Cross, "warn", "window.refused", "window.refused_text"),
        Said::NotAccepted => (
            Icon::Cross,
            "bad",
            "window.not_accepted",
            "window.not_accepted_text",
        ),
        Said::Failed => (Icon::Cross, "bad", "window.failed", "window.failed_text"),
        Said::Stale => (Icon::Warning, "warn", "window.stale", "window.stale_text"),
        Said::Unreadable => (
            Icon::Warning,
            "warn",
            "window.unreadable",
            "window.unreadable_text",
        ),
        Said::Broken => (Icon::Cross, "bad", "window.broken", "window.broken_text"),
    };
    // Where the page that began it knows no more than this window, the window stays and says it.
    let ended = said.status() == StatusCode::OK;
    let body = html! {
        main class="flow" {
            div class="screen" { div class="empty" {
                span class={ "mark " (tone) } { (icon(sign)) }
                h1 { (texts.say(title)) }
                p { (texts.say(text)) }
            } }
        }
    };
    let page = Document {
        styles: &["connect/connect.css"],
        scripts: if ended { &["connect/window.js"] } else { &[] },
        class: "connect hosted",
        ..Document::new(texts.say(title), language, body)
    };
    let mut response = page.answer(said.status(), &Framing::Nobody, headers);
    // A policy of its own would cut the window off from what opened it, and then it may not close itself.
    response.headers_mut().remove("cross-origin-opener-policy");
    response
}
