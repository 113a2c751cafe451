//! A client's signed statement of who it is (RFC 7523), as NetSuite wants it.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PSS_SHA256, RsaKeyPair},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use url::Url;

use super::pem::{self, NoKey};
use crate::{
    fault::{Fault, FaultKind},
    manifest::auth::JwtAlgorithm,
};

/// `client_assertion_type` of a token request with a JWT.
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long a statement holds. NetSuite takes up to an hour; it is used at once.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// What is stated, besides the times.
pub(super) struct Claims {
    pub(super) issuer: SecretString,
    pub(super) key_id: SecretString,
    pub(super) scopes: Vec<String>,
}

/// A private key that signs statements.
pub(super) enum Key {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Body<'a> {
    iss: &'a str,
    scope: &'a [String],
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl Key {
    /// Reads a pasted key for an algorithm.
    pub(super) fn read(pem: &SecretString, algorithm: JwtAlgorithm) -> Result<Self, NoKey> {
        let block = pem::private_key(pem)?;
        let rsa = || match block.kind {
            pem::Kind::Pkcs8 => RsaKeyPair::from_pkcs8(&block.der).ok(),
            pem::Kind::Pkcs1 => RsaKeyPair::from_der(&block.der).ok(),
        };
        let p256 = || match block.kind {
            pem::Kind::Pkcs8 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &block.der, &SystemRandom::new())
                    .ok()
            }
            pem::Kind::Pkcs1 => None,
        };
        let key = match algorithm {
            JwtAlgorithm::Ps256 => rsa().map(Box::new).map(Self::Rsa),
            JwtAlgorithm::Es256 => p256().map(Box::new).map(Self::P256),
            JwtAlgorithm::Auto => rsa()
                .map(Box::new)
                .map(Self::Rsa)
                .or_else(|| p256().map(Box::new).map(Self::P256)),
        };
        key.ok_or(NoKey::Unusable)
    }

    /// A statement for one token address, signed.
    pub(super) fn sign(
        &self,
        claims: &Claims,
        audience: &Url,
        now: Timestamp,
    ) -> Result<SecretString, Fault> {
        let header = Header {
            typ: "JWT",
            alg: self.algorithm(),
            kid: claims.key_id.expose_secret(),
        };
        let body = Body {
            iss: claims.issuer.expose_secret(),
            scope: &claims.scopes,
            aud: audience.as_str(),
            iat: now.as_second(),
            exp: now.as_second() + LIFE.as_secs(),
        };
        let mut token = format!("{}.{}", encoded(&header), encoded(&body));
        let signature = self
            .signature(token.as_bytes())
            .map_err(|_: ring::error::Unspecified| {
                Fault::new(
                    FaultKind::Unauthorized,
                    "The private key does not sign: is it the right one?",
                )
            })?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token.into())
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "PS256",
            Self::P256(_) => "ES256",
        }
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, ring::error::Unspecified> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PSS_SHA256, &random, message, &mut signature)?;
                Ok(signature)
            }
            Self::P256(key) => Ok(key.sign(&random, message)?.as_ref().to_vec()),
        }
    }
}

fn encoded(part: &impl Serialize) -> String {
    let json = serde_json::to_vec(part).expect("texts and numbers always serialise");
    BASE64_URL_SAFE_NO_PAD.encode(json)
}

#[cfg(test)]
mod tests;
