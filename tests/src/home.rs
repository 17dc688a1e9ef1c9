//! A simulated home, which tests ask for the truth behind what the server answers.

use anyhow::{Context, Result};
use hue_bridge_sim::{Limits, Simulator};
use serde_json::Value;

/// A simulated bridge that serves the demo home on loopback.
#[derive(Debug)]
pub struct Home {
    /// The simulator, whose state a test reads and whose faults it sets.
    pub bridge: Simulator,
}

impl Home {
    /// The application key of every simulated bridge. No other text contains it, so tests can search for a leak.
    pub const APPLICATION_KEY: &str = "Kq7vX2mNeverShownZ9tR4";

    /// Starts a simulated bridge.
    pub async fn start() -> Result<Self> {
        let bridge = Simulator::builder().application_key(Self::APPLICATION_KEY).limits(Limits::Real).start().await?;
        Ok(Self { bridge })
    }

    /// Returns the environment variables that connect a server to this bridge.
    pub fn variables(&self) -> Vec<(String, String)> {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.bridge.certificate_der());
        let fingerprint = digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        [
            ("HOST", self.bridge.address().to_string()),
            ("ID", self.bridge.bridge_id().to_owned()),
            ("KEY", Self::APPLICATION_KEY.to_owned()),
            ("CERTIFICATE", fingerprint),
        ]
        .map(|(name, value)| (format!("LAMPLIGHTER_BRIDGE_{name}"), value))
        .into()
    }

    /// Returns a light's resource as the bridge holds it.
    pub fn light(&self, name: &str) -> Result<Value> {
        self.bridge.light(name).with_context(|| format!("the home has no light {name}"))
    }

    /// Returns the names of all lights.
    pub fn lights(&self) -> Vec<String> {
        let lights = self.bridge.resources("light");
        lights.iter().filter_map(|light| light["metadata"]["name"].as_str().map(str::to_owned)).collect()
    }
}
