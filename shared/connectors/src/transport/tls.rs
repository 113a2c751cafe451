//! The one TLS configuration: rustls on ring, with the authorities that Mozilla trusts compiled in.

use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore, crypto::ring};

/// TLS of every outgoing connection. Clones share its session cache.
///
/// Compiled-in authorities need no file at a cold start and are the same on every machine.
pub(super) static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring offers the cipher suites of TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
});
