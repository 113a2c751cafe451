//! Signatures of Standard Webhooks 1.0: HMAC-SHA256 over `{id}.{timestamp}.{body}`, made anew for each attempt.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::Timestamp;
use ring::hmac;

/// The headers that let a receiver trust a message. `secrets` are those that it may know now: during a rotation
/// the old one beside the new.
#[must_use]
pub fn headers(
    id: &str,
    at: Timestamp,
    body: &[u8],
    secrets: &[impl AsRef<[u8]>],
) -> [(&'static str, String); 3] {
    let timestamp = at.as_second().to_string();
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| format!("v1,{}", sign(secret.as_ref(), id, &timestamp, body)))
        .collect();
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp),
        ("webhook-signature", signatures.join(" ")),
    ]
}

fn sign(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        context.update(part);
    }
    BASE64.encode(context.sign())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn signs_as_the_specification_does() {
        let secret = BASE64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let at = Timestamp::from_second(1_614_265_330).unwrap();
        let headers = headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at,
            br#"{"test": 2432232314}"#,
            &[secret],
        );
        assert_eq!(headers[2].1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn t35_each_secret_signs() {
        let at = Timestamp::from_second(1).unwrap();
        let both = headers("evt_1", at, b"{}", &[b"old".to_vec(), b"new".to_vec()]);
        let alone = headers("evt_1", at, b"{}", &[b"new".to_vec()]);
        assert!(both[2].1.contains(' ') && both[2].1.ends_with(&alone[2].1));
    }
}
