//! The guarded client: the only way out to an address that a user or a system gave.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderName};
use reqwest::{Client, redirect};
use rustls::ClientConfig;
use url::Url;

use super::{
    ANSWER_LIMIT, Request, Response, Transport,
    allow::{AllowList, Refusal, Route},
    failure::{self, Failure, no_address},
    lookup::{CheckedNames, Lookup, SystemLookup, addresses},
    tls::TLS,
};
use crate::fault::{Fault, FaultKind};

/// Longest wait for a connection, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an unused connection is kept: shorter than the usual keep-alive of servers, so that one
/// that they are about to close is seldom picked.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// Unused connections kept for each host; more than a system's budget of requests at once is never needed.
const IDLE_PER_HOST: usize = 8;

/// Headers that belong to the connection and not to the caller. A `Host` of the caller's own would carry
/// credentials to a neighbour behind the same address; the others would blur where a request ends.
const CONNECTIONS_OWN: [HeaderName; 9] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
];

/// Sends requests to where they may go, and nowhere else.
///
/// - Addresses are judged as written ([`AllowList::check`]) and, for names, as resolved; the connection
///   goes to a judged address.
/// - No proxy, no redirect, no retry: a 3xx answer is an answer like any other.
/// - HTTP/1.1 with keep-alive; gzip is unpacked.
/// - A request has [`Request::timeout`] in all, from the first lookup to the last byte.
/// - An answer has at most [`ANSWER_LIMIT`] bytes, counted after unpacking.
///
/// Clones, and the same transport for another workspace ([`Self::allowing`]), share connections.
#[derive(Clone)]
pub struct GuardedTransport {
    allow: Arc<AllowList>,
    lookup: Arc<dyn Lookup>,
    public: Client,
    allowed: Client,
}

impl fmt::Debug for GuardedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedTransport")
            .field("allow", &self.allow)
            .finish_non_exhaustive()
    }
}

impl GuardedTransport {
    /// A transport with the operating system's name resolution.
    #[must_use]
    pub fn new(allow: AllowList) -> Self {
        Self::with_lookup(allow, Arc::new(SystemLookup))
    }

    /// A transport that resolves names its own way.
    #[must_use]
    pub fn with_lookup(allow: AllowList, lookup: Arc<dyn Lookup>) -> Self {
        Self::with_tls(allow, lookup, &TLS)
    }

    fn with_tls(allow: AllowList, lookup: Arc<dyn Lookup>, tls: &ClientConfig) -> Self {
        Self {
            allow: Arc::new(allow),
            public: client(Arc::clone(&lookup), Route::Public, tls.clone()),
            allowed: client(Arc::clone(&lookup), Route::Allowed, tls.clone()),
            lookup,
        }
    }

    /// The same transport with another allow-list, that of another workspace.
    #[must_use]
    pub fn allowing(&self, allow: AllowList) -> Self {
        Self {
            allow: Arc::new(allow),
            ..self.clone()
        }
    }

    /// Judges an address as [`Transport::send`] will, as written and as its name resolves now, so that whoever
    /// gives it hears at once. It is judged again whenever something is sent there.
    ///
    /// # Errors
    /// How the address is written may be told; what else stands against it reads like a name that does not
    /// resolve.
    pub async fn admit(&self, url: &Url) -> Result<(), Fault> {
        let host = host_of(url);
        let route = self.allow.check(url).map_err(|refusal| match refusal {
            Refusal::Scheme | Refusal::Userinfo | Refusal::Host => {
                Fault::new(FaultKind::Blocked, capitalised(&refusal.to_string()))
            }
            Refusal::Port | Refusal::Address => no_address(FaultKind::Blocked, &host),
        })?;
        match url.domain() {
            Some(name) => addresses(self.lookup.as_ref(), route, name)
                .await
                .map(drop)
                .map_err(|missing| no_address(missing.0, &host)),
            None => Ok(()),
        }
    }

