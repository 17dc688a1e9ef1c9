//! A simulated home, with a store of its own, to try plugins on.

use std::time::Duration;

use hue_bridge::Bridge;
use hue_bridge_sim::Simulator;

use crate::{app, cli::scratch::Scratch, storage::Storage};

/// The time limit for loading the simulated bridge, which takes less unless the machine is very busy.
const READY_TIMEOUT: Duration = Duration::from_secs(10);

/// A simulated bridge that is connected and loaded.
pub(super) struct Home {
    pub(super) simulator: Simulator,
    pub(super) bridge: Bridge,
    /// Holds what plugins store: a trial must not touch what they store for the user.
    pub(super) scratch: Scratch,
}

impl Home {
    /// Starts the simulated bridge and waits until it is loaded.
    pub(super) async fn open() -> anyhow::Result<Self> {
        let (simulator, bridge) = app::simulated().await?;
        bridge.ready(READY_TIMEOUT).await?;
        Ok(Self { simulator, bridge, scratch: Scratch::new()? })
    }

    /// Opens a store that goes with the home.
    pub(super) fn storage(&self) -> anyhow::Result<Storage> {
        Ok(Storage::open(&self.scratch.file("storage.sqlite"))?)
    }

    /// Disconnects and stops the bridge.
    pub(super) async fn close(self) {
        self.bridge.shutdown().await;
        self.simulator.shutdown().await;
    }
}
