use std::net::{IpAddr, Ipv4Addr};

use aws_lambda_events::{apigw::ApiGatewayV2httpResponse, encodings::Body};
use http::HeaderValue;
use hyper::body::Body as _;

use super::*;

fn event_of(request: http::request::Builder, body: &[u8]) -> Option<serde_json::Value> {
    let (head, ()) = request.body(()).unwrap().into_parts();
    let at = "2026-11-24T10:00:00.123Z".parse().unwrap();
    let from = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let call = Call {
        head: &head,
        body: &Bytes::copy_from_slice(body),
        from,
        id: "a-request",
        at,
    };
    call.event().map(|event| serde_json::to_value(event).unwrap())
}

fn get(target: &str) -> http::request::Builder {
    Request::get(target).header("host", "127.0.0.1:7070")
}

#[test]
fn a_request_becomes_the_event_of_api_gateway() {
    let request = get("/v1/vendors/a%2Fb?limit=2&tag=x&tag=y%20z")
        .header("Accept", "text/html")
        .header("accept", "application/json")
        .header("cookie", "a=1; b=2")
        .header("x-forwarded-for", "203.0.113.9")
        .header("user-agent", "curl/8");
    let event = event_of(request, b"").unwrap();
    assert_eq!(event["rawPath"], "/v1/vendors/a/b", "HTTP APIs decode the path");
    assert_eq!(
        event["rawQueryString"], "limit=2&tag=x&tag=y%20z",
        "and not the query"
    );
    assert_eq!(event["queryStringParameters"]["tag"], "x,y z");
    assert_eq!(event["headers"]["accept"], "text/html,application/json");
    assert_eq!(event["headers"]["x-forwarded-for"], "203.0.113.9, 127.0.0.1");
    assert!(event["headers"].get("cookie").is_none());
    assert_eq!(event["cookies"], serde_json::json!(["a=1", "b=2"]));
    assert_eq!(event["isBase64Encoded"], false);
    assert!(event.get("body").is_none_or(serde_json::Value::is_null));
    let context = &event["requestContext"];
    assert_eq!(context["stage"], "$default");
    assert_eq!(context["requestId"], "a-request");
    assert_eq!(context["time"], "24/Nov/2026:10:00:00 +0000");
    assert_eq!(context["timeEpoch"], 1_795_514_400_123_i64);
    assert_eq!(context["http"]["method"], "GET");
    assert_eq!(context["http"]["protocol"], "HTTP/1.1");
    assert_eq!(context["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(context["http"]["userAgent"], "curl/8");
}

#[test]
fn only_text_is_passed_on_as_it_is() {
    let check = |kind: Option<&str>, body: &[u8], expected: &str, encoded: bool| {
        let request = kind
            .into_iter()
            .fold(get("/"), |request, kind| request.header("content-type", kind));
        let event = event_of(request, body).unwrap();
        assert_eq!(
            (event["body"].as_str(), event["isBase64Encoded"].as_bool()),
            (Some(expected), Some(encoded))
        );
    };
    check(
        Some("application/json; charset=utf-8"),
        "{\"a\":\"é\"}".as_bytes(),
        "{\"a\":\"é\"}",
        false,
    );
    check(Some("application/x-www-form-urlencoded"), b"a=1", "YT0x", true);
    check(None, b"a=1", "YT0x", true);
    check(Some("text/plain"), b"\xff", "/w==", true);
}

#[test]
fn what_api_gateway_would_not_let_through_makes_no_event() {
    assert!(event_of(Request::get("/"), b"").is_none(), "no host");
    assert!(event_of(Request::get("/").header("host", "a b"), b"").is_none());
    let odd = HeaderValue::from_bytes(b"\xff").unwrap();
    assert!(event_of(get("/").header("x-odd", odd), b"").is_none());
}

#[test]
fn a_functions_answer_becomes_the_response() {
    let mut answered = ApiGatewayV2httpResponse::default();
    answered.status_code = 201;
    answered.headers.insert("x-one", HeaderValue::from_static("1"));
    answered.cookies = vec!["a=1".to_owned(), "b=2".to_owned()];
    answered.body = Some(Body::Binary(vec![0, 255]));
    let response = answer::of_function(answered);
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["x-one"], "1");
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);

    let mut encoded = ApiGatewayV2httpResponse::default();
    encoded.status_code = 200;
    encoded.is_base64_encoded = true;
    encoded.body = Some(Body::Text("AP8=".to_owned()));
    assert_eq!(answer::of_function(encoded).size_hint().exact(), Some(2));

    let mut large = ApiGatewayV2httpResponse::default();
    large.status_code = 200;
    large.body = Some(Body::Text("x".repeat(6 * 1024 * 1024 + 1)));
    assert_eq!(
        answer::of_function(large).status(),
        StatusCode::BAD_GATEWAY,
        "as Lambda would"
    );
    assert_eq!(
        answer::of_function(ApiGatewayV2httpResponse::default()).status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
}
