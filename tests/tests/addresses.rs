//! Addresses that users give: what is off the public internet is not called, and reads like what does not exist.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{World, text};

const SYSTEM: &str = "sap_s4hana";

/// The table of security.md point 1. The local stack allows loopback, so these are other addresses.
const CLOSED: &[&str] = &[
    "https://10.0.0.1",
    "https://10.0.0.1:50000",
    "https://172.16.0.1",
    "https://192.168.1.1",
    "https://100.64.0.1",
    "https://169.254.169.254",
    "https://192.0.0.8",
    "https://198.18.0.1",
    "https://224.0.0.1",
    "https://240.0.0.1",
    "https://255.255.255.255",
    "https://0.0.0.0",
    // The same in other clothes.
    "https://167772161",
    "https://0x0a.1",
    "https://012.0.0.1",
    "https://10.1",
    "https://2852039166",
    "https://%31%30.0.0.1",
    "https://１０.0.0.1",
    "https://[::ffff:10.0.0.1]",
    "https://[::ffff:a9fe:a9fe]",
    "https://[::10.0.0.1]",
    "https://[64:ff9b::a00:1]",
    "https://[2002:a00:1::]",
    "https://[fc00::1]",
    "https://[fe80::1]",
    "https://[ff02::1]",
    "https://[2001:db8::1]",
    // Ports where no system's API is, even on this machine.
    "https://127.0.0.1:22",
    "https://127.0.0.1:25",
    "https://127.0.0.1:3306",
    "https://localhost:5432",
    "https://[::1]:6379",
    // Without TLS nothing is open but what is allowed by name.
    "http://127.0.0.1:22",
    "http://10.0.0.1",
    "http://erp.example.com",
];

/// Written so that it can be told.
const MALFORMED: &[&str] = &[
    "ftp://erp.example.com",
    "file:///etc/passwd",
    "https://user:secret@erp.example.com",
    "https://user@erp.example.com",
    "https://",
    "javascript:alert(1)",
];

async fn connect(world: &World, address: &str) -> crate::support::Reply {
    let mut body = world.connect_body(SYSTEM, json!({}));
    body["settings"]["instance_url"] = json!(address);
    world.post("/v1/connections", &world.key, body).await
}

/// A problem without what differs by nature: the request's id, and the host that is quoted.
fn said(mut problem: Value) -> Value {
    let detail = text(&problem, "/detail");
    let (_, quoted) = detail.split_once("The address of ").expect("it says which");
    let (host, rest) = quoted.split_once(' ').expect("a sentence");
    assert!(!host.is_empty());
    problem["detail"] = json!(rest);
    problem.as_object_mut().expect("a problem").remove("request_id");
    problem
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t45_what_is_closed_reads_like_what_does_not_exist() {
    let world = World::start().await;
    for scheme in ["https://", "http://"] {
        let missing = connect(&world, &format!("{scheme}no-such-host.invalid")).await;
        let missing = said(missing.problem(503, "system_unreachable"));
        for address in CLOSED.iter().filter(|address| address.starts_with(scheme)) {
            let problem = connect(&world, address).await.problem(503, "system_unreachable");
            assert_eq!(said(problem), missing, "{address}");
        }
    }
    for address in MALFORMED {
        let reply = connect(&world, address).await;
        assert_eq!(reply.status, 422, "{address}: {}", reply.text);
        let problem = reply.problem(422, "invalid_request");
        assert_eq!(
            problem["errors"][0]["pointer"], "/settings/instance_url",
            "{address}: {problem}"
        );
        assert!(!problem.to_string().contains("secret@"), "{address}: {problem}");
    }
    assert_eq!(world.credits().await, (40, 0, 40));
}

/// T45: the address of a webhook is judged by the same rules, when it is given.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t45_webhooks_go_to_the_public_internet_only() {
    let world = World::start().await;
    let refused = async |address: &str| {
        let given = json!({"url": format!("{address}/hook")});
        let reply = world.post("/v1/webhook-endpoints", &world.key, given).await;
        let problem = reply.problem(422, "invalid_request");
        assert_eq!(problem["errors"][0]["pointer"], "/url", "{address}: {problem}");
        text(&problem, "/errors/0/detail")
    };
    let missing = refused("https://no-such-host.invalid").await;
    let (_, missing) = missing.split_once(".invalid").expect("it names the host");
    for address in CLOSED {
        let detail = refused(address).await;
        let told = detail.contains("could not be found") || address.starts_with("http://");
        assert!(told, "{address}: {detail}");
        assert!(
            address.starts_with("http://") || detail.ends_with(missing),
            "{address} reads like what does not exist: {detail}"
        );
    }
    for address in MALFORMED {
        let detail = refused(address).await;
        assert!(!detail.contains("secret@"), "{address}: {detail}");
    }
    assert_eq!(world.ask("/v1/webhook-endpoints").await["data"], json!([]));
}

/// The same rules hold for a repair, and for whoever holds a link.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t45_there_is_no_way_round() {
    let world = World::start().await;
    let conn = world.connect(SYSTEM, json!({"models": ["vendor"]})).await;
    let path = format!("/v1/connections/{}", conn.id);
    for address in ["https://169.254.169.254", "http://127.0.0.1:22"] {
        let change = json!({"settings": {"instance_url": address}});
        let reply = world.send(Method::PATCH, &path, &world.key, Some(&change)).await;
        assert!(
            matches!(reply.status, 409 | 422 | 503),
            "{address}: {}",
            reply.text
        );
    }
    let calls = [
        "//169.254.169.254/latest",
        "http://169.254.169.254/",
        "/\\169.254.169.254/",
        "@169.254.169.254/",
        "",
    ];
    for call in calls {
        let call = json!({"method": "GET", "path": call});
        let reply = world.post("/v1/passthrough", &conn.token, call.clone()).await;
        let inside = reply.status == 200 && reply.body["status"] == 404;
        assert!(
            inside || matches!(reply.status, 404 | 422),
            "{call}: {}",
            reply.text
        );
    }
    let asked = world.requests(SYSTEM).await;
    assert!(
        asked
            .iter()
            .all(|request| text(request, "/path").starts_with("/sap_s4hana")),
        "only below its own root"
    );
    world.get("/v1/vendors?limit=1", &conn.token).await.expect(200);
}

/// A system that sends its callers elsewhere is not followed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t45_redirects_are_not_followed() {
    let world = World::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let led = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&led);
    let server = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 8_192];
            let read = socket.read(&mut head).await.unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..read]).into_owned();
            counted.fetch_add(usize::from(head.contains("/elsewhere")), Ordering::SeqCst);
            let answer = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{address}/elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            );
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    let reply = connect(&world, &format!("http://{address}")).await;
    assert!(matches!(reply.status, 422 | 502 | 503), "{}", reply.text);
    assert_eq!(led.load(Ordering::SeqCst), 0, "nobody went there");
    server.abort();
}
