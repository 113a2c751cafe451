//! Private keys as people paste them.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use zeroize::Zeroizing;

/// The content of a PEM block.
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) der: Zeroizing<Vec<u8>>,
}

/// How a private key is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `PRIVATE KEY`: RSA or elliptic.
    Pkcs8,
    /// `RSA PRIVATE KEY`.
    Pkcs1,
}

/// Why a text holds no private key that can be used. The sentences are for whoever pasted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum NoKey {
    /// No PEM block at all.
    #[error("This is not a private key: it has to begin with -----BEGIN PRIVATE KEY-----.")]
    NotPem,
    /// The public half.
    #[error("This is the certificate or the public key: the private key is needed.")]
    Public,
    /// Protected by a passphrase.
    #[error(
        "This private key is protected by a passphrase: remove it with `openssl pkcs8 -in KEY -out NEW`."
    )]
    Encrypted,
    /// Another packing.
    #[error(
        "This private key is in another format: convert it with `openssl pkcs8 -topk8 -nodes -in KEY -out NEW`."
    )]
    Format,
    /// Broken base 64.
    #[error("This private key is damaged: paste the whole file again, with its first and last line.")]
    Damaged,
    /// Not a key that the algorithm can use.
    #[error(
        "This key is not one that the system takes: an RSA key of 2048 to 4096 bits or an elliptic one on P-256."
    )]
    Unusable,
}

/// Finds the private key in a text.
///
/// Line ends may have become blanks or the two characters `\n`, as they do in one-line fields and in
/// environment files; certificates or parameters may stand around it.
pub(super) fn private_key(text: &SecretString) -> Result<Block, NoKey> {
    let text = Zeroizing::new(text.expose_secret().replace("\\r", "").replace("\\n", "\n"));
    let mut seen = Err(NoKey::NotPem);
    let mut rest = text.as_str();
    while let Some((label, after)) = rest
        .split_once("-----BEGIN ")
        .and_then(|(_, tail)| tail.split_once("-----"))
    {
        let (body, tail) = after.split_once("-----END ").ok_or(NoKey::Damaged)?;
        rest = tail;
        let kind = match label.trim() {
            "PRIVATE KEY" => Kind::Pkcs8,
            "RSA PRIVATE KEY" if body.contains("ENCRYPTED") => return Err(NoKey::Encrypted),
            "RSA PRIVATE KEY" => Kind::Pkcs1,
            "ENCRYPTED PRIVATE KEY" => return Err(NoKey::Encrypted),
            other => {
                let private = other.ends_with("PRIVATE KEY");
                seen = Err(if private { NoKey::Format } else { NoKey::Public });
                continue;
            }
        };
        let packed: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
        let der = BASE64_STANDARD
            .decode(packed.as_bytes())
            .map_err(|_| NoKey::Damaged)?;
        return Ok(Block {
            kind,
            der: Zeroizing::new(der),
        });
    }
    seen
}
