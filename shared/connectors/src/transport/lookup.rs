//! From names to addresses, checked: a connection is made to no other address than these.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::{
    address::is_global,
    allow::{Route, is_localhost},
};
use crate::fault::FaultKind;

/// Finds the addresses of a name.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// All addresses of a name. An error, or none, means that it does not resolve.
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Names as the operating system resolves them.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

#[async_trait]
impl Lookup for SystemLookup {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A name that gave no address to connect to. It travels inside the HTTP client's error, by type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no address to connect to")]
pub(super) struct NoAddress(pub(super) FaultKind);

/// The resolver of one HTTP client. The client connects to what it answers and resolves nothing a second
/// time, so that no name can change its address between check and connection.
pub(super) struct CheckedNames {
    lookup: Arc<dyn Lookup>,
    route: Route,
}

impl CheckedNames {
    pub(super) fn new(lookup: Arc<dyn Lookup>, route: Route) -> Self {
        Self { lookup, route }
    }
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, route) = (Arc::clone(&self.lookup), self.route);
        Box::pin(async move {
            let addresses = addresses(lookup.as_ref(), route, name.as_str()).await?;
            Ok(Box::new(addresses.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

/// The addresses of a name that may be connected to.
pub(super) async fn addresses(
    lookup: &dyn Lookup,
    route: Route,
    name: &str,
) -> Result<Vec<IpAddr>, NoAddress> {
    if route == Route::Allowed && is_localhost(name) {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    let addresses = lookup.lookup(name).await.map_err(|error| {
        tracing::debug!(%error, "a name does not resolve");
        NoAddress(FaultKind::Unresolved)
    })?;
    if addresses.is_empty() {
        return Err(NoAddress(FaultKind::Unresolved));
    }
    // One closed address among open ones is how a rebinding name looks: the name as a whole is refused.
    if route == Route::Public && !addresses.iter().copied().all(is_global) {
        return Err(NoAddress(FaultKind::Blocked));
    }
    Ok(addresses)
}
