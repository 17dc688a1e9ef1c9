//! The tool `hue_get_room`, which shows one room, zone or home.

use lamplighter_common::{DataAge, LightEntry, Reference, light_lines, lines_by_room, shared_states};
use lamplighter_plugin::Kind;
use lamplighter_plugin::home::{Group, Scene, SceneStatus};
use lamplighter_plugin::prelude::*;

use crate::list::RoomEntry;
use crate::schemas;

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
    Tool::with_schemas(
        "hue_get_room",
        "Looks at one room or zone of the Philips Hue home, or at the whole home (`all`): what each of its lights does \
         now, and which scenes it has.",
        schemas::HUE_GET_ROOM,
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
    let mut scenes = home::scenes()?;
    scenes.retain(|scene| belongs(scene, &group));
    let lights_text = if group.kind == Kind::Room {
        shared_states(&lights).map(|(_, text)| text).collect()
    } else {
        light_lines(&lights)
    };
    let lines: Vec<_> = age.warning().into_iter().chain(lights_text).chain(scene_lines(&scenes, group.kind)).collect();
    let scenes = scenes.into_iter().map(entry).collect();
    Ok(Report::success(room.text(), Details { room, lights, scenes, age }).lines(lines))
}

/// Returns whether a scene belongs to a group. The home has no scenes of its own and shows those of all rooms.
fn belongs(scene: &Scene, group: &Group) -> bool {
    group.kind == Kind::Home || scene.group_id == group.id
}

fn entry(scene: Scene) -> SceneEntry {
    SceneEntry { active: is_active(&scene), id: scene.id, name: scene.name }
}

fn is_active(scene: &Scene) -> bool {
    matches!(scene.status, SceneStatus::Active | SceneStatus::Dynamic)
}

/// Returns a line with the scenes of a room or zone, or a line for each room of the home.
fn scene_lines(scenes: &[Scene], kind: Kind) -> Vec<String> {
    let names = scenes.iter().map(|scene| {
        let text = format!("{}{}", scene.name, if is_active(scene) { " (on)" } else { "" });
        (scene.group.as_deref(), text)
    });
    let lines = match kind {
        Kind::Home => lines_by_room(names, ", "),
        _ if scenes.is_empty() => Vec::new(),
        _ => vec![names.map(|(_, text)| text).collect::<Vec<_>>().join(", ")],
    };
    lines.into_iter().map(|line| format!("Scenes: {line}")).collect()
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
    #[test]
    fn the_whole_of_a_large_home_is_a_line_per_room_for_lights_and_for_scenes() {
        let light = |at: usize| FakeLight::white(&format!("Light {at}")).room(&format!("Room {}", at.div_ceil(15)));
        let home = (1..=150).map(light).fold(FakeHost::new(), FakeHost::light);
        let scenes = (1..=10).flat_map(|room| (1..=20).map(move |scene| (room, scene)));
        let add = |home: FakeHost, (room, scene)| home.scene(&format!("Scene {scene}"), &format!("Room {room}"));
        let _host = scenes.fold(home, add).install();
        let output = call::<ThisPlugin>("hue_get_room", &json!({"room": "all"})).expect("it is there");
        let text = text(&output);
        assert_eq!(text.lines().count(), 21, "{text}");
        assert!(text.contains("\nRoom 2 — Light 16, Light 17, "), "{text}");
        assert!(text.contains("\nScenes: Room 2 — Scene 1, Scene 2, "), "{text}");
    }

    #[test]
    fn lights_of_a_room_that_do_the_same_share_a_line() {
        let light = |at: usize| FakeLight::white(&format!("Light {at}")).room("Hall");
        let _host = (1..=4)
            .map(|at| if at == 2 { light(at).on() } else { light(at) })
            .fold(FakeHost::new(), FakeHost::light)
            .install();
        let output = call::<ThisPlugin>("hue_get_room", &json!({"room": "Hall"})).expect("it is there");
        assert_eq!(
            text(&output),
            "Hall (room): 1 of 4 lights on, 100 %\nLight 1, Light 3, Light 4: off\nLight 2: on, 100 %"
        );
    }
}
