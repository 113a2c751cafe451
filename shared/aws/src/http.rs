//! One HTTP client for every AWS service.

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Which of the compiled-in root certificates a client trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Roots {
    /// The five of Amazon Trust Services, under which AWS says that all its endpoints are.
    Amazon,
    /// All of Mozilla's: for the partition in China, whose endpoints are not promised to be.
    All,
}

/// An HTTP client with rustls on ring that trusts Amazon's own root certificates, compiled in.
///
/// All of this is paid at every cold start, hence the choices: aws-lc-rs would spend some 20 ms of CPU
/// on its first call, reading the system's certificates 2 ms, and taking all of Mozilla's 1.3 ms more
/// than Amazon's five. Ask for it once and clone it: clones share the pool. It uses no proxy, whatever
/// the environment says.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    client(Roots::Amazon)
}

/// As [`http_client`], trusting the given roots.
pub(crate) fn client(roots: Roots) -> SharedHttpClient {
    let trust = TrustStore::empty().with_pem_certificate(pem(roots));
    let builder = Builder::new().tls_provider(Provider::rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(trust).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        // The builder has no failing path today. With the system's roots calls would still be safe.
        Err(error) => {
            tracing::warn!(%error, "the compiled-in root certificates were not taken");
            builder.build_https()
        }
    }
}

/// The roots as PEM, the only form that the SDK's trust store takes.
fn pem(roots: Roots) -> String {
    let mut pem = String::new();
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        if roots == Roots::All || is_amazons(root) {
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            STANDARD.encode_string(root, &mut pem);
            pem.push_str("\n-----END CERTIFICATE-----\n");
        }
    }
    pem
}

/// Whether the certificate's issuer, which a root names at its beginning, is one of Amazon's.
fn is_amazons(root: &[u8]) -> bool {
    const NAMES: [&[u8]; 2] = [
        b"Amazon Root CA ",
        b"Starfield Services Root Certificate Authority - G2",
    ];
    let beginning = &root[..root.len().min(300)];
    NAMES
        .iter()
        .any(|name| beginning.windows(name.len()).any(|window| window == *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(roots: Roots) -> usize {
        pem(roots).matches("BEGIN CERTIFICATE").count()
    }

    #[test]
    fn amazons_five_roots_are_there() {
        // Amazon Root CA 1 to 4 and Starfield Services Root Certificate Authority - G2.
        assert_eq!(count(Roots::Amazon), 5);
        assert_eq!(count(Roots::All), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    }
}
