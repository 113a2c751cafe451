//! Two ways to the benchmark's pages: the product's own (manifest, guarded transport, client), and a plain one.

use std::{collections::BTreeMap, sync::Arc};

use manifold_connectors::{
    Client, Connector,
    budget::Budget,
    client::Outside,
    form::Instance,
    transport::{AllowList, GuardedTransport},
};

use crate::MANIFEST;

/// The bench manifest as a connector.
#[must_use]
pub fn connector() -> Arc<Connector> {
    Arc::new(Connector::from_toml(MANIFEST).expect("the bench manifest is sound"))
}

/// A client for the pages at this address, with everything between that a connection has.
#[must_use]
pub fn client(connector: &Arc<Connector>, url: &str) -> Arc<Client> {
    // As `manifold sync` does on the machine itself.
    let transport = GuardedTransport::new(AllowList::none().with_loopback());
    let outside = Outside::new(Arc::new(transport), Budget::new(connector.manifest().limits));
    let instance = Instance {
        system: connector.manifest().id.clone(),
        method: connector.manifest().methods[0].id.clone(),
        on_premises: false,
        settings: BTreeMap::from([("instance_url".to_owned(), url.to_owned())]),
        credentials: ["username", "password"]
            .map(|key| (key.to_owned(), "bench".into()))
            .into(),
    };
    let client = Client::new(Arc::clone(connector), instance, outside, &[]);
    Arc::new(client.expect("settings and credentials fill the bench manifest"))
}

/// A plain HTTP client, as a floor has it: no root certificates are read, since all is on this machine.
#[must_use]
pub fn plain() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has both versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build();
    client.expect("these settings fit together")
}
