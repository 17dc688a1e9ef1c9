//! The announcement by multicast DNS, as real bridges make it.
//!
//! ```text
//! Philips Hue - 7BF9F0._hue._tcp.local.  SRV 0 0 443 0017887bf9f0.local.
//! Philips Hue - 7BF9F0._hue._tcp.local.  TXT "bridgeid=001788fffe7bf9f0" "modelid=BSB002"
//! 0017887bf9f0.local.                    A   192.168.1.42
//! ```

use std::net::SocketAddr;

use mdns_sd::{ServiceDaemon, ServiceInfo};

use crate::product::{self, MODEL_ID};

/// How a bridge announces itself by multicast DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Is the service type. Default: `_hue._tcp.local.`.
    pub service: String,
    /// Is the UDP port, which bridge and clients share. Default: 5353.
    pub port: u16,
}

impl Default for Announcement {
    fn default() -> Self {
        Self { service: "_hue._tcp.local.".to_owned(), port: mdns_sd::MDNS_PORT }
    }
}

/// Announces the bridge until it is dropped.
pub(crate) struct Responder {
    daemon: ServiceDaemon,
    service: String,
    bridge_id: String,
    instance: String,
}

impl Responder {
    pub(crate) fn new(announcement: &Announcement, bridge_id: &str, address: SocketAddr) -> mdns_sd::Result<Self> {
        let service = service_info(&announcement.service, bridge_id, address)?;
        let instance = service.get_fullname().to_owned();
        let daemon = ServiceDaemon::new_with_port(announcement.port)?;
        daemon.register(service)?;
        Ok(Self { daemon, service: announcement.service.clone(), bridge_id: bridge_id.to_owned(), instance })
    }

    /// Announces the bridge at another address.
    pub(crate) fn announce_address(&self, address: SocketAddr) -> mdns_sd::Result<()> {
        // Registering the same name again replaces the announcement.
        self.daemon.register(service_info(&self.service, &self.bridge_id, address)?)
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        // The daemon takes commands in order, so it says goodbye before its thread ends.
        if let Err(error) = self.daemon.unregister(&self.instance).and_then(|_| self.daemon.shutdown()) {
            tracing::debug!(%error, "could not withdraw the mDNS announcement");
        }
    }
}

fn service_info(service: &str, bridge_id: &str, address: SocketAddr) -> mdns_sd::Result<ServiceInfo> {
    let mac = product::mac_digits(bridge_id);
    let instance = format!("Philips Hue - {}", mac[6..].to_uppercase());
    let properties = [("bridgeid", bridge_id), ("modelid", MODEL_ID)];
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
        let info = service_info("_hue._tcp.local.", "001788fffe7bf9f0", address).expect("a service");
        assert_eq!(info.get_fullname(), "Philips Hue - 7BF9F0._hue._tcp.local.");
        assert_eq!((info.get_hostname(), info.get_port()), ("0017887bf9f0.local.", 443));
        assert_eq!(info.get_property_val_str("bridgeid"), Some("001788fffe7bf9f0"));
        assert_eq!(info.get_property_val_str("modelid"), Some("BSB002"));
    }
}
