//! The tool `hue_create_scene`, which stores the present state of a room as a scene.

use lamplighter_common::Reference;
use lamplighter_plugin::Kind;
use lamplighter_plugin::prelude::*;
use lamplighter_plugin::scenes::{self, NewScene, Source};

/// Names the new scene and the room that it belongs to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Name of the new scene.
    #[schemars(length(min = 1, max = 32))]
    name: String,
    /// The room or zone it belongs to: its name, id or number.
    room: Reference,
    /// Answers what would happen, and makes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The scene that was made.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Created {
    /// CLIP v2 id; it is null in a dry run.
    id: Option<String>,
    /// Name.
    name: String,
    /// Name of the room or zone it belongs to.
    room: String,
    /// Number of lights it sets.
    lights: usize,
}

pub(crate) fn tool() -> Tool {
    Tool::new(
        "hue_create_scene",
        "Stores how the Philips Hue lights of a room or zone are now as a new scene. To store something else, set the \
         lights first (hue_control_light, hue_control_room, hue_paint_room). Refuses a name that the room already has.",
        create,
    )
    .title("Store a scene")
    .not_destructive()
}

fn create(arguments: Arguments) -> Result<Report<Created>, ToolError> {
    let group = home::group(arguments.room.as_str())?;
    if group.kind == Kind::Home {
        return Err(ToolError::invalid("room", "A scene belongs to a room or a zone, not to the whole home."));
    }
    check_name(&arguments.name, &group.id, None)?;
    let lights = group.lights.len();
    let created = |id| Created { id, name: arguments.name.clone(), room: group.name.clone(), lights };
    if arguments.dry_run {
        let message = format!("Dry run, nothing was made. {} would store {lights} lights.", group.name);
        return Ok(Report::success(message, created(None)));
    }
    let scene = NewScene { name: arguments.name.clone(), group: group.id.clone(), lights: Source::Current };
    let id = scenes::create(&scene)?;
    let message = format!("Stored the {lights} lights of {} as the scene \"{}\".", group.name, arguments.name);
    Ok(Report::success(message, created(Some(id))))
}

/// Checks that a name is free within a group, since two scenes of one name could not be told apart. `except` is the scene
/// that is to get the name.
pub(crate) fn check_name(name: &str, group: &str, except: Option<&str>) -> Result<(), ToolError> {
    if name.trim().is_empty() || name.chars().count() > 32 {
        return Err(ToolError::invalid("name", "A scene's name has 1 to 32 characters."));
    }
    let same = |other: &str| other.to_lowercase() == name.to_lowercase();
    let taken = home::scenes()?
        .into_iter()
        .any(|scene| scene.group_id == group && same(&scene.name) && Some(scene.id.as_str()) != except);
    if taken {
        let reason = format!(
            "There already is a scene \"{name}\" here. Change it with hue_update_scene, or choose another name."
        );
        return Err(ToolError::invalid("name", reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured};
    use serde_json::json;

    use super::*;
    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new().light(FakeLight::white("Desk lamp").room("Office")).scene("Movie", "Office")
    }

    #[test]
    fn a_scene_is_made_of_the_lights_as_they_are() {
        let host = home().install();
        let output = call::<ThisPlugin>("hue_create_scene", &json!({"name": "Reading", "room": "office"})).expect("ok");
        assert_eq!(structured(&output)["data"]["id"], "scene-office-reading");
        assert_eq!(host.scenes().len(), 2);
    }

    #[test]
    fn a_name_that_the_room_has_is_refused() {
        let host = home().install();
        let error =
            call::<ThisPlugin>("hue_create_scene", &json!({"name": "movie", "room": "Office"})).expect_err("no");
        assert!(matches!(&error, ToolError::InvalidArguments(fields) if fields[0].field == "name"), "{error:?}");
        assert_eq!(host.scenes().len(), 1);
    }

    #[test]
    fn the_whole_home_has_no_scenes() {
        let _host = home().install();
        let error = call::<ThisPlugin>("hue_create_scene", &json!({"name": "Night", "room": "all"})).expect_err("no");
        assert!(matches!(&error, ToolError::InvalidArguments(fields) if fields[0].field == "room"), "{error:?}");
    }

    #[test]
    fn a_dry_run_makes_nothing_and_a_missing_grant_is_told() {
        let host = home().without_scenes().install();
        let arguments = json!({"name": "Reading", "room": "office", "dry_run": true});
        assert!(call::<ThisPlugin>("hue_create_scene", &arguments).is_ok());
        let error =
            call::<ThisPlugin>("hue_create_scene", &json!({"name": "Reading", "room": "office"})).expect_err("no");
        assert!(matches!(error, ToolError::Denied(_)), "{error:?}");
        assert_eq!(host.scenes().len(), 1);
    }
}
