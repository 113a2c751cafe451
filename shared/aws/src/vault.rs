//! The vault port over Secrets Manager.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_secretsmanager::{
    Client,
    operation::{
        create_secret::CreateSecretError, delete_secret::DeleteSecretError,
        get_secret_value::GetSecretValueError,
    },
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use manifold_domain::ports::{PortError, Secrets, Vault};
use secrecy::{ExposeSecret as _, SecretString};

use crate::fault::{Telling, reason};

/// [`Vault`] over Secrets Manager: one secret a name, whose text is one JSON object.
///
/// A secret costs 0.40 $ a month and `PutSecretValue` is limited to 50 calls a second for the whole
/// account, which no support case raises. So this is for what a person entered; what a machine obtains
/// and renews (access and refresh tokens) is sealed in the table instead.
#[derive(Debug, Clone)]
pub struct SecretsVault {
    client: Client,
    prefix: String,
    kms: Option<String>,
}

impl SecretsVault {
    /// A vault whose secrets are named `prefix` and then the name. Roles are granted `prefix*`.
    ///
    /// `kms`: the key that encrypts new secrets; `None` is the account's own key for Secrets Manager.
    #[must_use]
    pub fn new(client: Client, prefix: impl Into<String>, kms: Option<String>) -> Self {
        Self {
            client,
            prefix: prefix.into(),
            kms,
        }
    }

    fn id(&self, name: &str) -> String {
        format!("{}{}", self.prefix, spell(name))
    }
}

#[async_trait]
impl Vault for SecretsVault {
    async fn put(&self, name: &str, secrets: &Secrets) -> Result<(), PortError> {
        let id = self.id(name);
        let text = write(secrets)?;
        let exposed = text.expose_secret();
        // Names hold the generation, so nearly every put is of a new one: create first.
        let create = self
            .client
            .create_secret()
            .name(&id)
            .secret_string(exposed)
            .set_kms_key_id(self.kms.clone());
        let Err(error) = create.send().await else {
            return Ok(());
        };
        if !matches!(
            error.as_service_error(),
            Some(CreateSecretError::ResourceExistsException(_))
        ) {
            return Err(unavailable(&error, Telling::CodeOnly));
        }
        let replace = self
            .client
            .put_secret_value()
            .secret_id(&id)
            .secret_string(exposed);
        replace
            .send()
            .await
            .map_err(|error| unavailable(&error, Telling::CodeOnly))?;
        Ok(())
    }

    async fn get(&self, name: &str) -> Result<Option<Secrets>, PortError> {
        let answer = match self
            .client
            .get_secret_value()
            .secret_id(self.id(name))
            .send()
            .await
        {
            Ok(answer) => answer,
            Err(error) => {
                return match error.as_service_error() {
                    // The second is the answer for a secret that is marked for deletion, for instance
                    // by hand in the console.
                    Some(
                        GetSecretValueError::ResourceNotFoundException(_)
                        | GetSecretValueError::InvalidRequestException(_),
                    ) => Ok(None),
                    _ => Err(unavailable(&error, Telling::Message)),
                };
            }
        };
        read(answer.secret_string).map(Some)
    }

    async fn destroy(&self, name: &str) -> Result<(), PortError> {
        let call = self
            .client
            .delete_secret()
            .secret_id(self.id(name))
            .force_delete_without_recovery(true);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                Some(DeleteSecretError::ResourceNotFoundException(_)) => Ok(()),
                _ => Err(unavailable(&error, Telling::Message)),
            },
        }
    }
}

/// The name in the letters that Secrets Manager allows, so that no two names are spelt alike.
///
/// The `#` between id and generation becomes `/`; other letters become `=` and two hexadecimal digits
/// a byte.
fn spell(name: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(name.len() + 8);
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' => out.push(char::from(byte)),
            b'#' => out.push('/'),
            _ => {
                out.push('=');
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out
}

fn write(secrets: &Secrets) -> Result<SecretString, PortError> {
    let object: BTreeMap<&str, &str> = secrets
        .iter()
        .map(|(key, value)| (key.as_str(), value.expose_secret()))
        .collect();
    // A map of text to text is always JSON; should that change, the error must not quote it.
    let text = serde_json::to_string(&object)
        .map_err(|_| PortError::Refused("secrets that are not JSON".to_owned()))?;
    Ok(text.into())
}

fn read(text: Option<String>) -> Result<Secrets, PortError> {
    // serde_json's error quotes what it read, so it is dropped here.
    let object: Option<BTreeMap<String, String>> = text.and_then(|text| serde_json::from_str(&text).ok());
    let object = object.ok_or_else(|| PortError::Unavailable {
        service: "secretsmanager",
        reason: "a secret is not a JSON object of texts".to_owned(),
    })?;
    Ok(object
        .into_iter()
        .map(|(key, value)| (key, SecretString::from(value)))
        .collect())
}

fn unavailable<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, telling: Telling) -> PortError {
    PortError::Unavailable {
        service: "secretsmanager",
        reason: reason(error, telling),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_apart() {
        let check = |name: &str, expected: &str| assert_eq!(spell(name), expected);
        check("conn_01jd#3", "conn_01jd/3");
        check("conn_01jd/3", "conn_01jd=2F3");
        check("a=2F", "a=3D2F");
        check("é ", "=C3=A9=20");
    }

    #[test]
    fn what_is_not_an_object_of_texts_is_refused_without_quoting_it() {
        for text in [
            "\"marker-4711\"",
            "{\"a\":{\"marker-4711\":1}}",
            "marker-4711",
            "",
        ] {
            let error = read(Some(text.to_owned())).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("marker-4711"));
        }
        assert!(read(None).is_err());
    }
}
