//! The tool `hue_list_lights`, which lists lights.

use lamplighter_common::{DataAge, LightEntry, Reference, light_lines};
use lamplighter_plugin::count_noun;
use lamplighter_plugin::home::Light;
use lamplighter_plugin::prelude::*;

use crate::schemas;

/// Selects the lights to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only lights of this room or zone: its name, id or number.
    room: Option<Reference>,
    /// Only lights that are on (true) or off (false).
    on: Option<bool>,
    /// Only lights that the bridge can reach (true) or cannot (false).
    reachable: Option<bool>,
    /// Only lights whose name contains this, case aside.
    #[schemars(length(min = 1, max = 128))]
    query: Option<String>,
}

/// Lists lights with their states.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Lights {
    /// The lights, sorted by room and name.
    lights: Vec<LightEntry>,
    /// The age of the list.
    age: DataAge,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_list_lights",
        "Lists the Philips Hue lights with their rooms, whether they are on and reachable, their brightness and \
         colour. Use it to find out what lights there are and what they do now. Answers from memory, so it is cheap. \
         Names from this list are what the other light tools take.",
        schemas::HUE_LIST_LIGHTS,
        list,
    )
    .title("List lights")
    .read_only()
}

fn list(filter: Filter) -> Result<Report<Lights>, ToolError> {
    let members = filter.room.as_ref().map(|room| home::group(room.as_str())).transpose()?.map(|group| group.lights);
    let wanted = |light: &Light| members.as_ref().is_none_or(|ids| ids.contains(&light.id)) && filter.takes(light);
    let lights: Vec<_> = home::lights()?.into_iter().filter(wanted).map(LightEntry::from).collect();
    let age = DataAge::now()?;
    let lines: Vec<_> = age.warning().into_iter().chain(light_lines(&lights)).collect();
    Ok(Report::success(summary(&lights), Lights { lights, age }).lines(lines))
}

impl Filter {
    fn takes(&self, light: &Light) -> bool {
        let named = |query: &String| light.name.to_lowercase().contains(&query.to_lowercase());
        self.on.is_none_or(|on| on == light.state.on)
            && self.reachable.is_none_or(|reachable| reachable != light.reachability.is_unreachable())
            && self.query.as_ref().is_none_or(named)
    }
}

fn summary(lights: &[LightEntry]) -> String {
    let on = lights.iter().filter(|light| light.state.on && light.reachable).count();
    let lost = lights.iter().filter(|light| !light.reachable).count();
    match (lights.len(), lost) {
        (0, _) => "No lights match.".to_owned(),
        (all, 0) => format!("{}, {on} on.", count_noun(all, "light")),
        (all, lost) => format!("{}, {on} on, {lost} unreachable.", count_noun(all, "light")),
    }
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured, text};
    use serde_json::{Value, json};

    use crate::ThisPlugin;

    fn home() -> FakeHost {
        FakeHost::new()
            .light(FakeLight::color("Desk lamp").room("Office").on().brightness(50.0))
            .light(FakeLight::white("Shelf").room("Office"))
            .light(FakeLight::white("Hall").room("Hallway").on().unreachable())
    }

    fn names(arguments: &Value) -> Vec<String> {
        let output = call::<ThisPlugin>("hue_list_lights", arguments).expect("it lists");
        let lights = structured(&output)["data"]["lights"].clone();
        lights.as_array().expect("a list").iter().map(|light| light["name"].as_str().unwrap_or("").to_owned()).collect()
    }

    #[test]
    fn every_filter_narrows_the_list() {
        let _host = home().install();
        assert_eq!(names(&json!({})).len(), 3);
        assert_eq!(names(&json!({"room": "office"})), ["Desk lamp", "Shelf"]);
        assert_eq!(names(&json!({"on": true, "reachable": true})), ["Desk lamp"]);
        assert_eq!(names(&json!({"reachable": false})), ["Hall"]);
        assert_eq!(names(&json!({"query": "LAMP"})), ["Desk lamp"]);
    }

    #[test]
    fn the_text_tells_what_is_on_and_what_is_lost() {
        let _host = home().install();
        let output = call::<ThisPlugin>("hue_list_lights", &json!({})).expect("it lists");
        assert_eq!(
            text(&output),
            "3 lights, 1 on, 1 unreachable.\n\
             Office — Desk lamp: on, 50 %, 2730 K; Shelf: off\n\
             Hallway — Hall: unreachable (no power?)"
        );
    }

    #[test]
    fn a_large_home_is_a_line_per_room_and_lights_that_do_the_same_share_it() {
        let light = |at: usize| {
            let light = FakeLight::white(&format!("Light {at}")).room(&format!("Room {}", at.div_ceil(15)));
            if at.is_multiple_of(5) { light.on().brightness(50.0) } else { light }
        };
        let _host = (1..=150).map(light).fold(FakeHost::new(), FakeHost::light).install();
        let output = call::<ThisPlugin>("hue_list_lights", &json!({})).expect("it lists");
        let text = text(&output);
        assert_eq!(text.lines().count(), 11);
        assert_eq!(
            text.lines().take(2).collect::<Vec<_>>(),
            [
                "150 lights, 30 on.",
                "Room 1 — Light 1, Light 2, Light 3, Light 4, Light 6, Light 7, Light 8, Light 9, Light 11, Light 12, \
                 Light 13, Light 14: off; Light 5, Light 10, Light 15: on, 50 %",
            ]
        );
    }

    #[test]
    fn a_list_from_a_lost_bridge_says_how_old_it_is() {
        let _host = home().freshness(90_000, true).install();
        let output = call::<ThisPlugin>("hue_list_lights", &json!({})).expect("it lists");
        assert!(text(&output).contains("not connected: this is how things were 90 s ago"), "{}", text(&output));
        assert_eq!(structured(&output)["data"]["age"]["stale"], true);
    }
}
