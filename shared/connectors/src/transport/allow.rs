//! What may be called, judged by the address as written: scheme, user info, port, literal address.

use std::{collections::HashSet, net::IpAddr};

use thiserror::Error;
use url::{Host, Url};

use super::address::{is_closed_port, is_global};

/// Targets off the public internet that may be called all the same.
///
/// The deployment keeps entries of (workspace, host, port); whoever builds this picks those of one
/// workspace. Plain http is open to these targets only. Nothing opens a closed port.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList {
    targets: HashSet<(Host<String>, u16)>,
    loopback: bool,
}

/// How a permitted target is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Over https, at addresses of the public internet only.
    Public,
    /// At whatever address the target has: the allow-list names it.
    Allowed,
}

/// Why a target is not called. The first two are about how the address is written and may be told to
/// whoever wrote it; the rest would draw a map of the network and reads like a name that does not resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// Neither https nor, for a target of the allow-list, http.
    #[error("the address must begin with https://")]
    Scheme,
    /// User name or password stand in the address.
    #[error("the address must not contain a user name or password")]
    Userinfo,
    /// No host.
    #[error("the address names no host")]
    Host,
    /// A closed port.
    #[error("the port is closed")]
    Port,
    /// A literal address, or a name, that is not one of the public internet.
    #[error("the address is not public")]
    Address,
}

impl AllowList {
    /// Nothing but the public internet.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// These hosts on these ports. A host is a name or an address, spelt in any way that a URL may spell it.
    ///
    /// An entry whose host is neither is left out, and logged, since it could never match.
    pub fn new<H: AsRef<str>>(targets: impl IntoIterator<Item = (H, u16)>) -> Self {
        let parsed = targets.into_iter().filter_map(|(host, port)| {
            let host = parse_host(host.as_ref());
            if host.is_none() {
                tracing::warn!(
                    port,
                    "an entry of the allow-list has a host that is neither name nor address"
                );
            }
            Some((host?, port))
        });
        Self {
            targets: parsed.collect(),
            loopback: false,
        }
    }

    /// The same, and this machine on any open port: for the local stack, whose sandbox takes a free port.
    #[must_use]
    pub fn with_loopback(mut self) -> Self {
        self.loopback = true;
        self
    }

    /// Judges an address as it is written. A name may still resolve to a closed address: that is
    /// judged when it is resolved.
    pub fn check(&self, url: &Url) -> Result<Route, Refusal> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Userinfo);
        }
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Refusal::Scheme),
        };
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Refusal::Host);
        };
        if is_closed_port(port) {
            return Err(Refusal::Port);
        }
        if self.names(&host, port) {
            return Ok(Route::Allowed);
        }
        if !secure {
            return Err(Refusal::Scheme);
        }
        let public = match host {
            Host::Domain(name) => !is_localhost(name),
            Host::Ipv4(address) => is_global(IpAddr::V4(address)),
            Host::Ipv6(address) => is_global(IpAddr::V6(address)),
        };
        if public {
            Ok(Route::Public)
        } else {
            Err(Refusal::Address)
        }
    }

    fn names(&self, host: &Host<&str>, port: u16) -> bool {
        let loopback = match host {
            Host::Domain(name) => is_localhost(name),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        (self.loopback && loopback) || self.targets.contains(&(host.to_owned(), port))
    }
}

/// The name that means this machine, whatever a name server says (RFC 6761, 6.3).
pub(super) fn is_localhost(name: &str) -> bool {
    name == "localhost"
}

