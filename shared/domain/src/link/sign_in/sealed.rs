//! What a sign-in hands out and keeps under seal: its ticket, its state, and the verifier of its code.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::deployment::Domain;

/// Which sign-in: what a ticket and a state hold.
#[derive(Serialize, Deserialize)]
pub(super) struct Which {
    pub(super) ws: String,
    pub(super) link: String,
    pub(super) id: String,
}

/// What a sealed [`Which`] is for: one does not pass for the other.
#[derive(Clone, Copy)]
pub(super) enum Pass {
    /// Opens the window.
    Ticket,
    /// Comes back from the system.
    State,
}

impl Pass {
    fn context(self) -> &'static str {
        match self {
            Self::Ticket => "ticket of a sign-in",
            Self::State => "state of a sign-in",
        }
    }

    pub(super) fn seal(self, domain: &Domain, which: &Which) -> String {
        let plain = serde_json::to_vec(which).expect("three texts have a JSON form");
        seal(domain, self.context(), &plain)
    }

    /// None for what is none of ours.
    pub(super) fn open(self, domain: &Domain, sealed: &str) -> Option<Which> {
        serde_json::from_slice(&open(domain, self.context(), sealed)?).ok()
    }
}

impl Which {
    pub(super) fn seal_verifier(&self, domain: &Domain, verifier: &SecretString) -> String {
        seal(
            domain,
            &self.verifier_context(),
            verifier.expose_secret().as_bytes(),
        )
    }

    pub(super) fn open_verifier(&self, domain: &Domain, sealed: &str) -> Option<SecretString> {
        let verifier = open(domain, &self.verifier_context(), sealed)?;
        Some(SecretString::from(std::str::from_utf8(&verifier).ok()?))
    }

    fn verifier_context(&self) -> String {
        format!("verifier of {} {}", self.ws, self.id)
    }
}

/// 256 random bits, as text that may stand in an address.
pub(super) fn random_text(domain: &Domain) -> SecretString {
    let mut random = Zeroizing::new([0; 32]);
    domain.ports.ids.random(&mut *random);
    BASE64.encode(*random).into()
}

fn seal(domain: &Domain, context: &str, plain: &[u8]) -> String {
    BASE64.encode(domain.keys.seal(&*domain.ports.ids, context, plain))
}

fn open(domain: &Domain, context: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Longer ones are none of ours.
    let bytes = BASE64.decode(sealed).ok().filter(|bytes| bytes.len() < 1024)?;
    domain.keys.open(context, &bytes).ok()
}
