//! Every way of signing in against a token endpoint that follows a script.

mod refresh;
mod single_use;
mod tokens;

use std::{
    borrow::Cow,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded;

use super::*;
use crate::transport::Response;

const API: &str = "https://erp.example:8443/base";
const TOKEN: &str = "https://login.example/";

/// A token endpoint: answers from a script, the last answer for ever, and remembers what it was asked.
struct Endpoint {
    answers: Mutex<Vec<(u16, String)>>,
    asked: Mutex<Vec<Request>>,
}

impl Endpoint {
    fn new(answers: &[(u16, &str)]) -> Self {
        let answers = answers
            .iter()
            .rev()
            .map(|(status, body)| (*status, (*body).to_owned()))
            .collect();
        Self {
            answers: Mutex::new(answers),
            asked: Mutex::default(),
        }
    }

    fn asked(&self) -> usize {
        self.asked.lock().expect("not poisoned").len()
    }

    /// Address, `Authorization` and form fields of the last request.
    fn last(&self) -> (String, Option<String>, Vec<(String, String)>) {
        let asked = self.asked.lock().expect("not poisoned");
        let request = asked.last().expect("it was asked");
        let authorization = request
            .headers
            .get(AUTHORIZATION)
            .map(|value| value.to_str().expect("ASCII").to_owned());
        let fields = form_urlencoded::parse(request.body.as_ref().expect("a form"))
            .into_owned()
            .collect();
        (request.url.to_string(), authorization, fields)
    }
}

#[async_trait]
impl Transport for Endpoint {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        self.asked.lock().expect("not poisoned").push(request);
        // Whoever waits for this sign-in gets the chance to arrive.
        tokio::task::yield_now().await;
        let mut answers = self.answers.lock().expect("not poisoned");
        let answer = if answers.len() > 1 {
            answers.pop()
        } else {
            answers.last().cloned()
        };
        let (status, body) = answer.expect("a script has an answer");
        Ok(Response {
            status,
            headers: HeaderMap::new(),
            body: Bytes::from(body),
        })
    }
}

/// A clock that stands until it is moved.
struct Clock(AtomicI64);

impl Clock {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_707_552_000)))
    }

    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Moment for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).expect("a time")
    }

    fn random(&self, out: &mut [u8]) {
        out.fill(7);
    }
}

fn value_of(name: &str) -> Option<Cow<'static, str>> {
    Some(match name {
        "user" => "MÜLLER".into(),
        "password" => "pa:ss wörd".into(),
        "client_id" => "sb-app!b12|it".into(),
        "client_secret" => "canary-s3cret&=".into(),
        "tenant" => "contoso".into(),
        "refresh_token" => "refresh-0".into(),
        "key" => include_str!("jwt/p256.pem").into(),
        "not_a_key" => "canary-not-a-key".into(),
        "broken" => "two\nlines".into(),
        "account" => "123-sb1".into(),
        _ => return None,
    })
}

fn build(auth: &str, cache: Arc<dyn TokenCache>, clock: Arc<Clock>) -> Result<Authenticator, Fault> {
    let auth: Auth = toml::from_str(auth).expect(auth);
    let hosts = [("api", API), ("token", TOKEN)]
        .map(|(name, address)| (name.to_owned(), Url::parse(address).expect(address)));
    Authenticator::new(&auth, &value_of, &BTreeMap::from(hosts), cache, clock)
}

fn authenticator(auth: &str) -> (Authenticator, Arc<Clock>) {
    let clock = Clock::new();
    (
        build(auth, Arc::new(MemoryTokens::default()), Arc::clone(&clock)).expect(auth),
        clock,
    )
}

fn request(url: &str) -> Request {
    let url = Url::parse(url).expect(url);
    Request {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(9),
    }
}

/// The header that a fresh request to the API gets.
async fn header(authenticator: &Authenticator, endpoint: &Endpoint, name: &str) -> String {
    let mut request = request("https://erp.example:8443/base/orders?x=1");
    authenticator
        .authorize(&mut request, endpoint, false)
        .await
        .expect("authorised");
    let value = request.headers.get(name).expect(name);
    assert!(value.is_sensitive());
    String::from_utf8(value.as_bytes().to_vec()).expect("UTF-8")
}

