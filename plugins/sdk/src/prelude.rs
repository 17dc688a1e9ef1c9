//! Re-exports what nearly every plugin uses: `use lamplighter_plugin::prelude::*;`.

pub use schemars::JsonSchema;
pub use serde::{Deserialize, Serialize};

pub use crate::control::{Brightness, Change, Color, Command, Power};
pub use crate::{
    Changes, Error, Json, Messages, NoArguments, Prompt, Reply, Report, Resource, TextWithData, Tool, ToolError,
};
pub use crate::{call, control, export_plugin, home, log, settings, storage};
