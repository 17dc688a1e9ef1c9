//! The results of discovery methods before they are verified.

use std::net::{IpAddr, SocketAddr};

use super::DiscoveryMethod;

const HTTPS_PORT: u16 = 443;

/// A discovery result that is not verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnverifiedBridge {
    pub(super) method: DiscoveryMethod,
    /// Lists the addresses in the order in which to probe them.
    pub(super) addresses: Vec<String>,
    /// The bridge id as 16 hexadecimal digits in lower case, if the source named one.
    pub(super) id: Option<String>,
    /// The model (`BSB001` and so on), if the source named one.
    pub(super) model: Option<String>,
}

/// Formats an address as a host: with brackets around IPv6, and with the port unless it is that of HTTPS.
pub(super) fn format_host(address: IpAddr, port: u16) -> String {
    match (address, port) {
        (IpAddr::V6(address), HTTPS_PORT) => format!("[{address}]"),
        (address, HTTPS_PORT) => address.to_string(),
        (address, port) => SocketAddr::new(address, port).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_brackets_and_a_port_where_it_needs_them() {
        for (address, port, text) in [
            ("192.168.1.2", 443, "192.168.1.2"),
            ("192.168.1.2", 8443, "192.168.1.2:8443"),
            ("fd00::2", 443, "[fd00::2]"),
            ("fd00::2", 8443, "[fd00::2]:8443"),
        ] {
            assert_eq!(format_host(address.parse().expect("an address"), port), text);
        }
    }
}
