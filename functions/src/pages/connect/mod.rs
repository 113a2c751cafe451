//! The hosted connect page, and the script that opens it inside somebody else's application.
//!
//! The page is one document with all of its screens; the link token stands in the fragment, which no server
//! sees, so everything about the session comes from the API when the page runs.

mod screens;
pub mod window;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use manifold_domain::link;
use serde::Deserialize;

use super::{Document, Framing, Language, Texts, assets, document::Theme};
use crate::{
    app::App,
    gate::{failure::Answer, query::Query},
};

/// How the page is to look; all of it is for looks, and nothing secret may stand here.
#[derive(Deserialize)]
pub struct Looks {
    /// `en`, `de`, `es` or `fr`; the browser's when absent.
    lang: Option<String>,
    /// `light` or `dark`; the system's when absent.
    theme: Option<String>,
    /// It fills a frame, so that it needs no surroundings of its own.
    #[serde(default)]
    embedded: Option<String>,
}

/// The page of a link session. Whoever knows the id sees its frame, and nothing of the session.
pub async fn show(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(looks): Query<Looks>,
    headers: HeaderMap,
) -> Answer<Response> {
    let origins = link::origins(&app.domain, &id).await?;
    let language = Language::choose(looks.lang.as_deref(), &headers);
    let texts = Texts::of(language);
    let page = Document {
        theme: Theme::of(looks.theme.as_deref()),
        styles: &["connect/connect.css"],
        scripts: &["connect/app.js"],
        imports: &[
            "connect/api.js",
            "connect/check.js",
            "connect/dom.js",
            "connect/form.js",
            "connect/parent.js",
            "connect/search.js",
            "connect/signin.js",
            "connect/systems.js",
            "connect/texts.js",
            "connect/theme.js",
            "connect/underway.js",
            "initials.js",
        ],
        class: if looks.embedded.is_some() {
            "connect embedded"
        } else {
            "connect hosted"
        },
        ..Document::new(
            texts.say("connect.title"),
            language,
            screens::all(texts, &id, &origins),
        )
    };
    let framing = if origins.is_empty() {
        Framing::Nobody
    } else {
        Framing::Origins(origins)
    };
    Ok(page.answer(StatusCode::OK, &framing, &headers))
}

/// `/connect.js`: defines `Manifold.open` in pages of others. Not kept for long, since its name has no hash.
pub async fn script(headers: HeaderMap) -> Response {
    let Some(asset) = assets::find("connect/embed.js") else {
        return Response::default();
    };
    let mut response = assets::answer(asset, &headers);
    let own = response.headers_mut();
    own.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    );
    own.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    response
}
