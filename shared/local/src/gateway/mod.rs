//! The HTTP API in front of the functions: what API Gateway is on AWS.
//!
//! Each request becomes the event that API Gateway sends (payload format 2.0), goes to the function that
//! template.yaml routes it to, and comes back from that function's answer. No route is known here.

mod answer;
mod event;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::{Timestamp, ToSpan as _};
use lambda_runtime::Context;
use manifold_functions::{
    app::App,
    http::Service,
    routes::{Function, function_of},
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};

use self::event::Incoming as Call;
use crate::stop::Stopped;

/// The largest body that API Gateway passes on. What the functions take is less.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// How long API Gateway waits for a function.
const LONGEST_CALL: Duration = Duration::from_secs(30);

/// What a function is told that it has: the timeout in template.yaml.
const TIME_OF_FUNCTION: i64 = 29;

/// The functions behind the API.
pub struct Gateway {
    api: Service,
    connect: Service,
    disconnect: Service,
}

impl Gateway {
    /// The API of one deployment.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self {
            api: Service::new(app, Function::Api),
            connect: Service::new(app, Function::Connect),
            disconnect: Service::new(app, Function::Disconnect),
        }
    }

    /// Answers on a listener until everything ends. Requests under way are answered first.
    pub async fn serve(self, listener: TcpListener, mut stopped: Stopped) {
        let gateway = Arc::new(self);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stopped.wait() => break,
                // Those that ended are collected.
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        connections.spawn(talk(Arc::clone(&gateway), stream, peer, stopped.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(target: "gateway", %error, "a connection was not accepted");
                        // Mostly too many open files: not to be asked again at full speed.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                return answer::of_gateway(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
            }
            Err(_) => return answer::of_gateway(StatusCode::BAD_REQUEST, "Bad Request"),
        };
        let id = uuid::Uuid::new_v4().to_string();
        let call = Call {
            head: &head,
            body: &body,
            from: peer.ip(),
            id: &id,
            at: Timestamp::now(),
        };
        let Some(event) = call.event() else {
            return answer::of_gateway(StatusCode::BAD_REQUEST, "Bad Request");
        };
        let function = function_of(&head.method, event::decoded(head.uri.path()).as_ref());
        let service = match function {
            Function::Api => &self.api,
            Function::Connect => &self.connect,
            Function::Disconnect => &self.disconnect,
        };
        // As on AWS, a function ends its work even when the caller hangs up, so it runs as a task of its own.
        let service = service.clone();
        let mut running = tokio::spawn(async move { service.call(event, context(id)).await });
        match timeout(LONGEST_CALL, &mut running).await {
            Ok(Ok(answered)) => answer::of_function(answered),
            Ok(Err(error)) => {
                tracing::error!(target: "gateway", %error, ?function, "a function broke down");
                answer::of_gateway(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            }
            // Lambda ends a function at its time-out, whatever it was doing.
            Err(_) => {
                running.abort();
                answer::of_gateway(StatusCode::GATEWAY_TIMEOUT, "Endpoint request timed out")
            }
        }
    }
}

/// What Lambda says about an invocation.
fn context(request_id: String) -> Context {
    let deadline = Timestamp::now() + TIME_OF_FUNCTION.seconds();
    let mut context = Context::default();
    context.request_id = request_id;
    context.deadline = u64::try_from(deadline.as_millisecond()).unwrap_or_default();
    context
}

/// Serves one connection.
async fn talk(gateway: Arc<Gateway>, stream: TcpStream, peer: SocketAddr, mut stopped: Stopped) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "gateway", %error, "answers may be delayed");
    }
    let service = service_fn(move |request| {
        let gateway = Arc::clone(&gateway);
        async move { Ok::<_, Infallible>(gateway.answer(request, peer).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stopped.wait() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(target: "gateway", %error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests;
