//! Finds the present address of one bridge by its id.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::{CloudOptions, Options, find_bridge};

/// The interval at which Signify allows a client to ask its list.
const CLOUD_INTERVAL: Duration = Duration::from_mins(15);

/// The future that yields the hosts a [`Finder`] found.
pub type FoundHosts<'a> = Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>>;

/// Knows where to look for a bridge.
pub trait Finder: fmt::Debug + Send + Sync {
    /// Returns hosts at which the bridge with this id may be, the likeliest first, each with a port if it is not 443.
    /// The future has to end within a bounded time. Callers verify each host before they use it.
    fn find<'a>(&'a self, bridge_id: &'a str) -> FoundHosts<'a>;
}

/// Looks on this network and in Signify's list, which it asks at most once in 15 minutes.
#[derive(Debug, Default)]
pub struct NetworkFinder {
    options: Options,
    cloud_asked_at: Mutex<Option<Instant>>,
}

impl NetworkFinder {
    /// Creates a finder that looks as `options` say.
    pub fn new(options: Options) -> Self {
        Self { options, cloud_asked_at: Mutex::default() }
    }

    async fn find_host(&self, bridge_id: &str) -> Option<String> {
        let local = Options { cloud: None, ..self.options.clone() };
        if let Some(host) = find_bridge(&local, bridge_id).await {
            return Some(host);
        }
        let remote = Options { mdns: None, cloud: self.take_cloud_turn(), ..self.options.clone() };
        find_bridge(&remote, bridge_id).await
    }

    /// Returns the options for Signify's list, and notes the time, if the list may be asked again.
    fn take_cloud_turn(&self) -> Option<CloudOptions> {
        let mut asked_at = self.cloud_asked_at.lock();
        if asked_at.is_some_and(|asked_at| asked_at.elapsed() < CLOUD_INTERVAL) {
            return None;
        }
        *asked_at = Some(Instant::now());
        self.options.cloud.clone()
    }
}

impl Finder for NetworkFinder {
    fn find<'a>(&'a self, bridge_id: &'a str) -> FoundHosts<'a> {
        Box::pin(async move { self.find_host(bridge_id).await.into_iter().collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_list_of_signify_is_left_out_until_15_minutes_have_passed() {
        let finder = NetworkFinder::default();
        assert!(finder.take_cloud_turn().is_some());
        tokio::time::advance(Duration::from_mins(14)).await;
        assert!(finder.take_cloud_turn().is_none());
        tokio::time::advance(Duration::from_mins(1)).await;
        assert!(finder.take_cloud_turn().is_some());
    }
}
