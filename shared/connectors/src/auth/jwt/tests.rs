//! Keys and tokens beside this file were made by cryptography 50.0.2 and PyJWT 2.15.1 (PyPI); the keys open nothing.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value;

use super::*;

const RSA_PEM: &str = include_str!("rsa.pem");
const RSA_JWT: &str = include_str!("rsa.jwt");
const P256_PEM: &str = include_str!("p256.pem");
const P256_JWT: &str = include_str!("p256.jwt");

fn read(pem: &str, algorithm: JwtAlgorithm) -> Result<Key, NoKey> {
    Key::read(&SecretString::from(pem), algorithm)
}

fn public_key(key: &Key) -> UnparsedPublicKey<Vec<u8>> {
    let (algorithm, bytes): (&'static dyn VerificationAlgorithm, _) = match key {
        Key::Rsa(key) => (&RSA_PSS_2048_8192_SHA256, key.public_key().as_ref().to_vec()),
        Key::P256(key) => (&ECDSA_P256_SHA256_FIXED, key.public_key().as_ref().to_vec()),
    };
    UnparsedPublicKey::new(algorithm, bytes)
}

/// Header and claims of a token whose signature is the key's.
fn verified(token: &str, key: &Key) -> (Value, Value) {
    let (message, signature) = token.trim().rsplit_once('.').expect("three parts");
    let decode = |part: &str| {
        BASE64_URL_SAFE_NO_PAD
            .decode(part)
            .expect("base 64 without padding")
    };
    public_key(key)
        .verify(message.as_bytes(), &decode(signature))
        .expect("the key's signature");
    let (header, claims) = message.split_once('.').expect("two parts");
    let json = |part| serde_json::from_slice(&decode(part)).expect("JSON");
    (json(header), json(claims))
}

/// The same statement as PyJWT's, and each one's signature holds by the same rules.
#[test]
fn signs_like_pyjwt() {
    let claims = Claims {
        issuer: "5b2f".into(),
        key_id: "certificate-1".into(),
        scopes: vec!["rest_webservices".into()],
    };
    let audience = "https://1234567.suitetalk.api.netsuite.com/services/rest/auth/oauth2/v1/token";
    let audience = Url::parse(audience).expect("an address");
    let now = Timestamp::from_second(1_707_552_000).expect("a time");
    for (pem, theirs) in [(RSA_PEM, RSA_JWT), (P256_PEM, P256_JWT)] {
        let key = read(pem, JwtAlgorithm::Auto).expect("a key");
        let ours = key.sign(&claims, &audience, now).expect("signs");
        assert_eq!(verified(ours.expose_secret(), &key), verified(theirs, &key));
    }
}

#[test]
fn keys_as_people_paste_them() {
    for pasted in [
        RSA_PEM.replace('\n', " "),
        RSA_PEM.replace('\n', "\\n"),
        RSA_PEM.replace('\n', "\\r\\n"),
        RSA_PEM.replace('\n', "\r\n"),
        RSA_PEM.replace('\n', ""),
        format!("  \n{RSA_PEM}\n\n"),
        format!("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n{RSA_PEM}"),
    ] {
        assert!(
            matches!(read(&pasted, JwtAlgorithm::Auto), Ok(Key::Rsa(_))),
            "{}",
            &pasted[..60]
        );
    }
    assert!(matches!(read(P256_PEM, JwtAlgorithm::Es256), Ok(Key::P256(_))));
    assert!(matches!(read(RSA_PEM, JwtAlgorithm::Ps256), Ok(Key::Rsa(_))));
}

#[test]
fn what_is_no_key_is_named() {
    let block = |label: &str| format!("-----BEGIN {label}-----\nMIIB\n-----END {label}-----");
    for (text, expected) in [
        (String::new(), NoKey::NotPem),
        ("my secret".into(), NoKey::NotPem),
        (block("CERTIFICATE"), NoKey::Public),
        (block("PUBLIC KEY"), NoKey::Public),
        (block("ENCRYPTED PRIVATE KEY"), NoKey::Encrypted),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAA==\n-----END RSA PRIVATE KEY-----"
                .into(),
            NoKey::Encrypted,
        ),
        (block("EC PRIVATE KEY"), NoKey::Format),
        (block("OPENSSH PRIVATE KEY"), NoKey::Format),
        ("-----BEGIN PRIVATE KEY-----\nMIIB".into(), NoKey::Damaged),
        (RSA_PEM.replace("\nM", "\n*"), NoKey::Damaged),
        (block("PRIVATE KEY"), NoKey::Unusable),
        (block("RSA PRIVATE KEY"), NoKey::Unusable),
    ] {
        assert_eq!(read(&text, JwtAlgorithm::Auto).err(), Some(expected), "{text}");
    }
    assert_eq!(read(RSA_PEM, JwtAlgorithm::Es256).err(), Some(NoKey::Unusable));
    assert_eq!(read(P256_PEM, JwtAlgorithm::Ps256).err(), Some(NoKey::Unusable));
}
