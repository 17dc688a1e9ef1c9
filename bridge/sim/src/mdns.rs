//! The announcement by multicast DNS, as real bridges make it.
//!
//! ```text
//! Philips Hue - 7BF9F0._hue._tcp.local.  SRV 0 0 443 0017887bf9f0.local.
//! Philips Hue - 7BF9F0._hue._tcp.local.  TXT "bridgeid=001788fffe7bf9f0" "modelid=BSB002"
//! 0017887bf9f0.local.                    A   192.168.1.42
//! ```

use std::net::SocketAddr;

use mdns_sd::{ServiceDaemon, ServiceInfo};

use crate::pairing::MODEL;

/// How a bridge makes itself known by multicast DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Default: `_hue._tcp.local.`.
    pub service: String,
    /// The UDP port; all who take part use the same. Default: 5353.
    pub port: u16,
}

impl Default for Announcement {
    fn default() -> Self {
        Self { service: "_hue._tcp.local.".to_owned(), port: mdns_sd::MDNS_PORT }
    }
}

/// An announcement in force; dropping it takes it back.
pub(crate) struct Announced {
    daemon: ServiceDaemon,
    service: String,
    bridge_id: String,
    instance: String,
}

impl Announced {
    pub(crate) fn new(how: &Announcement, bridge_id: &str, address: SocketAddr) -> mdns_sd::Result<Self> {
        let service = service(&how.service, bridge_id, address)?;
        let instance = service.get_fullname().to_owned();
        let daemon = ServiceDaemon::new_with_port(how.port)?;
        daemon.register(service)?;
        Ok(Self { daemon, service: how.service.clone(), bridge_id: bridge_id.to_owned(), instance })
    }

    /// Announces the bridge at another address.
    pub(crate) fn moved(&self, address: SocketAddr) -> mdns_sd::Result<()> {
        // The same name once more takes the place of what was announced.
        self.daemon.register(service(&self.service, &self.bridge_id, address)?)
    }
}

impl Drop for Announced {
    fn drop(&mut self) {
        // The goodbye is sent before the thread ends: commands are taken in order.
        if let Err(error) = self.daemon.unregister(&self.instance).and_then(|_| self.daemon.shutdown()) {
            tracing::debug!(%error, "could not take the announcement back");
        }
    }
}

fn service(service: &str, bridge_id: &str, address: SocketAddr) -> mdns_sd::Result<ServiceInfo> {
    // The id is the MAC address with `fffe` in the middle.
    let mac = format!("{}{}", &bridge_id[..6], &bridge_id[10..]);
    let instance = format!("Philips Hue - {}", mac[6..].to_uppercase());
    let properties = [("bridgeid", bridge_id), ("modelid", MODEL)];
    let host = format!("{mac}.local.");
    if address.ip().is_unspecified() {
        let info = ServiceInfo::new(service, &instance, &host, (), address.port(), &properties[..])?;
        return Ok(info.enable_addr_auto());
    }
    ServiceInfo::new(service, &instance, &host, address.ip(), address.port(), &properties[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_announced_as_a_real_bridge_is() {
        let address = "192.168.1.42:443".parse().expect("an address");
        let info = service("_hue._tcp.local.", "001788fffe7bf9f0", address).expect("a service");
        assert_eq!(info.get_fullname(), "Philips Hue - 7BF9F0._hue._tcp.local.");
        assert_eq!((info.get_hostname(), info.get_port()), ("0017887bf9f0.local.", 443));
        assert_eq!(info.get_property_val_str("bridgeid"), Some("001788fffe7bf9f0"));
        assert_eq!(info.get_property_val_str("modelid"), Some("BSB002"));
    }
}
