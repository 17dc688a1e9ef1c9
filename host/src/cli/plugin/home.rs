//! Where plugins are tried: an inspector on a simulated home, with a store of its own.

use std::time::Duration;

use anyhow::Context as _;
use hue_bridge::Bridge;
use hue_bridge_sim::Simulator;
use tempfile::TempDir;

use crate::{app, calls::Calls, config::Config, inspect::Inspector, storage::Storage};

/// The simulated bridge is loaded in less, unless the machine is very busy.
const READY: Duration = Duration::from_secs(10);

/// An inspector with a home.
pub(super) struct Home {
    pub(super) inspector: Inspector,
    pub(super) simulator: Simulator,
    bridge: Bridge,
    /// What plugins store: trying one must not touch what it stores for its user.
    _scratch: TempDir,
}

impl Home {
    pub(super) async fn open(config: Config) -> anyhow::Result<Self> {
        let (simulator, bridge) = app::simulated().await?;
        bridge.ready(READY).await?;
        let scratch = TempDir::with_prefix("lamplighter-").context("cannot make a temporary folder")?;
        let storage = Storage::open(&scratch.path().join("storage.sqlite"))?;
        let inspector = Inspector::open(config, Some(bridge.clone()), Some(storage))?;
        Ok(Self { inspector, simulator, bridge, _scratch: scratch })
    }

    /// Serves calls of what is served in the inspector.
    pub(super) fn calls(&self) -> Calls {
        Calls::new(self.inspector.reader.clone(), self.inspector.metrics.clone())
    }

    pub(super) async fn close(self) {
        self.bridge.shutdown().await;
        self.simulator.shutdown().await;
    }
}
