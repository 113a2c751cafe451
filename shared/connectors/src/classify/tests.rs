use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::*;
use FaultKind::*;
use FaultPreset::*;

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Response {
    let pair = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    let headers = headers.iter().map(pair).collect::<HeaderMap>();
    Response {
        status,
        headers,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn now() -> Timestamp {
    "2024-02-10T08:00:00Z".parse().expect("a time")
}

fn judge(preset: FaultPreset, response: &Response) -> Fault {
    classify(preset, response, &[SecretString::from("canary-4711")], now()).expect_err("a fault")
}

/// What an envelope gives: kind, code and message.
fn check(
    preset: FaultPreset,
    status: u16,
    body: &str,
    kind: FaultKind,
    code: Option<&str>,
    message: Option<&str>,
) {
    let fault = judge(
        preset,
        &answer(status, &[("content-type", "application/json")], body),
    );
    assert_eq!(fault.kind, kind, "{body}");
    let upstream = fault.upstream.expect("the system answered");
    assert_eq!(upstream.status, status, "{body}");
    assert_eq!(
        (upstream.code.as_deref(), upstream.message.as_deref()),
        (code, message),
        "{body}"
    );
}

#[test]
fn t19_statuses() {
    for (status, kind) in [
        (301, Malformed),
        (302, Malformed),
        (400, Rejected),
        (401, Unauthorized),
        (402, Denied),
        (403, Denied),
        (404, NotFound),
        (405, Unsupported),
        (408, Timeout),
        (409, Conflict),
        (410, NotFound),
        (412, Conflict),
        (415, Rejected),
        (422, Rejected),
        (423, Conflict),
        (428, Conflict),
        (429, RateLimited),
        (500, Unavailable),
        (501, Unsupported),
        (502, Unavailable),
        (503, Unavailable),
        (504, Timeout),
        (520, Unavailable),
        (999, Malformed),
    ] {
        for preset in [OdataV2, OdataV4, OErrorDetails, MessageDescription, ErrorElements] {
            let fault = judge(
                preset,
                &answer(status, &[], "<html>nothing of this is shown</html>"),
            );
            assert_eq!(fault.kind, kind, "{status}");
            assert_eq!(
                fault.upstream,
                Some(Upstream {
                    status,
                    ..Upstream::default()
                }),
                "{status}"
            );
            assert!(
                !fault.message.contains("html") && fault.message.ends_with(['.', '?']),
                "{}",
                fault.message
            );
        }
    }
}

#[test]
fn t19_data_and_web_pages() {
    let json = ("content-type", "application/json;odata.metadata=minimal");
    let html = ("content-type", "text/html; charset=utf-8");
    for (headers, body) in [
        (&[json][..], r#"{"d":{"results":[]}}"#),
        (&[json], " \n[]"),
        (&[json], "\u{feff}{}"),
        (&[json], ""),
        (&[], ""),
        (&[html], ""),
        (&[html], r#"{"mislabelled":true}"#),
        (&[], "13"),
    ] {
        assert_eq!(
            classify(OdataV2, &answer(200, headers, body), &[], now()),
            Ok(()),
            "{body}"
        );
    }
    assert_eq!(classify(OdataV2, &answer(204, &[], ""), &[], now()), Ok(()));
    for (headers, body) in [
        (&[html][..], "<!DOCTYPE html><html>Log in</html>"),
        (&[json], "<html>Log in</html>"),
        (&[], "\r\n  <?xml version=\"1.0\"?><feed/>"),
        (&[], "\u{feff}<html>"),
        (&[html], "Please log in"),
    ] {
        let fault = judge(OdataV4, &answer(200, headers, body));
        assert_eq!(fault.kind, Malformed, "{body}");
        assert_eq!(
            fault.message,
            "A web page came instead of data: a login page, or a proxy in between?"
        );
    }
}

#[test]
fn t20_retry_after_where_waiting_helps() {
    let date = ("retry-after", "Sat, 10 Feb 2024 08:01:30 GMT");
    let seconds = ("retry-after", "30");
    for (status, header, expected) in [
        (429, seconds, Some(30)),
        (429, date, Some(90)),
        (503, seconds, Some(30)),
        (503, date, Some(90)),
        (500, seconds, Some(30)),
        (504, seconds, Some(30)),
        (400, seconds, None),
        (401, seconds, None),
    ] {
        let fault = judge(OdataV4, &answer(status, &[header], ""));
        assert_eq!(fault.retry_after, expected.map(Duration::from_secs), "{status}");
    }
    assert_eq!(judge(OdataV4, &answer(429, &[], "")).retry_after, None);
}

#[test]
fn odata_v2() {
    let gateway = r#"{"error":{"code":"/IWBEP/CX_MGW_BUSI_EXCEPTION","message":{"lang":"en","value":"Supplier 4711 does not exist"},
        "innererror":{"transactionid":"5F","timestamp":"20240210","errordetails":[
            {"code":"06/321","message":"Supplier 4711 does not exist","severity":"error","target":"Supplier"},
            {"code":"06/400","message":"Enter a plant","severity":"error","target":"Plant"},
            {"code":"06/500","message":"Price was copied","severity":"info"},
            {"code":"/IWBEP/CX_MGW_BUSI_EXCEPTION","message":"","severity":"error"}]}}}"#;
    let code = Some("/IWBEP/CX_MGW_BUSI_EXCEPTION");
    check(
        OdataV2,
        400,
        gateway,
        Rejected,
        code,
        Some("Supplier 4711 does not exist | Enter a plant"),
    );
    check(
        OdataV2,
        403,
        gateway,
        Denied,
        code,
        Some("Supplier 4711 does not exist | Enter a plant"),
    );
    let plain = r#"{"error":{"code":"005056","message":{"lang":"en","value":"Resource not found"}}}"#;
    check(
        OdataV2,
        404,
        plain,
        NotFound,
        Some("005056"),
        Some("Resource not found"),
    );
    // Business One and CAP give the text without its language; numbers as codes occur.
    check(
        OdataV2,
        400,
        r#"{"error":{"code":-1029,"message":"No"}}"#,
        Rejected,
        Some("-1029"),
        Some("No"),
    );
    for broken in [
        "",
        "null",
        "[]",
        r#"{"error":null}"#,
        r#"{"error":{"message":{}}}"#,
        r#"{"error":{"mess"#,
    ] {
        check(OdataV2, 400, broken, Rejected, None, None);
    }
}

#[test]
fn odata_v4() {
    let central = r#"{"error":{"code":"BadRequest_NotFound","message":"Not found.  CorrelationId:  5f2a."}}"#;
    check(
        OdataV4,
        404,
        central,
        NotFound,
        Some("BadRequest_NotFound"),
        Some("Not found. CorrelationId: 5f2a."),
    );
    let finance = r#"{"error":{"code":"","message":"An error has occurred.","innererror":{
        "message":"Field 'Vendor account' must be filled in.","type":"System.Exception","stacktrace":"at Secret.Path"}}}"#;
    check(
        OdataV4,
        400,
        finance,
        Rejected,
        None,
        Some("Field 'Vendor account' must be filled in."),
    );
    let sap = r#"{"error":{"code":"SY/530","message":"Order is locked","details":[
        {"code":"A","message":"by user X","target":"PurchaseOrder"},{"code":"SY/530","message":"Order is locked"}]}}"#;
    check(
        OdataV4,
        409,
        sap,
        Conflict,
        Some("SY/530"),
        Some("Order is locked | by user X"),
    );
}

