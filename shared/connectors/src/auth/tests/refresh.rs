//! Renewing by what a person's sign-in brought: it may be used up, so that one renews at a time and keeps what came.

use std::sync::atomic::AtomicBool;

use super::*;

pub(super) const BY_CODE: &str = r#"
[oauth2_authorization_code]
host = "token"
authorize = "/{tenant}/authorize"
path = "/{tenant}/token"
client_id = "{client_id}"
client_secret = "{client_secret}"
client_auth = "body"
scope = "erp offline_access"
"#;

/// How long a turn lasts when nobody gives it back.
pub(super) const TURN: Duration = Duration::from_secs(45);

/// What processes share: tokens, and whose turn it is.
#[derive(Default)]
pub(super) struct Shared {
    tokens: MemoryTokens,
    turns: Mutex<Turns>,
    /// Nothing can be kept.
    full: AtomicBool,
    /// Nothing can be read.
    pub(super) unreadable: AtomicBool,
    /// Whoever keeps something never comes to its end.
    pub(super) deadly: AtomicBool,
}

#[derive(Default)]
struct Turns {
    last: u64,
    until: Option<tokio::time::Instant>,
    kept_by: Option<Turn>,
}

impl Shared {
    fn turns(&self) -> std::sync::MutexGuard<'_, Turns> {
        self.turns.lock().expect("not poisoned")
    }

    pub(super) fn is_taken(&self) -> bool {
        self.turns()
            .until
            .is_some_and(|until| tokio::time::Instant::now() < until)
    }
}

#[async_trait]
impl TokenCache for Shared {
    async fn load(&self) -> Option<AccessToken> {
        self.tokens.load().await
    }

    async fn save(&self, token: &AccessToken) {
        self.tokens.save(token).await;
    }

    async fn refresh_token(&self) -> Result<Option<SecretString>, Fault> {
        if self.unreadable.load(Ordering::SeqCst) {
            return Err(Fault::new(FaultKind::Unavailable, "It could not be read."));
        }
        self.tokens.refresh_token().await
    }

    async fn keep_refresh_token(&self, turn: Turn, token: &SecretString) -> Result<(), Fault> {
        if self.deadly.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if self.full.load(Ordering::SeqCst) || self.turns().kept_by.is_some_and(|by| by >= turn) {
            return Err(Fault::new(FaultKind::Unavailable, "It could not be kept."));
        }
        self.turns().kept_by = Some(turn);
        self.tokens.keep_refresh_token(turn, token).await
    }

    async fn take_turn(&self) -> Option<Turn> {
        if self.is_taken() {
            return None;
        }
        let mut turns = self.turns();
        turns.last += 1;
        turns.until = Some(tokio::time::Instant::now() + TURN);
        Some(Turn(turns.last))
    }

    async fn end_turn(&self, turn: Turn) {
        let mut turns = self.turns();
        if turns.last == turn.0 {
            turns.until = None;
        }
    }
}

pub(super) fn granted(number: u32) -> String {
    format!(r#"{{"access_token":"tok-{number}","refresh_token":"refresh-{number}","expires_in":3600}}"#)
}

fn sent(endpoint: &Endpoint) -> String {
    let (_, _, fields) = endpoint.last();
    let field = fields.into_iter().find(|(name, _)| name == "refresh_token");
    field.expect("a refresh token").1
}

#[tokio::test]
async fn what_a_renewal_brings_is_used_next() {
    let (first, second) = (granted(1), granted(2));
    let endpoint = Endpoint::new(&[(200, &first), (200, &second)]);
    let cache: Arc<Shared> = Arc::default();
    let clock = Clock::new();
    let one = build(BY_CODE, cache.clone(), clock.clone()).expect("built");
    assert_eq!(header(&one, &endpoint, "authorization").await, "Bearer tok-1");
    assert_eq!(sent(&endpoint), "refresh-0", "the one in the credentials");
    clock.pass(3600);
    // Another process, which has never renewed itself.
    let two = build(BY_CODE, cache.clone(), clock.clone()).expect("built");
    assert_eq!(header(&two, &endpoint, "authorization").await, "Bearer tok-2");
    assert_eq!(sent(&endpoint), "refresh-1", "the newest");
    assert!(!cache.is_taken(), "the turn was given back");
}

#[tokio::test(start_paused = true)]
async fn t16_one_process_renews_and_the_others_wait_for_it() {
    let first = granted(1);
    let endpoint = Endpoint::new(&[(200, &first)]);
    let cache: Arc<Shared> = Arc::default();
    let turn = cache.take_turn().await.expect("free");
    let waiting = build(BY_CODE, cache.clone(), Clock::new()).expect("built");
    let renewing = build(BY_CODE, cache.clone(), Clock::new()).expect("built");
    let brought = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        cache.end_turn(turn).await;
        header(&renewing, &endpoint, "authorization").await
    };
    let (waited, brought) = tokio::join!(header(&waiting, &endpoint, "authorization"), brought);
    assert_eq!(
        (waited.as_str(), brought.as_str()),
        ("Bearer tok-1", "Bearer tok-1")
    );
    assert_eq!(endpoint.asked(), 1);

    // A turn that nobody gives back is no reason to wait for ever.
    cache.take_turn().await;
    let mut refused = request(API);
    refused
        .headers
        .insert(AUTHORIZATION, HeaderValue::from_static("Bearer tok-1"));
    let fault = waiting
        .authorize(&mut refused, &endpoint, true)
        .await
        .expect_err("no turn");
    assert_eq!(fault.kind, FaultKind::Unavailable);
}

/// What came is worth nothing when its successor could not be kept: then nobody may believe to be signed in.
#[tokio::test]
async fn t17_a_token_that_cannot_be_kept_is_not_used() {
    let first = granted(1);
    let endpoint = Endpoint::new(&[(200, &first)]);
    let cache: Arc<Shared> = Arc::default();
    cache.full.store(true, Ordering::SeqCst);
    let one = build(BY_CODE, cache.clone(), Clock::new()).expect("built");
    let fault = one
        .authorize(&mut request(API), &endpoint, false)
        .await
        .expect_err("not kept");
    assert_eq!(fault.kind, FaultKind::Unavailable);
    assert!(!cache.is_taken());
    assert!(cache.load().await.is_none());
}
