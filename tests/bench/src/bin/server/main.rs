//! What stands on the other side of a measurement, and is not measured itself.
//!
//! `bench-server RECORDS` listens on four free loopback ports and prints them as JSON.
//!
//! - `pages`: `/N/C/PurchaseOrders` lists N orders, C of every hundred changed, in OData V4 pages of
//!   1,000; `/counts` gives what came to the other ports since the last time that somebody asked.
//! - `dynamodb`: an empty DynamoDB.
//! - `sink`: the same, but whole records that are put there are dropped.
//! - `receiver`: takes webhooks; `/tenth` fails every tenth, and `/dead` never says a word.

mod counts;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, StatusCode, body::Incoming, client, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use manifold_bench::{PAGE, pages};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use self::counts::Counts;

/// What every statement of a batch begins with.
const BEGIN: &[u8] = b"\"Statement\":";

type Answer = Response<Full<Bytes>>;
type Behind = tokio::sync::Mutex<client::conn::http1::SendRequest<Full<Bytes>>>;

/// Arrays of 1,000 orders each.
type Arrays = Arc<Vec<String>>;

struct Server {
    records: usize,
    /// By how many of a hundred orders are changed.
    arrays: Mutex<BTreeMap<usize, Arrays>>,
    counts: Mutex<Counts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Pages,
    Dynamodb { behind: u16, sink: bool },
    Receiver,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let records = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("how many records");
    let server = Arc::new(Server {
        records,
        arrays: Mutex::default(),
        counts: Mutex::default(),
    });
    server.arrays(0);

    let (behind, _) = listen().await;
    let behind_port = behind.local_addr().expect("a bound socket has an address").port();
    let database = dynoxide::Database::memory().expect("SQLite opens in memory");
    tokio::spawn(dynoxide::server::serve_on(behind, database));

    let ((pages, pages_port), (dynamodb, dynamodb_port), (sink, sink_port)) =
        (listen().await, listen().await, listen().await);
    let (receiver, receiver_port) = listen().await;
    tokio::spawn(accept(receiver, Arc::clone(&server), Port::Receiver));
    for (listener, sink) in [(dynamodb, false), (sink, true)] {
        tokio::spawn(accept(
            listener,
            Arc::clone(&server),
            Port::Dynamodb {
                behind: behind_port,
                sink,
            },
        ));
    }
    let ports = json!({
        "pages": pages_port, "dynamodb": dynamodb_port, "sink": sink_port, "receiver": receiver_port,
    });
    announce(&ports.to_string());
    accept(pages, server, Port::Pages).await;
}

#[expect(clippy::print_stdout, reason = "whoever started the server reads the ports")]
fn announce(ports: &str) {
    println!("{ports}");
}

async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .expect("loopback has a free port");
    let port = listener
        .local_addr()
        .expect("a bound socket has an address")
        .port();
    (listener, port)
}

async fn accept(listener: TcpListener, server: Arc<Server>, port: Port) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // Without it answers may wait for more to send; if it cannot be set they are only later.
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(stream, Arc::clone(&server), port));
    }
}

/// Serves one connection; a client that goes away in between is none of our business.
async fn serve(stream: TcpStream, server: Arc<Server>, port: Port) {
    let served = http1::Builder::new();
    let _ = match port {
        Port::Pages => {
            let service = service_fn(|request: Request<Incoming>| {
                let answer = server.page(&request);
                async move { Ok::<_, Infallible>(answer) }
            });
            served.serve_connection(TokioIo::new(stream), service).await
        }
        Port::Dynamodb { behind, sink } => {
            let behind = connect(behind).await;
            let service = service_fn(|request| {
                let (server, behind) = (&server, &behind);
                async move { Ok::<_, Infallible>(server.store(request, behind, sink).await) }
            });
            served.serve_connection(TokioIo::new(stream), service).await
        }
        Port::Receiver => {
            let service = service_fn(|request| {
                let server = &server;
                async move { Ok::<_, Infallible>(server.receive(request).await) }
            });
            served.serve_connection(TokioIo::new(stream), service).await
        }
    };
}

async fn connect(port: u16) -> Behind {
    let stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("the database listens");
    let shaken = client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (sender, connection) = shaken.expect("the database speaks HTTP");
    tokio::spawn(connection);
    tokio::sync::Mutex::new(sender)
}

fn json_answer(body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    answer.headers_mut().insert(
        "content-type",
        hyper::header::HeaderValue::from_static("application/json"),
    );
    answer
}

impl Server {
    fn arrays(&self, changed: usize) -> Arrays {
        let mut arrays = self.arrays.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || {
            (0..self.records)
                .step_by(PAGE)
                .map(|first| pages::orders(first, PAGE, changed))
                .collect()
        };
        Arc::clone(arrays.entry(changed).or_insert_with(|| Arc::new(made())))
    }

    fn page(&self, request: &Request<Incoming>) -> Answer {
        let (path, query) = (request.uri().path(), request.uri().query().unwrap_or_default());
        if path == "/counts" {
            let counts = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
            return json_answer(counts.to_json().to_string());
        }
        let mut steps = path[1..]
            .split('/')
            .map(|step| step.parse::<usize>().unwrap_or(0));
        let (records, changed) = (steps.next().unwrap_or(0), steps.next().unwrap_or(0));
        // Some clients write `%24skip`.
        let skip = url::form_urlencoded::parse(query.as_bytes())
            .find_map(|(name, value)| (name == "$skip").then(|| value.parse().ok())?)
            .unwrap_or(0);
        let arrays = self.arrays(changed);
        let array = arrays
            .get(skip / PAGE)
            .filter(|_| skip < records)
            .map_or("[]", String::as_str);
        let next = skip + PAGE;
        let host = request
            .headers()
            .get("host")
            .and_then(|host| host.to_str().ok())
            .unwrap_or_default();
        let link = if next < records {
            format!(r#","@odata.nextLink":"http://{host}{path}?$top={PAGE}&$skip={next}""#)
        } else {
            String::new()
        };
        json_answer(format!(
            r#"{{"@odata.context":"$metadata#PurchaseOrder","value":{array}{link}}}"#
        ))
    }

    /// Takes a webhook.
    async fn receive(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        // A message that does not come whole is not counted.
        if head.uri.path() == "/dead" || body.collect().await.is_err() {
            return pending().await;
        }
        let posts = self.counts.lock().unwrap_or_else(PoisonError::into_inner).post();
        let fails = head.uri.path() == "/tenth" && posts.is_multiple_of(10);
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = if fails {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::NO_CONTENT
        };
        answer
    }

    /// Counts a call and passes it on.
    async fn store(&self, request: Request<Incoming>, behind: &Behind, sink: bool) -> Answer {
        let (mut head, body) = request.into_parts();
        let body = body
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default();
        let target = head
            .headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok())
            .unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let kind = self
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .count(operation, &body);
        if sink && operation == "BatchExecuteStatement" {
            let statements = body.windows(BEGIN.len()).filter(|at| *at == BEGIN).count();
            let taken = vec![json!({"TableName": "records"}); statements];
            return json_answer(json!({ "Responses": taken }).to_string());
        }
        if sink && (kind == Some("record") || operation == "BatchWriteItem") {
            return json_answer("{}");
        }
        head.uri = hyper::Uri::from_static("/");
        let mut sender = behind.lock().await;
        sender.ready().await.expect("the database goes on");
        let answer = sender
            .send_request(Request::from_parts(head, Full::new(body)))
            .await
            .expect("an answer");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("the answer comes whole").to_bytes();
        Response::from_parts(head, Full::new(body))
    }
}
