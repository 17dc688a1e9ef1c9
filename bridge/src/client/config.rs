//! Configures a client: which bridge, with which key, and how long to wait.

use std::time::Duration;

use crate::tls::Identity;

const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_READ_TIMEOUT: Duration = Duration::from_secs(10);
const DEFAULT_IDLE_TIMEOUT: Duration = Duration::from_mins(5);
const DEFAULT_KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// Says which bridge to connect to, with which key, and how long to wait.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The name or address, with a port if it is not 443: `192.168.1.2`, `127.0.0.1:8443`, `[fe80::1]:443`.
    pub host: String,
    /// The bridge id, which has 16 hexadecimal digits of any case.
    pub bridge_id: String,
    /// The key that pairing gave.
    pub application_key: ApplicationKey,
    /// The proof of identity to demand of the bridge.
    pub identity: Identity,
    /// Limits TCP connect and TLS handshake. Default: 5 s.
    pub connect_timeout: Duration,
    /// Limits the answer to a request; the event stream has no such limit. Default: 10 s.
    pub read_timeout: Duration,
    /// The time after which an idle connection is closed. Default: 300 s.
    pub idle_timeout: Duration,
    /// The interval of the HTTP/2 PINGs that check the event stream, on which the bridge may send nothing for minutes.
    /// The stream counts as dead if an answer takes longer than half of it. Default: 20 s.
    pub keep_alive_interval: Duration,
}

impl ClientConfig {
    /// Creates a configuration with the default timeouts.
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
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
            read_timeout: DEFAULT_READ_TIMEOUT,
            idle_timeout: DEFAULT_IDLE_TIMEOUT,
            keep_alive_interval: DEFAULT_KEEP_ALIVE_INTERVAL,
        }
    }
}

/// The key that pairing gives. Its holder can do everything with the bridge, and the local API cannot revoke it.
///
/// Neither `{}` nor `{:?}` prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApplicationKey(String);

impl ApplicationKey {
    /// Creates a key from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the key itself, for the file that stores it and the request that carries it.
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
    fn a_key_shows_nothing_of_itself() {
        let key = ApplicationKey::new("secret");
        let config = ClientConfig::new("host", "001788fffe000001", key.clone(), Identity::Signify);
        for text in [format!("{key}"), format!("{key:?}"), format!("{config:?}")] {
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
