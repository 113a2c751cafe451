//! The stack as a library: what the stories of the whole workspace start.

use http::Method;
use manifold_domain::ports::Clock as _;
use manifold_local::{Options, Stack, StackError};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

use crate::client::{get, send};

fn kept_in(folder: &tempfile::TempDir, speed: u32) -> Options {
    Options {
        data: Some(folder.path().join("data")),
        speed,
        ..Options::default()
    }
}

#[tokio::test]
async fn a_request_goes_to_a_function_and_its_answer_comes_back() {
    let stack = Stack::start(&Options::default()).await.unwrap();
    let key = stack.workspace_key().expose_secret();
    let url = |path: &str| format!("{}{path}", stack.url());

    let (status, credits) = get(&url("/v1/credits"), Some(key)).await;
    assert_eq!(
        (status, credits["total"].as_u64(), credits["free"].as_u64()),
        (200, Some(40), Some(40))
    );

    let (status, problem) = get(&url("/v1/credits"), None).await;
    assert_eq!((status, problem["code"].as_str()), (401, Some("unauthorized")));

    let refused = send(Method::GET, &url("/v1/nothing/here/at/all"), Some(key), None).await;
    assert_eq!(refused.status, 404);
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert!(
        refused
            .header("manifold-request-id")
            .is_some_and(|id| id.starts_with("req_"))
    );

    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    let refused = send(
        Method::POST,
        &url("/v1/connections"),
        Some(key),
        Some(large.into()),
    )
    .await;
    assert_eq!(refused.status, 413, "API Gateway's own limit");

    let admin = stack.admin_key();
    let path = format!("/v1/workspaces/{}", stack.workspace_id());
    let (status, workspace) = get(&url(&path), Some(admin.expose_secret())).await;
    assert_eq!((status, workspace["name"].as_str()), (200, Some("Local")));
    stack.stop().await;
}

#[tokio::test]
async fn everything_survives_a_restart_on_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = Stack::start(&kept_in(&folder, 100_000)).await.unwrap();
    let (key, workspace) = (first.workspace_key().clone(), first.workspace_id().to_owned());
    let sandbox_url = first.sandbox_url().to_owned();
    let gone = format!("{sandbox_url}/_records/sap_s4hana/purchase_order/4500000001");
    assert_eq!(send(Method::DELETE, &gone, None, None).await.status, 200);
    let (changes, shown) = (first.sandbox().snapshot(), first.clock().now());
    first.stop().await;

    let second = Stack::start(&kept_in(&folder, 1)).await.unwrap();
    assert!(second.clock().now() >= shown, "the clock was at {shown}");
    assert_eq!(second.workspace_id(), workspace);
    assert_eq!(second.sandbox_url(), sandbox_url);
    assert_eq!(second.sandbox().snapshot(), changes);
    assert!(second.notes().is_empty());
    let (status, credits) = get(&format!("{}/v1/credits", second.url()), Some(key.expose_secret())).await;
    assert_eq!((status, credits["total"].as_u64()), (200, Some(40)));
    second.stop().await;
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_sync_is_no_outage() {
    let folder = tempfile::tempdir().unwrap();
    let first = Stack::start(&kept_in(&folder, 1)).await.unwrap();
    let key = first.workspace_key().clone();
    let key = key.expose_secret();
    let entry = first
        .sandbox()
        .entries()
        .into_iter()
        .find(|entry| entry.system == "sap_s4hana");
    let mut request = serde_json::to_value(entry.unwrap()).unwrap();
    request["customer"] = serde_json::json!({"id": "1", "name": "A customer"});
    let connect = format!("{}/v1/connections", first.url());
    let answer = send(
        Method::POST,
        &connect,
        Some(key),
        Some(request.to_string().into()),
    )
    .await;
    assert_eq!(answer.status, 201);
    let connected: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let id = connected["connection"]["id"].as_str().unwrap();
    first.stop().await;

    let second = Stack::start(&kept_in(&folder, 1)).await.unwrap();
    let (_, connection) = get(&format!("{}/v1/connections/{id}", second.url()), Some(key)).await;
    assert_eq!(connection["status"], "online");
    let (_, syncs) = get(&format!("{}/v1/connections/{id}/syncs", second.url()), Some(key)).await;
    let failed = syncs["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|sync| sync["state"] == "failed");
    assert_eq!(failed, None);
    second.stop().await;
}

#[tokio::test]
async fn dropping_a_stack_gives_its_folder_and_its_port_back() {
    let folder = tempfile::tempdir().unwrap();
    let first = Stack::start(&kept_in(&folder, 1)).await.unwrap();
    let refused = Stack::start(&kept_in(&folder, 1)).await.err().unwrap();
    assert!(matches!(refused, StackError::Home(_)), "{refused}");
    let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    drop(first);
    tokio::task::yield_now().await;
    let again = Options {
        port,
        ..kept_in(&folder, 1)
    };
    Stack::start(&again).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_a_way_out() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let refused = Stack::start(&Options {
        port,
        ..Options::default()
    })
    .await
    .err()
    .unwrap()
    .to_string();
    assert!(
        refused.contains(&port.to_string()) && refused.contains("--port 0"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_sandbox_whose_port_is_taken_moves_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let first = Stack::start(&kept_in(&folder, 1)).await.unwrap();
    let port: u16 = first.sandbox_url().rsplit(':').next().unwrap().parse().unwrap();
    first.stop().await;
    let taken = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let second = Stack::start(&kept_in(&folder, 1)).await.unwrap();
    assert!(
        second.notes()[0].contains(&port.to_string()),
        "{:?}",
        second.notes()
    );
    second.stop().await;
    drop(taken);
    let third = Stack::start(&kept_in(&folder, 1)).await.unwrap();
    assert_eq!(
        third.sandbox_url(),
        format!("http://127.0.0.1:{port}"),
        "connections find it again"
    );
    third.stop().await;
}
