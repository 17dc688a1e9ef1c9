//! Searches for bridges and reports the progress on stderr.

use std::time::Duration;

use hue_bridge::discover::{
    self, CloudOptions, CloudPolicy, Discoveries, DiscoveryEvent, DiscoveryMethod, FoundBridge, MdnsOptions, Options,
};

use super::text::{describe, sanitize};

/// The time limit for an address to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

const NOTHING_FOUND: &str = "\
\nNo bridge was found. What helps:
  - The bridge has to be plugged into the router and lit, and this computer in the same
    network: not a guest Wi-Fi, not another VLAN.
  - A VPN or a firewall can hide the network, and so does a container; for Docker,
    use --network host.
  - Give the address by hand, for example: lamplighter discover 192.168.1.2
    The Hue app shows it in its settings, under the bridge; and so does your router,
    in its list of devices.
Once it is found, `lamplighter pair` asks you to press its button.";

/// Searches for all bridges.
pub(super) async fn everywhere(within: Duration, cloud: Option<CloudPolicy>) -> Discoveries {
    let options = Options {
        mdns: Some(MdnsOptions { duration: within, ..MdnsOptions::default() }),
        cloud: cloud.map(|policy| CloudOptions { policy, ..CloudOptions::default() }),
        probe_timeout: ANSWER_TIMEOUT,
    };
    discover::discover(&options, report).await
}

/// Asks one address.
pub(super) async fn at(address: &str) -> Discoveries {
    match discover::probe_address(address, ANSWER_TIMEOUT).await {
        Ok(found) => Discoveries { bridges: vec![found], errors: Vec::new() },
        Err(error) => {
            note!("{error}");
            Discoveries { bridges: Vec::new(), errors: vec![error] }
        }
    }
}

/// Says what to try when no bridge was found.
pub(super) fn explain_nothing() {
    note!("{NOTHING_FOUND}");
}

/// Returns why a bridge is too old to be used, if it is.
pub(super) fn too_old(found: &FoundBridge) -> Option<String> {
    let software = sanitize(&found.config.software);
    (!found.config.clip_v2).then(|| format!("its software {software} has no CLIP v2: update the bridge in the Hue app"))
}

fn report(event: DiscoveryEvent) {
    match event {
        DiscoveryEvent::Started(DiscoveryMethod::Cloud) => note!("Asking Signify's list of bridges ..."),
        DiscoveryEvent::Started(_) => note!("Looking for bridges on this network ..."),
        DiscoveryEvent::Found(found) => {
            note!("Found {} at {}: {}", sanitize(&found.config.name), found.address, describe(&found.config));
        }
        DiscoveryEvent::Failed(error) => note!("Note: {error}"),
    }
}
