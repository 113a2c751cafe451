//! What the adapters make of answers that no stand-in gives: a server of this test's own answers each
//! request with the next line of a script.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use manifold_aws::{Clients, MAX_BODY, SecretsVault, Settings, SqsQueue};
use manifold_domain::ports::{MAX_DELAY, PortError, Queue as _, QueueName, Secrets, Vault as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const MARKER: &str = "marker-4711";

/// The requests that came, and the answers still to give as (status, body).
#[derive(Default)]
struct Script {
    requests: Vec<String>,
    answers: VecDeque<(u16, String)>,
}

/// Clients whose every service answers by the script; past its end the server says nothing at all.
async fn scripted(answers: &[(u16, &str)]) -> (Clients, Arc<Mutex<Script>>) {
    let script = Arc::new(Mutex::new(Script {
        requests: Vec::new(),
        answers: answers
            .iter()
            .map(|(status, body)| (*status, (*body).to_owned()))
            .collect(),
    }));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let shared = Arc::clone(&script);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    });
    (clients_of(&endpoint), script)
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    while let Some(request) = read_request(&mut stream).await {
        let answer = {
            let mut script = script.lock().expect("no test panics with the lock");
            script.requests.push(request);
            script.answers.pop_front()
        };
        let Some((status, body)) = answer else {
            return std::future::pending().await;
        };
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status} X\r\nx-amzn-requestid: req-1\r\ncontent-length: {length}\r\n\r\n");
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// Head and body of one request, as text.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn requests(script: &Mutex<Script>) -> Vec<String> {
    script
        .lock()
        .expect("no test panics with the lock")
        .requests
        .clone()
}

fn secrets() -> Secrets {
    Secrets::from([("password".to_owned(), SecretString::from(MARKER))])
}

fn check_says(error: &PortError, expected: &[&str]) {
    let text = format!("{error} {error:?}");
    for each in expected {
        assert!(text.contains(each), "{each} is missing in: {text}");
    }
    assert!(!text.contains(MARKER), "a secret is told in: {text}");
}

#[tokio::test]
async fn a_broken_answer_never_reaches_the_log() {
    // Cut short in the middle of a secret: the SDK's own rendering of this error quotes the body.
    let cut = format!("{{\"Name\":\"x\",\"SecretString\":\"{{\\\"password\\\":\\\"{MARKER}");
    let (clients, _) = scripted(&[(200, &cut)]).await;
    let error = SecretsVault::new(clients.secrets, "", None)
        .get("conn_1#1")
        .await
        .unwrap_err();
    check_says(&error, &["secretsmanager", "unreadable answer", "req-1"]);
}

#[tokio::test]
async fn a_refused_put_tells_the_code_alone() {
    let quoting = format!("{{\"__type\":\"ValidationException\",\"message\":\"1 error: value '{MARKER}'\"}}");
    let (clients, _) = scripted(&[(400, &quoting)]).await;
    let error = SecretsVault::new(clients.secrets, "", None)
        .put("conn_1#1", &secrets())
        .await
        .unwrap_err();
    check_says(&error, &["ValidationException", "400"]);

    let denied = r#"{"__type":"AccessDeniedException","message":"no right to GetSecretValue"}"#;
    let (clients, _) = scripted(&[(400, denied)]).await;
    let error = SecretsVault::new(clients.secrets, "", None)
        .get("conn_1#1")
        .await
        .unwrap_err();
    check_says(&error, &["AccessDeniedException", "no right to GetSecretValue"]);
}

#[tokio::test]
async fn a_secret_marked_for_deletion_is_not_there() {
    let marked = r#"{"__type":"InvalidRequestException","message":"it was marked for deletion."}"#;
    let (clients, _) = scripted(&[(400, marked)]).await;
    let found = SecretsVault::new(clients.secrets, "", None)
        .get("conn_1#1")
        .await
        .unwrap();
    assert!(found.is_none());
}

