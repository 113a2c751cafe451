//! The way out to webhook endpoints: the same guarded client as to systems, with the same rules.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use manifold_connectors::{
    Fault,
    classify::retry_after,
    transport::{AllowList, GuardedTransport, Request, Response},
};
use manifold_domain::{
    ports::{Clock as _, SystemClock},
    webhooks::{Answer, BODY_LIMIT, Message, Posted, Receivers},
};
use url::Url;

use crate::systems::Allowed;

/// How long the body of an answer is waited for: the log shows its beginning, and nothing else depends on it.
const LINGER: Duration = Duration::from_secs(1);

/// Posts messages over the network.
#[derive(Debug)]
pub struct HttpReceivers {
    transport: GuardedTransport,
    allowed: Allowed,
}

impl HttpReceivers {
    /// Over the network, with the private targets that workspaces may call.
    #[must_use]
    pub fn new(allowed: Allowed) -> Self {
        Self {
            transport: GuardedTransport::new(AllowList::none()),
            allowed,
        }
    }

    fn transport(&self, workspace: &str) -> GuardedTransport {
        self.transport.allowing(self.allowed.of(workspace))
    }
}

#[async_trait]
impl Receivers for HttpReceivers {
    async fn admit(&self, workspace: &str, url: &Url) -> Result<(), Fault> {
        self.transport(workspace).admit(url).await
    }

    async fn post(&self, workspace: &str, message: Message) -> Posted {
        let begun = Instant::now();
        let request = Request {
            method: Method::POST,
            url: message.url,
            headers: headers(&message.headers),
            body: Some(message.body),
            timeout: message.timeout,
        };
        let answered = self
            .transport(workspace)
            .send_for_head(request, BODY_LIMIT, LINGER)
            .await;
        Posted {
            took: begun.elapsed(),
            answer: answered.map(|response| answer(&response)),
        }
    }
}

fn headers(signature: &[(&'static str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(signature.len() + 1);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in signature {
        // Ids, digits and base64 are always a value.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

fn answer(response: &Response) -> Answer {
    Answer {
        status: response.status,
        retry_after: retry_after(response, SystemClock.now()),
        body: response.body.clone(),
    }
}
