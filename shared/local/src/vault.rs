//! The vault port on this machine: what is stored is sealed, and never stands on the disk as it is.

use std::{collections::BTreeMap, fmt, sync::Arc};

use async_trait::async_trait;
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use manifold_domain::{
    deployment::DeploymentKeys,
    ports::{Ids, PortError, Secrets, Vault},
};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use crate::table::{Attributes, LocalTable};

const PARTITION: &str = "vault";
const SEALED: &str = "sealed";

/// [`Vault`] over a table of the embedded DynamoDB, sealed under the deployment's keys.
pub struct LocalVault {
    table: LocalTable,
    keys: DeploymentKeys,
    ids: Arc<dyn Ids>,
}

impl fmt::Debug for LocalVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalVault")
    }
}

impl LocalVault {
    /// A vault that these keys open.
    #[must_use]
    pub fn new(table: LocalTable, keys: DeploymentKeys, ids: Arc<dyn Ids>) -> Self {
        Self { table, keys, ids }
    }
}

#[async_trait]
impl Vault for LocalVault {
    async fn put(&self, name: &str, secrets: &Secrets) -> Result<(), PortError> {
        let open: BTreeMap<&str, &str> = secrets
            .iter()
            .map(|(key, secret)| (key.as_str(), secret.expose_secret()))
            .collect();
        let open = Zeroizing::new(serde_json::to_vec(&open).map_err(|error| broken(&error))?);
        let sealed = self.keys.seal(&*self.ids, &context(name), &open);
        let row = Attributes::from([(SEALED.to_owned(), AttributeValue::B(Blob::new(sealed)))]);
        self.table.put(PARTITION, name, row).await
    }

    async fn get(&self, name: &str) -> Result<Option<Secrets>, PortError> {
        let Some(row) = self.table.get(PARTITION, name).await? else {
            return Ok(None);
        };
        let sealed = row.get(SEALED).and_then(|value| value.as_b().ok());
        let sealed = sealed.ok_or_else(|| broken(&"a row has no sealed value"))?;
        let open = self
            .keys
            .open(&context(name), sealed.as_ref())
            .map_err(|error| broken(&error))?;
        let secrets: BTreeMap<String, String> =
            serde_json::from_slice(&open).map_err(|error| broken(&error))?;
        Ok(Some(
            secrets
                .into_iter()
                .map(|(key, secret)| (key, SecretString::from(secret)))
                .collect(),
        ))
    }

    async fn destroy(&self, name: &str) -> Result<(), PortError> {
        self.table.delete(PARTITION, name).await
    }
}

/// A sealed value opens under its own name only: rows cannot be exchanged.
fn context(name: &str) -> String {
    format!("local vault\n{name}")
}

fn broken(error: &dyn fmt::Display) -> PortError {
    PortError::Unavailable {
        service: "local vault",
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use manifold_aws::contract;
    use manifold_domain::ports::SystemIds;

    use super::*;
    use crate::embedded::Embedded;

    fn vault(embedded: &Embedded) -> LocalVault {
        let keys = DeploymentKeys::from_master(&SecretString::from("a master secret of this test"));
        LocalVault::new(embedded.local(), keys, Arc::new(SystemIds))
    }

    #[tokio::test]
    async fn keeps_the_contract_of_the_port() {
        let embedded = Embedded::start(None).await.unwrap();
        contract::vault(&vault(&embedded), "conn_1").await;
    }

    #[tokio::test]
    async fn no_secret_stands_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let embedded = Embedded::start(Some(&folder.path().join("manifold.db")))
            .await
            .unwrap();
        let secrets = Secrets::from([("password".to_owned(), SecretString::from("canary-4711"))]);
        vault(&embedded).put("conn_1#1", &secrets).await.unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(11).any(|window| window == b"canary-4711"));
        }
    }

    #[tokio::test]
    async fn a_value_opens_under_its_own_name_only() {
        let embedded = Embedded::start(None).await.unwrap();
        let vault = vault(&embedded);
        let secrets = Secrets::from([("password".to_owned(), SecretString::from("x"))]);
        vault.put("conn_1#1", &secrets).await.unwrap();
        let row = embedded
            .local()
            .get(PARTITION, "conn_1#1")
            .await
            .unwrap()
            .unwrap();
        embedded.local().put(PARTITION, "conn_2#1", row).await.unwrap();
        assert!(vault.get("conn_2#1").await.is_err());
    }
}
