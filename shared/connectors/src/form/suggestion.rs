//! "Did you mean …?" for names that do not exist.

/// The known name that is nearest to one that is not known; `None` when none is near.
#[must_use]
pub(crate) fn nearest<'n>(wrong: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let wrong = plain(wrong);
    known
        .into_iter()
        .map(|name| (distance(&wrong, &plain(name)), name))
        .filter(|(steps, name)| *steps <= 1 + name.len() / 4)
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, name)| name)
}

/// `tenantId`, `tenant-id` and `tenant_id` are one name to whoever typed it; 64 bytes are enough to judge.
fn plain(name: &str) -> Vec<u8> {
    let letters = name.bytes().filter(u8::is_ascii_alphanumeric);
    letters.map(|byte| byte.to_ascii_lowercase()).take(64).collect()
}

/// Levenshtein's distance, one row at a time.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_nearest_and_stays_silent_otherwise() {
        let known = ["tenant", "company", "client_secret"];
        for (wrong, meant) in [
            ("tennant", Some("tenant")),
            ("clientSecret", Some("client_secret")),
            ("compnay", Some("company")),
            ("password", None),
            ("", None),
        ] {
            assert_eq!(nearest(wrong, known), meant, "{wrong}");
        }
    }
}
