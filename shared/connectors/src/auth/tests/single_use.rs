//! Refresh tokens that can be used once: many callers, answers that are lost, workers that die or are late.

use std::{collections::VecDeque, sync::atomic::AtomicUsize};

use futures_util::future::join_all;

use super::{
    refresh::{BY_CODE, Shared, TURN, granted},
    *,
};

/// What becomes of one answer on its way. The exchange itself has had its effect.
enum Way {
    Arrives(Duration),
    IsCut,
    NeverArrives,
}

/// A provider that takes each refresh token once, and hands out the next with each access token.
struct Provider {
    newest: Mutex<u32>,
    /// The token before the newest is taken as well, as many providers do for a moment.
    lenient: bool,
    ways: Mutex<VecDeque<Way>>,
    asked: AtomicUsize,
}

impl Provider {
    fn new(lenient: bool, ways: impl IntoIterator<Item = Way>) -> Self {
        Self {
            newest: Mutex::default(),
            lenient,
            ways: Mutex::new(ways.into_iter().collect()),
            asked: AtomicUsize::new(0),
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn exchange(&self, shown: u32) -> (u16, String) {
        let mut newest = self.newest.lock().expect("not poisoned");
        if shown == *newest || (self.lenient && shown + 1 == *newest) {
            *newest += 1;
            (200, granted(*newest))
        } else {
            (
                400,
                r#"{"error":"invalid_grant","error_description":"used"}"#.to_owned(),
            )
        }
    }
}

#[async_trait]
impl Transport for Provider {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let fields = form_urlencoded::parse(request.body.as_ref().expect("a form"));
        let shown = fields
            .into_owned()
            .find_map(|(name, value)| (name == "refresh_token").then_some(value))
            .expect("a refresh token");
        let number = shown
            .strip_prefix("refresh-")
            .expect("ours")
            .parse()
            .expect("a number");
        let (status, body) = self.exchange(number);
        let way = self.ways.lock().expect("not poisoned").pop_front();
        match way.unwrap_or(Way::Arrives(Duration::from_millis(300))) {
            Way::Arrives(after) => tokio::time::sleep(after).await,
            Way::IsCut => return Err(Fault::new(FaultKind::Unreachable, "It was cut.")),
            Way::NeverArrives => {
                tokio::time::sleep(request.timeout).await;
                return Err(Fault::new(FaultKind::Timeout, "No answer in time."));
            }
        }
        Ok(Response {
            status,
            headers: HeaderMap::new(),
            body: Bytes::from(body),
        })
    }
}

/// One process's call, with the connection's tokens.
async fn call(cache: &Arc<Shared>, clock: &Arc<Clock>, provider: &Provider) -> Result<String, FaultKind> {
    let process = build(BY_CODE, cache.clone(), clock.clone()).expect("built");
    ask(&process, provider).await
}

async fn ask(process: &Authenticator, provider: &Provider) -> Result<String, FaultKind> {
    let mut request = request(API);
    process
        .authorize(&mut request, provider, false)
        .await
        .map_err(|fault| fault.kind)?;
    Ok(request.headers[AUTHORIZATION].to_str().expect("ASCII").to_owned())
}

fn bearer(number: u32) -> Result<String, FaultKind> {
    Ok(format!("Bearer tok-{number}"))
}

async fn kept(cache: &Shared) -> Option<String> {
    let token = cache.refresh_token().await.expect("readable")?;
    Some(token.expose_secret().to_owned())
}

#[tokio::test(start_paused = true)]
async fn t16_twenty_callers_make_one_renewal_and_all_succeed() {
    let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
    let provider = Provider::new(false, []);
    for round in 1..=3 {
        let calls = (0..20).map(|_| call(&cache, &clock, &provider));
        for answer in join_all(calls).await {
            assert_eq!(answer, bearer(round));
        }
        assert_eq!(provider.asked(), round as usize);
        clock.pass(3600);
    }
    // And twenty requests in one process.
    let process = build(BY_CODE, cache.clone(), clock.clone()).expect("built");
    for answer in join_all((0..20).map(|_| ask(&process, &provider))).await {
        assert_eq!(answer, bearer(4));
    }
    assert_eq!(provider.asked(), 4);
    assert!(!cache.is_taken());
}

/// The token was used up and what came of it is lost. It is shown once more, at once.
#[tokio::test(start_paused = true)]
async fn t17_an_answer_that_is_lost_is_asked_for_once_more() {
    for lost in [|| Way::IsCut, || Way::NeverArrives] {
        let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
        let provider = Provider::new(true, [lost()]);
        assert_eq!(call(&cache, &clock, &provider).await, bearer(2));
        assert_eq!(provider.asked(), 2);
        assert_eq!(kept(&cache).await.as_deref(), Some("refresh-2"));
        assert!(!cache.is_taken());

        let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
        let strict = Provider::new(false, [lost()]);
        let refused = call(&cache, &clock, &strict).await;
        assert_eq!(
            refused,
            Err(FaultKind::Unauthorized),
            "a person has to sign in again"
        );
        assert_eq!(strict.asked(), 2, "and nobody goes on asking");
        assert!(!cache.is_taken());
    }
}

/// No answer at all is no refusal: the system is down, which its own ladder deals with.
#[tokio::test(start_paused = true)]
async fn t17_a_provider_that_never_answers_is_down() {
    let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
    let provider = Provider::new(true, [Way::NeverArrives, Way::IsCut]);
    assert_eq!(call(&cache, &clock, &provider).await, Err(FaultKind::Unreachable));
    assert_eq!(provider.asked(), 2);
    assert!(!cache.is_taken());
}

/// Whoever cannot read which token is the newest shows none: the one in the credentials was used up long ago.
#[tokio::test(start_paused = true)]
async fn t17_a_token_that_was_used_up_is_not_shown_because_a_read_failed() {
    let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
    let provider = Provider::new(false, []);
    assert_eq!(call(&cache, &clock, &provider).await, bearer(1));
    clock.pass(3600);
    cache.unreadable.store(true, Ordering::SeqCst);
    assert_eq!(call(&cache, &clock, &provider).await, Err(FaultKind::Unavailable));
    assert_eq!(provider.asked(), 1);
    cache.unreadable.store(false, Ordering::SeqCst);
    assert_eq!(call(&cache, &clock, &provider).await, bearer(2));
}

#[tokio::test(start_paused = true)]
async fn t17_a_worker_that_dies_between_exchange_and_keeping_blocks_nobody_for_long() {
    for (lenient, expected) in [(true, bearer(2)), (false, Err(FaultKind::Unauthorized))] {
        let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
        let provider = Provider::new(lenient, []);
        cache.deadly.store(true, Ordering::SeqCst);
        let died = tokio::time::timeout(Duration::from_secs(5), call(&cache, &clock, &provider)).await;
        assert!(died.is_err() && provider.asked() == 1);
        cache.deadly.store(false, Ordering::SeqCst);

        // Its turn is not over: who comes now waits a while, and asks nothing.
        assert_eq!(call(&cache, &clock, &provider).await, Err(FaultKind::Unavailable));
        assert_eq!(provider.asked(), 1);
        tokio::time::sleep(TURN).await;
        assert_eq!(call(&cache, &clock, &provider).await, expected);
        assert_eq!(provider.asked(), 2, "one request decides");
        assert!(!cache.is_taken());
    }
}

/// The exchange takes longer than the turn. Who comes next is refused, and finds what the late one kept meanwhile.
#[tokio::test(start_paused = true)]
async fn t17_who_is_refused_looks_for_what_a_late_one_kept() {
    let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
    let seconds = |seconds| Way::Arrives(Duration::from_secs(seconds));
    let provider = Provider::new(false, [seconds(50), seconds(10), seconds(1)]);
    let next = async {
        tokio::time::sleep(TURN + Duration::from_secs(1)).await;
        call(&cache, &clock, &provider).await
    };
    let (late, next) = tokio::join!(call(&cache, &clock, &provider), next);
    assert_eq!((late, next), (bearer(1), bearer(2)));
    assert_eq!(provider.asked(), 3);
    assert_eq!(kept(&cache).await.as_deref(), Some("refresh-2"));
    assert!(!cache.is_taken());
}

/// The same with a provider that lets both in: what the late one brings does not replace what is newer, and its
/// end does not end another's turn.
#[tokio::test(start_paused = true)]
async fn t17_who_is_late_replaces_nothing_newer() {
    let (cache, clock): (Arc<Shared>, _) = (Arc::default(), Clock::new());
    let seconds = |seconds| Way::Arrives(Duration::from_secs(seconds));
    let provider = Provider::new(true, [seconds(50), seconds(1)]);
    let next = async {
        tokio::time::sleep(TURN + Duration::from_secs(1)).await;
        call(&cache, &clock, &provider).await
    };
    let (late, next) = tokio::join!(call(&cache, &clock, &provider), next);
    assert_eq!((late, next), (bearer(2), bearer(2)));
    assert_eq!(kept(&cache).await.as_deref(), Some("refresh-2"));
}
