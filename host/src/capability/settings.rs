//! `settings` returns the plugin's own table of the configuration.

use super::InstanceContext;
use crate::{
    config::Interface,
    contract::{settings, types},
};

impl settings::Host for InstanceContext {
    fn get(&mut self) -> Result<String, types::Error> {
        self.check_grant(Interface::Settings)?;
        serde_json::to_string(&self.config.settings).map_err(|error| types::Error::Other(error.to_string()))
    }
}