    /// Sends a request of which the answer's head is what counts: of the body no more than `most` bytes are kept,
    /// and no longer than `linger` is waited for it, however long or slow it is.
    ///
    /// # Errors
    /// As [`Transport::send`], while the head has not arrived.
    pub async fn send_for_head(
        &self,
        request: Request,
        most: usize,
        linger: Duration,
    ) -> Result<Response, Fault> {
        let host = host_of(&request.url);
        let client = self.client_for(&request.url, &host)?;
        let limit = request.timeout;
        let mut answer = match tokio::time::timeout(limit, client.execute(outgoing(request))).await {
            Ok(answered) => answered.map_err(|error| failure::fault(error.into(), &host))?,
            Err(_elapsed) => return Err(failure::out_of_time(&host, limit)),
        };
        let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
        let mut body = BytesMut::new();
        let reading = async {
            while body.len() < most {
                match answer.chunk().await {
                    Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(most - body.len())]),
                    Ok(None) | Err(_) => return,
                }
            }
        };
        // A body that does not end in time is cut where it is.
        let _ = tokio::time::timeout(linger, reading).await;
        Ok(Response {
            status,
            headers,
            body: body.freeze(),
        })
    }

    fn client_for(&self, url: &Url, host: &str) -> Result<&Client, Fault> {
        match self.allow.check(url) {
            Ok(Route::Public) => Ok(&self.public),
            Ok(Route::Allowed) => Ok(&self.allowed),
            Err(refusal) => {
                tracing::debug!(%host, %refusal, "a request was blocked");
                Err(no_address(FaultKind::Blocked, host))
            }
        }
    }
}

#[async_trait]
impl Transport for GuardedTransport {
    async fn send(&self, request: Request) -> Result<Response, Fault> {
        let host = host_of(&request.url);
        let client = self.client_for(&request.url, &host)?;
        let limit = request.timeout;
        match tokio::time::timeout(limit, exchange(client, request)).await {
            Ok(answered) => answered.map_err(|failure| failure::fault(failure, &host)),
            Err(_elapsed) => Err(failure::out_of_time(&host, limit)),
        }
    }
}

/// One HTTP client for one way of judging resolved names.
fn client(lookup: Arc<dyn Lookup>, route: Route, tls: ClientConfig) -> Client {
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(CheckedNames::new(lookup, route)))
        .no_proxy()
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .user_agent(concat!("manifold/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("these settings are constants that fit together, as every test of the guard shows")
}

fn outgoing(request: Request) -> reqwest::Request {
    let mut outgoing = reqwest::Request::new(request.method, request.url);
    *outgoing.headers_mut() = request.headers;
    for name in &CONNECTIONS_OWN {
        outgoing.headers_mut().remove(name);
    }
    *outgoing.body_mut() = request.body.map(Into::into);
    outgoing
}

/// `the address …` as a sentence.
fn capitalised(words: &str) -> String {
    match words.split_at_checked(1) {
        Some((first, rest)) => format!("{}{rest}.", first.to_uppercase()),
        None => String::new(),
    }
}

async fn exchange(client: &Client, request: Request) -> Result<Response, Failure> {
    let mut answer = client.execute(outgoing(request)).await?;
    let status = answer.status().as_u16();
    let headers = std::mem::take(answer.headers_mut());
    let body = read_body(&mut answer).await?;
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// Reads in chunks and stops at the limit, so that a system cannot fill the memory.
async fn read_body(answer: &mut reqwest::Response) -> Result<Bytes, Failure> {
    let announced = answer.content_length().unwrap_or(0);
    if announced > ANSWER_LIMIT as u64 {
        return Err(Failure::TooLong);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(Failure::TooLong);
        }
        if body.is_empty() && chunk.len() as u64 == announced {
            return Ok(chunk);
        }
        if body.is_empty() {
            body.reserve(usize::try_from(announced).unwrap_or(0));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The host as it stands in messages and logs: not secret, and short.
fn host_of(url: &Url) -> String {
    const LONGEST_NAME: usize = 253;
    url.host_str()
        .unwrap_or("this host")
        .chars()
        .take(LONGEST_NAME)
        .collect()
}

#[cfg(test)]
mod tests;
