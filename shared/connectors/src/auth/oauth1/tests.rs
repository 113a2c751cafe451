//! Vectors: RFC 5849 itself, and oauthlib 4.0.1 (PyPI), `Client(…, signature_method=SIGNATURE_HMAC_SHA256).sign(…)`.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method};
use jiff::Timestamp;

use super::*;

fn request(method: Method, url: &str) -> Request {
    let url = Url::parse(url).expect(url);
    Request {
        method,
        url,
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(1),
    }
}

fn form(mut request: Request, body: &'static str) -> Request {
    request.headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
    );
    request.body = Some(Bytes::from_static(body.as_bytes()));
    request
}

fn oauth1(realm: &str, [consumer_key, consumer_secret, token, token_secret]: [&str; 4]) -> Oauth1 {
    Oauth1 {
        realm: realm.into(),
        consumer_key: consumer_key.into(),
        consumer_secret: consumer_secret.into(),
        token: token.into(),
        token_secret: token_secret.into(),
    }
}

/// RFC 5849, 3.4.1.1, to the letter.
#[test]
fn the_rfcs_base_string() {
    let request = request(
        Method::POST,
        "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
    );
    let protocol = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
    ];
    let expected = "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D\
        %26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a\
        %26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7";
    assert_eq!(base_string(&form(request, "c2&a3=2+q"), &protocol), expected);
}

/// RFC 5849, 3.4.1.2: the address in the base string.
#[test]
fn addresses_are_normalised() {
    for (address, expected) in [
        (
            "HTTP://EXAMPLE.COM:80/r%20v/X?id=123",
            "http://example.com/r%20v/X",
        ),
        (
            "https://www.example.net:8080/?q=1#x",
            "https://www.example.net:8080/",
        ),
        ("https://erp.example:443", "https://erp.example/"),
        ("http://[::1]:8080/a", "http://[::1]:8080/a"),
    ] {
        assert_eq!(base_address(&Url::parse(address).expect(address)), expected);
    }
}

#[test]
fn signs_like_oauthlib() {
    let plain = ["ck", "cs", "tk", "ts"];
    let check = |request: Request, oauth1: Oauth1, nonce: &str, timestamp: i64, signature: &str| {
        let header = oauth1.signed(&request, nonce, timestamp);
        assert!(
            header.ends_with(&format!(", oauth_signature=\"{signature}\"")),
            "{}",
            header.as_str()
        );
    };
    // A JSON body does not take part.
    let mut suiteql = request(
        Method::POST,
        "https://1234567-sb1.suitetalk.api.netsuite.com/services/rest/query/v1/suiteql?limit=1000&offset=2000",
    );
    suiteql
        .headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    suiteql.body = Some(Bytes::from_static(br#"{"q":"SELECT 1"}"#));
    check(
        suiteql,
        oauth1("1234567_SB1", ["ck_3f9a", "cs secret&+%", "tk_77", "ts~secret/="]),
        "00112233445566778899aabbccddeeff",
        1_707_552_000,
        "94KDMmfhiVszlgEUtoXfShf9jPRXru7DVD%2BTfZjrtqQ%3D",
    );
    check(
        request(
            Method::GET,
            "https://1234567.suitetalk.api.netsuite.com/services/rest/record/v1/purchaseOrder\
             ?q=lastModifiedDate%20AFTER%20%2203%2F15%2F2026%22&expandSubResources=true&a=%2B&a=&b5=%3D%253D&c%40=&a3=2%20q",
        ),
        oauth1("1234567", plain),
        "0123456789abcdef0123456789abcdef",
        1_707_552_001,
        "PqfhP3hwDNca5v%2BXeL35aan7TgGOvtrR7Q8uRY0cPRs%3D",
    );
    check(
        request(Method::GET, "http://127.0.0.1:8080/a%20b/c"),
        oauth1("R", plain),
        "ffff0000ffff0000ffff0000ffff0000",
        1_707_552_002,
        "JWpuNp9PAAvWNiaINJGndeWoaiHU%2Fzspbmlcm2Q%2FuhE%3D",
    );
    // The RFC's example request, signed with SHA-256 and with oauth_version.
    let example = request(
        Method::POST,
        "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
    );
    check(
        form(example, "c2&a3=2+q"),
        oauth1(
            "Example",
            [
                "9djdj82h48djs9d2",
                "j49sk3j29djd",
                "kkk9d7dh3k39sjv7",
                "dh893hdasih9",
            ],
        ),
        "7d8f3e4a",
        137_131_201,
        "xie2kqHv7CoC3VI1g%2FIUClHXm4q%2B1H3XJZG1izUgBXs%3D",
    );
}

#[test]
fn the_header_as_a_whole() {
    struct Fixed;
    impl Moment for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_707_552_002).expect("a time")
        }
        fn random(&self, out: &mut [u8]) {
            for (index, byte) in out.iter_mut().enumerate() {
                *byte = if index % 4 < 2 { 0xff } else { 0 };
            }
        }
    }
    let header = oauth1("R\"\\", ["ck", "cs", "t k", "ts"])
        .authorization(&request(Method::GET, "http://127.0.0.1:8080/a%20b/c"), &Fixed);
    let (parameters, _signature) = header.rsplit_once(", oauth_signature=").expect("signed");
    assert_eq!(
        parameters,
        "OAuth realm=\"R\", oauth_consumer_key=\"ck\", oauth_nonce=\"ffff0000ffff0000ffff0000ffff0000\", \
         oauth_signature_method=\"HMAC-SHA256\", oauth_timestamp=\"1707552002\", oauth_token=\"t%20k\", \
         oauth_version=\"1.0\"",
    );
}
