//! The tool `hue_update_scene`, which renames a scene or stores its lights again.

use lamplighter_plugin::prelude::*;
use lamplighter_plugin::scenes::{self, SceneChanges, Source};

use crate::create::{check_name, name_the_lookup};
use crate::list::SceneEntry;
use crate::reference::{SceneReference, display_name};
use crate::schemas;

/// Names the scene and its changes.
#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Arguments {
    #[serde(flatten)]
    scene: SceneReference,
    /// A new name.
    #[schemars(length(min = 1, max = 32))]
    name: Option<String>,
    /// True to store how the lights are now in place of what the scene had.
    #[serde(default)]
    lights_as_now: bool,
    /// Answers what would happen, and changes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The scene as it was.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Updated {
    /// The scene as it was before the change.
    before: SceneEntry,
    /// The name it has now.
    name: String,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_update_scene",
        "Renames a Philips Hue scene, or stores how its lights are now in place of what it had. What it had is lost.",
        schemas::HUE_UPDATE_SCENE,
        update,
    )
    .title("Change a scene")
    .destructive()
    .idempotent()
}

fn update(arguments: Arguments) -> Result<Report<Updated>, ToolError> {
    if arguments.name.is_none() && !arguments.lights_as_now {
        return Err(ToolError::invalid("name", "Give a new `name`, or `lights_as_now`: true, or both."));
    }
    let scene = arguments.scene.find()?;
    let check = |name: &String| check_name(name, &scene.group_id, Some(&scene.id));
    let new_name = arguments.name.as_ref().map(check).transpose()?;
    let what = describe(new_name.as_deref(), arguments.lights_as_now);
    let name = new_name.clone().unwrap_or_else(|| scene.name.clone());
    let updated = Updated { before: SceneEntry::from_scene(&scene), name };
    if arguments.dry_run {
        return Ok(Report::success(format!("Dry run, nothing was changed. {}: {what}", display_name(&scene)), updated));
    }
    let lights = arguments.lights_as_now.then_some(Source::Current);
    scenes::update(&scene.id, &SceneChanges { name: new_name, lights }).map_err(name_the_lookup)?;
    Ok(Report::success(format!("{}: {what}", display_name(&scene)), updated))
}

fn describe(new_name: Option<&str>, lights_as_now: bool) -> String {
    let name = new_name.map(|name| format!("named \"{name}\""));
    let lights = lights_as_now.then(|| "lights stored as they are now".to_owned());
    format!("{}.", name.into_iter().chain(lights).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, text};
    use serde_json::json;

    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::white("Desk lamp").room("Office"))
            .scene("Movie", "Office")
            .scene("Bright", "Office")
    }

    #[test]
    fn a_scene_gets_a_new_name() {
        let host = home().install();
        let arguments = json!({"scene": "Movie", "name": " Cinema ", "lights_as_now": true});
        let output = call::<ThisPlugin>("hue_update_scene", &arguments).expect("it is renamed");
        assert_eq!(text(&output), "Movie (Office): named \"Cinema\", lights stored as they are now.");
        assert_eq!(host.scenes()[0].name, "Cinema");
    }

    #[test]
    fn a_name_that_another_scene_has_is_refused() {
        let host = home().install();
        assert!(call::<ThisPlugin>("hue_update_scene", &json!({"scene": "Movie", "name": "bright"})).is_err());
        assert_eq!(host.scenes()[0].name, "Movie");
    }

    #[test]
    fn nothing_to_change_is_refused_and_a_dry_run_changes_nothing() {
        let host = home().install();
        assert!(call::<ThisPlugin>("hue_update_scene", &json!({"scene": "Movie"})).is_err());
        let arguments = json!({"scene": "Movie", "name": "Cinema", "dry_run": true});
        assert!(call::<ThisPlugin>("hue_update_scene", &arguments).is_ok());
        assert_eq!(host.scenes()[0].name, "Movie");
    }
}
