//! A simulated home, and what the simulator itself says of it.

use anyhow::{Context, Result};
use hue_bridge_sim::{Limits, Simulator};
use serde_json::Value;

/// A simulated bridge on loopback, with the demo home.
#[derive(Debug)]
pub struct Home {
    /// The bridge itself, to ask and to disturb.
    pub bridge: Simulator,
}

impl Home {
    /// The application key of every simulated bridge: nothing else contains it, so it can be searched for.
    pub const KEY: &str = "Kq7vX2mNeverShownZ9tR4";

    /// Starts one.
    pub async fn start() -> Result<Self> {
        let bridge = Simulator::builder().application_key(Self::KEY).limits(Limits::Real).start().await?;
        Ok(Self { bridge })
    }

    /// The variables that lead a server here.
    pub fn variables(&self) -> Vec<(String, String)> {
        let digest = ring::digest::digest(&ring::digest::SHA256, self.bridge.certificate_der());
        let fingerprint = digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        [
            ("HOST", self.bridge.address().to_string()),
            ("ID", self.bridge.bridge_id().to_owned()),
            ("KEY", Self::KEY.to_owned()),
            ("CERTIFICATE", fingerprint),
        ]
        .map(|(name, value)| (format!("LAMPLIGHTER_BRIDGE_{name}"), value))
        .into()
    }

    /// A light as the bridge has it.
    pub fn light(&self, name: &str) -> Result<Value> {
        self.bridge.light(name).with_context(|| format!("the home has no light {name}"))
    }

    /// Names of all lights.
    pub fn lights(&self) -> Vec<String> {
        let lights = self.bridge.resources("light");
        lights.iter().filter_map(|light| light["metadata"]["name"].as_str().map(str::to_owned)).collect()
    }
}