#[test]
fn o_error_details() {
    let netsuite = |detail: &str, code: &str| {
        format!(
            r#"{{"type":"https://www.w3.org/Protocols/rfc2616","title":"Bad Request","status":400,
                "o:errorDetails":[{{"detail":"{detail}","o:errorCode":"{code}","o:errorPath":"q"}}]}}"#
        )
    };
    let wrong = netsuite("Invalid column.", "INVALID_PARAMETER");
    check(
        OErrorDetails,
        400,
        &wrong,
        Rejected,
        Some("INVALID_PARAMETER"),
        Some("Invalid column."),
    );
    let denied = netsuite("Permission Violation", "INSUFFICIENT_PERMISSION");
    check(
        OErrorDetails,
        400,
        &denied,
        Denied,
        Some("INSUFFICIENT_PERMISSION"),
        Some("Permission Violation"),
    );
    let busy = netsuite("Request limit exceeded", "SSS_REQUEST_LIMIT_EXCEEDED");
    let code = Some("SSS_REQUEST_LIMIT_EXCEEDED");
    check(
        OErrorDetails,
        400,
        &busy,
        RateLimited,
        code,
        Some("Request limit exceeded"),
    );
    check(
        OErrorDetails,
        401,
        r#"{"title":"Unauthorized","status":401}"#,
        Unauthorized,
        None,
        Some("Unauthorized"),
    );
}