/// A host as a URL's parser canonicalises it; an IPv6 address may come without its brackets.
fn parse_host(text: &str) -> Option<Host<String>> {
    match text.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => Some(Host::Ipv6(address)),
        _ => Host::parse(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &AllowList, address: &str, expected: Result<Route, Refusal>) {
        let url = Url::parse(address).expect(address);
        assert_eq!(allow.check(&url), expected, "{address}");
    }

    #[test]
    fn public_internet_only() {
        let none = AllowList::none();
        for open in [
            "https://my300000-api.s4hana.cloud.sap/sap/opu",
            "https://erp.example:50000/",
            "https://erp.example:8068/",
            "https://8.8.8.8/",
            "https://[2600:1f18::1]/",
            "https://@erp.example/",
        ] {
            check(&none, open, Ok(Route::Public));
        }
        for (address, refusal) in [
            ("http://erp.example/", Refusal::Scheme),
            ("ftp://erp.example/", Refusal::Scheme),
            ("file:///etc/passwd", Refusal::Scheme),
            ("gopher://erp.example:70/", Refusal::Scheme),
            ("data:text/plain,x", Refusal::Scheme),
            ("https://user@erp.example/", Refusal::Userinfo),
            ("https://user:pass@erp.example/", Refusal::Userinfo),
            ("https://:pass@erp.example/", Refusal::Userinfo),
            ("https://erp.example@127.0.0.1/", Refusal::Userinfo),
            ("https://erp.example:22/", Refusal::Port),
            ("https://erp.example:25/", Refusal::Port),
            ("https://erp.example:3306/", Refusal::Port),
            ("https://erp.example:5432/", Refusal::Port),
            ("https://erp.example:6379/", Refusal::Port),
            ("https://erp.example:0/", Refusal::Port),
            ("https://localhost/", Refusal::Address),
            ("https://LOCALHOST:8443/", Refusal::Address),
        ] {
            check(&none, address, Err(refusal));
        }
    }

    /// One address, in every spelling that a URL may give it.
    #[test]
    fn spellings_of_closed_addresses() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f000001",
            "017700000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.1.",
            "0x7f.0x0.0x0.0x1",
            "%31%32%37.0.0.1",
            "127。0。0。1",
            "①②⑦.0.0.1",
            "0",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::127.0.0.1]",
            "[2002:7f00:1::]",
            "[fc00::1]",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "10.0.0.1",
            "0xa.1",
            "012.0.0.1",
            "167772161",
            "100.64.0.1",
            "169.254.169.254",
            "2852039166",
            "0xa9fea9fe",
            "0251.0376.0251.0376",
            "[::ffff:169.254.169.254]",
            "172.16.0.1",
            "192.0.0.1",
            "192.168.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            check(
                &AllowList::none(),
                &format!("https://{host}/"),
                Err(Refusal::Address),
            );
            check(
                &AllowList::none(),
                &format!("http://{host}/"),
                Err(Refusal::Scheme),
            );
        }
        for nonsense in [
            "https://127.0.0.1.1.1/",
            "https://[fe80::1%25eth0]/",
            "https://256.256.256.256/",
            "https:///",
        ] {
            assert!(Url::parse(nonsense).is_err(), "{nonsense} is no address at all");
        }
    }

    #[test]
    fn allowed_targets() {
        let allow = AllowList::new([
            ("ERP.internal", 8069),
            ("10.1.2.3", 443),
            ("fd00::5", 8443),
            ("not a host", 1),
        ]);
        check(&allow, "http://erp.internal:8069/jsonrpc", Ok(Route::Allowed));
        check(&allow, "https://erp.internal:8069/", Ok(Route::Allowed));
        check(&allow, "https://10.1.2.3/", Ok(Route::Allowed));
        check(&allow, "https://0xa.0x1.0x2.0x3/", Ok(Route::Allowed));
        check(&allow, "http://[fd00::5]:8443/", Ok(Route::Allowed));
        check(&allow, "http://10.1.2.3/", Err(Refusal::Scheme));
        check(&allow, "https://10.1.2.3:8443/", Err(Refusal::Address));
        check(&allow, "https://10.1.2.4/", Err(Refusal::Address));
        check(&allow, "http://erp.internal:8070/", Err(Refusal::Scheme));
        check(&allow, "http://u:p@erp.internal:8069/", Err(Refusal::Userinfo));
        check(&allow, "http://127.0.0.1:8069/", Err(Refusal::Scheme));
    }

    #[test]
    fn loopback_for_the_local_stack() {
        let allow = AllowList::none().with_loopback();
        for open in [
            "http://127.0.0.1:40001/",
            "http://localhost:40001/",
            "https://127.9.9.9/",
            "http://[::1]:8080/",
        ] {
            check(&allow, open, Ok(Route::Allowed));
        }
        check(&allow, "http://127.0.0.1:6379/", Err(Refusal::Port));
        check(&allow, "https://10.0.0.1/", Err(Refusal::Address));
        check(&allow, "https://0.0.0.0/", Err(Refusal::Address));
        check(&allow, "http://[::ffff:127.0.0.1]:40001/", Err(Refusal::Scheme));
        check(
            &AllowList::new([("erp.internal", 22)]),
            "https://erp.internal:22/",
            Err(Refusal::Port),
        );
    }
}
