//! The tool `hue_list_rooms`, which lists rooms, zones and the home.

use lamplighter_common::DataAge;
use lamplighter_plugin::count_noun;
use lamplighter_plugin::home::{Group, Light};
use lamplighter_plugin::prelude::*;

use crate::schemas;

/// Lists rooms, zones and the home.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Rooms {
    /// Rooms first, then zones, then the whole home, whose name is `all`.
    rooms: Vec<RoomEntry>,
    /// The age of the list.
    age: DataAge,
}

/// Describes a room, a zone or the home.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct RoomEntry {
    /// CLIP v2 id.
    id: String,
    /// v1 number.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    /// Name.
    name: String,
    /// Is `room`, `zone` or `home`.
    kind: &'static str,
    /// Whether any of its lights is on.
    on: bool,
    /// Mean brightness in percent of its lights that are on.
    #[serde(skip_serializing_if = "Option::is_none")]
    brightness_pct: Option<f64>,
    /// Number of lights that it has.
    lights: usize,
    /// Number of its lights that are on.
    lights_on: usize,
    /// Number of its lights that the bridge cannot reach.
    lights_unreachable: usize,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_list_rooms",
        "Lists the rooms and zones of the Philips Hue home, and the whole home as `all`, with whether anything is on, \
         the mean brightness and how many lights there are. Use it to find out which rooms there are. Names from this \
         list are what the other room tools take.",
        schemas::HUE_LIST_ROOMS,
        list,
    )
    .title("List rooms")
    .read_only()
}

fn list(_: NoArguments) -> Result<Report<Rooms>, ToolError> {
    let lights = home::lights()?;
    let mut groups = home::groups()?;
    groups.sort_by_key(|group| group.kind);
    let rooms: Vec<_> = groups.iter().map(|group| RoomEntry::summarize(group, &lights)).collect();
    let age = DataAge::now()?;
    let lines: Vec<_> = age.warning().into_iter().chain(rooms.iter().map(RoomEntry::text)).collect();
    let message = format!("{}, {}.", count_kind(&rooms, "room"), count_kind(&rooms, "zone"));
    Ok(Report::success(message, Rooms { rooms, age }).lines(lines))
}

impl RoomEntry {
    /// Summarizes a group from its lights. A light that the bridge cannot reach is not on.
    pub(crate) fn summarize(group: &Group, lights: &[Light]) -> Self {
        let members: Vec<_> = lights.iter().filter(|light| group.lights.contains(&light.id)).collect();
        let reached = members.iter().filter(|light| !light.reachability.is_unreachable());
        let lit: Vec<_> = reached.filter(|light| light.state.on).collect();
        let levels: Vec<_> = lit.iter().filter_map(|light| light.state.brightness).collect();
        Self {
            id: group.id.clone(),
            number: group.number,
            name: group.name.clone(),
            kind: group.kind.name(),
            on: !lit.is_empty(),
            brightness_pct: mean(&levels).map(|percent| (percent * 10.0).round() / 10.0),
            lights: members.len(),
            lights_on: lit.len(),
            lights_unreachable: members.iter().filter(|light| light.reachability.is_unreachable()).count(),
        }
    }

    /// Describes the group in one line: `Office (room): 2 of 5 lights on, 60 %`.
    pub(crate) fn text(&self) -> String {
        let brightness = self.brightness_pct.map(|percent| format!(", {} %", percent.round()));
        let lost = (self.lights_unreachable > 0).then(|| format!(", {} unreachable", self.lights_unreachable));
        format!(
            "{} ({}): {} of {} lights on{}{}",
            self.name,
            self.kind,
            self.lights_on,
            self.lights,
            brightness.unwrap_or_default(),
            lost.unwrap_or_default()
        )
    }
}

fn mean(levels: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a home has few lights")]
    let count = levels.len() as f64;
    (!levels.is_empty()).then(|| levels.iter().sum::<f64>() / count)
}

fn count_kind(rooms: &[RoomEntry], kind: &str) -> String {
    count_noun(rooms.iter().filter(|room| room.kind == kind).count(), kind)
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured, text};
    use serde_json::json;

    use crate::ThisPlugin;

    #[test]
    fn rooms_zones_and_the_home_are_listed_with_their_counts() {
        let _host = FakeHost::new()
            .light(FakeLight::white("Desk lamp").room("Office").on().brightness(60.0))
            .light(FakeLight::white("Shelf").room("Office"))
            .light(FakeLight::white("Hall").room("Hallway").on().unreachable())
            .zone("Upstairs", &["Desk lamp"])
            .empty_room("Attic")
            .install();
        let output = call::<ThisPlugin>("hue_list_rooms", &json!({})).expect("it lists");
        assert_eq!(
            text(&output),
            "3 rooms, 1 zone.\n\
             Office (room): 1 of 2 lights on, 60 %\n\
             Hallway (room): 0 of 1 lights on, 1 unreachable\n\
             Attic (room): 0 of 0 lights on\n\
             Upstairs (zone): 1 of 1 lights on, 60 %\n\
             all (home): 1 of 3 lights on, 60 %, 1 unreachable"
        );
        let rooms = structured(&output)["data"]["rooms"].clone();
        for room in rooms.as_array().expect("a list") {
            assert_eq!(room["on"] == true, room["lights_on"] != 0, "{room}");
        }
    }
}