#[test]
fn message_description() {
    // Tryton 8.2's own, as recorded in catalog/tryton/fixtures/errors.json.
    let both = r#"{"status":400,"message":"You are not allowed to access \"Purchase\".","description":"Within groups: "}"#;
    let said = Some(r#"You are not allowed to access "Purchase". | Within groups:"#);
    check(MessageDescription, 400, both, Rejected, None, said);
    let one = r#"{"status":403,"message":"Forbidden","description":null}"#;
    check(MessageDescription, 403, one, Denied, None, Some("Forbidden"));
    // What another system's envelope says is not this one's word.
    check(
        MessageDescription,
        404,
        r#"{"error":{"code":"X","message":"proxy"}}"#,
        NotFound,
        None,
        None,
    );
}

#[test]
fn error_list() {
    for (body, kind, code, message) in [
        (
            r#"{"id":0,"error":["UserError",["You are not allowed to access \"Purchase\".","Ask someone.",null]]}"#,
            Rejected,
            Some("UserError"),
            Some("You are not allowed to access \"Purchase\". | Ask someone."),
        ),
        (
            r#"{"id":0,"error":["UserWarning",["key","Really?",""]]}"#,
            Rejected,
            Some("UserWarning"),
            Some("Really?"),
        ),
        (
            r#"{"id":0,"error":["ConcurrencyException","Records were modified"]}"#,
            Conflict,
            Some("ConcurrencyException"),
            Some("Records were modified"),
        ),
        (
            r#"{"id":0,"error":["LoginException",["password","Password for me","password"]]}"#,
            Unauthorized,
            Some("LoginException"),
            Some("Password for me"),
        ),
        // An unknown model; a traceback is nobody's business.
        (
            r#"{"id":0,"error":["'stock.nothing'","Traceback (most recent call last)"]}"#,
            Rejected,
            None,
            Some("'stock.nothing'"),
        ),
        (r#"{"id":0,"error":[]}"#, Rejected, None, None),
    ] {
        check(ErrorList, 200, body, kind, code, message);
    }
    let fine = |preset, body: &str| classify(preset, &answer(200, &[], body), &[], now()).is_ok();
    assert!(fine(ErrorList, r#"{"id":0,"result":[{"error":"no"}]}"#));
    assert!(fine(ErrorList, r#"{"id":0,"result":[],"error":null}"#));
    assert!(
        fine(OdataV4, r#"{"error":["UserError",[]]}"#),
        "only where the manifest says so"
    );
    check(ErrorList, 403, "<html>Forbidden</html>", Denied, None, None);
}

#[test]
fn error_elements() {
    // Composed from the schemas `Error`, `Element` and `ValidationError` of Xero's own file.
    let both = r#"{"ErrorNumber":10,"Type":"ValidationException","Message":"A validation exception occurred",
        "Elements":[{"ValidationErrors":[{"Message":"Order number must be unique"},{"Message":"The Contact is archived"}]}]}"#;
    let said = "A validation exception occurred | Order number must be unique | The Contact is archived";
    check(
        ErrorElements,
        400,
        both,
        Rejected,
        Some("ValidationException"),
        Some(said),
    );
    // Seen in public client code.
    let token = r#"{"Type":null,"Title":"Unauthorized","Status":401,"Detail":"TokenExpired: token expired at 11/24/2026"}"#;
    let said = "Unauthorized | TokenExpired: token expired at 11/24/2026";
    check(ErrorElements, 401, token, Unauthorized, None, Some(said));
}

#[test]
fn what_the_system_says_is_cut_and_redacted() {
    let body = format!(
        r#"{{"error":{{"code":"canary-4711","message":"user canary-4711 sent Bearer abcdefghijklmnop {}"}}}}"#,
        "x".repeat(2000)
    );
    let upstream = judge(OdataV4, &answer(400, &[], &body))
        .upstream
        .expect("the system answered");
    assert_eq!(upstream.code.as_deref(), Some("***"));
    let message = upstream.message.expect("a message");
    assert!(message.starts_with("user *** sent *** xxx"), "{message}");
    assert_eq!(message.chars().count(), 500);
    let huge = format!(r#"{{"error":{{"message":"{}"}}}}"#, "x".repeat(2 * 1024 * 1024));
    assert_eq!(
        judge(OdataV4, &answer(400, &[], &huge))
            .upstream
            .expect("the system answered")
            .message,
        None
    );
}

#[test]
fn t18_token_endpoints() {
    let check = |status, body: &str, kind, code: Option<&str>, message: Option<&str>| {
        let fault = token_fault(
            &answer(status, &[("retry-after", "7")], body),
            &["canary-4711".into()],
            now(),
        );
        assert_eq!(fault.kind, kind, "{status} {body}");
        assert_eq!(
            fault.retry_after.is_some(),
            kind.is_transient(),
            "{status} {body}"
        );
        let upstream = fault.upstream.expect("the system answered");
        assert_eq!(
            (upstream.code.as_deref(), upstream.message.as_deref()),
            (code, message),
            "{status} {body}"
        );
    };
    let body = |code: &str| format!(r#"{{"error":"{code}","error_description":"canary-4711 is wrong"}}"#);
    let told = Some("*** is wrong");
    for (status, code, kind) in [
        (400, "invalid_client", Unauthorized),
        (401, "invalid_client", Unauthorized),
        (400, "invalid_grant", Unauthorized),
        (400, "unauthorized_client", Unauthorized),
        (200, "invalid_client", Unauthorized),
        (400, "invalid_scope", Denied),
        (403, "access_denied", Denied),
        (400, "invalid_request", Rejected),
        (400, "unsupported_grant_type", Rejected),
        (400, "temporarily_unavailable", Unavailable),
        (401, "what_is_this", Unauthorized),
        (429, "invalid_client", RateLimited),
        (500, "invalid_client", Unavailable),
        (503, "server_error", Unavailable),
    ] {
        check(status, &body(code), kind, Some(code), told);
    }
    check(401, "", Unauthorized, None, None);
    check(403, "<html>", Denied, None, None);
    check(404, "<html>", NotFound, None, None);
    check(409, "", Rejected, None, None);
    check(504, "", Timeout, None, None);
    check(302, "", Malformed, None, None);
    check(200, "<html>Log in</html>", Malformed, None, None);
    check(200, r#"{"error":{"code":1}}"#, Malformed, None, None);
}
