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
    /// The window is from another sign-in, or another browser's.
    Stale,
}

/// The page in the window. It tells nobody anything: the page that began the sign-in asks the API.
#[must_use]
pub fn page(said: Said, headers: &HeaderMap) -> Response {
    let language = Language::choose(None, headers);
    let texts = Texts::of(language);
    let (sign, tone, title, text) = match said {
        Said::Done => (Icon::Check, "good", "window.done", "window.done_text"),
        Said::Refused => (Icon::Cross, "warn", "window.refused", "window.refused_text"),
        Said::Stale => (Icon::Warning, "warn", "window.stale", "window.stale_text"),
    };
    let status = if said == Said::Stale {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
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
        scripts: if said == Said::Stale {
            &[]
        } else {
            &["connect/window.js"]
        },
        class: "connect hosted",
        ..Document::new(texts.say(title), language, body)
    };
    let mut response = page.answer(status, &Framing::Nobody, headers);
    // A policy of its own would cut the window off from what opened it, and then it may not close itself.
    response.headers_mut().remove("cross-origin-opener-policy");
    response
}
