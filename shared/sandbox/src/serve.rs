//! The listening socket: what an ordinary server library would not do is to hang up without an answer.

use std::future::Future;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::exchange::Dropped;
use crate::sandbox::Sandbox;

impl Sandbox {
    /// Serves until `shutdown` resolves, and hangs up on whoever is connected then. Sets the base URL from the
    /// listener's address.
    ///
    /// # Errors
    /// When the listener has no local address.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        self.set_base_url(&format!("http://{}", listener.local_addr()?));
        let router = self.router();
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => return Ok(()),
                // Finished connections are collected as they end.
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        connections.spawn(talk(stream, router.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(target: "sandbox", %error, "a connection was not accepted");
                        tokio::task::yield_now().await;
                    }
                },
            }
        }
    }
}

/// Answers the requests of one connection.
async fn talk(stream: TcpStream, router: Router) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(target: "sandbox", %error, "answers may be delayed");
    }
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let router = router.clone();
        async move {
            let response = match router.oneshot(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            // An error instead of an answer makes hyper close the connection at once.
            match response.extensions().get::<Dropped>() {
                Some(Dropped) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
                None => Ok(response),
            }
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(target: "sandbox", %error, "a connection ended early");
    }
}
