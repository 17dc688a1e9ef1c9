//! What a light looks like, in the words of the old API.

use serde_json::{Map, Value, json};

use super::hs::HueSat;
use crate::color::{Xy, quantise};
use crate::group;
use crate::store::Store;

/// The steps between the darkest and the brightest, bri 1 and 254.
const STEPS: f64 = 253.0;

/// `state` of a light: only what it is able to do is there.
pub(super) fn of_light(store: &Store, light: &Value) -> Value {
    let mut state = appearance(light);
    state["mode"] = json!("homeautomation");
    state["reachable"] = json!(group::reachable(store, light));
    state
}

/// What a light shows, or what `action` of a scene makes it show.
pub(super) fn appearance(light: &Value) -> Value {
    let mut state = Map::from_iter([("on".to_owned(), json!(light["on"]["on"] == true))]);
    let mut put = |name: &str, value: Value| state.insert(name.to_owned(), value);
    put("alert", json!("none"));
    if let Some(brightness) = light["dimming"]["brightness"].as_f64() {
        put("bri", json!(bri(brightness)));
    }
    let colour = Xy::from_json(&light["color"]["xy"]);
    if let Some(colour) = colour {
        let HueSat { hue, sat } = HueSat::from_xy(colour);
        put("xy", json!([round(colour.x), round(colour.y)]));
        put("hue", json!(whole(hue)));
        put("sat", json!(whole(sat)));
        let looping = light["effects"]["status"] == "prism";
        put("effect", json!(if looping { "colorloop" } else { "none" }));
    }
    let temperature = &light["color_temperature"];
    if let Some(mirek) = temperature["mirek"].as_i64().or_else(|| nearest(temperature, colour)) {
        put("ct", json!(mirek));
    }
    if colour.is_some() || temperature.is_object() {
        let shows_colour = colour.is_some() && !temperature["mirek"].is_i64();
        put("colormode", json!(if shows_colour { "xy" } else { "ct" }));
    }
    Value::Object(state)
}

/// 1 to 254. The darkest that CLIP v2 tells is one step above nothing, and that is what a 1 becomes.
pub(super) fn bri(brightness: f64) -> i64 {
    if brightness <= quantise(0.0) { 1 } else { whole(brightness / 100.0 * STEPS) + 1 }
}

/// Percent.
pub(super) fn brightness(bri: i64) -> f64 {
    steps(bri.max(1) - 1)
}

/// A number of steps as percent.
pub(super) fn steps(count: i64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "at most 254")]
    let count = count as f64;
    (count / STEPS * 100.0).min(100.0)
}

/// The temperature next to a colour, by the formula of C. S. `McCamy` (1992): the old API always tells one.
fn nearest(temperature: &Value, colour: Option<Xy>) -> Option<i64> {
    let limit = |name: &str| temperature["mirek_schema"][name].as_i64();
    let (least, most) = (limit("mirek_minimum")?, limit("mirek_maximum")?);
    let colour = colour?;
    let n = (colour.x - 0.3320) / (0.1858 - colour.y);
    let kelvin = ((449.0 * n + 3525.0) * n + 6823.3) * n + 5520.33;
    Some(whole(1_000_000.0 / kelvin.clamp(1000.0, 100_000.0)).clamp(least, most.max(least)))
}

fn round(part: f64) -> f64 {
    (part * 10_000.0).round() / 10_000.0
}

#[allow(clippy::cast_possible_truncation, reason = "a small number, and rounded")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bri_survives_the_way_through_the_steps_of_clip_v2() {
        for value in (1..=254).filter(|value| *value != 2) {
            assert_eq!(bri(quantise(brightness(value))), value);
        }
        assert_eq!(bri(quantise(brightness(2))), 1, "the darkest step has one number");
    }

    #[test]
    fn brightness_maps_as_recorded() {
        assert_eq!([bri(100.0), bri(49.8), bri(20.16), bri(0.4)], [254, 127, 52, 1]);
    }

    #[test]
    fn a_light_tells_only_what_it_is_able_to_do() {
        let plug = appearance(&json!({"on": {"on": true}}));
        assert_eq!(plug, json!({"on": true, "alert": "none"}));
        let schema = json!({"mirek_minimum": 153, "mirek_maximum": 454});
        let white = json!({"on": {"on": false}, "color_temperature": {"mirek": 300, "mirek_schema": schema}});
        assert_eq!(appearance(&white), json!({"on": false, "alert": "none", "ct": 300, "colormode": "ct"}));
    }

    #[test]
    fn a_light_that_shows_a_colour_tells_the_nearest_temperature_too() {
        let schema = json!({"mirek_minimum": 153, "mirek_maximum": 500});
        let light = json!({"on": {"on": true}, "color": {"xy": {"x": 0.4578, "y": 0.4101}},
            "color_temperature": {"mirek": null, "mirek_schema": schema}});
        let state = appearance(&light);
        assert_eq!(state["colormode"], "xy");
        let ct = state["ct"].as_i64().expect("a temperature");
        assert!((360..375).contains(&ct), "{ct}");
    }
}
