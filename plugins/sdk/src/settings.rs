//! Reads the plugin's own table in the host's configuration: `[plugins.<name>.settings]`.

use serde::de::DeserializeOwned;

use crate::backend::settings as host;
use crate::{Error, ToolError};

/// Parses the table into a type of the plugin.
///
/// ```
/// use lamplighter_plugin::prelude::*;
///
/// #[derive(Default, Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct Settings {
///     blinks: u8,
/// }
///
/// # lamplighter_plugin::testing::FakeHost::new().settings(serde_json::json!({"blinks": 3})).install();
/// fn blinks() -> Result<u8, ToolError> {
///     Ok(settings::load::<Settings>()?.blinks)
/// }
/// ```
/// The error names the wrong setting. It does not blame the caller's arguments, since settings are the operator's.
pub fn load<T: DeserializeOwned>() -> Result<T, ToolError> {
    let text = host::get()?;
    let deserializer = &mut serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let key = if path == "." { String::new() } else { format!(", `{path}`") };
        ToolError::failed(format!("The settings of this plugin are wrong{key}: {}", error.into_inner()))
    })
}

/// Returns the table as JSON text; `{}` if there is none.
pub fn raw() -> Result<String, Error> {
    host::get()
}