const HEADER: &str = r#"header = { name = "X-Key", value = "Key {client_id}" }"#;
const BASIC: &str = r#"basic = { username = "{user}", password = "{password}" }"#;
const SECRET_IN_HEADER: &str = r#"[oauth2_client_credentials]
host = "token"
path = "/oauth/token"
client_id = "{client_id}"
client_secret = "{client_secret}"
client_auth = "basic""#;
const SECRET_IN_BODY: &str = r#"[oauth2_client_credentials]
host = "token"
path = "/{tenant}/oauth2/v2.0/token"
client_id = "{client_id}"
client_secret = "{client_secret}"
client_auth = "body"
scope = "https://{tenant}.example/.default"
extra = { resource = "{tenant}" }"#;
const ASSERTION: &str = r#"[jwt_assertion]
host = "api"
path = "/auth/token"
issuer = "{client_id}"
key_id = "{tenant}"
private_key = "{key}"
algorithm = "auto"
scopes = ["rest_webservices"]"#;
const OAUTH1: &str = r#"oauth1 = { realm = "{account:realm}", consumer_key = "{client_id}", consumer_secret = "{client_secret}", token = "{user}", token_secret = "{password}" }"#;

#[tokio::test]
async fn fixed_headers() {
    let nobody = Endpoint::new(&[]);
    let (key, _) = authenticator(HEADER);
    assert_eq!(header(&key, &nobody, "x-key").await, "Key sb-app!b12|it");
    let (basic, _) = authenticator(BASIC);
    // base64("MÜLLER:pa:ss wörd") in UTF-8.
    assert_eq!(
        header(&basic, &nobody, "authorization").await,
        "Basic TcOcTExFUjpwYTpzcyB3w7ZyZA=="
    );
    assert!(!key.renews() && !basic.renews());
    key.sign_in(&nobody, Duration::from_secs(1))
        .await
        .expect("nothing to do");
    assert_eq!(nobody.asked(), 0);
}

