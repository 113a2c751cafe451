//! A system's words as they may be shown: on one line, without secrets, cut.

use std::sync::LazyLock;

use regex_lite::Regex;
use secrecy::{ExposeSecret, SecretString};

/// Most characters of a quoted message.
const LONGEST_MESSAGE: usize = 500;

/// Most characters of a quoted code.
const LONGEST_CODE: usize = 100;

/// What is looked at of a message that is far too long.
const LONGEST_READ: usize = 8 * LONGEST_MESSAGE;

/// Credentials shorter than this are not searched: blotting out each "a" would tell more than it hides.
const SHORTEST_SECRET: usize = 4;

/// What stands where a secret stood.
const BLOT: &str = "***";

/// Credentials of others that a careless system may repeat: an `Authorization` header, a JWT, `password=…`.
static LOOKS_SECRET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i:\b(?:bearer|basic)\s+[a-z0-9._~+/=-]{12,})",
        r"|\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*",
        r#"|(?i:\b(?:password|passwd|secret|client_secret|api[_-]?key|access_token|refresh_token|signature)["']?\s*[=:]\s*["']?[^\s"',;&]{3,})"#,
    ))
    .expect("the pattern is a constant that the tests use")
});

/// A system's sentence, at most 500 characters; none when nothing is left.
pub(super) fn message(text: &str, secrets: &[SecretString]) -> Option<String> {
    quoted(text, secrets, LONGEST_MESSAGE)
}

/// A system's code, at most 100 characters; none when nothing is left.
pub(super) fn code(text: &str, secrets: &[SecretString]) -> Option<String> {
    quoted(text, secrets, LONGEST_CODE)
}

fn quoted(text: &str, secrets: &[SecretString], longest: usize) -> Option<String> {
    // Secrets go first, while they are whole: a cut one would not be found and still give itself away.
    let mut text = text.to_owned();
    for secret in secrets
        .iter()
        .map(ExposeSecret::expose_secret)
        .filter(|secret| secret.len() >= SHORTEST_SECRET)
    {
        if text.contains(secret) {
            text = text.replace(secret, BLOT);
        }
    }
    let text: String = text.chars().take(LONGEST_READ).collect();
    let text = LOOKS_SECRET.replace_all(&text, BLOT);
    let text = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let text = text.collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then(|| cut(text, longest))
}

fn cut(text: String, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text;
    }
    text.chars().take(longest - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let secrets = [SecretString::from("s3cr3t-Value"), SecretString::from("abc")];
        assert_eq!(
            message(text, &secrets).as_deref().unwrap_or(""),
            expected,
            "{text}"
        );
    }

    #[test]
    fn blots_out_what_looks_secret() {
        check("Supplier 4711 is blocked", "Supplier 4711 is blocked");
        check("  two\nlines\tand\u{0} more\r\n", "two lines and more");
        check("\u{0} \n", "");
        check("user x with s3cr3t-Value is wrong", "user x with *** is wrong");
        check("abc stays, it is too short", "abc stays, it is too short");
        check(
            "got Authorization: Bearer abcdefgh.ijkl-mnop",
            "got Authorization: ***",
        );
        check("bearer of bad news", "bearer of bad news");
        check("Basic dXNlcjpwYXNzd29yZA== refused", "*** refused");
        check(
            "token eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.sig_-9 expired",
            "token *** expired",
        );
        check("client_secret=hunter22&x=1", "***&x=1");
        check(r#"{"password":"hunter22"}"#, r#"{"***"}"#);
        check("The password is wrong", "The password is wrong");
    }

    #[test]
    fn cuts() {
        let long = "é".repeat(600);
        let quoted = message(&long, &[]).expect("something");
        assert_eq!(quoted.chars().count(), LONGEST_MESSAGE);
        assert!(quoted.ends_with('…'));
        assert_eq!(message(&"x".repeat(500), &[]).expect("something").len(), 500);
        assert_eq!(
            code(&"x".repeat(500), &[]).expect("something").chars().count(),
            LONGEST_CODE
        );

        // A secret across the cut is gone as a whole.
        let across = format!("{}canary-value", "x".repeat(LONGEST_READ - 4));
        assert!(
            !message(&across, &[SecretString::from("canary-value")])
                .expect("something")
                .contains("can")
        );
    }
}
