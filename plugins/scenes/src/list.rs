//! The tool `hue_list_scenes`, which lists scenes.

use lamplighter_common::{DataAge, Reference, lines_by_room};
use lamplighter_plugin::home::{Scene, SceneStatus};
use lamplighter_plugin::prelude::*;
use lamplighter_plugin::{Kind, count_noun};

use crate::schemas;

/// Selects the scenes to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only scenes of this room or zone: its name, id or number.
    room: Option<Reference>,
}

/// Scenes.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Scenes {
    /// The scenes, sorted by room.
    scenes: Vec<SceneEntry>,
    /// The age of the list.
    age: DataAge,
}

/// Describes a scene in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct SceneEntry {
    /// CLIP v2 id.
    pub(crate) id: String,
    /// Name. The same name may stand for a scene in each room.
    pub(crate) name: String,
    /// Name of the room or zone it belongs to.
    pub(crate) room: Option<String>,
    /// `inactive`, `active` (recalled, its lights untouched since) or `dynamic` (with its palette in motion); any other
    /// word is the bridge's own, and is not known.
    pub(crate) status: String,
    /// Whether it is a smart scene, which follows the time of day.
    pub(crate) smart: bool,
    /// Number of lights it sets.
    pub(crate) lights: usize,
    /// When it was last recalled: RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last_recall: Option<String>,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_list_scenes",
        "Lists the Philips Hue scenes with the room or zone each belongs to and whether it is on. Use it to find out \
         which stored moods there are before activating one.",
        schemas::HUE_LIST_SCENES,
        list,
    )
    .title("List scenes")
    .read_only()
}

fn list(filter: Filter) -> Result<Report<Scenes>, ToolError> {
    // The whole home has no scenes of its own, so `all` filters nothing.
    let group = filter.room.map(|room| home::group(room.as_str())).transpose()?;
    let only = group.filter(|group| group.kind != Kind::Home).map(|group| group.id);
    let mut scenes = home::scenes()?;
    scenes.retain(|scene| only.as_ref().is_none_or(|id| *id == scene.group_id));
    let scenes: Vec<_> = scenes.iter().map(SceneEntry::from_scene).collect();
    let age = DataAge::now()?;
    let by_room = lines_by_room(scenes.iter().map(|scene| (scene.room.as_deref(), scene.text())), ", ");
    let lines: Vec<_> = age.warning().into_iter().chain(by_room).collect();
    Ok(Report::success(format!("{}.", count_noun(scenes.len(), "scene")), Scenes { scenes, age }).lines(lines))
}

impl SceneEntry {
    /// Converts a scene of the home.
    pub(crate) fn from_scene(scene: &Scene) -> Self {
        let status = match &scene.status {
            SceneStatus::Inactive => "inactive",
            SceneStatus::Active => "active",
            SceneStatus::Dynamic => "dynamic",
            SceneStatus::Other(status) => status,
        };
        Self {
            id: scene.id.clone(),
            name: scene.name.clone(),
            room: scene.group.clone(),
            status: status.to_owned(),
            smart: scene.smart,
            lights: scene.lights.len(),
            last_recall: scene.last_recall.clone(),
        }
    }

    fn text(&self) -> String {
        let status = match self.status.as_str() {
            "inactive" => "",
            "active" | "dynamic" => " (on)",
            _ => " (status unknown)",
        };
        let smart = if self.smart { " (smart)" } else { "" };
        format!("{}{smart}{status}", self.name)
    }
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
            .scene("Movie", "Office")
            .scene("Bright", "Office")
            .scene("Bright", "Hallway")
    }

    #[test]
    fn scenes_are_listed_by_room() {
        let _host = home().install();
        let output = call::<ThisPlugin>("hue_list_scenes", &json!({})).expect("it lists");
        assert_eq!(text(&output), "3 scenes.\nHallway — Bright\nOffice — Bright, Movie");
        let all = call::<ThisPlugin>("hue_list_scenes", &json!({"room": "all"})).expect("it lists");
        assert_eq!(text(&all), text(&output));
    }

    #[test]
    fn two_hundred_scenes_are_a_line_per_room_in_the_order_in_which_people_count() {
        let lights = (1..=20).map(|room| FakeLight::white("Lamp").room(&format!("Room {room}")));
        let home = lights.fold(FakeHost::new(), FakeHost::light);
        let scenes = (1..=20).flat_map(|room| (1..=10).rev().map(move |scene| (room, scene)));
        let home =
            scenes.fold(home, |home, (room, scene)| home.scene(&format!("Scene {scene}"), &format!("Room {room}")));
        let _host = home.install();
        let output = call::<ThisPlugin>("hue_list_scenes", &json!({})).expect("it lists");
        let text = text(&output);
        let names: Vec<_> = (1..=10).map(|scene| format!("Scene {scene}")).collect();
        let rooms = (1..=20).map(|room| format!("Room {room} — {}", names.join(", ")));
        let lines: Vec<_> = ["200 scenes.".to_owned()].into_iter().chain(rooms).collect();
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn only_a_scene_that_is_known_to_be_on_is_called_on() {
        let _host = home().install();
        let scene = |status: SceneStatus| {
            let scene = home::scenes().expect("the fake host has scenes").remove(0);
            SceneEntry::from_scene(&Scene { status, ..scene }).text()
        };
        assert_eq!(scene(SceneStatus::Inactive), "Bright");
        assert_eq!(scene(SceneStatus::Active), "Bright (on)");
        assert_eq!(scene(SceneStatus::Dynamic), "Bright (on)");
        assert_eq!(scene(SceneStatus::Other("new".to_owned())), "Bright (status unknown)");
    }

    #[test]
    fn a_room_narrows_the_list() {
        let _host = home().install();
        let output = call::<ThisPlugin>("hue_list_scenes", &json!({"room": "hallway"})).expect("it lists");
        assert_eq!(text(&output), "1 scene.\nHallway — Bright");
    }
}
