//! `settings`: the plugin's own table in the configuration.

use super::Reach;
use crate::{
    config::Interface,
    plugin::wit::{settings, types},
};

impl settings::Host for Reach {
    fn get(&mut self) -> Result<String, types::Error> {
        self.allow(Interface::Settings)?;
        serde_json::to_string(&self.config.settings).map_err(|error| types::Error::Other(error.to_string()))
    }
}
