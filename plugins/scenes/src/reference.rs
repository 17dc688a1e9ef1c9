//! The arguments that name a scene, and the scene's name in a result.

use lamplighter_common::Reference;
use lamplighter_plugin::home::Scene;
use lamplighter_plugin::prelude::*;

/// A scene as the caller names it.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct SceneReference {
    /// The scene: its name or id.
    scene: Reference,
    /// The room or zone it belongs to, since several rooms may have a scene of that name.
    room: Option<Reference>,
}

impl SceneReference {
    /// Resolves the scene. The room is resolved on its own, so that the error for an unknown room names the room.
    pub(crate) fn find(&self) -> Result<Scene, ToolError> {
        let room = self.room.as_ref().map(|room| home::group(room.as_str())).transpose()?;
        home::scene(self.scene.as_str(), room.as_ref().map(|room| room.id.as_str()))
    }
}

/// Returns the scene's name with its room: `Movie (Office)`.
pub(crate) fn display_name(scene: &Scene) -> String {
    match &scene.group {
        Some(group) => format!("{} ({group})", scene.name),
        None => scene.name.clone(),
    }
}
