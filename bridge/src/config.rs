//! Which bridge, and how patiently.

use std::time::Duration;

use crate::{relocate::Rediscovery, tls::Identity};

/// Which bridge to connect to, and how patiently.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name or address, with a port if it is not 443: `192.168.1.2`, `127.0.0.1:8443`, `[fe80::1]:443`.
    pub host: String,
    /// 16 hexadecimal digits, of any case.
    pub bridge_id: String,
    /// From pairing.
    pub application_key: ApplicationKey,
    /// How the bridge proves that it is itself.
    pub identity: Identity,
    /// For TCP and TLS. Default: 5 s.
    pub connect_timeout: Duration,
    /// For the answer to a request; the event stream waits without end. Default: 10 s.
    pub read_timeout: Duration,
    /// After which an idle connection is closed. Default: 300 s.
    pub idle_timeout: Duration,
    /// How often an HTTP/2 PING asks whether the event stream is alive; the bridge itself sends nothing for minutes.
    /// It is taken for dead when the answer takes half as long. Default: 20 s.
    pub keep_alive: Duration,
    /// The longest pause between attempts to reach a bridge that is gone. Default: 30 s.
    pub reconnect_pause: Duration,
    /// How long the event stream may say nothing before the bridge is asked for everything: streams were seen that stay
    /// open and tell nothing. A minute of silence is nothing unusual. Default: 300 s.
    pub silence: Duration,
    /// Whether the bridge is looked for at other addresses when it does not answer at `host`. Default: not.
    pub rediscovery: Option<Rediscovery>,
}

impl Config {
    /// With the defaults.
    pub fn new(
        host: impl Into<String>,
        bridge_id: impl Into<String>,
        application_key: ApplicationKey,
        identity: Identity,
    ) -> Self {
        Self {
            host: host.into(),
            bridge_id: bridge_id.into(),
            application_key,
            identity,
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_mins(5),
            keep_alive: Duration::from_secs(20),
            reconnect_pause: Duration::from_secs(30),
            silence: Duration::from_mins(5),
            rediscovery: None,
        }
    }
}

/// What pairing gives: whoever has it can do everything with the bridge, and it cannot be revoked over the local API.
///
/// Shows nothing of itself, neither with `{}` nor with `{:?}`.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationKey(String);

impl ApplicationKey {
    /// Takes a text as a key.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key itself: for the file that keeps it, and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApplicationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApplicationKey(..)")
    }
}

impl std::fmt::Display for ApplicationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("..")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_is_followed_elsewhere_only_for_who_asks_for_it() {
        let config = Config::new("host", "001788fffe000001", ApplicationKey::new("secret"), Identity::Signify);
        assert!(config.rediscovery.is_none());
    }

    #[test]
    fn a_key_shows_nothing_of_itself() {
        let key = ApplicationKey::new("secret");
        let config = Config::new("host", "001788fffe000001", key.clone(), Identity::Signify);
        for text in [format!("{key}"), format!("{key:?}"), format!("{config:?}")] {
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
