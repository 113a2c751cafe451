//! A receiver of webhooks on this machine: what the workspace's own server would be.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use manifold_domain::webhooks::signature;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{Tour, text};
use crate::Failure;

/// The most that a message of ours may hold.
const LARGEST: usize = 1024 * 1024;

/// What arrived.
struct Heard {
    headers: HeaderMap,
    body: Bytes,
}

/// A receiver that takes everything. It ends with this value.
pub(super) struct Receiver {
    heard: Arc<Mutex<Vec<Heard>>>,
    serving: JoinHandle<()>,
    secret: Vec<u8>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    /// Messages of a type about a connection that arrived, and how many of them are signed rightly.
    pub(super) fn heard_of(&self, kind: &str, connection: &str) -> (usize, usize) {
        let heard = lock(&self.heard);
        let about = heard.iter().filter(|heard| {
            let said: Value = serde_json::from_slice(&heard.body).unwrap_or_default();
            text(&said, "/type") == kind && text(&said, "/data/connection_id") == connection
        });
        let signed: Vec<bool> = about.map(|heard| self.is_signed(heard)).collect();
        (signed.len(), signed.iter().filter(|signed| **signed).count())
    }

    /// What a receiver does before it believes a message.
    fn is_signed(&self, heard: &Heard) -> bool {
        let header = |name: &str| heard.headers.get(name).and_then(|value| value.to_str().ok());
        let read = || {
            let at = Timestamp::from_second(header("webhook-timestamp")?.parse().ok()?).ok()?;
            let [_, _, (_, expected)] =
                signature::headers(header("webhook-id")?, at, &heard.body, &[&self.secret]);
            let fresh = Timestamp::now().duration_since(at).abs().as_secs() < 300;
            Some(fresh && header("webhook-signature")? == expected)
        };
        read().unwrap_or(false)
    }
}

impl Tour {
    /// Starts a receiver and tells Manifold of it.
    pub(super) async fn listen(&mut self) -> Result<Receiver, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}/webhooks", listener.local_addr()?);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let serving = tokio::spawn(serve(listener, Arc::clone(&heard)));
        let endpoint = json!({"url": url, "event_types": ["connection.*"]});
        let made = self
            .api
            .post("/v1/webhook-endpoints", &endpoint)
            .await?
            .expect(201)?;
        let secret = text(&made, "/secret");
        let secret = BASE64.decode(secret.strip_prefix("whsec_").unwrap_or(secret))?;
        Ok(Receiver {
            heard,
            serving,
            secret,
        })
    }
}

async fn serve(listener: TcpListener, heard: Arc<Mutex<Vec<Heard>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(talk(stream, Arc::clone(&heard)));
    }
}

async fn talk(stream: TcpStream, heard: Arc<Mutex<Vec<Heard>>>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let heard = Arc::clone(&heard);
        async move { Ok::<_, Infallible>(take(request, &heard).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(target: "tour", %error, "a connection ended early");
    }
}

async fn take(request: Request<Incoming>, heard: &Mutex<Vec<Heard>>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let mut answer = Response::new(Full::default());
    match Limited::new(body, LARGEST).collect().await {
        Ok(body) => lock(heard).push(Heard {
            headers: head.headers,
            body: body.to_bytes(),
        }),
        Err(_) => *answer.status_mut() = StatusCode::BAD_REQUEST,
    }
    answer
}

fn lock(heard: &Mutex<Vec<Heard>>) -> MutexGuard<'_, Vec<Heard>> {
    // Each change under the lock is whole.
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}
