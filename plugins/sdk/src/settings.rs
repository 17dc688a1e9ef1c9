//! The plugin's own table in the host's configuration: `[plugins.<name>.settings]`.

use serde::de::DeserializeOwned;

use crate::backend::settings as host;
use crate::{Error, ToolError};

/// The table as a type of the plugin's own.
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
/// An error names the setting that is wrong, and not the caller: settings are the operator's.
pub fn load<T: DeserializeOwned>() -> Result<T, ToolError> {
    let text = host::get()?;
    let deserializer = &mut serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let key = if path == "." { String::new() } else { format!(", `{path}`") };
        ToolError::failed(format!("The settings of this plugin are wrong{key}: {}", error.into_inner()))
    })
}

/// The table as JSON text; `{}` where there is none.
pub fn raw() -> Result<String, Error> {
    host::get()
}
