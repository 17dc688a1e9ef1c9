//! Configures a [`Bridge`](crate::Bridge).

use std::time::Duration;

use crate::{
    client::{ApplicationKey, ClientConfig},
    relocate::Rediscovery,
    tls::Identity,
};

const DEFAULT_MAX_RECONNECT_DELAY: Duration = Duration::from_secs(30);
const DEFAULT_SILENCE_TIMEOUT: Duration = Duration::from_mins(5);

/// Says which bridge to connect to, and how to keep the connection.
#[derive(Clone, Debug)]
pub struct Config {
    /// Configures the HTTPS client.
    pub client: ClientConfig,
    /// The longest pause between attempts to reach a bridge that is gone. Default: 30 s.
    pub max_reconnect_delay: Duration,
    /// The time without any event after which all resources are reloaded, because some open streams stay silent.
    /// A minute without events is normal. Default: 300 s.
    pub silence_timeout: Duration,
    /// Enables the search at other addresses when the bridge does not answer at its host. Default: disabled.
    pub rediscovery: Option<Rediscovery>,
}

impl Config {
    /// Creates a configuration with the defaults.
    pub fn new(
        host: impl Into<String>,
        bridge_id: impl Into<String>,
        application_key: ApplicationKey,
        identity: Identity,
    ) -> Self {
        Self {
            client: ClientConfig::new(host, bridge_id, application_key, identity),
            max_reconnect_delay: DEFAULT_MAX_RECONNECT_DELAY,
            silence_timeout: DEFAULT_SILENCE_TIMEOUT,
            rediscovery: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_is_followed_elsewhere_only_for_who_asks_for_it() {
        let config = Config::new("host", "001788fffe000001", ApplicationKey::new("secret"), Identity::Signify);
        assert!(config.rediscovery.is_none());
        assert!(!format!("{config:?}").contains("secret"));
    }
}
