//! One deployment: everything that a use case needs, and the keys that all secrets rest on.

use std::{fmt, sync::Arc, time::Duration};

use ring::{aead, hkdf, hmac};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    ports::{Ids, MAX_DELAY, PortError, Ports, QueueName},
    store::{Store, StoreError, Transaction},
    systems::Systems,
    token,
    webhooks::Receivers,
};

/// Everything that a use case needs. Cheap to clone.
#[derive(Clone)]
pub struct Domain {
    /// The tables.
    pub store: Store,
    /// Queue, vault, clock, identifiers.
    pub ports: Ports,
    /// The deployment's keys.
    pub keys: DeploymentKeys,
    /// The systems that can be connected.
    pub catalog: Arc<dyn Systems>,
    /// The way out to webhook endpoints.
    pub receivers: Arc<dyn Receivers>,
}

impl Domain {
    /// Writes all or nothing, and then sends the messages that the transaction remembers.
    ///
    /// # Errors
    /// As [`Store::transact`]. A message that is not taken makes no error: what it is about is due, and the
    /// schedule finds it.
    pub async fn commit(&self, mut transaction: Transaction) -> Result<(), StoreError> {
        let wakes = transaction.take_wakes();
        self.store.transact(transaction).await?;
        for (queue, body) in wakes {
            self.wake(queue, &body, Duration::ZERO).await;
        }
        Ok(())
    }

    /// Sends a message that comes after `delay` of the stack's time, or as late as a queue can bring one.
    pub(crate) async fn send(&self, queue: QueueName, body: &str, delay: Duration) -> Result<(), PortError> {
        let real = self.ports.clock.real(delay).min(MAX_DELAY);
        self.ports.queue.send(queue, body, real).await
    }

    /// The same for a message that only wakes whoever works on a queue: what it is about is due, so that the schedule
    /// finds it when the message is not taken.
    pub(crate) async fn wake(&self, queue: QueueName, body: &str, delay: Duration) {
        if let Err(error) = self.send(queue, body, delay).await {
            tracing::warn!(queue = queue.as_str(), %error, "a wake-up waits for the schedule");
        }
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Domain")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

/// Bytes of a sealing nonce, which stand before the sealed text.
const NONCE: usize = 12;

/// Keys derived from the deployment's one master secret, which the vault holds.
///
/// Each purpose has its own key, so that nothing made for one is accepted by another.
#[derive(Clone)]
pub struct DeploymentKeys {
    root: Arc<hkdf::Prk>,
    tokens: hmac::Key,
    cursors: hmac::Key,
    answers: hmac::Key,
    forms: hmac::Key,
}

impl fmt::Debug for DeploymentKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeploymentKeys")
    }
}

/// What was sealed cannot be opened: another key, another context, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened")]
pub struct Unsealable;

impl DeploymentKeys {
    /// Derives all keys from the master secret (at least 32 random bytes in any text form).
    #[must_use]
    pub fn from_master(master: &SecretString) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"manifold");
        let root = salt.extract(master.expose_secret().as_bytes());
        Self {
            tokens: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&root, &[b"token pepper"])),
            cursors: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&root, &[b"cursor"])),
            answers: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&root, &[b"kept answer"])),
            forms: hmac::Key::new(hmac::HMAC_SHA256, &*derive(&root, &[b"form"])),
            root: Arc::new(root),
        }
    }

    /// What stands in the tables for a bearer token: 64 hexadecimal digits.
    #[must_use]
    pub fn token_hash(&self, bearer: &str) -> String {
        hex(hmac::sign(&self.tokens, bearer.as_bytes()).as_ref())
    }

    /// The row name of a kept answer: keyed hash of who asked (a token's hash) and its `Idempotency-Key`.
    #[must_use]
    pub fn answer_hash(&self, caller_hash: &str, idempotency_key: &str) -> String {
        let mut context = hmac::Context::with_key(&self.answers);
        context.update(caller_hash.as_bytes());
        context.update(b"\n");
        context.update(idempotency_key.as_bytes());
        hex(context.sign().as_ref())
    }

    /// What every form of a session carries, so that a page of somebody else cannot send one.
    #[must_use]
    pub fn form_token(&self, session: &str) -> String {
        hex(hmac::sign(&self.forms, session.as_bytes()).as_ref())
    }

    /// Authenticates a cursor's text.
    #[must_use]
    pub fn cursor_tag(&self, bound_to: &str, payload: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.cursors);
        context.update(&(bound_to.len() as u64).to_be_bytes());
        context.update(bound_to.as_bytes());
        context.update(payload);
        let mut tag = [0; 16];
        tag.copy_from_slice(&context.sign().as_ref()[..16]);
        tag
    }

    /// Encrypts so that it can be opened only in the same context; each context has its own key.
    #[must_use]
    pub fn seal(&self, ids: &dyn Ids, context: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        ids.random(&mut nonce);
        let mut sealed = plain.to_vec();
        self.sealing_key(context)
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(context),
                &mut sealed,
            )
            .expect("AES-GCM seals anything below 64 GB");
        let mut out = Vec::with_capacity(NONCE + sealed.len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        out
    }

    /// Decrypts what was sealed in this context.
    ///
    /// # Errors
    /// [`Unsealable`] for anything else.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, Unsealable> {
        let (nonce, body) = sealed.split_at_checked(NONCE).ok_or(Unsealable)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unsealable)?;
        let mut body = zeroize::Zeroizing::new(body.to_vec());
        let length = self
            .sealing_key(context)
            .open_in_place(nonce, aead::Aad::from(context), &mut body)
            .map_err(|_| Unsealable)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// The deployment's admin key, `mfa_…`.
    #[must_use]
    pub fn admin_key(&self) -> SecretString {
        token::compose(token::Kind::Admin, &derive(&self.root, &[b"admin key"]))
    }

    fn sealing_key(&self, context: &str) -> aead::LessSafeKey {
        let key = derive(&self.root, &[b"seal", context.as_bytes()]);
        aead::LessSafeKey::new(
            aead::UnboundKey::new(&aead::AES_256_GCM, &*key).expect("AES-256 takes 32 bytes"),
        )
    }
}

/// 32 bytes for one purpose.
fn derive(root: &hkdf::Prk, purpose: &[&[u8]]) -> zeroize::Zeroizing<[u8; 32]> {
    let mut key = zeroize::Zeroizing::new([0; 32]);
    root.expand(purpose, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut *key))
        .expect("HKDF-SHA256 gives up to 8160 bytes");
    key
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
