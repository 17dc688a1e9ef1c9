//! The arguments that name one light.

use lamplighter_common::Reference;
use lamplighter_plugin::home::Light;
use lamplighter_plugin::prelude::*;

/// A light as the caller names it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LightReference {
    /// The light: its name, id or number.
    light: Reference,
    /// The room or zone it is in, if the name alone is not enough.
    room: Option<Reference>,
}

impl LightReference {
    /// Resolves the light.
    pub(crate) fn find(&self) -> Result<Light, ToolError> {
        home::light_within(self.light.as_str(), self.room.as_ref().map(Reference::as_str))
    }
}
