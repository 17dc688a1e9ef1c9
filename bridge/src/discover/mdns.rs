//! Multicast DNS: bridges announce `_hue._tcp` on the local network.
//!
//! A bridge names its instance "Philips Hue - " and the last six digits of its MAC address, and puts its id and model
//! into TXT as `bridgeid` and `modelid`. The only file that names `mdns_sd`.

use std::{net::IpAddr, time::Duration};

use futures::{Stream, StreamExt as _};
use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};

use super::{Problem, Sighting, Trouble, Way, bridge_id, host};

/// How many addresses of one bridge are tried.
const MOST_ADDRESSES: usize = 4;

/// What to look for by multicast DNS.
#[derive(Clone, Debug)]
pub struct Mdns {
    /// Default: `_hue._tcp.local.`.
    pub service: String,
    /// The UDP port, the same for all who take part. Default: 5353.
    pub port: u16,
    /// How long to listen. Questions are sent at once, after 1 s and after 3 s. Default: 4 s.
    pub within: Duration,
}

impl Default for Mdns {
    fn default() -> Self {
        Self { service: "_hue._tcp.local.".to_owned(), port: mdns_sd::MDNS_PORT, within: Duration::from_secs(4) }
    }
}

/// The bridges that announce themselves, as they are heard, until the time is over.
pub(super) fn sightings(mdns: &Mdns) -> Result<impl Stream<Item = Sighting> + use<>, Trouble> {
    let broken = |error: mdns_sd::Error| Trouble {
        way: Way::Mdns,
        address: None,
        id: None,
        problem: Problem::Broken(error.to_string()),
    };
    let daemon = Daemon(ServiceDaemon::new_with_port(mdns.port).map_err(broken)?);
    let events = daemon.0.browse(&mdns.service).map_err(broken)?;
    let sightings = events.into_stream().filter_map(move |event| {
        let _alive = &daemon;
        std::future::ready(match event {
            ServiceEvent::ServiceResolved(service) => Some(sighting(&service)),
            _ => None,
        })
    });
    Ok(sightings.take_until(tokio::time::sleep(mdns.within)))
}

/// Its thread ends with this.
struct Daemon(ServiceDaemon);

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown() {
            tracing::debug!(%error, "the search by multicast DNS does not end");
        }
    }
}

fn sighting(service: &ResolvedService) -> Sighting {
    let mut addresses: Vec<IpAddr> =
        service.get_addresses().iter().map(mdns_sd::ScopedIp::to_ip_addr).filter(usable).collect();
    // IPv4 first, as every bridge has it; loopback last.
    addresses.sort_by_key(|address| (address.is_loopback(), address.is_ipv6(), *address));
    addresses.truncate(MOST_ADDRESSES);
    Sighting {
        way: Way::Mdns,
        addresses: addresses.into_iter().map(|address| host(address, service.get_port())).collect(),
        id: service.get_property_val_str("bridgeid").and_then(bridge_id),
        model: service.get_property_val_str("modelid").map(str::to_owned),
    }
}

/// A link-local IPv6 address needs the name of an interface beside it, which a URL cannot hold.
fn usable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_unspecified(),
        IpAddr::V6(address) => !address.is_unspecified() && !address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use mdns_sd::ServiceInfo;

    use super::*;

    fn seen(addresses: &str, port: u16, properties: &[(&str, &str)]) -> Sighting {
        let name = "Philips Hue - 7BF9F0";
        let info = ServiceInfo::new("_hue._tcp.local.", name, "0017887bf9f0.local.", addresses, port, properties);
        sighting(&info.expect("a service").as_resolved_service())
    }

    #[test]
    fn a_real_announcement_is_understood() {
        let sighting = seen(
            "192.168.1.42,fe80::217:88ff:fe7b:f9f0",
            443,
            &[("bridgeid", "001788fffe7bf9f0"), ("modelid", "BSB002")],
        );
        let expected = Sighting {
            way: Way::Mdns,
            addresses: vec!["192.168.1.42".to_owned()],
            id: Some("001788fffe7bf9f0".to_owned()),
            model: Some("BSB002".to_owned()),
        };
        assert_eq!(sighting, expected);
    }

    #[test]
    fn ipv4_is_asked_first_and_loopback_last() {
        let sighting = seen("127.0.0.1,fd00::2,10.0.0.9,10.0.0.3", 8443, &[]);
        assert_eq!(sighting.addresses, ["10.0.0.3:8443", "10.0.0.9:8443", "[fd00::2]:8443", "127.0.0.1:8443"]);
        assert_eq!((sighting.id, sighting.model), (None, None));
    }

    #[test]
    fn nonsense_in_an_announcement_does_no_harm() {
        let sighting = seen("0.0.0.0", 443, &[("bridgeid", "../../etc"), ("modelid", "")]);
        assert_eq!((sighting.addresses.len(), sighting.id), (0, None));
    }
}
