//! Sessions at the dashboard: who gets one, what it opens, and when it is over.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::{connect, everything, request, somebody, workspace_with};
use crate::{
    api_key,
    auth::authenticate,
    error::Code,
    session::{self, LASTS},
    testing::TestDomain,
};

async fn code_of(test: &TestDomain, token: &SecretString) -> Option<Code> {
    let opened = session::open(&test.domain, token.expose_secret()).await;
    opened.err().map(|problem| problem.code())
}

#[tokio::test]
async fn a_workspace_key_signs_in_and_nothing_else_does() {
    let test = TestDomain::start().await;
    let (ws, key) = workspace_with(&test, 10).await;
    let token = session::begin(&test.domain, &key, somebody()).await.unwrap();
    let opened = session::open(&test.domain, token.expose_secret()).await.unwrap();
    assert_eq!(opened.ws, ws);
    assert!(
        !everything(&test).await.contains(token.expose_secret()),
        "only a hash is kept"
    );

    let (_, connection_token) = connect(&test, &ws, &request()).await.unwrap();
    let admin = test.domain.keys.admin_key();
    for (other, refused) in [
        (connection_token.as_str(), Code::Forbidden),
        (admin.expose_secret(), Code::Forbidden),
        (token.expose_secret(), Code::Unauthorized),
        ("mfk_nonsense", Code::Unauthorized),
        ("", Code::Unauthorized),
    ] {
        let problem = session::begin(&test.domain, other, somebody()).await.unwrap_err();
        assert_eq!(problem.code(), refused);
    }
    // And a session opens no API call, nor a key a page.
    let refused = authenticate(&test.domain, token.expose_secret())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unauthorized);
    assert_eq!(
        code_of(&test, &SecretString::from(key)).await,
        Some(Code::Unauthorized)
    );
}

#[tokio::test]
async fn a_session_ends_with_time_with_signing_out_and_with_its_key() {
    let test = TestDomain::start().await;
    let (ws, first) = workspace_with(&test, 1).await;
    let (id, second) = api_key::add(&test.domain, &somebody(), &ws).await.unwrap();

    let signed_out = session::begin(&test.domain, &first, somebody()).await.unwrap();
    session::end(&test.domain, signed_out.expose_secret())
        .await
        .unwrap();
    session::end(&test.domain, signed_out.expose_secret())
        .await
        .unwrap();
    assert_eq!(code_of(&test, &signed_out).await, Some(Code::TokenRevoked));

    let of_second = session::begin(&test.domain, second.expose_secret(), somebody())
        .await
        .unwrap();
    let of_first = session::begin(&test.domain, &first, somebody()).await.unwrap();
    api_key::revoke(&test.domain, &somebody(), &ws, &id)
        .await
        .unwrap();
    assert_eq!(code_of(&test, &of_second).await, Some(Code::TokenRevoked));
    assert_eq!(code_of(&test, &of_first).await, None, "the other key's goes on");

    let shown = api_key::list(&test.domain, &ws).await.unwrap();
    let revoked: Vec<bool> = shown.iter().map(|key| key.revoked_at.is_some()).collect();
    assert_eq!(revoked.iter().filter(|revoked| **revoked).count(), 1);
    assert_eq!(revoked.len(), 2);

    test.clock.advance(LASTS - Duration::from_secs(1));
    assert_eq!(code_of(&test, &of_first).await, None);
    test.clock.advance(Duration::from_secs(1));
    assert_eq!(code_of(&test, &of_first).await, Some(Code::Unauthorized));
}
