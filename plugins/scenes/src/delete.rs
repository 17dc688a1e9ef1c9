//! The tool `hue_delete_scene`, which deletes a scene.

use lamplighter_plugin::prelude::*;
use lamplighter_plugin::scenes;

use crate::create::name_the_lookup;
use crate::list::SceneEntry;
use crate::reference::{SceneReference, display_name};
use crate::schemas;

/// Names the scene to delete.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[serde(flatten)]
    scene: SceneReference,
    /// Answers what would be deleted, and deletes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The scene that is gone.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Deleted {
    /// The scene as it was.
    scene: SceneEntry,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_delete_scene",
        "Deletes a stored Philips Hue scene for good. The lights stay as they are. Ask the person first.",
        schemas::HUE_DELETE_SCENE,
        delete,
    )
    .title("Delete a scene")
    .destructive()
}

fn delete(arguments: Arguments) -> Result<Report<Deleted>, ToolError> {
    let scene = arguments.scene.find()?;
    let deleted = Deleted { scene: SceneEntry::from_scene(&scene) };
    if arguments.dry_run {
        return Ok(Report::success(format!("Dry run: {} would be deleted.", display_name(&scene)), deleted));
    }
    scenes::delete(&scene.id).map_err(name_the_lookup)?;
    Ok(Report::success(format!("{} is deleted.", display_name(&scene)), deleted))
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, text};
    use serde_json::json;

    use super::*;
    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::white("Desk lamp").room("Office"))
            .light(FakeLight::white("Hall").room("Hallway"))
            .scene("Bright", "Office")
            .scene("Bright", "Hallway")
    }

    #[test]
    fn one_scene_of_two_namesakes_is_deleted() {
        let host = home().install();
        let arguments = json!({"scene": "Bright", "room": "Office"});
        let output = call::<ThisPlugin>("hue_delete_scene", &arguments).expect("it is deleted");
        assert_eq!(text(&output), "Bright (Office) is deleted.");
        assert_eq!(host.scenes()[0].group.as_deref(), Some("Hallway"));
    }

    #[test]
    fn an_ambiguous_name_and_a_dry_run_delete_nothing() {
        let host = home().install();
        let error = call::<ThisPlugin>("hue_delete_scene", &json!({"scene": "Bright"})).expect_err("which one?");
        assert!(matches!(error, ToolError::Ambiguous(_)), "{error:?}");
        let arguments = json!({"scene": "Bright", "room": "Office", "dry_run": true});
        assert!(call::<ThisPlugin>("hue_delete_scene", &arguments).is_ok());
        assert_eq!(host.scenes().len(), 2);
    }
}
