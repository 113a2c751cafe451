//! Bearer tokens: `prefix_` + 32 characters of base 62 + 6 characters of checksum.
//!
//! The checksum refuses typos without a read, and lets scanners find leaked tokens. Only a keyed hash
//! of a token is ever stored.

use secrecy::SecretString;

use crate::ports::Ids;

/// Whose token it is, told by its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `mfk_`: a workspace's API key.
    Workspace,
    /// `mft_`: a connection's token.
    Connection,
    /// `mfl_`: opens a link session.
    Link,
    /// `mfp_`: is exchanged for what a link session made.
    Public,
    /// `mfs_`: a person's session at the dashboard.
    Session,
    /// `mfa_`: the deployment's admin key.
    Admin,
}

impl Kind {
    const ALL: [Kind; 6] = [
        Kind::Workspace,
        Kind::Connection,
        Kind::Link,
        Kind::Public,
        Kind::Session,
        Kind::Admin,
    ];

    /// The prefix with its underscore.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::Workspace => "mfk_",
            Kind::Connection => "mft_",
            Kind::Link => "mfl_",
            Kind::Public => "mfp_",
            Kind::Session => "mfs_",
            Kind::Admin => "mfa_",
        }
    }
}

const PREFIX: usize = 4;
/// 32 digits of base 62 hold 190 bits.
const RANDOM: usize = 32;
/// 6 digits of base 62 hold any CRC32.
const CHECKSUM: usize = 6;
const LENGTH: usize = PREFIX + RANDOM + CHECKSUM;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new token.
#[must_use]
pub fn generate(kind: Kind, ids: &dyn Ids) -> SecretString {
    let mut random = zeroize::Zeroizing::new([0; 32]);
    ids.random(&mut *random);
    compose(kind, &random)
}

/// The token of these random bytes: 184 of their bits are in it.
#[must_use]
pub fn compose(kind: Kind, random: &[u8; 32]) -> SecretString {
    let mut token = String::with_capacity(LENGTH);
    token.push_str(kind.prefix());
    // 23 bytes are 184 bits: 16 and 7 bytes in fixed widths of 22 and 10 digits, so nothing is lost.
    let (high, low) = (int(&random[..16]), int(&random[16..23]));
    push_base62(&mut token, high, 22);
    push_base62(&mut token, low, 10);
    let checksum = crc32fast::hash(token.as_bytes());
    push_base62(&mut token, u128::from(checksum), CHECKSUM);
    SecretString::from(token)
}

/// The kind of a token that is well formed; `None` for anything else, typos included.
#[must_use]
pub fn parse(text: &str) -> Option<Kind> {
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| text.starts_with(kind.prefix()))?;
    if text.len() != LENGTH || !text.bytes().skip(PREFIX).all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (body, checksum) = text.split_at(LENGTH - CHECKSUM);
    let mut expected = String::with_capacity(CHECKSUM);
    push_base62(
        &mut expected,
        u128::from(crc32fast::hash(body.as_bytes())),
        CHECKSUM,
    );
    (expected == checksum).then_some(kind)
}

fn int(bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

fn push_base62(out: &mut String, mut number: u128, width: usize) {
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    out.extend(digits.into_iter().map(char::from));
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_token_says_its_kind_and_refuses_every_typo() {
        for kind in Kind::ALL {
            for fill in [0u8, 7, 255] {
                let token = compose(kind, &[fill; 32]);
                let token = token.expose_secret();
                assert_eq!(token.len(), LENGTH);
                assert_eq!(parse(token), Some(kind));
                for at in 0..token.len() {
                    let mut typo = token.as_bytes().to_vec();
                    typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
                    let typo = String::from_utf8(typo).unwrap();
                    assert_eq!(parse(&typo), None, "{typo}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        for text in [
            "",
            "mfk_",
            "mfk_short",
            "Bearer mfk_x",
            &format!("mfk_{}", "é".repeat(19)),
            &"mfk_0".repeat(40),
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
