//! Finding bridges: by multicast DNS on this network, in Signify's list of bridges behind this internet connection, and
//! at an address given by hand.
//!
//! Whatever names an address, the bridge there is asked itself, over HTTPS: it is told as found only if its certificate
//! carries the id that it gives. Finding takes a bounded time and sends nothing secret.
//!
//! ```no_run
//! # async fn program() {
//! use hue_bridge::discover::{Event, Options, discover};
//!
//! let tell = |event: Event| match event {
//!     Event::Found(bridge) => println!("{} at {}", bridge.facts.name, bridge.address),
//!     Event::Trouble(trouble) => println!("{trouble}"),
//!     Event::Begun(_) => {}
//! };
//! let discovered = discover(&Options::default(), tell).await;
//! println!("{} in all", discovered.bridges.len());
//! # }
//! ```

mod cloud;
mod mdns;
mod trouble;

use std::{collections::HashSet, time::Duration};

use futures::{Stream, StreamExt as _};

pub use crate::stranger::Facts;
pub use cloud::{Cloud, When};
pub use mdns::Mdns;
pub use trouble::{Problem, Trouble};

use crate::stranger::Stranger;

/// How many addresses one way of looking may name: a hostile network must not keep us busy for ever.
const MOST: usize = 64;
/// How many are asked at the same time.
const AT_ONCE: usize = 8;

/// How to look, and for how long.
#[derive(Clone, Debug)]
pub struct Options {
    /// Multicast DNS; `None` leaves it out. Default: for 4 s.
    pub mdns: Option<Mdns>,
    /// Signify's list; `None` leaves it out. Default: if multicast DNS found nothing.
    pub cloud: Option<Cloud>,
    /// How long an address may take to answer. Default: 5 s.
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { mdns: Some(Mdns::default()), cloud: Some(Cloud::default()), patience: Duration::from_secs(5) }
    }
}

/// How a bridge was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// By multicast DNS.
    Mdns,
    /// In Signify's list.
    Cloud,
    /// At an address that somebody gave.
    ByHand,
}

/// A bridge that answered and proved its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it answered first: an address, with a port if it is not 443.
    pub address: String,
    /// All ways it was found.
    pub ways: Vec<Way>,
    /// What it says of itself.
    pub facts: Facts,
}

/// What happens while looking.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Looking in this way begins.
    Begun(Way),
    /// A bridge was found for the first time.
    Found(Found),
    /// Something does not work.
    Trouble(Trouble),
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovered {
    /// Each bridge once, in the order of their answers.
    pub bridges: Vec<Found>,
    /// What did not work.
    pub troubles: Vec<Trouble>,
}

/// Somebody's word that there is a bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sighting {
    way: Way,
    /// Where, in the order in which to ask.
    addresses: Vec<String>,
    /// 16 hexadecimal digits, lower case, if it was told.
    id: Option<String>,
    /// `BSB001` and so on, if it was told.
    model: Option<String>,
}

/// Looks for all bridges, and tells of each as it answers.
pub async fn discover(options: &Options, tell: impl FnMut(Event)) -> Discovered {
    Search::new(options, None, tell).run().await
}

/// Looks for one bridge, and returns as soon as it has answered: its address.
pub(crate) async fn find(options: &Options, bridge_id: &str) -> Option<String> {
    let discovered = Search::new(options, Some(bridge_id), |_| {}).run().await;
    let wanted = discovered.bridges.into_iter().find(|bridge| bridge.facts.id.eq_ignore_ascii_case(bridge_id));
    wanted.map(|bridge| bridge.address)
}

/// Asks an address given by hand what bridge is there.
pub async fn at(address: &str, patience: Duration) -> Result<Found, Trouble> {
    let addresses = vec![address.to_owned()];
    ask(&Sighting { way: Way::ByHand, addresses, id: None, model: None }, patience).await
}

/// A search under way.
struct Search<'a, T> {
    options: &'a Options,
    /// Looking ends when this bridge is found.
    wanted: Option<&'a str>,
    tell: T,
    discovered: Discovered,
}

impl<'a, T: FnMut(Event)> Search<'a, T> {
    fn new(options: &'a Options, wanted: Option<&'a str>, tell: T) -> Self {
        Self { options, wanted, tell, discovered: Discovered::default() }
    }

    async fn run(mut self) -> Discovered {
        if let Some(mdns) = &self.options.mdns {
            self.by_mdns(mdns).await;
        }
        if let Some(cloud) = self.options.cloud.as_ref().filter(|cloud| self.goes_on(cloud.when)) {
            self.by_cloud(cloud).await;
        }
        self.end()
    }

    /// What went wrong about a bridge that was found after all is nobody's concern.
    fn end(self) -> Discovered {
        let Discovered { bridges, mut troubles } = self.discovered;
        let found = |id: &String| bridges.iter().any(|bridge| bridge.facts.id == *id);
        troubles.retain(|trouble| !trouble.id.as_ref().is_some_and(found));
        Discovered { bridges, troubles }
    }

