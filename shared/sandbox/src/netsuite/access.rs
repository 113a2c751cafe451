//! Who may use the API: the holder of a bearer token, or whoever signs each request.

use super::oauth1::{self, Signed};
use super::{ACCOUNT, CONSUMER_KEY, CONSUMER_SECRET, TOKEN_ID, TOKEN_SECRET};
use crate::http::Call;
use crate::system::System;

/// How far a timestamp may be from now, in seconds.
const WINDOW: i64 = 300;

/// Whether a call is signed in.
pub(super) fn is_allowed(system: &System, call: &Call) -> bool {
    if let Some(token) = call.bearer() {
        return system.sessions.accepts(token);
    }
    let Some(signed) = call.header("authorization").and_then(Signed::parse) else {
        return false;
    };
    let known = signed.is_from(ACCOUNT, CONSUMER_KEY, TOKEN_ID);
    let timely = signed.timestamp().is_some_and(|at| is_near(system, at));
    // The client signs the URL that it asks; behind another name that is not the one the sandbox knows.
    let mut urls = vec![call.url()];
    if let Some(host) = call.header("host") {
        urls.push(format!("http://{host}/{}{}", system.dialect.key(), call.path));
    }
    let genuine = urls.iter().any(|url| {
        let base = oauth1::base_string(call.method.as_str(), url, &call.pairs(), &signed);
        signed.was_made_with(&base, CONSUMER_SECRET, TOKEN_SECRET)
    });
    known && timely && genuine && system.sessions.first_use(signed.nonce())
}

/// Whether a time in seconds is near now: by the stack's clock, or by the real one, since the timestamps in
/// signatures stay real when the stack's clock runs faster.
pub(super) fn is_near(system: &System, at: i64) -> bool {
    nows(system).iter().any(|now| (now - at).abs() <= WINDOW)
}

/// Now in seconds, by both clocks.
#[expect(
    clippy::disallowed_methods,
    reason = "signatures carry real time even when the stack's clock runs faster"
)]
pub(super) fn nows(system: &System) -> [i64; 2] {
    let real = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    [
        system.clock.now_ms() / 1000,
        i64::try_from(real.as_secs()).unwrap_or(i64::MAX),
    ]
}