#[tokio::test]
async fn a_put_creates_and_then_replaces_under_one_name_and_key() {
    let exists = r#"{"__type":"ResourceExistsException","message":"exists"}"#;
    let (clients, script) = scripted(&[(400, exists), (200, "{}")]).await;
    let vault = SecretsVault::new(clients.secrets, "manifold/vault/", Some("alias/mine".to_owned()));
    vault.put("conn_1#1", &secrets()).await.unwrap();
    let sent = requests(&script);
    assert!(sent[0].contains("CreateSecret") && sent[0].contains(r#""KmsKeyId":"alias/mine""#));
    assert!(
        sent[1].contains("PutSecretValue") && sent[1].contains(r#""SecretId":"manifold/vault/conn_1/1""#)
    );
}

#[tokio::test]
async fn destroying_waits_for_no_recovery_window() {
    let (clients, script) = scripted(&[(200, "{}")]).await;
    SecretsVault::new(clients.secrets, "", None)
        .destroy("conn_1#1")
        .await
        .unwrap();
    assert!(requests(&script)[0].contains(r#""ForceDeleteWithoutRecovery":true"#));
}

#[tokio::test]
async fn throttling_is_tried_again() {
    let throttled = r#"{"__type":"ThrottlingException","message":"slow down"}"#;
    let secret = format!(r#"{{"SecretString":"{{\"password\":\"{MARKER}\"}}"}}"#);
    let (clients, script) = scripted(&[(400, throttled), (500, ""), (200, &secret)]).await;
    let found = SecretsVault::new(clients.secrets, "", None)
        .get("conn_1#1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found["password"].expose_secret(), MARKER);
    assert_eq!(requests(&script).len(), 3);
}

#[tokio::test]
async fn what_sqs_would_refuse_is_not_even_sent() {
    let (clients, script) = scripted(&[]).await;
    let urls = BTreeMap::from([(QueueName::Sync, "http://127.0.0.1/1/sync".to_owned())]);
    let queue = SqsQueue::new(clients.sqs, urls);
    let large = "x".repeat(MAX_BODY + 1);
    for (name, body, delay) in [
        (QueueName::Sync, "{}", MAX_DELAY + Duration::from_secs(1)),
        (QueueName::Sync, large.as_str(), Duration::ZERO),
        (QueueName::Sync, "", Duration::ZERO),
        (QueueName::Deliver, "{}", Duration::ZERO),
    ] {
        assert!(matches!(
            queue.send(name, body, delay).await,
            Err(PortError::Refused(_))
        ));
    }
    assert!(requests(&script).is_empty());
}

#[tokio::test]
async fn the_longest_delay_is_sent() {
    let (clients, script) = scripted(&[(200, r#"{"MessageId":"1","MD5OfMessageBody":""}"#)]).await;
    let urls = BTreeMap::from([(QueueName::Sync, "http://127.0.0.1/1/sync".to_owned())]);
    SqsQueue::new(clients.sqs, urls)
        .send(QueueName::Sync, "{}", MAX_DELAY)
        .await
        .ok();
    assert!(requests(&script)[0].contains(r#""DelaySeconds":900"#));
}

#[tokio::test]
async fn warming_reads_one_key_and_survives_a_refusal() {
    let denied = r#"{"__type":"AccessDeniedException","message":"no"}"#;
    let (clients, script) = scripted(&[(200, "{}"), (400, denied)]).await;
    clients.warm("state").await;
    clients.warm("state").await;
    let sent = requests(&script);
    assert_eq!(sent.len(), 2);
    assert!(sent[0].contains("DynamoDB_20120810.GetItem") && sent[0].contains(r#""TableName":"state""#));
}

#[tokio::test]
async fn the_master_secret_is_text() {
    let (clients, _) = scripted(&[(200, &format!(r#"{{"SecretString":"{MARKER}"}}"#)), (200, "{}")]).await;
    assert_eq!(
        clients.deployment_secret("arn").await.unwrap().expose_secret(),
        MARKER
    );
    check_says(
        &clients.deployment_secret("arn").await.unwrap_err(),
        &["not text"],
    );
}

/// Clients of one endpoint for all services.
fn clients_of(endpoint: &str) -> Clients {
    let settings = Settings::read(|name| match name {
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        "AWS_ENDPOINT_URL" => Some(endpoint.to_owned()),
        _ => None,
    });
    Clients::new(&settings.expect("the settings are complete"))
}

#[tokio::test]
async fn a_closed_port_says_so() {
    let clients = clients_of("http://127.0.0.1:1");
    let error = SecretsVault::new(clients.secrets, "", None)
        .get("conn_1#1")
        .await
        .unwrap_err();
    check_says(&error, &["the call could not be made", "refused"]);
}

#[tokio::test]
async fn an_endpoint_that_is_no_url_does_not_tell_the_request() {
    let clients = clients_of("x");
    let vault = SecretsVault::new(clients.secrets, "", None);
    check_says(
        &vault.put("conn_1#1", &secrets()).await.unwrap_err(),
        &["the call could not be made"],
    );
}
