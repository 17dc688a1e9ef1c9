//! Follows a bridge to a new address: routers hand out new addresses, and people plug bridges in elsewhere.
//!
//! When a bridge does not answer for a while, or another bridge answers at its address, a [`Finder`] looks for it by its
//! id. A host that the finder names has to prove its identity before anything else, and so before any key, is sent.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{attempt_error::AttemptError, discover::Finder, paced_client::PacedClient};

const DEFAULT_MIN_DOWNTIME: Duration = Duration::from_secs(10);
const DEFAULT_MIN_INTERVAL: Duration = Duration::from_mins(1);

/// Says whether and when a bridge that does not answer is looked for at other addresses.
#[derive(Clone, Debug)]
pub struct Rediscovery {
    /// Knows where to look.
    pub finder: Arc<dyn Finder>,
    /// The time for which the bridge has to be gone before a search. Default: 10 s.
    pub min_downtime: Duration,
    /// The shortest time that passes between two searches. Default: 1 min.
    pub min_interval: Duration,
}

impl Rediscovery {
    /// Searches with `finder`, at the default times.
    pub fn with_finder(finder: impl Finder + 'static) -> Self {
        Self { finder: Arc::new(finder), min_downtime: DEFAULT_MIN_DOWNTIME, min_interval: DEFAULT_MIN_INTERVAL }
    }
}

/// Searches for one bridge, for as long as the client is connected to it.
pub(crate) struct Relocation {
    bridge_id: String,
    rediscovery: Rediscovery,
    gone_since: Option<Instant>,
    searched_at: Option<Instant>,
}

impl Relocation {
    pub(crate) fn new(bridge_id: String, rediscovery: Rediscovery) -> Self {
        Self { bridge_id, rediscovery, gone_since: None, searched_at: None }
    }

    /// Forgets when the bridge was lost, because it answers again.
    pub(crate) fn on_connected(&mut self) {
        self.gone_since = None;
        self.searched_at = None;
    }

    /// Notes that the bridge does not answer, for this reason. Returns whether it is time to search.
    pub(crate) fn should_search(&mut self, reason: &AttemptError) -> bool {
        let (now, min_downtime) = (Instant::now(), self.rediscovery.min_downtime);
        let downtime = now.duration_since(*self.gone_since.get_or_insert(now));
        let may_have_moved = match reason {
            // Another bridge is at its address: waiting does not help.
            AttemptError::Identity(_) => true,
            AttemptError::Connect(_) | AttemptError::Timeout | AttemptError::ConnectionLost(_) => {
                downtime >= min_downtime
            }
            _ => false,
        };
        let min_interval = self.rediscovery.min_interval;
        may_have_moved && self.searched_at.is_none_or(|at| now.duration_since(at) >= min_interval)
    }

    /// Searches for the bridge and points the client at the first host that proves to be it.
    pub(crate) async fn search(&mut self, client: &PacedClient) {
        tracing::info!("looking for the bridge at other addresses");
        self.searched_at = Some(Instant::now());
        let hosts = self.rediscovery.finder.find(&self.bridge_id).await;
        let present = client.host().borrow().clone();
        for host in hosts.iter().filter(|host| **host != present) {
            match client.verify_identity(host).await {
                Ok(()) => {
                    tracing::info!(address = host, "bridge has moved");
                    return client.set_host(host);
                }
                Err(error) => tracing::warn!(address = host, ?error, "found host is not this bridge"),
            }
        }
        tracing::info!(
            "bridge not found at another address; if its home was moved to another bridge, run `lamplighter bridge move`"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::FoundHosts;

    #[derive(Debug)]
    struct NoFinder;

    impl Finder for NoFinder {
        fn find<'a>(&'a self, _: &'a str) -> FoundHosts<'a> {
            Box::pin(std::future::ready(Vec::new()))
        }
    }

    fn relocation() -> Relocation {
        Relocation::new("001788fffe000001".to_owned(), Rediscovery::with_finder(NoFinder))
    }

    fn refused() -> AttemptError {
        AttemptError::Connect("the connection was refused".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn a_bridge_that_is_gone_is_given_time_to_come_back() {
        let mut relocation = relocation();
        assert!(!relocation.should_search(&refused()));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert!(!relocation.should_search(&refused()));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(relocation.should_search(&refused()));
        relocation.on_connected();
        assert!(!relocation.should_search(&refused()), "it came back in between");
    }

    #[tokio::test(start_paused = true)]
    async fn another_bridge_in_its_place_is_reason_enough() {
        assert!(relocation().should_search(&AttemptError::Identity(String::new())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_bridge_that_answers_has_not_moved() {
        let mut relocation = relocation();
        for error in [
            AttemptError::BadGateway,
            AttemptError::Throttled(429),
            AttemptError::Unauthorized,
            AttemptError::Protocol(String::new()),
        ] {
            assert!(!relocation.should_search(&error));
            tokio::time::advance(Duration::from_mins(1)).await;
        }
    }
}
