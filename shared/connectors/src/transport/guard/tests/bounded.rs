//! What a hostile, slow or broken server can do, and what it cannot.

use std::io::Write as _;

use super::*;

#[tokio::test]
async fn redirects_are_answers() {
    let inside = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    for status in [301, 302, 303, 307, 308] {
        let head = format!(
            "HTTP/1.1 {status} Moved\r\nlocation: http://{}/\r\n",
            inside.local_addr().expect("bound")
        );
        let address = answering(format!("{head}content-length: 0\r\n\r\n")).await;
        let mut request = get(&format!("http://{address}/"));
        request.method = Method::POST;
        request.body = Some(Bytes::from_static(b"secret"));
        assert_eq!(local().send(request).await.expect("answers").status, status);
    }
    let followed = futures_util::FutureExt::now_or_never(inside.accept());
    assert!(followed.is_none(), "nobody followed");
}

#[tokio::test]
async fn an_answer_is_bounded() {
    let too_long = |fault: Fault| {
        assert_eq!(fault.kind, FaultKind::Malformed);
        assert!(
            fault.message.ends_with("is longer than 20 MiB."),
            "{}",
            fault.message
        );
    };

    let announced = answering(format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n",
        ANSWER_LIMIT + 1
    ))
    .await;
    too_long(fault_of(&local(), &format!("http://{announced}/")).await);

    let endless = server(|mut stream| async move {
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            .await;
        while stream.write_all(&chunk).await.is_ok() {}
    })
    .await;
    too_long(fault_of(&local(), &format!("http://{endless}/")).await);

    too_long(
        fault_of(
            &local(),
            &format!("http://{}/", answering(gzipped(ANSWER_LIMIT + 1)).await),
        )
        .await,
    );
    let full = local()
        .send(get(&format!(
            "http://{}/",
            answering(gzipped(ANSWER_LIMIT)).await
        )))
        .await
        .expect("fits");
    assert_eq!(full.body.len(), ANSWER_LIMIT);
}

fn gzipped(length: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![b' '; length]).expect("packs");
    let packed = packed.finish().expect("packs");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        packed.len()
    );
    [head.into_bytes(), packed].concat()
}

/// One byte a second never lets a read time out; the time of the whole exchange ends it.
#[tokio::test(start_paused = true)]
async fn t19_a_drip_ends_with_the_requests_time() {
    let drip = server(|mut stream| async move {
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            .await;
        while stream.write_all(b" ").await.is_ok() {
            tick.tick().await;
        }
    })
    .await;
    let began = tokio::time::Instant::now();
    let fault = fault_of(&local(), &format!("http://{drip}/")).await;
    assert_eq!(fault.kind, FaultKind::Timeout);
    assert_eq!(fault.message, "127.0.0.1 did not answer completely within 30s.");
    assert_eq!(began.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn t19_failures_are_told_apart() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        listener.local_addr().expect("bound")
    };
    let cut_at_once = answering("").await;
    let cut_in_body = answering("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    let broken =
        answering("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nxxxx").await;
    for (url, kind, said) in [
        (
            format!("http://{closed}/"),
            FaultKind::Unreachable,
            "127.0.0.1 refuses connections on this port.",
        ),
        (
            format!("http://{cut_at_once}/"),
            FaultKind::Unreachable,
            "127.0.0.1 cut the connection",
        ),
        (
            format!("http://{cut_in_body}/"),
            FaultKind::Unreachable,
            "127.0.0.1 cut the connection",
        ),
        (
            format!("http://{broken}/"),
            FaultKind::Malformed,
            "compressed in a broken way",
        ),
    ] {
        let fault = fault_of(&local(), &url).await;
        assert_eq!(fault.kind, kind, "{said}: {fault}");
        assert!(fault.message.contains(said), "{said}: {fault}");
    }
}