    fn goes_on(&self, when: When) -> bool {
        match self.wanted {
            Some(wanted) => !self.knows(wanted),
            None => when == When::Always || self.discovered.bridges.is_empty(),
        }
    }

    async fn by_mdns(&mut self, mdns: &Mdns) {
        (self.tell)(Event::Begun(Way::Mdns));
        match mdns::sightings(mdns) {
            Ok(sightings) => self.follow(sightings).await,
            Err(trouble) => self.trouble(trouble),
        }
    }

    async fn by_cloud(&mut self, cloud: &Cloud) {
        (self.tell)(Event::Begun(Way::Cloud));
        match cloud::sightings(cloud, self.options.patience).await {
            Ok(sightings) => self.follow(futures::stream::iter(sightings)).await,
            Err(trouble) => self.trouble(trouble),
        }
    }

    /// Asks everybody who was seen, while more are being seen.
    async fn follow(&mut self, sightings: impl Stream<Item = Sighting>) {
        let patience = self.options.patience;
        let mut heard_of = HashSet::new();
        let news = sightings.filter(move |sighting| std::future::ready(heard_of.insert(sighting.addresses.clone())));
        let answers = news
            .take(MOST)
            .map(|sighting| async move { (ask(&sighting, patience).await, sighting) })
            .buffer_unordered(AT_ONCE);
        let mut answers = std::pin::pin!(answers);
        while let Some((answer, sighting)) = answers.next().await {
            match answer {
                Ok(found) => self.found(found, &sighting),
                Err(trouble) => self.trouble(trouble),
            }
            if self.wanted.is_some_and(|wanted| self.knows(wanted)) {
                return;
            }
        }
    }

    fn knows(&self, id: &str) -> bool {
        self.discovered.bridges.iter().any(|bridge| bridge.facts.id.eq_ignore_ascii_case(id))
    }

    fn found(&mut self, found: Found, sighting: &Sighting) {
        if let Some(claimed) = sighting.id.as_ref().filter(|claimed| **claimed != found.facts.id) {
            self.trouble(Trouble {
                way: sighting.way,
                address: Some(found.address.clone()),
                id: Some(claimed.clone()),
                problem: Problem::SomebodyElse(found.facts.id.clone()),
            });
        }
        let known = self.discovered.bridges.iter_mut().find(|bridge| bridge.facts.id == found.facts.id);
        match known {
            Some(known) if known.ways.contains(&sighting.way) => {}
            Some(known) => known.ways.push(sighting.way),
            None => {
                (self.tell)(Event::Found(found.clone()));
                self.discovered.bridges.push(found);
            }
        }
    }

    fn trouble(&mut self, trouble: Trouble) {
        if !self.discovered.troubles.contains(&trouble) {
            (self.tell)(Event::Trouble(trouble.clone()));
            self.discovered.troubles.push(trouble);
        }
    }
}

/// Asks the addresses of one bridge in turn, until one answers. The first one's trouble is told if none does.
async fn ask(sighting: &Sighting, patience: Duration) -> Result<Found, Trouble> {
    let trouble = |address: Option<&String>, problem| Trouble {
        way: sighting.way,
        address: address.cloned(),
        id: sighting.id.clone(),
        problem,
    };
    if sighting.model.as_deref() == Some("BSB001") {
        return Err(trouble(sighting.addresses.first(), Problem::FirstGeneration));
    }
    let mut first = None;
    for address in &sighting.addresses {
        match Stranger::meet(address, None, patience).await {
            Ok(Stranger { facts, .. }) => {
                return Ok(Found { address: address.clone(), ways: vec![sighting.way], facts });
            }
            Err(error) => first = first.or(Some(trouble(Some(address), Problem::from(error)))),
        }
    }
    Err(first.unwrap_or_else(|| trouble(None, Problem::Unreachable("it gives no address".to_owned()))))
}

/// An address as a host: with brackets around IPv6, and the port if it is not that of HTTPS.
fn host(address: std::net::IpAddr, port: u16) -> String {
    match (address, port) {
        (std::net::IpAddr::V6(address), 443) => format!("[{address}]"),
        (address, 443) => address.to_string(),
        (address, port) => std::net::SocketAddr::new(address, port).to_string(),
    }
}

/// A bridge id in one form, if it is one.
fn bridge_id(text: &str) -> Option<String> {
    let valid = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    valid.then(|| text.to_lowercase())
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
            assert_eq!(host(address.parse().expect("an address"), port), text);
        }
    }

    #[tokio::test]
    async fn a_first_generation_bridge_is_told_without_being_asked() {
        let sighting = Sighting {
            way: Way::Mdns,
            addresses: vec!["192.0.2.1".to_owned()],
            id: bridge_id("001788FFFE123456"),
            model: Some("BSB001".to_owned()),
        };
        let trouble = ask(&sighting, Duration::from_secs(5)).await.expect_err("too old");
        assert_eq!(trouble.problem, Problem::FirstGeneration);
        assert_eq!(trouble.id.as_deref(), Some("001788fffe123456"));
    }
}
