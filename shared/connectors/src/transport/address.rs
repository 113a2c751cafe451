//! Which addresses and ports belong to the public internet, as far as a customer's system goes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// IPv4 ranges that are not the public internet, by IANA's special-purpose registry.
const CLOSED_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),       // this network
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // carrier-grade NAT
    v4([127, 0, 0, 0], 8),     // loopback; on Lambda the runtime API lives here
    v4([169, 254, 0, 0], 16),  // link local; the cloud's metadata service
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 88, 99, 0], 24),  // 6to4 relays, withdrawn
    v4([192, 168, 0, 0], 16),  // private
    v4([198, 18, 0, 0], 15),   // benchmarks
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// The one IPv6 range from which global unicast addresses are given out.
///
/// Everything else is closed by it: `::/96` and `::1`, mapped IPv4 (`::ffff:0:0/96`), NAT64
/// (`64:ff9b::/96`, `64:ff9b:1::/48`), discard (`100::/64`), unique local (`fc00::/7`), link local
/// (`fe80::/10`), site local (`fec0::/10`) and multicast (`ff00::/8`).
const OPEN_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Ranges inside [`OPEN_V6`] that are not the public internet all the same.
const CLOSED_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, Teredo and benchmarks among them
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4: any IPv4 address in disguise
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
];

/// Ports on which no system's web API lives, and something worth attacking may.
///
/// Mail, remote shells, directories, databases, queues, container daemons. ERPs are found on ports
/// as odd as 50000 and 8068, so that everything else is open. Sorted.
const CLOSED_PORTS: [u16; 60] = [
    0, 1, 7, 9, 11, 13, 17, 19, 20, 21, 22, 23, 25, 37, 53, 69, 79, 109, 110, 111, 119, 123, 135, 137, 139,
    143, 161, 179, 389, 445, 465, 512, 513, 514, 515, 587, 636, 873, 993, 995, 1433, 1521, 2049, 2181, 2375,
    2376, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 6379, 9042, 9092, 9300, 10250, 11211, 27017,
];

/// Whether an address is one of the public internet.
#[must_use]
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !CLOSED_V4.iter().any(|range| range.contains(&v4)),
        IpAddr::V6(v6) => OPEN_V6.contains(&v6) && !CLOSED_V6.iter().any(|range| range.contains(&v6)),
    }
}

/// Whether nothing on this port is ever called, whatever the host.
#[must_use]
pub fn is_closed_port(port: u16) -> bool {
    CLOSED_PORTS.binary_search(&port).is_ok()
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c, d, e, f, g, h]: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for closed in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(
                !is_global(closed.parse().expect(closed)),
                "{closed} is not the public internet"
            );
        }
        for open in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2600:1f18::1",
            "2a00:1450::1",
        ] {
            assert!(
                is_global(open.parse().expect(open)),
                "{open} is the public internet"
            );
        }
    }

    #[test]
    fn ports() {
        assert!(CLOSED_PORTS.is_sorted(), "binary search needs it");
        for closed in [0, 22, 25, 445, 3306, 5432, 6379, 11211, 27017] {
            assert!(is_closed_port(closed), "{closed}");
        }
        for open in [80, 443, 8000, 8068, 8443, 44300, 50000, 50001, 60999] {
            assert!(!is_closed_port(open), "{open}");
        }
    }
}
