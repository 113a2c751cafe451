//! Expected texts as plain files, rewritten on demand: `UPDATE_GOLDEN=1 cargo test`.

use std::{fs, path::Path};

/// Compares a text with the file of that path below the workspace.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever updates the files says so in the environment"
)]
pub fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        fs::write(&file, text).expect("the file can be written");
        return;
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    if expected != text {
        let line = expected
            .lines()
            .zip(text.lines())
            .take_while(|(old, new)| old == new)
            .count()
            + 1;
        panic!("{path} differs from line {line} on; UPDATE_GOLDEN=1 rewrites it, and the change is reviewed");
    }
}
