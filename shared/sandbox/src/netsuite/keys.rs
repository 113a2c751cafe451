//! Key pairs of the two certificates that the sandbox's account knows.
//!
//! The private halves are no secrets: `GET /` gives them to whoever asks, and they open nothing but this sandbox.

use std::sync::LazyLock;

use base64::Engine as _;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair, UnparsedPublicKey};

/// Id of the RSA certificate, for PS256.
pub(super) const RSA_CERTIFICATE: &str = "sandbox-cert-rsa";
/// Id of the elliptic curve certificate, for ES256.
pub(super) const EC_CERTIFICATE: &str = "sandbox-cert-ec";

/// PKCS#8, 2048 bits.
pub(super) const RSA_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDzoVx2b9m1BabS\n\
HhxuLu61fhm5yHfS/n4BRhkBIUeSrhC/yeHL9HwCOu8r668tCvU9+Leva3J2LiOQ\n\
x68KHxMdEBoGcJXnLnUPSBrHHgZOLWjece52ka6x2bo48CQ8w5ERXMkQQpRmiA3g\n\
IhvWQTpTJfmUsrukAhzW++qRF9ogLQqWC2KzwxCirAxGQipFd5kriTrzOcnsB9fh\n\
nuFa4/ehig2WCyf1qqzbhKFVGmPHvsPokgzGrpLmZR5C6W0jQNv/j+tq/Z7F15lM\n\
LYZNfTaFLRUjWz2kIuF9cLTr+5XmUp+R6VxP0cTFxDLHeqdem1Z5XB88iEEXZRch\n\
BeQN3H2DAgMBAAECggEAAkQKaZmRs0LJseOQzR+Hnc197MHmB2LRhi6CNgX6te0D\n\
f90fSffMnXKx3b0z5F3ZOQnSn4GGz32PXB3XTWdLlLYdH9k1M7C1av53LUnksh5u\n\
/r6dgqHJN6M4PaZSF/STqU8tGYcc/TUft+lpS91QbwyH3S+qWhSg8wjlvhK0Nx9f\n\
eCBoXQwP8wzo2d4UxvMOMFIbI3SL7cVzFibv5YLvCr7K9RhOenkr0C2apOByF+KI\n\
zjPuwKjZVleD7Jc078e8Z+DMbiCk3eGXnLfhGMW454LgI4L9qjTLKI4fEU36QpiA\n\
3Vd5GMihfpTXnpCFOaCFG/eIvUsnDDgVo1V5bMvTZQKBgQD7LVuq8gv1iCRxbaSN\n\
zEAFMbpGfDm8FNQz0BDDmyYyhqpIIz7mN5d18HiI9Cyw/CfEDbizLoLgyPpmFLKf\n\
UL5/Rb5JebyQUe44h+Soo/jXzo4LwQ4pYNpJwobYaQ68icnkfuxhckVT7dsqemzt\n\
Ed8vBHIqvMgRC3kg3h4TgeF65wKBgQD4Tug21KWtONSCXmtbxzNR4BBI3MbFQRjR\n\
zsM6VOsb+SHWt1wU5KdcJyTzbNx9hjvGogv7DVAHTE+EQ5R0yMa/K/o+o7rdFxrx\n\
VPve28j369iEE35bX3EuXpo3eeA4rKWEv0NbyAg6kndVacQaa+xbVY/8IbZiSt5f\n\
Fvd03p5RBQKBgE4axaV7jMJ16jcnTAMX31R+KRlf6agVpgLSkVPx+8e8Xlj+NMHr\n\
yXpQI3sayobicg8h4Sw+q03w0QRLLVwjBImZC1nXtA4AnB4SC8Vw76FTxpHbH2c4\n\
ichj6ACFcqKoChK2cRTALtSxYvRri1GQvCDntgSaHXBHbAwPZbTVL2NDAoGBANeM\n\
0AJBCG1dxwRA6JtsSf2KLzjBBn/Xaa8/+LObYdkPpLNaysGMWEgj5uy1lJYWv69H\n\
nnTZ8p3TPbfIXogefoEXsQ1NXnpsg0P6DQdB7axh/LtynJ6/NGYXU3JTBzTLkoew\n\
7M0w0Qvfd14bCVQSWcRTe0FZFpUu/ui27Ct00SPtAoGBANiQCowyfSGWqq5ajr8A\n\
DR7WX5m564PzGfEZhw9UPxvZlyyQ6BSbFD2gLykXs3SvxVp8bNzTdBBSWGs5Nqwd\n\
35Aql99TK4mO/gH3VTEqOx9CLBgyC+HjH6+XzI2pfA7qDKjktpUTtBUIgRQ7ye8M\n\
ePb+ViHF/SX8697zIkPgvB7g\n\
-----END PRIVATE KEY-----\n";

/// PKCS#8, curve P-256.
pub(super) const EC_KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg89UmjaKhEpePta/H\n\
31faPKn0SqCwsJP1JPW+tF4NGdahRANCAASUA4UuVk4EKlpBLJqh7Ypg9VKmPZum\n\
cZHkzlWWXJHFMXEp0msI2YR/asAx4iZ9WxQja1gxuh0FA1F+QRofUMAa\n\
-----END PRIVATE KEY-----\n";

/// The public halves, as the account's administrator would have uploaded them.
static PUBLIC: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let rsa = RsaKeyPair::from_pkcs8(&der(RSA_KEY)).expect("the RSA key above is valid");
    let random = SystemRandom::new();
    let ec = EcdsaKeyPair::from_pkcs8(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, &der(EC_KEY), &random)
        .expect("the EC key above is valid");
    (rsa.public().as_ref().to_vec(), ec.public_key().as_ref().to_vec())
});

/// The bytes between the lines of a PEM text.
fn der(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::engine::general_purpose::STANDARD
        .decode(body)
        .expect("the PEM text above is valid")
}

/// Whether a signature over a message was made with a certificate's key. The algorithm belongs to the
/// certificate; another one is not accepted.
pub(super) fn verifies(certificate: &str, algorithm: &str, message: &[u8], signed: &[u8]) -> bool {
    let (rsa, ec) = &*PUBLIC;
    match (certificate, algorithm) {
        (RSA_CERTIFICATE, "PS256") => UnparsedPublicKey::new(&signature::RSA_PSS_2048_8192_SHA256, rsa)
            .verify(message, signed)
            .is_ok(),
        (EC_CERTIFICATE, "ES256") => UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, ec)
            .verify(message, signed)
            .is_ok(),
        _ => false,
    }
}
