//! Who may call what: the kinds of tokens, and which of them each operation takes.

use manifold_connectors::model;
use serde_json::{Value, json};

/// Security schemes: name, prefix of the token, and who holds it.
const SCHEMES: &[(&str, &str)] = &[
    (
        "admin_key",
        "The deployment's admin key, `mfa_…`: makes and changes workspaces.",
    ),
    (
        "workspace_key",
        "A workspace's API key, `mfk_…`: everything of that workspace.",
    ),
    (
        "connection_token",
        "A connection's own token, `mft_…`: the records of that connection.",
    ),
    (
        "link_token",
        "The token of a link session, `mfl_…`: connecting one system in it.",
    ),
];

/// The security schemes of the document.
pub(super) fn schemes() -> Value {
    let scheme = |(name, description): &(&str, &str)| {
        let scheme = json!({"type": "http", "scheme": "bearer", "description": description});
        ((*name).to_owned(), scheme)
    };
    Value::Object(SCHEMES.iter().map(scheme).collect())
}

/// What an operation asks of its caller.
pub(super) struct Callers {
    schemes: &'static [&'static str],
    sentence: &'static str,
}

impl Callers {
    /// By the path. `tests/tests/callers.rs` holds it against what the routes really take.
    pub(super) fn of(path: &str) -> Self {
        let under = |roots: &[&str]| roots.iter().any(|root| path.starts_with(root));
        let record = model::MODELS
            .iter()
            .any(|model| path.starts_with(&format!("/v1/{}", model.path)));
        let (schemes, sentence): (&'static [&'static str], _) = if !path.starts_with("/v1/") {
            (&[], "Open to everybody.")
        } else if under(&["/v1/workspaces"]) {
            (&["admin_key"], "Takes the deployment's admin key.")
        } else if under(&["/v1/connect/"]) {
            (&["link_token"], "Takes the token of a link session.")
        } else if under(&["/v1/systems", "/v1/models"]) {
            (
                &["workspace_key", "connection_token", "link_token", "admin_key"],
                "Takes any valid token.",
            )
        } else if record || matches!(path, "/v1/changes" | "/v1/passthrough" | "/v1/connection") {
            (
                &["connection_token", "workspace_key"],
                "Takes the connection's token, or a workspace key with the header `Manifold-Connection`.",
            )
        } else {
            (&["workspace_key"], "Takes a workspace key.")
        };
        Self { schemes, sentence }
    }

    /// Whether nobody has to sign in.
    pub(super) fn everybody(&self) -> bool {
        self.schemes.is_empty()
    }

    /// Whether the request is about one connection, which a workspace key has to name.
    pub(super) fn name_connection(&self) -> bool {
        self.schemes == ["connection_token", "workspace_key"]
    }

    /// Writes it into an operation: its security, and a sentence at the end of its description.
    pub(super) fn describe(&self, operation: &mut Value) {
        let choices: Vec<Value> = self.schemes.iter().map(|scheme| json!({*scheme: []})).collect();
        operation["security"] = choices.into();
        let description = match operation["description"].as_str() {
            Some(text) if !text.is_empty() => format!("{text}\n\n{}", self.sentence),
            _ => self.sentence.to_owned(),
        };
        operation["description"] = description.into();
    }
}
