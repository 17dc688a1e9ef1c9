//! The tool `hue_create_scene`, which stores the present state of a room as a scene.

use lamplighter_common::Reference;
use lamplighter_plugin::prelude::*;
use lamplighter_plugin::scenes::{self, NewScene, Source};
use lamplighter_plugin::{Error, Kind, count_noun};

use crate::schemas;

/// The most characters that the bridge takes for a scene's name.
const MAX_NAME_LENGTH: usize = 32;

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
    Tool::with_schemas(
        "hue_create_scene",
        "Stores how the Philips Hue lights of a room or zone are now as a new scene. To store something else, set the \
         lights first (hue_control_light, hue_control_room, hue_paint_room). Refuses a name that the room already has.",
        schemas::HUE_CREATE_SCENE,
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
    let name = check_name(&arguments.name, &group.id, None)?;
    let lights = group.lights.len();
    let counted = count_noun(lights, "light");
    let created = |id| Created { id, name: name.clone(), room: group.name.clone(), lights };
    if arguments.dry_run {
        let message = format!("Dry run, nothing was made. {} would store {counted}.", group.name);
        return Ok(Report::success(message, created(None)));
    }
    let scene = NewScene { name: name.clone(), group: group.id.clone(), lights: Source::Current };
    let id = scenes::create(&scene).map_err(name_the_lookup)?;
    let message = format!("Stored the state of {counted} of {} as the scene \"{name}\".", group.name);
    Ok(Report::success(message, created(Some(id))))
}

/// Adds to an unknown result how to find out what became of the edit.
pub(crate) fn name_the_lookup(error: Error) -> ToolError {
    match error {
        Error::Timeout(text) => ToolError::Timeout(format!("{text}. Look with hue_list_scenes before trying again.")),
        error => error.into(),
    }
}

/// Returns the name as the bridge would store it: without spaces at its ends. Checks that it is free within a group, since
/// two scenes of one name could not be told apart. `except` is the scene that is to get the name.
pub(crate) fn check_name(name: &str, group: &str, except: Option<&str>) -> Result<String, ToolError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_LENGTH {
        return Err(ToolError::invalid("name", "A scene's name has 1 to 32 characters."));
    }
    if name.chars().any(char::is_control) {
        return Err(ToolError::invalid("name", "A scene's name is one line, without control characters."));
    }
    let same = |other: &str| other.trim().to_lowercase() == name.to_lowercase();
    let taken = home::scenes()?
        .into_iter()
        .any(|scene| scene.group_id == group && same(&scene.name) && Some(scene.id.as_str()) != except);
    if taken {
        let reason = format!(
            "There already is a scene \"{name}\" here. Change it with hue_update_scene, or choose another name."
        );
        return Err(ToolError::invalid("name", reason));
    }
    Ok(name.to_owned())
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
    fn a_name_is_checked_in_a_dry_run_as_the_bridge_stores_it() {
        let host = home().install();
        for (name, is_taken) in [
            (" movie ", true),
            ("a\nb", true),
            ("\u{7}", true),
            (" ", true),
            (&"x".repeat(33), true),
            (" Relax ", false),
        ] {
            for dry_run in [true, false] {
                let arguments = json!({"name": name, "room": "Office", "dry_run": dry_run});
                match call::<ThisPlugin>("hue_create_scene", &arguments) {
                    Err(ToolError::InvalidArguments(fields)) if is_taken => assert_eq!(fields[0].field, "name"),
                    Ok(output) if !is_taken => assert_eq!(structured(&output)["data"]["name"], "Relax"),
                    other => panic!("{name:?}: {other:?}"),
                }
            }
        }
        assert_eq!(host.scenes().iter().filter(|scene| scene.name == "Relax").count(), 1);
    }

    #[test]
    fn an_edit_in_doubt_says_where_to_look() {
        let ToolError::Timeout(text) = name_the_lookup(Error::Timeout("it may have happened".to_owned())) else {
            panic!("it stays a timeout")
        };
        assert_eq!(text, "it may have happened. Look with hue_list_scenes before trying again.");
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
