//! What was typed, on its way through an attempt's row: sealed for this attempt alone.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::from_base64;
use crate::{deployment::Domain, systems::ConnectionInput};

#[derive(Serialize, Deserialize)]
struct Typed {
    system: String,
    method: Option<String>,
    settings: BTreeMap<String, String>,
    credentials: BTreeMap<String, String>,
}

fn input_context(ws: &str, attempt: &str) -> String {
    format!("what was typed in {ws} {attempt}")
}

/// The text that stands in the row.
pub(in crate::link) fn seal(domain: &Domain, ws: &str, attempt: &str, input: &ConnectionInput) -> String {
    let exposed = |(key, secret): (&String, &SecretString)| (key.clone(), secret.expose_secret().to_owned());
    let mut typed = Typed {
        system: input.system.clone(),
        method: input.method.clone(),
        settings: input.settings.clone(),
        credentials: input.credentials.iter().map(exposed).collect(),
    };
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&typed).expect("texts have a JSON form"));
    typed.credentials.values_mut().for_each(zeroize::Zeroize::zeroize);
    BASE64.encode(
        domain
            .keys
            .seal(&*domain.ports.ids, &input_context(ws, attempt), &plain),
    )
}

/// What was typed; `None` when the text is another attempt's, or was changed.
pub(in crate::link) fn unseal(
    domain: &Domain,
    ws: &str,
    attempt: &str,
    sealed: &str,
) -> Option<ConnectionInput> {
    let plain = domain
        .keys
        .open(&input_context(ws, attempt), &from_base64(sealed))
        .ok()?;
    let typed: Typed = serde_json::from_slice(&plain).ok()?;
    Some(ConnectionInput {
        system: typed.system,
        method: typed.method,
        settings: typed.settings,
        credentials: typed
            .credentials
            .into_iter()
            .map(|(key, secret)| (key, SecretString::from(secret)))
            .collect(),
    })
}
