//! Multicast DNS: bridges announce `_hue._tcp` on the local network.
//!
//! A bridge names its instance "Philips Hue - " and the last six digits of its MAC address. Its TXT record holds the id
//! as `bridgeid` and the model as `modelid`. Only this file names `mdns_sd`.

use std::{net::IpAddr, time::Duration};

use futures::{Stream, StreamExt as _};
use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};

use super::{
    DiscoveryError, DiscoveryErrorKind, DiscoveryMethod,
    candidate::{UnverifiedBridge, format_host},
};
use crate::tls::parse_bridge_id;

/// Limits the addresses that are probed for one bridge.
const MAX_ADDRESSES: usize = 4;
const HUE_SERVICE: &str = "_hue._tcp.local.";

/// Says what to look for by multicast DNS.
#[derive(Clone, Debug)]
pub struct MdnsOptions {
    /// The service type that is looked for. Default: `_hue._tcp.local.`.
    pub service: String,
    /// The UDP port, which is the same for all participants. Default: 5353.
    pub port: u16,
    /// The time to listen. Questions are sent at once, after 1 s and after 3 s. Default: 4 s.
    pub duration: Duration,
}

impl Default for MdnsOptions {
    fn default() -> Self {
        Self { service: HUE_SERVICE.to_owned(), port: mdns_sd::MDNS_PORT, duration: Duration::from_secs(4) }
    }
}

/// Yields the bridges that announce themselves until the time to listen is over.
pub(super) fn browse(options: &MdnsOptions) -> Result<impl Stream<Item = UnverifiedBridge> + use<>, DiscoveryError> {
    let failed = |error: mdns_sd::Error| {
        DiscoveryError::of_method(DiscoveryMethod::Mdns, DiscoveryErrorKind::MethodFailed(error.to_string()))
    };
    let daemon = DaemonGuard(ServiceDaemon::new_with_port(options.port).map_err(failed)?);
    let events = daemon.0.browse(&options.service).map_err(failed)?;
    let candidates = events.into_stream().filter_map(move |event| {
        let _alive = &daemon;
        std::future::ready(match event {
            ServiceEvent::ServiceResolved(service) => Some(parse_service(&service)),
            _ => None,
        })
    });
    Ok(candidates.take_until(tokio::time::sleep(options.duration)))
}

/// Ends the daemon's thread when dropped.
struct DaemonGuard(ServiceDaemon);

impl Drop for DaemonGuard {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::debug!(%error, "multicast DNS daemon did not shut down");
        }
    }
}

fn parse_service(service: &ResolvedService) -> UnverifiedBridge {
    let mut addresses: Vec<IpAddr> =
        service.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr).filter(is_usable).collect();
    // IPv4 comes first, as every bridge has it; loopback comes last.
    addresses.sort_by_key(|address| (address.is_loopback(), address.is_ipv6(), *address));
    addresses.truncate(MAX_ADDRESSES);
    UnverifiedBridge {
        method: DiscoveryMethod::Mdns,
        addresses: addresses.into_iter().map(|address| format_host(address, service.get_port())).collect(),
        id: service.get_property_val_str("bridgeid").and_then(parse_bridge_id),
        model: service.get_property_val_str("modelid").map(str::to_owned),
    }
}

/// Rejects addresses that a URL cannot hold: a link-local IPv6 address needs the name of an interface beside it.
fn is_usable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_unspecified(),
        IpAddr::V6(address) => !address.is_unspecified() && !address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use mdns_sd::ServiceInfo;

    use super::*;

    fn resolve(addresses: &str, port: u16, properties: &[(&str, &str)]) -> UnverifiedBridge {
        let name = "Philips Hue - 7BF9F0";
        let info = ServiceInfo::new("_hue._tcp.local.", name, "0017887bf9f0.local.", addresses, port, properties);
        parse_service(&info.expect("a service").as_resolved_service())
    }

    #[test]
    fn a_real_announcement_is_understood() {
        let candidate = resolve(
            "192.168.1.42,fe80::217:88ff:fe7b:f9f0",
            443,
            &[("bridgeid", "001788fffe7bf9f0"), ("modelid", "BSB002")],
        );
        let expected = UnverifiedBridge {
            method: DiscoveryMethod::Mdns,
            addresses: vec!["192.168.1.42".to_owned()],
            id: Some("001788fffe7bf9f0".to_owned()),
            model: Some("BSB002".to_owned()),
        };
        assert_eq!(candidate, expected);
    }

    #[test]
    fn ipv4_is_asked_first_and_loopback_last() {
        let candidate = resolve("127.0.0.1,fd00::2,10.0.0.9,10.0.0.3", 8443, &[]);
        assert_eq!(candidate.addresses, ["10.0.0.3:8443", "10.0.0.9:8443", "[fd00::2]:8443", "127.0.0.1:8443"]);
        assert_eq!((candidate.id, candidate.model), (None, None));
    }

    #[test]
    fn nonsense_in_an_announcement_does_no_harm() {
        let candidate = resolve("0.0.0.0", 443, &[("bridgeid", "../../etc"), ("modelid", "")]);
        assert_eq!((candidate.addresses.len(), candidate.id), (0, None));
    }
}
