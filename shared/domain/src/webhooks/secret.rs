//! Secrets of endpoints: made here, shown once, sealed in the endpoint's row, replaced with an overlap.

use std::time::Duration;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD},
};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{deployment::Domain, error::Problem};

/// The longest time that an old secret goes on signing.
pub const LONGEST_OVERLAP: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long it does when nothing is said.
pub const USUAL_OVERLAP: Duration = Duration::from_secs(24 * 3600);
/// Secrets that sign at the same time; the oldest goes first.
const MOST: usize = 5;
/// Random bytes of a secret: the standard asks for 24 to 64.
const BYTES: usize = 32;

/// A secret as the row holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SealedSecret {
    sealed: String,
    /// Until when it signs, by the wall's clock; `None` for the present one.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    until: Option<Timestamp>,
}

/// A new secret: `whsec_` and base64, for the workspace, and the same sealed, for the row.
pub(crate) fn make(domain: &Domain, ws: &str, ep: &str) -> (SecretString, SealedSecret) {
    let mut plain = Zeroizing::new([0; BYTES]);
    domain.ports.ids.random(&mut *plain);
    let sealed = domain.keys.seal(&*domain.ports.ids, &context(ws, ep), &*plain);
    let shown = Zeroizing::new(BASE64.encode(*plain));
    (
        SecretString::from(format!("whsec_{}", *shown)),
        SealedSecret {
            sealed: STANDARD_NO_PAD.encode(sealed),
            until: None,
        },
    )
}

/// Puts a new secret before the others, which sign until the overlap ends.
pub(crate) fn replace(
    secrets: &mut Vec<SealedSecret>,
    new: SealedSecret,
    wall: Timestamp,
    overlap: Duration,
) {
    let until = wall + overlap;
    for old in secrets.iter_mut() {
        old.until = Some(old.until.map_or(until, |earlier| earlier.min(until)));
    }
    secrets.retain(|old| old.until.is_some_and(|until| until > wall));
    secrets.insert(0, new);
    secrets.truncate(MOST);
}

/// The secrets that sign now.
///
/// # Errors
/// [`Problem::Sealed`] when the deployment's master secret is another one by now.
pub(crate) fn open(
    domain: &Domain,
    ws: &str,
    ep: &str,
    secrets: &[SealedSecret],
) -> Result<Vec<Zeroizing<Vec<u8>>>, Problem> {
    let wall = domain.ports.clock.wall();
    let signing = secrets
        .iter()
        .filter(|secret| secret.until.is_none_or(|until| wall < until));
    signing
        .map(|secret| {
            // A row that was changed does not open.
            let sealed = STANDARD_NO_PAD.decode(&secret.sealed).unwrap_or_default();
            Ok(domain.keys.open(&context(ws, ep), &sealed)?)
        })
        .collect()
}

fn context(ws: &str, ep: &str) -> String {
    format!("webhook secret of {ws} {ep}")
}
