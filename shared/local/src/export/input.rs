//! The file with settings and credentials.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    path::Path,
};

use manifold_connectors::{
    Connector,
    form::{ConnectionInput, Instance},
};
use secrecy::SecretString;
use serde::Deserialize;

use crate::Failure;

/// What stands in the file: an entry of the sandbox's `GET /` fits as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    system: Option<String>,
    method: Option<String>,
    settings: BTreeMap<String, String>,
    credentials: BTreeMap<String, String>,
}

/// Reads the file, `-` being standard input, and checks it against what the system asks for.
///
/// # Errors
/// A file that cannot be read, and every field that does not fit. No message quotes a value.
pub(super) fn read(file: &Path, connector: &Connector) -> Result<Instance, Failure> {
    let text = content(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let input: Input = serde_json::from_slice(&text).map_err(|error| {
        // serde's own message may quote a credential that stands where an object should.
        let place = format!("line {}, column {}", error.line(), error.column());
        format!(
            "{}: {place}: expected a JSON object with texts in `settings` and `credentials`",
            file.display()
        )
    })?;
    let input = ConnectionInput {
        system: input.system.unwrap_or_else(|| connector.manifest().id.clone()),
        method: input.method,
        settings: input.settings,
        credentials: input
            .credentials
            .into_iter()
            .map(|(key, value)| (key, SecretString::from(value)))
            .collect(),
        hosting: None,
    };
    connector.accept(&input).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.pointer, problem.detail))
            .collect();
        format!("{} does not fit:\n  {}", file.display(), lines.join("\n  ")).into()
    })
}

fn content(file: &Path) -> io::Result<zeroize::Zeroizing<Vec<u8>>> {
    if file.as_os_str() != "-" {
        return fs::read(file).map(zeroize::Zeroizing::new);
    }
    let mut text = zeroize::Zeroizing::new(Vec::new());
    io::stdin().lock().read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use manifold_connectors::Catalog;

    use super::*;

    fn refused(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.json");
        fs::write(&file, text).unwrap();
        let connector: Arc<Connector> = Catalog::builtin().get("sap_s4hana").unwrap();
        read(&file, &connector).unwrap_err().to_string()
    }

    #[test]
    fn what_does_not_fit_is_named_without_its_values() {
        let said = refused(r#"{"settings":{"no_such":"x"},"credentials":{"password":"canary-4711"}}"#);
        assert!(said.contains("/settings/no_such"), "{said}");
        assert!(!said.contains("canary-4711"), "{said}");
        let said = refused(r#"{"settings":{},"credentials":"canary-4711"}"#);
        assert!(said.contains("line 1") && !said.contains("canary-4711"), "{said}");
        assert!(refused("").contains("expected a JSON object"));
    }
}
