//! What a browser is told about a page: where it may load from, who may frame it, what it may pass on.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Who may show a page in a frame of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Framing {
    /// Nobody.
    #[default]
    Nobody,
    /// Pages of these origins, `https://app.example.com`.
    Origins(Vec<String>),
}

impl Framing {
    fn ancestors(&self) -> String {
        match self {
            Self::Origins(origins) if !origins.is_empty() => {
                // An origin comes from a link session, which took nothing but scheme, host and port. What would
                // end the directive all the same is left out, so that it cannot widen the policy.
                let safe = |origin: &&String| {
                    origin.bytes().all(|byte| {
                        byte.is_ascii_alphanumeric()
                            || matches!(byte, b':' | b'/' | b'.' | b'-' | b'[' | b']')
                    })
                };
                let origins: Vec<&str> = origins.iter().filter(safe).map(String::as_str).collect();
                if origins.is_empty() {
                    "'none'".to_owned()
                } else {
                    origins.join(" ")
                }
            }
            _ => "'none'".to_owned(),
        }
    }
}

/// Adds the headers of a page.
pub fn apply(headers: &mut HeaderMap, framing: &Framing) {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors {}",
        framing.ancestors()
    );
    let fixed = [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin-allow-popups",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if *framing == Framing::Nobody {
        // For browsers that do not know frame-ancestors.
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(framing: &Framing, ancestors: &str) {
        let mut headers = HeaderMap::new();
        apply(&mut headers, framing);
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
        assert!(
            policy.ends_with(&format!("frame-ancestors {ancestors}")),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn only_named_origins_may_frame() {
        let origins = |list: &[&str]| Framing::Origins(list.iter().map(|one| (*one).to_owned()).collect());
        check(&Framing::Nobody, "'none'");
        check(&origins(&[]), "'none'");
        check(
            &origins(&["https://a.example", "http://127.0.0.1:3000"]),
            "https://a.example http://127.0.0.1:3000",
        );
        check(&origins(&["https://a.example; script-src *"]), "'none'");
        check(&origins(&["*"]), "'none'");
    }
}
