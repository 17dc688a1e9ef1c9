//! `status`: the host's health and metrics. A report names no caller and no address, and holds no secret.

use super::InstanceContext;
use crate::{
    config::Interface,
    contract::{status, types},
};

/// Reports the host's health and metrics. The layers above implement it, because a report covers the registry.
pub(crate) trait StatusSource: Send + Sync {
    /// Reports how the bridge, its budget and the plugins are.
    fn health(&self) -> status::HealthReport;

    /// Reports the figures that were counted of tools, the process and the bridge.
    fn metrics(&self) -> status::MetricsReport;
}

impl status::Host for InstanceContext {
    fn health(&mut self) -> Result<status::HealthReport, types::Error> {
        self.check_grant(Interface::Status)?;
        Ok(self.services.status.health())
    }

    fn metrics(&mut self) -> Result<status::MetricsReport, types::Error> {
        self.check_grant(Interface::Status)?;
        Ok(self.services.status.metrics())
    }
}
