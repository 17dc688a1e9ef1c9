//! Finds bridges on this network (multicast DNS), behind this internet connection (Signify's list), and at an address
//! that the user gives.
//!
//! A discovery result is unverified until the bridge itself has answered over HTTPS. It counts as found only if its
//! certificate carries the id that it reports. Discovery takes a bounded time and sends nothing secret.
//!
//! ```no_run
//! # async fn program() {
//! use hue_bridge::discover::{DiscoveryEvent, Options, discover};
//!
//! let on_event = |event: DiscoveryEvent| match event {
//!     DiscoveryEvent::Found(bridge) => println!("{} at {}", bridge.config.name, bridge.address),
//!     DiscoveryEvent::Failed(error) => println!("{error}"),
//!     DiscoveryEvent::Started(_) => {}
//! };
//! let discoveries = discover(&Options::default(), on_event).await;
//! println!("{} in all", discoveries.bridges.len());
//! # }
//! ```

mod candidate;
mod cloud;
mod error;
mod finder;
mod mdns;
mod search;

use std::time::Duration;

pub use crate::probe::PublicConfig;
pub use cloud::{CloudOptions, CloudPolicy};
pub use error::{DiscoveryError, DiscoveryErrorKind};
pub use finder::{Finder, FoundHosts, NetworkFinder};
pub use mdns::MdnsOptions;

use candidate::UnverifiedBridge;
use search::{Search, probe_candidate};

/// Says how to look for bridges, and for how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// Configures multicast DNS; `None` skips it. Default: listens for 4 s.
    pub mdns: Option<MdnsOptions>,
    /// Configures Signify's list; `None` skips it. Default: asks if multicast DNS found nothing.
    pub cloud: Option<CloudOptions>,
    /// Limits the time that an address may take to answer. Default: 5 s.
    pub probe_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mdns: Some(MdnsOptions::default()),
            cloud: Some(CloudOptions::default()),
            probe_timeout: Duration::from_secs(5),
        }
    }
}

/// The way in which a bridge was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DiscoveryMethod {
    /// The bridge announced itself by multicast DNS.
    Mdns,
    /// Signify's list named the bridge.
    Cloud,
    /// The user gave the address.
    Manual,
}

/// A bridge that answered and proved its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundBridge {
    /// The address at which it answered first, with a port if it is not 443.
    pub address: String,
    /// Lists every method that found it.
    pub methods: Vec<DiscoveryMethod>,
    /// Holds what the bridge says of itself.
    pub config: PublicConfig,
}

/// Says what has happened in a search.
#[derive(Clone, Debug, PartialEq)]
pub enum DiscoveryEvent {
    /// A method begins to look.
    Started(DiscoveryMethod),
    /// A bridge was found for the first time.
    Found(FoundBridge),
    /// A method failed, or a candidate is not a usable bridge.
    Failed(DiscoveryError),
}

/// Collects the results of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discoveries {
    /// Lists each bridge once, in the order in which they answered.
    pub bridges: Vec<FoundBridge>,
    /// Lists what failed, without errors about bridges that were found after all.
    pub errors: Vec<DiscoveryError>,
}

/// Looks for all bridges and reports each as it answers.
pub async fn discover(options: &Options, on_event: impl FnMut(DiscoveryEvent)) -> Discoveries {
    Search::new(options, None, on_event).run().await
}

/// Looks for one bridge and returns its address as soon as it has answered.
async fn find_bridge(options: &Options, bridge_id: &str) -> Option<String> {
    let discoveries = Search::new(options, Some(bridge_id), |_| {}).run().await;
    let wanted = discoveries.bridges.into_iter().find(|bridge| bridge.config.id.eq_ignore_ascii_case(bridge_id));
    wanted.map(|bridge| bridge.address)
}

/// Asks an address that the user gave which bridge is there.
pub async fn probe_address(address: &str, timeout: Duration) -> Result<FoundBridge, DiscoveryError> {
    let addresses = vec![address.to_owned()];
    let candidate = UnverifiedBridge { method: DiscoveryMethod::Manual, addresses, id: None, model: None };
    probe_candidate(&candidate, timeout).await
}
