//! T45: what is not called, whatever a user or a system wrote, and that nobody can tell why.

use super::*;

/// T45: no address that is written as a closed one is called, or even looked up.
#[tokio::test]
async fn closed_addresses_are_blocked_without_a_lookup() {
    let names = Script::new(&[&["8.8.8.8"]]);
    let guarded = GuardedTransport::with_lookup(AllowList::none(), names.clone());
    for url in [
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::1]/",
        "https://0/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://192.0.0.1/",
        "https://198.18.0.1/",
        "https://224.0.0.1/",
        "https://240.0.0.1/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[::a00:1]/",
        "https://[fc00::1]/",
        "https://[fe80::1]/",
        "https://localhost/",
        "https://localhost:9001/2018-06-01/runtime/invocation/next",
        "http://127.0.0.1:9001/",
        "http://erp.example/",
        "ftp://erp.example/",
        "file:///etc/passwd",
        "https://user:pass@erp.example/",
        "https://erp.example:22/",
        "https://erp.example:25/",
        "https://erp.example:3306/",
        "https://erp.example:5432/",
        "https://erp.example:6379/",
    ] {
        let fault = fault_of(&guarded, url).await;
        assert_eq!(fault.kind, FaultKind::Blocked, "{url}");
        let host = host_of(&Url::parse(url).expect(url));
        assert_eq!(
            fault.message,
            no_address(FaultKind::Unresolved, &host).message,
            "{url}"
        );
    }
    assert_eq!(names.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn names_are_blocked_when_any_address_is_closed() {
    for addresses in [
        &["127.0.0.1"][..],
        &["10.0.0.1"],
        &["8.8.8.8", "127.0.0.1"],
        &["8.8.8.8", "::1"],
        &["169.254.169.254"],
        &["2600:1f18::1", "fd00:ec2::254"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
    ] {
        let names = Script::new(&[addresses]);
        let guarded = GuardedTransport::with_lookup(AllowList::none(), names.clone());
        let blocked = fault_of(&guarded, "https://rebind.example/").await;
        assert_eq!(blocked.kind, FaultKind::Blocked, "{addresses:?}");
        assert_eq!(
            names.asked.load(Ordering::SeqCst),
            1,
            "{addresses:?}: judged once, not asked again"
        );

        let nowhere = GuardedTransport::with_lookup(AllowList::none(), Script::new(&[&[]]));
        let unresolved = fault_of(&nowhere, "https://rebind.example/").await;
        assert_eq!(unresolved.kind, FaultKind::Unresolved);
        assert_eq!(blocked.message, unresolved.message, "nobody can tell them apart");
        assert_eq!(
            (blocked.upstream, blocked.about),
            (unresolved.upstream, unresolved.about)
        );
    }
}

/// DNS rebinding: the name answers well when it is judged and badly when it is asked again. It is not asked
/// again: the connection goes to the judged address.
#[tokio::test]
async fn a_connection_goes_to_the_judged_address() {
    let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let names = Script::new(&[&["127.0.0.1"], &["203.0.113.1"]]);
    let allow = AllowList::new([("erp.internal", address.port())]);
    let guarded = GuardedTransport::with_lookup(allow, names.clone());
    let answer = guarded
        .send(get(&format!("http://erp.internal:{}/", address.port())))
        .await
        .expect("answers");
    assert_eq!(&answer.body[..], b"ok");
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_allow_list_is_one_workspaces_own() {
    let address = answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let url = format!("http://localhost:{}/", address.port());
    let local = local();
    assert_eq!(local.send(get(&url)).await.expect("answers").status, 200);
    let stranger = local.allowing(AllowList::none());
    assert_eq!(fault_of(&stranger, &url).await.kind, FaultKind::Blocked);
}
