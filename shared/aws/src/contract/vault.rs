//! The contract of the vault port.

use manifold_domain::ports::{Secrets, Vault};
use secrecy::{ExposeSecret as _, SecretString};

/// Runs the contract. `unique` leads every name, so that runs do not meet each other's secrets.
///
/// # Panics
/// Where the adapter breaks the contract.
pub async fn vault(vault: &dyn Vault, unique: &str) {
    let name = |rest: &str| format!("{unique}{rest}");
    let [first, second, never] = [name("#1"), name("#2"), name("#9")];

    assert_eq!(get(vault, &never).await, None, "what was never put is not there");
    destroy(vault, &never).await;

    let odd = [
        ("password", "é ß 漢 \" \\ \n\t\u{1} 😀 <&> ${x} {{y}}"),
        ("key with spaces / and # = marks", "x"),
        ("empty", ""),
        ("long", &"0123456789abcdef".repeat(256)),
    ];
    put(vault, &first, &odd).await;
    assert_eq!(
        get(vault, &first).await,
        Some(owned(&odd)),
        "what is put is read as it was"
    );

    put(vault, &second, &[("password", "of the second")]).await;
    put(vault, &first, &[("password", "replaced")]).await;
    let replaced = Some(owned(&[("password", "replaced")]));
    assert_eq!(
        get(vault, &first).await,
        replaced,
        "a put replaces the whole secret"
    );

    destroy(vault, &first).await;
    assert_eq!(get(vault, &first).await, None, "what was destroyed is not there");
    destroy(vault, &first).await;
    let other = Some(owned(&[("password", "of the second")]));
    assert_eq!(
        get(vault, &second).await,
        other,
        "the secret of another generation stays"
    );

    // Names that a careless spelling would mix up.
    let alike = ["/2", "=2F2", "%232", " 2", "é", "_2"].map(name);
    for each in &alike {
        put(vault, each, &[("name", each)]).await;
    }
    for each in &alike {
        assert_eq!(
            get(vault, each).await,
            Some(owned(&[("name", each)])),
            "the name {each} is its own"
        );
    }
    assert_eq!(get(vault, &second).await, other, "and none of them is the second");

    put(vault, &second, &[]).await;
    assert_eq!(
        get(vault, &second).await,
        Some(Vec::new()),
        "a secret without entries is still one"
    );

    for each in alike.iter().chain([&second]) {
        destroy(vault, each).await;
        assert_eq!(get(vault, each).await, None, "what was destroyed is not there");
    }
}

async fn put(vault: &dyn Vault, name: &str, pairs: &[(&str, &str)]) {
    let secrets: Secrets = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), SecretString::from(*value)))
        .collect();
    vault.put(name, &secrets).await.expect("a secret is put");
}

async fn destroy(vault: &dyn Vault, name: &str) {
    vault
        .destroy(name)
        .await
        .expect("destroying succeeds, also where nothing is");
}

/// In the open, to be compared: these secrets are made up here.
async fn get(vault: &dyn Vault, name: &str) -> Option<Vec<(String, String)>> {
    let secrets = vault.get(name).await.expect("a secret is asked for")?;
    Some(
        secrets
            .into_iter()
            .map(|(key, value)| (key, value.expose_secret().to_owned()))
            .collect(),
    )
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all: Vec<_> = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    all.sort();
    all
}
