//! A session: a JSON request signs in, and the answer holds what each further request shows.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;
use zeroize::Zeroizing;

use super::{AccessToken, Moment};
use crate::{
    classify::token_fault,
    fault::Fault,
    json::{Path, find, text_of},
    manifest::auth::SessionToken,
    transport::{Request, Response, Transport},
};

/// How to open a session, complete for one connection.
pub(super) struct Session {
    pub(super) url: Url,
    pub(super) body: SecretString,
    /// Names and paths of what the answer brings.
    pub(super) brings: Vec<(String, Path)>,
    pub(super) token: SessionToken,
    /// Settings and credentials that the token names.
    pub(super) known: BTreeMap<String, SecretString>,
    /// Credentials that the system may repeat in an error.
    pub(super) secrets: Vec<SecretString>,
    pub(super) life: SignedDuration,
}

impl Session {
    /// Opens a session.
    pub(super) async fn sign_in(
        &self,
        transport: &dyn Transport,
        moment: &dyn Moment,
        timeout: Duration,
    ) -> Result<AccessToken, Fault> {
        let response = transport.send(self.request(timeout)).await?;
        let now = moment.now();
        self.opened(&response, now)
            .ok_or_else(|| token_fault(&response, &self.secrets, now))
    }

    fn request(&self, timeout: Duration) -> Request {
        let json = HeaderValue::from_static("application/json");
        let headers: HeaderMap = [(ACCEPT, json.clone()), (CONTENT_TYPE, json)]
            .into_iter()
            .collect();
        Request {
            method: Method::POST,
            url: self.url.clone(),
            headers,
            body: Some(Bytes::copy_from_slice(self.body.expose_secret().as_bytes())),
            timeout,
        }
    }

    /// The session that an answer brings, if it brings all of it.
    fn opened(&self, response: &Response, now: Timestamp) -> Option<AccessToken> {
        if !(200..300).contains(&response.status) {
            return None;
        }
        let mut brought = BTreeMap::new();
        for (name, path) in &self.brings {
            let value = text_of(find(&response.body, path)?).filter(|text| !text.is_empty())?;
            brought.insert(name.as_str(), Zeroizing::new(value.into_owned()));
        }
        let SessionToken::Base64(template) = &self.token;
        let text = Zeroizing::new(template.fill(|hole| {
            let known = || {
                self.known
                    .get(hole)
                    .map(|value| Cow::Borrowed(value.expose_secret()))
            };
            let brought = brought.get(hole).map(|value| Cow::Borrowed(value.as_str()));
            brought.or_else(known)
        })?);
        Some(AccessToken {
            secret: BASE64_STANDARD.encode(text.as_bytes()).into(),
            expires_at: now.checked_add(self.life).ok()?,
        })
    }
}
