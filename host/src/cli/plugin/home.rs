//! Where plugins are tried: a workshop on a simulated home, with a store of its own.

use std::time::Duration;

use anyhow::Context as _;
use hue_bridge::Bridge;
use hue_bridge_sim::Simulator;
use tempfile::TempDir;

use crate::{app, calls::Calls, config::Config, storage::Storage, workshop::Workshop};

/// The simulated bridge is loaded in less, unless the machine is very busy.
const READY: Duration = Duration::from_secs(10);

/// A workshop with a home.
pub(super) struct Home {
    pub(super) workshop: Workshop,
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
        let workshop = Workshop::open(config, Some(bridge.clone()), Some(storage))?;
        Ok(Self { workshop, simulator, bridge, _scratch: scratch })
    }

    /// Serves calls of what is served in the workshop.
    pub(super) fn calls(&self) -> Calls {
        Calls::new(self.workshop.reader.clone(), self.workshop.metrics.clone())
    }

    pub(super) async fn close(self) {
        self.bridge.shutdown().await;
        self.simulator.shutdown().await;
    }
}
