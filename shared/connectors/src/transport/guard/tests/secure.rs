//! TLS: what is trusted, and how a refusal is told.

use rustls::{
    ClientConfig, RootCertStore, ServerConfig, ServerConnection,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};

use super::*;

/// For `localhost` and `127.0.0.1`, until 2120, signed by itself; the key opens nothing.
const PEM: &[u8] = include_bytes!("../self_signed.pem");

/// A server with that certificate; it answers one request, and tells whether the handshake held.
fn self_signed() -> (SocketAddr, std::thread::JoinHandle<io::Result<()>>) {
    let certificate = CertificateDer::from_pem_slice(PEM).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(PEM).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a pair");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("bound");
    let serving = std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        let (mut stream, _) = listener.accept()?;
        let mut session = ServerConnection::new(Arc::new(config)).expect("a session");
        session.complete_io(&mut stream)?;
        let mut tls = rustls::Stream::new(&mut session, &mut stream);
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            tls.read_exact(&mut byte)?;
            head.extend(byte);
        }
        tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
    });
    (address, serving)
}

/// A client that trusts that certificate.
fn trusting(names: Arc<dyn Lookup>, allow: AllowList) -> GuardedTransport {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(PEM).expect("a certificate"))
        .expect("a root");
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    GuardedTransport::with_tls(allow, names, &tls)
}

#[tokio::test]
async fn a_trusted_certificate_carries_an_answer() {
    let (address, serving) = self_signed();
    let transport = trusting(Script::new(&[&[]]), AllowList::none().with_loopback());
    let answer = transport
        .send(get(&format!("https://localhost:{}/", address.port())))
        .await
        .expect("answers");
    assert_eq!(&answer.body[..], b"{}");
    serving.join().expect("served").expect("the handshake held");
}

#[tokio::test]
async fn t19_a_self_signed_certificate_is_refused() {
    let (address, serving) = self_signed();
    let fault = fault_of(&local(), &format!("https://{address}/")).await;
    assert_eq!(fault.kind, FaultKind::Tls);
    assert!(
        fault
            .message
            .ends_with("not signed by an authority that browsers trust."),
        "{fault}"
    );
    serving
        .join()
        .expect("served")
        .expect_err("the client hangs up with an alert");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let (address, serving) = self_signed();
    let allow = AllowList::new([("erp.internal", address.port())]);
    let transport = trusting(Script::new(&[&["127.0.0.1"]]), allow);
    let fault = fault_of(&transport, &format!("https://erp.internal:{}/", address.port())).await;
    assert_eq!(fault.kind, FaultKind::Tls);
    assert_eq!(
        fault.message,
        "No secure connection to erp.internal: its certificate is for another name."
    );
    serving
        .join()
        .expect("served")
        .expect_err("the client hangs up with an alert");
}

#[tokio::test]
async fn t19_what_does_not_speak_tls_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let garbage = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("accepts");
        let _ = stream.write_all(b"HTTP/1.1 400 This is not TLS\r\n\r\n").await;
        let _ = stream.read(&mut [0; 1024]).await;
    });
    let fault = fault_of(&local(), &format!("https://{garbage}/?secret=1")).await;
    assert_eq!(fault.kind, FaultKind::Tls);
    assert_eq!(
        fault.message,
        "No secure connection to 127.0.0.1: what listens there does not speak TLS."
    );
}