/// No credential leaves for another host, port or scheme, whatever the way of signing in.
#[tokio::test]
async fn credentials_stay_at_home() {
    for auth in [HEADER, BASIC, SECRET_IN_HEADER, SECRET_IN_BODY, ASSERTION, OAUTH1] {
        let (authenticator, _) = authenticator(auth);
        for foreign in [
            "https://evil.example/base/orders",
            "https://erp.example/base/orders",
            "http://erp.example:8443/base",
            "https://erp.example.evil.example:8443/",
            "https://login.example/base",
            "https://erp.example:443/",
        ] {
            let endpoint = Endpoint::new(&[(200, r#"{"access_token":"t"}"#)]);
            let mut request = request(foreign);
            let fault = authenticator
                .authorize(&mut request, &endpoint, false)
                .await
                .expect_err(foreign);
            assert_eq!(fault.kind, FaultKind::Blocked, "{foreign}");
            assert!(request.headers.is_empty(), "{foreign}");
            assert_eq!(endpoint.asked(), 0, "{foreign}");
        }
        let mut same = request("HTTPS://ERP.example:8443/another/path");
        let endpoint = Endpoint::new(&[(200, r#"{"access_token":"t"}"#)]);
        authenticator
            .authorize(&mut same, &endpoint, false)
            .await
            .expect("the same origin");
    }
}

#[tokio::test]
async fn client_credentials() {
    let endpoint = Endpoint::new(&[(
        200,
        r#"{"access_token":"tok-1","token_type":"bearer","expires_in":3600}"#,
    )]);
    let (in_header, _) = authenticator(SECRET_IN_HEADER);
    assert_eq!(
        header(&in_header, &endpoint, "authorization").await,
        "Bearer tok-1"
    );
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        endpoint.last(),
        (
            "https://login.example/oauth/token".into(),
            // base64("sb-app!b12|it:canary-s3cret&="), not form-encoded first.
            Some("Basic c2ItYXBwIWIxMnxpdDpjYW5hcnktczNjcmV0Jj0=".into()),
            vec![field("grant_type", "client_credentials")],
        )
    );
    let (in_body, _) = authenticator(SECRET_IN_BODY);
    assert_eq!(header(&in_body, &endpoint, "authorization").await, "Bearer tok-1");
    assert_eq!(
        endpoint.last(),
        (
            "https://login.example/contoso/oauth2/v2.0/token".into(),
            None,
            vec![
                field("grant_type", "client_credentials"),
                field("client_id", "sb-app!b12|it"),
                field("client_secret", "canary-s3cret&="),
                field("resource", "contoso"),
                field("scope", "https://contoso.example/.default"),
            ],
        )
    );
    assert!(in_header.renews() && in_body.renews());
}

#[tokio::test]
async fn a_signed_statement() {
    let endpoint = Endpoint::new(&[(
        200,
        r#"{"access_token":"tok","token_type":"Bearer","expires_in":"3600"}"#,
    )]);
    let (authenticator, _) = authenticator(ASSERTION);
    assert_eq!(
        header(&authenticator, &endpoint, "authorization").await,
        "Bearer tok"
    );
    let (address, authorization, fields) = endpoint.last();
    assert_eq!(
        (address.as_str(), authorization),
        ("https://erp.example:8443/base/auth/token", None)
    );
    let names: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["grant_type", "client_assertion_type", "client_assertion"]);
    assert_eq!(
        fields[1].1,
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(fields[2].1.split('.').count(), 3);
}

#[tokio::test]
async fn a_signature_for_each_request() {
    let (authenticator, clock) = authenticator(OAUTH1);
    let nobody = Endpoint::new(&[]);
    let first = header(&authenticator, &nobody, "authorization").await;
    assert!(
        first.starts_with("OAuth realm=\"123_SB1\", oauth_consumer_key=\"sb-app%21b12%7Cit\""),
        "{first}"
    );
    assert!(first.contains("oauth_timestamp=\"1707552000\""), "{first}");
    clock.pass(1);
    assert_ne!(header(&authenticator, &nobody, "authorization").await, first);
    assert!(!authenticator.renews());
}

#[tokio::test]
async fn what_cannot_be_filled_is_named() {
    let check = |auth: &str, about: Option<&str>, said: &str| {
        let fault = build(auth, Arc::new(MemoryTokens::default()), Clock::new()).expect_err(auth);
        assert_eq!(fault.about.as_deref(), about, "{fault}");
        assert!(
            fault.message.contains(said) && !fault.message.contains("canary"),
            "{fault}"
        );
    };
    check(
        r#"basic = { username = "{user}", password = "{pin}" }"#,
        Some("pin"),
        "`pin` is missing",
    );
    check(
        &ASSERTION.replace("{key}", "{not_a_key}"),
        Some("not_a_key"),
        "This is not a private key",
    );
    check(
        &ASSERTION.replace("\"api\"", "\"elsewhere\""),
        None,
        "`elsewhere`",
    );
    check(
        r#"header = { name = "not a header", value = "x" }"#,
        None,
        "`not a header`",
    );

    let (broken, _) = authenticator(r#"header = { name = "X-Key", value = "{broken}" }"#);
    let fault = broken
        .authorize(&mut request(API), &Endpoint::new(&[]), false)
        .await
        .expect_err("a line break");
    assert_eq!(fault.kind, FaultKind::Unauthorized);
}

#[test]
fn debug_shows_no_secret() {
    for auth in [HEADER, BASIC, SECRET_IN_HEADER, ASSERTION, OAUTH1] {
        let (authenticator, _) = authenticator(auth);
        let shown = format!("{authenticator:?}");
        assert!(
            shown.starts_with("Authenticator(") && shown.ends_with(" for https://erp.example:8443)"),
            "{shown}"
        );
        assert!(!shown.contains("canary") && !shown.contains("sb-app"), "{shown}");
    }
}
