//! The HTML document around a page.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{
    assets, icons,
    policy::{self, Framing},
    texts::Language,
};

/// Light, dark, or as the reader's system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the reader's system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The theme by its name; anything else means the system's.
    #[must_use]
    pub fn of(name: Option<&str>) -> Self {
        match name {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// A whole page.
#[derive(Debug)]
pub struct Document {
    /// Title in the browser's tab; the product's name is put behind it.
    pub title: String,
    /// Language of the page.
    pub language: Language,
    /// Colours.
    pub theme: Theme,
    /// Style sheets besides the design system, by the names of their assets.
    pub styles: &'static [&'static str],
    /// Modules that run, by the names of their assets.
    pub scripts: &'static [&'static str],
    /// Modules that those import: fetched at once instead of one after the other.
    pub imports: &'static [&'static str],
    /// Class of the body.
    pub class: &'static str,
    /// What the page shows.
    pub body: Markup,
}

impl Document {
    /// A page with nothing but its content.
    #[must_use]
    pub fn new(title: impl Into<String>, language: Language, body: Markup) -> Self {
        Self {
            title: title.into(),
            language,
            theme: Theme::System,
            styles: &[],
            scripts: &[],
            imports: &[],
            class: "",
            body,
        }
    }

    /// The document as text.
    #[must_use]
    pub fn markup(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang=(self.language.code()) data-theme=[self.theme.name()] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    // Links to sessions are no pages for search engines.
                    meta name="robots" content="noindex";
                    title { (self.title) " · Manifold" }
                    link rel="icon" type="image/svg+xml" href=(assets::href("mark.svg"));
                    link rel="stylesheet" href=(assets::href("design.css"));
                    @for style in self.styles {
                        link rel="stylesheet" href=(assets::href(style));
                    }
                    @for module in self.imports {
                        link rel="modulepreload" href=(assets::href(module));
                    }
                    @for script in self.scripts {
                        script type="module" src=(assets::href(script)) {}
                    }
                }
                body class=[(!self.class.is_empty()).then_some(self.class)] {
                    (icons::sprite())
                    (self.body)
                }
            }
        }
    }

    /// The page as an answer that nobody keeps, compressed where the caller takes it.
    #[must_use]
    pub fn answer(&self, status: StatusCode, framing: &Framing, request: &HeaderMap) -> Response {
        let text = self.markup().into_string();
        let zipped = assets::takes_gzip(request);
        let body = if zipped {
            Body::from(assets::zip(text.as_bytes()))
        } else {
            Body::from(text)
        };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::CONTENT_LANGUAGE,
            HeaderValue::from_static(self.language.code()),
        );
        headers.insert(
            header::VARY,
            HeaderValue::from_static("accept-encoding, accept-language"),
        );
        if zipped {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        policy::apply(headers, framing);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_nothing_is_inline() {
        let hostile = "<script>alert(1)</script>\" onload=\"x";
        let body = html! { p title=(hostile) { (hostile) } };
        let mut page = Document::new(hostile, Language::English, body);
        page.scripts = &["parts.js"];
        let text = page.markup().into_string();
        assert!(!text.contains("<script>"), "{text}");
        assert!(!text.contains("\" onload"), "{text}");
        assert!(!text.contains("<style") && !text.contains(" style="), "{text}");
        assert_eq!(
            text.matches("<script").count(),
            text.matches("<script type=\"module\" src=\"/assets/").count()
        );
    }
}
