//! The tool `hue_get_light`, which shows one light.

use lamplighter_common::{DataAge, LightEntry};
use lamplighter_plugin::home::{Capabilities, Light, MirekRange};
use lamplighter_plugin::prelude::*;

use crate::reference::LightReference;
use crate::schemas;

/// Describes one light in full.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Details {
    /// What it is called and what it does.
    light: LightEntry,
    /// Names of the zones it is in.
    zones: Vec<String>,
    /// Name of the product.
    product: Option<String>,
    /// Model number.
    model: Option<String>,
    /// What it looks like, for example `sultan_bulb`.
    archetype: Option<String>,
    /// What it can do.
    can: Abilities,
    /// The age of this data.
    age: DataAge,
}

/// Describes the abilities of a light.
#[derive(Serialize, JsonSchema)]
struct Abilities {
    /// Whether it can be dimmed.
    dimming: bool,
    /// Whether it shows colours.
    color: bool,
    /// Coldest and warmest colour temperature in mirek; null if it has none.
    color_temp_range: Option<[u16; 2]>,
    /// Number of points of a gradient it can show; 0 for none.
    gradient_points: u8,
    /// Effects it knows.
    effects: Vec<String>,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_get_light",
        "Looks at one Philips Hue light: what it does now, what it can do (dimming, colour, range of colour \
         temperatures, effects), its product and its zones. Use it before asking for something that not every lamp \
         can do.",
        schemas::HUE_GET_LIGHT,
        get,
    )
    .title("Look at a light")
    .read_only()
}

fn get(reference: LightReference) -> Result<Report<Details>, ToolError> {
    let light = reference.find()?;
    let age = DataAge::now()?;
    let entry = LightEntry::from(light.clone());
    let message = match &light.room {
        Some(room) => format!("{} (in {room})", entry.text()),
        None => format!("{} (in no room)", entry.text()),
    };
    let lines: Vec<_> = age.warning().into_iter().chain([abilities_text(&light.can)]).collect();
    Ok(Report::success(message, Details::new(light, entry, age)).lines(lines))
}

impl Details {
    fn new(light: Light, entry: LightEntry, age: DataAge) -> Self {
        let can = Abilities {
            dimming: light.can.dimming,
            color: light.can.color,
            color_temp_range: light.can.color_temperature.map(|range| [range.minimum, range.maximum]),
            gradient_points: light.can.gradient_points,
            effects: light.can.effects,
        };
        let (product, model) = (light.product_name, light.model_id);
        Self { light: entry, zones: light.zones, product, model, archetype: light.archetype, can, age }
    }
}

fn abilities_text(can: &Capabilities) -> String {
    let range = |MirekRange { minimum, maximum }| format!("colour temperatures from {minimum} to {maximum} mirek");
    let parts = [
        can.dimming.then(|| "dimming".to_owned()),
        can.color.then(|| "colours".to_owned()),
        can.color_temperature.map(range),
        (can.gradient_points > 0).then(|| format!("gradients of {} points", can.gradient_points)),
        (!can.effects.is_empty()).then(|| format!("effects {}", can.effects.join(", "))),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "It can only be turned on and off.".to_owned()
    } else {
        format!("It can: {}.", parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::ToolError;
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured, text};
    use serde_json::json;

    use crate::ThisPlugin;

    #[test]
    fn a_light_is_found_by_name_and_by_number_and_tells_what_it_can() {
        let _host = FakeHost::new().light(FakeLight::color("Desk lamp").room("Office").number(3)).install();
        for reference in [json!("desk lamp"), json!(3), json!("light-desk-lamp")] {
            let output = call::<ThisPlugin>("hue_get_light", &json!({"light": reference})).expect("it is there");
            assert_eq!(structured(&output)["data"]["can"]["color_temp_range"], json!([153, 500]));
            assert!(text(&output).starts_with("Desk lamp: off (in Office)"), "{}", text(&output));
        }
    }

    #[test]
    fn a_near_miss_is_an_error_with_candidates() {
        let _host = FakeHost::new().light(FakeLight::white("Desk lamp").room("Office")).install();
        let error = call::<ThisPlugin>("hue_get_light", &json!({"light": "dusk lamp"})).expect_err("a near miss");
        let ToolError::NotFound(miss) = error else { panic!("{error:?}") };
        assert_eq!(miss.message, "No light is called \"dusk lamp\". Did you mean Desk lamp (Office)?");
        assert_eq!(miss.candidates[0].id, "light-desk-lamp");
    }
}
