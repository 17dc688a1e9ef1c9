//! The settings that say how a light is turned on if the caller does not.

use lamplighter_plugin::prelude::*;

/// Holds the settings of the plugins `lights` and `rooms`: the brightness and colour of a light that was off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TurnOnDefaults {
    /// Sets the brightness in percent, 1 to 100.
    pub default_brightness: Option<f64>,
    /// Sets the colour temperature in mirek, 153 to 500.
    pub default_color_temp: Option<u16>,
}

impl TurnOnDefaults {
    /// Loads the settings from the operator's configuration.
    pub fn load() -> Result<Self, ToolError> {
        let defaults: Self = settings::load()?;
        defaults.check().map_err(ToolError::failed)?;
        Ok(defaults)
    }

    /// Checks the settings at the start of the plugin, so that wrong ones refuse the load and not each call.
    pub fn check_settings() -> Result<(), String> {
        match Self::load() {
            Ok(_) => Ok(()),
            Err(ToolError::Failed(message)) => Err(message),
            Err(error) => Err(format!("The settings cannot be read: {error:?}")),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.default_brightness.is_some_and(|percent| !(1.0..=100.0).contains(&percent)) {
            return Err("The setting `default_brightness` is a percentage from 1 to 100.".to_owned());
        }
        if self.default_color_temp.is_some_and(|mirek| !(153..=500).contains(&mirek)) {
            return Err("The setting `default_color_temp` is in mirek, from 153 to 500.".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::FakeHost;
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_that_make_no_sense_refuse_the_load() {
        for settings in [json!({"default_brightness": 0}), json!({"default_color_temp": 20}), json!({"brightness": 5})]
        {
            let _host = FakeHost::new().settings(settings.clone()).install();
            assert!(TurnOnDefaults::check_settings().is_err(), "{settings}");
        }
    }

    #[test]
    fn no_settings_are_fine() {
        let _host = FakeHost::new().install();
        assert_eq!(TurnOnDefaults::load().expect("an empty table"), TurnOnDefaults::default());
    }
}
