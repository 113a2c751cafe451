//! A receiver of webhooks on loopback, as a customer would run one, and as nobody should.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A message that arrived.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Heard {
    /// `webhook-id`.
    pub fn id(&self) -> String {
        self.headers["webhook-id"].to_str().expect("ASCII").to_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Its type.
    pub fn kind(&self) -> String {
        super::text(&self.json(), "/type")
    }

    /// Checks signature and timestamp, as the official library does.
    #[track_caller]
    pub fn verify(&self, secret: &str) {
        standardwebhooks::Webhook::new(secret)
            .expect("a secret")
            .verify(&self.body, &self.headers)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.headers));
    }
}

/// How it answers.
#[derive(Clone)]
enum Manner {
    /// Byte for byte; after it the connection is closed.
    Answers(Vec<u8>),
    /// Never.
    Hangs,
    /// A byte a second, of a head that has no end.
    Drips,
}

struct State {
    heard: Vec<Heard>,
    manner: Manner,
}

/// A receiver. It ends with this value.
pub struct Receiver {
    /// Its address.
    pub url: String,
    state: Arc<Mutex<State>>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    /// One that answers 204.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
        let state = Arc::new(Mutex::new(State {
            heard: Vec::new(),
            manner: Manner::Answers(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        }));
        let shared = Arc::clone(&state);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A sender that hangs up is its own affair.
                    let _ = serve(stream, &state).await;
                });
            }
        });
        Self { url, state, serving }
    }

    /// From now on it answers this status.
    pub fn answer(&self, status: u16) {
        self.answer_raw(format!(
            "HTTP/1.1 {status} Said so\r\ncontent-length: 5\r\n\r\nwords"
        ));
    }

    /// From now on it answers these bytes and hangs up.
    pub fn answer_raw(&self, bytes: impl Into<Vec<u8>>) {
        self.state().manner = Manner::Answers(bytes.into());
    }

    /// From now on it never answers.
    pub fn hang(&self) {
        self.state().manner = Manner::Hangs;
    }

    /// From now on its answer never comes to its end.
    pub fn drip(&self) {
        self.state().manner = Manner::Drips;
    }

    /// What arrived so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.state().heard.clone()
    }

    /// What arrived so far of a type.
    pub fn heard_of(&self, kind: &str) -> Vec<Heard> {
        self.heard()
            .into_iter()
            .filter(|heard| heard.kind() == kind)
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let heard = read(&mut stream).await?;
    let manner = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.heard.push(heard);
        state.manner.clone()
    };
    let answer = match manner {
        Manner::Answers(answer) => answer,
        Manner::Hangs => {
            // Until the sender hangs up.
            let _ = stream.read(&mut [0; 1]).await;
            return Ok(());
        }
        Manner::Drips => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    };
    stream.write_all(&answer).await?;
    stream.shutdown().await?;
    // Whoever still sends is not reset before it has read the answer.
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut [0; 1])).await;
    Ok(())
}

async fn read(stream: &mut TcpStream) -> std::io::Result<Heard> {
    let mut reader = BufReader::new(stream);
    let mut headers = HeaderMap::new();
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(": ") {
            let name: HeaderName = name.parse().map_err(std::io::Error::other)?;
            headers.insert(name, HeaderValue::from_str(value).map_err(std::io::Error::other)?);
        }
    }
    let length = headers
        .get("content-length")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).await?;
    Ok(Heard { headers, body })
}
