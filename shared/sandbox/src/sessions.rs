//! Who is signed in: access tokens, CSRF tokens with their cookies, and nonces that were used.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};

/// How long an access token lives. Lifetimes are real time even when the stack's clock runs faster.
pub(crate) const TOKEN_LIFETIME: Duration = Duration::from_secs(3600);
/// How many nonces are remembered.
const NONCES: usize = 100_000;

/// Numbers moments, so that "issued before the fault was set" needs no clock.
static MOMENT: AtomicU64 = AtomicU64::new(1);

/// The next moment; later calls give greater ones.
pub(crate) fn moment() -> u64 {
    MOMENT.fetch_add(1, Ordering::SeqCst)
}

/// What one system knows about its callers.
#[derive(Default)]
pub(crate) struct Sessions {
    tokens: Mutex<HashMap<String, Issued>>,
    csrf: Mutex<HashMap<String, String>>,
    nonces: Mutex<HashSet<String>>,
    codes: Mutex<HashMap<String, Code>>,
}

/// What a code of a person's sign-in is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// Hash of the verifier that has to come with it.
    pub(crate) challenge: String,
    /// Where it was sent to.
    pub(crate) redirect_uri: String,
}

#[derive(Debug, Clone, Copy)]
struct Issued {
    moment: u64,
    at: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    /// Issues an access token.
    pub(crate) fn issue(&self) -> String {
        let token = random_text();
        lock(&self.tokens).insert(
            token.clone(),
            Issued {
                moment: moment(),
                at: Instant::now(),
            },
        );
        token
    }

    /// Whether an access token is known and young enough.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        lock(&self.tokens)
            .get(token)
            .is_some_and(|issued| issued.at.elapsed() < TOKEN_LIFETIME)
    }

    /// Forgets a token that was issued before a moment; answers whether it did.
    pub(crate) fn expire(&self, token: &str, before: u64) -> bool {
        let mut tokens = lock(&self.tokens);
        let old = tokens.get(token).is_some_and(|issued| issued.moment < before);
        if old {
            tokens.remove(token);
        }
        old
    }

    /// Opens a session: its cookie's value and its CSRF token.
    pub(crate) fn open_csrf(&self) -> (String, String) {
        let (cookie, token) = (random_text(), random_text());
        lock(&self.csrf).insert(cookie.clone(), token.clone());
        (cookie, token)
    }

    /// Whether cookie and token belong together.
    pub(crate) fn csrf_matches(&self, cookie: &str, token: &str) -> bool {
        lock(&self.csrf)
            .get(cookie)
            .is_some_and(|expected| expected == token)
    }

    /// Remembers a code.
    pub(crate) fn keep_code(&self, code: &str, bound: Code) {
        lock(&self.codes).insert(code.to_owned(), bound);
    }

    /// Takes a code: it is good once.
    pub(crate) fn take_code(&self, code: &str) -> Option<Code> {
        lock(&self.codes).remove(code)
    }

    /// Takes note of a nonce; false when it was seen before.
    pub(crate) fn first_use(&self, nonce: &str) -> bool {
        let mut nonces = lock(&self.nonces);
        if nonces.len() >= NONCES {
            nonces.clear();
        }
        nonces.insert(nonce.to_owned())
    }
}

/// 128 random bits in hexadecimal.
pub(crate) fn random_text() -> String {
    let mut bytes = [0_u8; 16];
    // Without entropy the text is still unlike any other in this process.
    if SystemRandom::new().fill(&mut bytes).is_err() {
        bytes[..8].copy_from_slice(&moment().to_be_bytes());
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
