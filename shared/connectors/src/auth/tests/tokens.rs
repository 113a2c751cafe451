//! The life of an access token: kept, shared, renewed by one for all.

use super::*;

/// A token is used until a minute before its end, or for half of a short life.
#[tokio::test]
async fn tokens_are_renewed_in_time() {
    for (granted, last_second) in [
        (r#""expires_in":3600"#, 3539),
        (r#""expires_in":"3600""#, 3539),
        (r#""expires_in":100"#, 49),
        (r#""expires_in":null"#, 239),
        (r#""expires_in":-5"#, 239),
        (r#""expires_in":99999999999999"#, 24 * 3600 - 61),
    ] {
        let body = format!(r#"{{"access_token":"tok","token_type":"Bearer",{granted}}}"#);
        let endpoint = Endpoint::new(&[(200, &body)]);
        let (authenticator, clock) = authenticator(SECRET_IN_BODY);
        header(&authenticator, &endpoint, "authorization").await;
        clock.pass(last_second);
        header(&authenticator, &endpoint, "authorization").await;
        assert_eq!(endpoint.asked(), 1, "{granted}");
        clock.pass(1);
        header(&authenticator, &endpoint, "authorization").await;
        assert_eq!(endpoint.asked(), 2, "{granted}");
    }
    // Born old: good for the request that it was made for.
    let endpoint = Endpoint::new(&[(200, r#"{"access_token":"tok","expires_in":0}"#)]);
    let (authenticator, _) = authenticator(SECRET_IN_BODY);
    assert_eq!(
        header(&authenticator, &endpoint, "authorization").await,
        "Bearer tok"
    );
}

#[tokio::test]
async fn the_cache_is_shared_between_processes() {
    let cache: Arc<MemoryTokens> = Arc::default();
    let clock = Clock::new();
    let endpoint = Endpoint::new(&[
        (200, r#"{"access_token":"tok-1","expires_in":3600}"#),
        (200, r#"{"access_token":"tok-2","expires_in":3600}"#),
    ]);
    let one = build(SECRET_IN_BODY, cache.clone(), clock.clone()).expect("built");
    let two = build(SECRET_IN_BODY, cache.clone(), clock.clone()).expect("built");
    assert_eq!(header(&one, &endpoint, "authorization").await, "Bearer tok-1");
    assert_eq!(header(&two, &endpoint, "authorization").await, "Bearer tok-1");
    let kept = cache.load().await.expect("kept");
    assert_eq!(kept.expires_at, clock.now() + SignedDuration::from_secs(3540));
    assert_eq!(format!("{kept:?}"), "AccessToken(until 2024-02-10T08:59:00Z)");

    // Refused at both: the first signs in anew, the second finds what the first brought.
    let mut refused = request(API);
    one.authorize(&mut refused, &endpoint, false)
        .await
        .expect("authorised");
    let mut refused_too = refused.clone();
    one.authorize(&mut refused, &endpoint, true)
        .await
        .expect("authorised");
    two.authorize(&mut refused_too, &endpoint, true)
        .await
        .expect("authorised");
    assert_eq!(refused.headers[AUTHORIZATION], "Bearer tok-2");
    assert_eq!(refused_too.headers[AUTHORIZATION], "Bearer tok-2");
    assert_eq!(endpoint.asked(), 2);
}

/// T16: twenty requests are refused with the same token; one signs in anew and all go on.
#[tokio::test]
async fn one_sign_in_for_many_refusals() {
    let endpoint = Endpoint::new(&[
        (200, r#"{"access_token":"old","expires_in":3600}"#),
        (200, r#"{"access_token":"new","expires_in":3600}"#),
    ]);
    let (authenticator, _) = authenticator(SECRET_IN_BODY);
    let mut refused = request(API);
    authenticator
        .authorize(&mut refused, &endpoint, false)
        .await
        .expect("authorised");
    let retries = (0..20).map(|_| {
        let (mut request, authenticator, endpoint) = (refused.clone(), &authenticator, &endpoint);
        async move {
            authenticator
                .authorize(&mut request, endpoint, true)
                .await
                .expect("authorised");
            request
        }
    });
    for request in futures_util::future::join_all(retries).await {
        assert_eq!(request.headers[AUTHORIZATION], "Bearer new");
    }
    assert_eq!(endpoint.asked(), 2);

    // Without the refused token there is nothing to compare: it signs in anew.
    authenticator
        .authorize(&mut request(API), &endpoint, true)
        .await
        .expect("authorised");
    authenticator
        .sign_in(&endpoint, Duration::from_secs(1))
        .await
        .expect("signed in");
    assert_eq!(endpoint.asked(), 4);
}

/// T18: a wrong secret is tried once, not once for each request that waits; a later one tries again.
#[tokio::test]
async fn those_who_wait_share_a_failure() {
    let endpoint = Endpoint::new(&[
        (
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: canary-s3cret&= is wrong"}"#,
        ),
        (200, r#"{"access_token":"good","expires_in":3600}"#),
    ]);
    let (authenticator, _) = authenticator(SECRET_IN_BODY);
    let tries = (0..20).map(|_| async {
        let mut request = request(API);
        authenticator
            .authorize(&mut request, &endpoint, false)
            .await
            .expect_err("refused")
    });
    for fault in futures_util::future::join_all(tries).await {
        assert_eq!(fault.kind, FaultKind::Unauthorized);
        assert_eq!(
            fault.message,
            "The system refuses the sign-in: check the credentials."
        );
        let upstream = fault.upstream.expect("the provider answered");
        assert_eq!(upstream.code.as_deref(), Some("invalid_client"));
        assert_eq!(upstream.message.as_deref(), Some("AADSTS7000215: *** is wrong"));
    }
    assert_eq!(endpoint.asked(), 1);
    assert_eq!(
        header(&authenticator, &endpoint, "authorization").await,
        "Bearer good"
    );
}

#[tokio::test]
async fn answers_that_bring_no_token() {
    for (status, body, kind) in [
        (200, r#"{"token":"x"}"#, FaultKind::Malformed),
        (200, r#"{"access_token":""}"#, FaultKind::Malformed),
        (200, r#"{"access_token":"two\nlines"}"#, FaultKind::Malformed),
        (
            200,
            r#"{"access_token":"x","token_type":"mac"}"#,
            FaultKind::Malformed,
        ),
        (200, "<html>Log in</html>", FaultKind::Malformed),
        (302, "", FaultKind::Malformed),
        (500, "", FaultKind::Unavailable),
        (429, "", FaultKind::RateLimited),
    ] {
        let endpoint = Endpoint::new(&[(status, body)]);
        let (authenticator, _) = authenticator(SECRET_IN_BODY);
        let fault = authenticator
            .sign_in(&endpoint, Duration::from_secs(1))
            .await
            .expect_err(body);
        assert_eq!(fault.kind, kind, "{status} {body}");
    }
}
