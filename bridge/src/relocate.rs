//! A bridge that moves: routers give out new addresses, and bridges are plugged in elsewhere.
//!
//! When a bridge does not answer for a while, or another one answers in its place, it is looked for by its id. Whoever
//! names an address is not believed: who is there has to prove that it is that bridge before it is spoken to, and so
//! before any key is sent.

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    discover::{self, Cloud, Options},
    failure::Failure,
    gate::Gate,
};

/// How often Signify's list may be asked, as Signify says.
const CLOUD_EVERY: Duration = Duration::from_mins(15);

/// Addresses, as they are found.
pub type Finding<'a> = Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>>;

/// Knows where to look for a bridge.
pub trait Finder: fmt::Debug + Send + Sync {
    /// Hosts at which the bridge with this id may be, the likeliest first; with a port if it is not 443. It takes a
    /// bounded time. They are checked before they are used.
    fn find<'a>(&'a self, bridge_id: &'a str) -> Finding<'a>;
}

/// Whether and when a bridge that does not answer is looked for at other addresses.
#[derive(Clone, Debug)]
pub struct Rediscovery {
    /// Where to look.
    pub finder: Arc<dyn Finder>,
    /// How long it has to be gone. Default: 10 s.
    pub after: Duration,
    /// The least time between two searches. Default: 1 min.
    pub every: Duration,
}

impl Rediscovery {
    /// By this finder, at the default times.
    pub fn by(finder: impl Finder + 'static) -> Self {
        Self { finder: Arc::new(finder), after: Duration::from_secs(10), every: Duration::from_mins(1) }
    }
}

/// Looks on this network and in Signify's list, which it asks at most once in 15 minutes.
#[derive(Debug, Default)]
pub struct Network {
    options: Options,
    cloud_asked: Mutex<Option<Instant>>,
}

impl Network {
    /// Looks as these options say.
    pub fn new(options: Options) -> Self {
        Self { options, cloud_asked: Mutex::default() }
    }

    async fn look(&self, bridge_id: &str) -> Option<String> {
        let here = Options { cloud: None, ..self.options.clone() };
        if let Some(host) = discover::find(&here, bridge_id).await {
            return Some(host);
        }
        let far = Options { mdns: None, cloud: self.cloud_in_its_turn(), ..self.options.clone() };
        discover::find(&far, bridge_id).await
    }

    /// Signify's list, if it may be asked again.
    fn cloud_in_its_turn(&self) -> Option<Cloud> {
        let mut asked = self.cloud_asked.lock();
        if asked.is_some_and(|asked| asked.elapsed() < CLOUD_EVERY) {
            return None;
        }
        *asked = Some(Instant::now());
        self.options.cloud.clone()
    }
}

impl Finder for Network {
    fn find<'a>(&'a self, bridge_id: &'a str) -> Finding<'a> {
        Box::pin(async move { self.look(bridge_id).await.into_iter().collect() })
    }
}

/// The search for one bridge, as long as it is connected to.
pub(crate) struct Relocation {
    bridge_id: String,
    rediscovery: Rediscovery,
    gone_since: Option<Instant>,
    looked: Option<Instant>,
}

impl Relocation {
    pub(crate) fn new(bridge_id: String, rediscovery: Rediscovery) -> Self {
        Self { bridge_id, rediscovery, gone_since: None, looked: None }
    }

    /// The bridge answers.
    pub(crate) fn back(&mut self) {
        self.gone_since = None;
        self.looked = None;
    }

    /// The bridge does not answer, for this reason. Whether it is time to look for it.
    pub(crate) fn is_due(&mut self, reason: &Failure) -> bool {
        let (now, after) = (Instant::now(), self.rediscovery.after);
        let gone = now.duration_since(*self.gone_since.get_or_insert(now));
        let somewhere_else = match reason {
            // Somebody else is at its address: waiting does not help.
            Failure::Identity(_) => true,
            Failure::Connect(_) | Failure::Timeout | Failure::Broken(_) => gone >= after,
            _ => false,
        };
        somewhere_else && self.looked.is_none_or(|looked| now.duration_since(looked) >= self.rediscovery.every)
    }

    /// Looks for the bridge, and turns to where it proves to be.
    pub(crate) async fn look(&mut self, gate: &Gate) {
        tracing::info!("the bridge is looked for at other addresses");
        self.looked = Some(Instant::now());
        let hosts = self.rediscovery.finder.find(&self.bridge_id).await;
        let present = gate.host().borrow().clone();
        for host in hosts.iter().filter(|host| **host != present) {
            match gate.recognise(host).await {
                Ok(()) => {
                    tracing::info!(address = host, "the bridge has moved");
                    return gate.turn_to(host);
                }
                Err(failure) => tracing::warn!(address = host, ?failure, "this is not the bridge that is looked for"),
            }
        }
        tracing::info!("the bridge was not found at another address");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nobody;

    impl Finder for Nobody {
        fn find<'a>(&'a self, _: &'a str) -> Finding<'a> {
            Box::pin(std::future::ready(Vec::new()))
        }
    }

    fn relocation() -> Relocation {
        Relocation::new("001788fffe000001".to_owned(), Rediscovery::by(Nobody))
    }

    fn refused() -> Failure {
        Failure::Connect("the connection was refused".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_bridge_that_is_gone_is_given_time_to_come_back() {
        let mut relocation = relocation();
        assert!(!relocation.is_due(&refused()));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(!relocation.is_due(&refused()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(relocation.is_due(&refused()));
        relocation.back();
        assert!(!relocation.is_due(&refused()), "it came back in between");
    }

    #[tokio::test(start_paused = true)]
    async fn another_bridge_in_its_place_is_reason_enough() {
        assert!(relocation().is_due(&Failure::Identity(String::new())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bridge_that_answers_has_not_moved() {
        let mut relocation = relocation();
        for failure in [Failure::Down, Failure::Throttled(429), Failure::Unauthorized, Failure::Protocol(String::new())]
        {
            assert!(!relocation.is_due(&failure));
            tokio::time::advance(Duration::from_mins(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_list_of_signify_is_left_out_until_15_minutes_have_passed() {
        let network = Network::default();
        assert!(network.cloud_in_its_turn().is_some());
        tokio::time::advance(Duration::from_mins(14)).await;
        assert!(network.cloud_in_its_turn().is_none());
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(network.cloud_in_its_turn().is_some());
    }
}
