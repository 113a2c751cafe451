//! Styles and scripts of the pages, embedded when the crate is built.
//!
//! All of them stand under one folder whose name is the hash of their content, so that browsers keep them
//! for ever, and a script's relative imports find the files that belong to it.

use std::{
    io::Write as _,
    sync::{LazyLock, OnceLock},
};

use axum::{
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// A file that pages load.
#[derive(Debug)]
pub struct Asset {
    /// Path in the folder: `connect/form.js`. Its ending says what it is.
    pub name: &'static str,
    /// The whole text.
    pub text: &'static str,
    zipped: OnceLock<Vec<u8>>,
}

impl Asset {
    fn new(name: &'static str, text: &'static str) -> Self {
        Self {
            name,
            text,
            zipped: OnceLock::new(),
        }
    }

    fn kind(&self) -> &'static str {
        if self.name.ends_with(".css") {
            "text/css; charset=utf-8"
        } else if self.name.ends_with(".svg") {
            "image/svg+xml"
        } else {
            "text/javascript; charset=utf-8"
        }
    }

    /// As browsers take it: API Gateway compresses nothing.
    fn zipped(&self) -> &[u8] {
        self.zipped.get_or_init(|| zip(self.text.as_bytes()))
    }
}

/// Bytes as gzip has them.
#[must_use]
pub fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    let written = encoder.write_all(bytes);
    debug_assert!(written.is_ok());
    encoder.finish().unwrap_or_default()
}

/// One style sheet for all pages: the design system.
const DESIGN: &str = concat!(
    include_str!("design/tokens.css"),
    include_str!("design/elements.css"),
    include_str!("design/controls.css"),
    include_str!("design/parts.css"),
);

/// Every file.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    vec![
        Asset::new("design.css", DESIGN),
        Asset::new("dashboard.css", include_str!("design/dashboard.css")),
        Asset::new("mark.svg", include_str!("design/mark.svg")),
        Asset::new("parts.js", include_str!("scripts/parts.js")),
        Asset::new("initials.js", include_str!("scripts/initials.js")),
        Asset::new("connect/connect.css", include_str!("connect/connect.css")),
        Asset::new("connect/app.js", include_str!("connect/app.js")),
        Asset::new("connect/api.js", include_str!("connect/api.js")),
        Asset::new("connect/check.js", include_str!("connect/check.js")),
        Asset::new("connect/dom.js", include_str!("connect/dom.js")),
        Asset::new("connect/form.js", include_str!("connect/form.js")),
        Asset::new("connect/parent.js", include_str!("connect/parent.js")),
        Asset::new("connect/search.js", include_str!("connect/search.js")),
        Asset::new("connect/signin.js", include_str!("connect/signin.js")),
        Asset::new("connect/systems.js", include_str!("connect/systems.js")),
        Asset::new("connect/texts.js", include_str!("connect/texts.js")),
        Asset::new("connect/underway.js", include_str!("connect/underway.js")),
        Asset::new("connect/window.js", include_str!("connect/window.js")),
        Asset::new("connect/theme.js", include_str!("connect/theme.js")),
        // Served as /connect.js, to pages of others.
        Asset::new("connect/embed.js", include_str!("connect/embed.js")),
        Asset::new("dashboard.js", include_str!("scripts/dashboard.js")),
    ]
});

/// Name of the folder: changes whenever a file does.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in ASSETS.iter() {
        // With lengths, so that a border between two files cannot move.
        hash.update(asset.name.len().to_be_bytes());
        hash.update(asset.name);
        hash.update(asset.text.len().to_be_bytes());
        hash.update(asset.text);
    }
    hash.finalize()
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
});

/// Where a page finds a file.
#[must_use]
pub fn href(name: &str) -> String {
    debug_assert!(find(name).is_some(), "{name} is no asset");
    format!("/assets/{}/{name}", *VERSION)
}

/// A file by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// Serves `/assets/{version}/{name}`.
///
/// A page from before a deployment asks for the older folder: it gets the file as it is now, unkept, which
/// is better than none.
pub async fn serve(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = find(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let keep = if version == *VERSION {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    let mut response = answer(asset, &headers);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

/// A file as an answer, without a word on keeping it.
pub fn answer(asset: &'static Asset, request: &HeaderMap) -> Response {
    compressed(
        asset.kind(),
        request,
        || asset.zipped().into(),
        || asset.text.into(),
    )
}

/// A text of ours as its caller takes it: compressed, or plain.
pub fn compressed(
    kind: &'static str,
    request: &HeaderMap,
    zipped: impl FnOnce() -> Body,
    plain: impl FnOnce() -> Body,
) -> Response {
    let zip = takes_gzip(request);
    let mut response = if zip { zipped() } else { plain() }.into_response();
    let headers = response.headers_mut();
    if zip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// Whether a caller takes gzip.
#[must_use]
pub fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    accepted.is_some_and(|list| {
        list.split(',').any(|one| {
            let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
            let refused = weight
                .trim()
                .strip_prefix("q=")
                .is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
            coding.trim().eq_ignore_ascii_case("gzip") && !refused
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(path: (&str, &str), accepts: &str, status: StatusCode, cache: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::ACCEPT_ENCODING,
            HeaderValue::from_str(accepts).expect("a header"),
        );
        let response = serve(Path((path.0.to_owned(), path.1.to_owned())), headers).await;
        assert_eq!(response.status(), status, "{path:?}");
        let kept = response
            .headers()
            .get(header::CACHE_CONTROL)
            .map(|value| value.to_str().expect("text"));
        assert_eq!(kept, cache, "{path:?}");
        response
    }

    #[tokio::test]
    async fn files_are_kept_by_their_hash() {
        let for_ever = Some("public, max-age=31536000, immutable");
        let zipped = check(
            (&VERSION, "design.css"),
            "br, gzip;q=0.8",
            StatusCode::OK,
            for_ever,
        )
        .await;
        assert_eq!(zipped.headers()[header::CONTENT_ENCODING], "gzip");
        let plain = check((&VERSION, "design.css"), "gzip;q=0, br", StatusCode::OK, for_ever).await;
        assert!(plain.headers().get(header::CONTENT_ENCODING).is_none());
        check(("00ff", "design.css"), "gzip", StatusCode::OK, Some("no-store")).await;
        check((&VERSION, "../mod.rs"), "gzip", StatusCode::NOT_FOUND, None).await;
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for asset in ASSETS.iter() {
            for way in [
                "@import",
                "url(",
                "from \"http",
                "from \"//",
                "import(",
                "src=\"http",
                "src = \"http",
            ] {
                assert!(!asset.text.contains(way), "{} loads by {way}", asset.name);
            }
        }
    }
}
