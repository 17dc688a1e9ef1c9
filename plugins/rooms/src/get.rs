//! The tool `hue_get_room`, which shows one room, zone or home.

use lamplighter_common::{DataAge, LightEntry, Reference};
use lamplighter_plugin::home::{Group, Scene, SceneStatus};
use lamplighter_plugin::prelude::*;

use crate::list::RoomEntry;

/// Names the room to show.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// The room or zone: its name, id or number; `all` for the whole home.
    room: Reference,
}

/// A room with its lights and scenes.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Details {
    /// The room as a whole.
    room: RoomEntry,
    /// Its lights.
    lights: Vec<LightEntry>,
    /// Its scenes.
    scenes: Vec<SceneEntry>,
    /// The age of this data.
    age: DataAge,
}

/// Describes a scene of the room.
#[derive(Serialize, JsonSchema)]
struct SceneEntry {
    /// CLIP v2 id.
    id: String,
    /// Name.
    name: String,
    /// Whether it is on: recalled, and its lights untouched since.
    active: bool,
}

pub(crate) fn tool() -> Tool {
    Tool::new(
        "hue_get_room",
        "Looks at one room or zone of the Philips Hue home, or at the whole home (`all`): what each of its lights does \
         now, and which scenes it has.",
        get,
    )
    .title("Look at a room")
    .read_only()
}

fn get(which: Which) -> Result<Report<Details>, ToolError> {
    let group = home::group(which.room.as_str())?;
    let all = home::lights()?;
    let (room, age) = (RoomEntry::summarize(&group, &all), DataAge::now()?);
    let lights: Vec<_> =
        all.into_iter().filter(|light| group.lights.contains(&light.id)).map(LightEntry::from).collect();
    let scenes: Vec<_> = home::scenes()?.into_iter().filter(|scene| belongs(scene, &group)).map(entry).collect();
    let lines: Vec<_> =
        age.warning().into_iter().chain(lights.iter().map(LightEntry::text)).chain(scenes_text(&scenes)).collect();
    Ok(Report::success(room.text(), Details { room, lights, scenes, age }).lines(lines))
}

/// Returns whether a scene belongs to a group. The home has no scenes of its own and shows those of all rooms.
fn belongs(scene: &Scene, group: &Group) -> bool {
    group.kind == lamplighter_plugin::Kind::Home || scene.group_id == group.id
}

fn entry(scene: Scene) -> SceneEntry {
    let active = matches!(scene.status, SceneStatus::Active | SceneStatus::Dynamic);
    SceneEntry { id: scene.id, name: scene.name, active }
}

fn scenes_text(scenes: &[SceneEntry]) -> Option<String> {
    let name = |scene: &SceneEntry| format!("{}{}", scene.name, if scene.active { " (on)" } else { "" });
    let names: Vec<_> = scenes.iter().map(name).collect();
    (!names.is_empty()).then(|| format!("Scenes: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, text};
    use serde_json::json;

    use crate::ThisPlugin;

    #[test]
    fn a_room_shows_its_own_lights_and_scenes() {
        let _host = FakeHost::new()
            .light(FakeLight::white("Desk lamp").room("Office").on().brightness(60.0))
            .light(FakeLight::white("Hall").room("Hallway"))
            .scene("Movie", "Office")
            .scene("Bright", "Hallway")
            .install();
        let output = call::<ThisPlugin>("hue_get_room", &json!({"room": "office"})).expect("it is there");
        assert_eq!(text(&output), "Office (room): 1 of 1 lights on, 60 %\nDesk lamp: on, 60 %\nScenes: Movie");
    }
}
