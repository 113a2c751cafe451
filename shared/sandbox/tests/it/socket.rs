//! What only a real socket shows: hanging up, cut answers, connections that stay open.

use std::sync::Arc;

use base64::Engine as _;
use manifold_sandbox::{Sandbox, SandboxClock};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::support::STARTED_MS;

struct Fixed;

impl SandboxClock for Fixed {
    fn now_ms(&self) -> i64 {
        STARTED_MS
    }
}

/// A sandbox on a port of its own, and the way to end it.
async fn served() -> (Arc<Sandbox>, String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let sandbox = Sandbox::new(Arc::new(Fixed), STARTED_MS);
    let (end, ended) = oneshot::channel();
    let serving = Arc::clone(&sandbox);
    // Set before anything is asked, as `serve` does it once it is polled.
    sandbox.set_base_url(&format!("http://{address}"));
    tokio::spawn(async move {
        let ended = async {
            let _ = ended.await;
        };
        serving.serve(listener, ended).await
    });
    (sandbox, address, end)
}

fn request(sandbox: &Sandbox, close: bool) -> String {
    let entry = sandbox.entries().into_iter().next().expect("SAP");
    let word = |name: &str| {
        entry
            .credentials
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let plain = format!("{}:{}", word("username"), word("password"));
    let basic = base64::engine::general_purpose::STANDARD.encode(plain);
    let connection = if close { "close" } else { "keep-alive" };
    format!(
        "GET /sap_s4hana/sap/opu/odata/sap/API_BUSINESS_PARTNER/A_Supplier?$format=json&$top=1 HTTP/1.1\r\n\
         host: sandbox\r\nauthorization: Basic {basic}\r\nconnection: {connection}\r\n\r\n"
    )
}

async fn exchange(address: &str, text: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(text.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn fault(address: &str, fault: &str) {
    let body = json!({"system": "sap_s4hana", "fault": fault, "count": 1, "delay_ms": 0}).to_string();
    let text = format!(
        "POST /_faults HTTP/1.1\r\nhost: s\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    assert!(
        exchange(address, &text)
            .await
            .expect("an answer")
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn a_system_that_is_down_hangs_up_without_an_answer() {
    let (sandbox, address, _end) = served().await;
    fault(&address, "down").await;
    let answer = exchange(&address, &request(&sandbox, true)).await;
    assert!(answer.is_err() || answer.is_ok_and(|text| text.is_empty()));
    let after = exchange(&address, &request(&sandbox, true))
        .await
        .expect("an answer");
    assert!(
        after.starts_with("HTTP/1.1 200"),
        "the next call is answered: {after}"
    );
    assert_eq!(
        sandbox.entries()[0].settings["instance_url"],
        format!("http://{address}/sap_s4hana")
    );
}

#[tokio::test]
async fn a_truncated_answer_promises_more_than_it_sends() {
    let (sandbox, address, _end) = served().await;
    fault(&address, "truncated").await;
    let answer = exchange(&address, &request(&sandbox, true))
        .await
        .unwrap_or_default();
    let (head, body) = answer.split_once("\r\n\r\n").expect("headers");
    let promised = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .expect("a length");
    assert!(body.len() < promised.parse().expect("a number"));
}

#[tokio::test]
async fn connections_stay_open_and_end_with_the_server() {
    let (sandbox, address, end) = served().await;
    let mut stream = TcpStream::connect(&address).await.expect("connects");
    let text = request(&sandbox, false);
    let mut buffer = vec![0; 65_536];
    for _ in 0..3 {
        stream.write_all(text.as_bytes()).await.expect("written");
        let read = stream.read(&mut buffer).await.expect("an answer");
        assert!(buffer[..read].starts_with(b"HTTP/1.1 200"));
    }
    end.send(()).expect("the server was running");
    assert_eq!(stream.read(&mut buffer).await.unwrap_or_default(), 0);
}
