//! The guarded client against servers on loopback: what it refuses, what it bounds, how it names failures.

mod blocked;
mod bounded;
mod secure;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{HeaderMap, Method};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;

/// Answers names from a fixed list, one answer a question, the last one for ever.
struct Script {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Script {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |addresses: &&[&str]| addresses.iter().map(|a| a.parse().expect("an address")).collect();
        let answers = answers.iter().rev().map(parse).collect();
        Arc::new(Self {
            answers: Mutex::new(answers),
            asked: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl Lookup for Script {
    async fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().expect("not poisoned");
        let answer = if answers.len() > 1 {
            answers.pop()
        } else {
            answers.last().cloned()
        };
        answer
            .filter(|found| !found.is_empty())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn get(url: &str) -> Request {
    Request {
        method: Method::GET,
        url: Url::parse(url).expect(url),
        headers: HeaderMap::new(),
        body: None,
        timeout: Duration::from_secs(30),
    }
}

fn local() -> GuardedTransport {
    GuardedTransport::new(AllowList::none().with_loopback())
}

/// A server that takes one connection after the other and gives each to `serve` once a request's head is read.
async fn server<F, Served>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> Served + Send + 'static,
    Served: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            read_head(&mut stream).await;
            tokio::spawn(serve(stream));
        }
    });
    address
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).expect("ASCII")
}

/// A server that answers everything with these bytes and closes.
async fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = Arc::new(answer.into());
    server(move |mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

async fn fault_of(transport: &GuardedTransport, url: &str) -> Fault {
    transport.send(get(url)).await.expect_err(url)
}

#[tokio::test]
async fn requests_go_out_as_given_over_one_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("bound");
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("accepts once");
        let mut heads = Vec::new();
        for _ in 0..2 {
            heads.push(read_head(&mut stream).await);
            let mut body = [0; 5];
            stream.read_exact(&mut body).await.expect("a body");
            assert_eq!(&body, b"hello");
            let answer = b"HTTP/1.1 201 Created\r\nx-kept: yes\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(answer).await.expect("writes");
        }
        heads
    });
    let transport = local();
    for _ in 0..2 {
        let mut request = get(&format!("http://{address}/a%20b?c=%2B"));
        request.method = Method::POST;
        request
            .headers
            .insert("authorization", "Bearer x".parse().expect("a value"));
        for own in [
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "expect",
        ] {
            request
                .headers
                .insert(own, "evil.example".parse().expect("a value"));
        }
        request.body = Some(Bytes::from_static(b"hello"));
        let answer = transport.clone().send(request).await.expect("answers");
        assert_eq!(
            (answer.status, answer.header("x-kept"), &answer.body[..]),
            (201, Some("yes"), &b"{}"[..])
        );
    }
    for head in serving.await.expect("served") {
        let head = head.to_ascii_lowercase();
        assert!(head.starts_with("post /a%20b?c=%2b http/1.1\r\n"), "{head}");
        for line in [
            "authorization: bearer x",
            "accept-encoding: gzip",
            "user-agent: manifold/",
        ] {
            assert!(head.contains(line), "{line} in {head}");
        }
        assert!(
            !head.contains("evil.example") && head.contains(&format!("host: {address}")),
            "{head}"
        );
    }
}
