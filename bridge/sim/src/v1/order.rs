//! Parameters of the old API as one command of CLIP v2, and what came of it as a list of errors and successes.

use serde_json::{Map, Value, json};

use super::error::{Error, success};
use super::hs::HueSat;
use super::state;
use crate::color::Xy;
use crate::reply::{Complaint, Trouble};
use crate::store;

/// A command, and what each parameter became.
pub(super) struct Order {
    /// The body for CLIP v2.
    pub(super) request: Value,
    parameters: Vec<Parameter>,
}

struct Parameter {
    name: String,
    value: Value,
    /// The attribute of CLIP v2 it became.
    fate: Result<&'static str, Fault>,
}

/// What is wrong with a parameter before anything is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Unknown,
    Invalid,
    Fixed,
}

/// An attribute as CLIP v2 names it in its complaints, and the part of the body that sets it.
type Patch = (&'static str, Value);

impl Order {
    /// Reads parameters; `now` is what the light or group shows, for what is relative to that.
    pub(super) fn read(body: &Map<String, Value>, now: &Value) -> Self {
        let mut order = Self { request: json!({}), parameters: Vec::new() };
        for (name, value) in body {
            let fate = translate(name, value, body, now).map(|(attribute, patch)| {
                if !is_beaten(name, body) {
                    store::merge(&mut order.request, &patch);
                }
                attribute
            });
            order.parameters.push(Parameter { name: name.clone(), value: value.clone(), fate });
        }
        order
    }

    /// True if there is nothing to send.
    pub(super) fn is_empty(&self) -> bool {
        self.request.as_object().is_none_or(Map::is_empty)
    }

    /// One entry per parameter.
    pub(super) fn report(&self, address: &str, complaints: &[Complaint]) -> Vec<Value> {
        self.parameters.iter().map(|parameter| parameter.report(address, complaints)).collect()
    }
}

impl Parameter {
    fn report(&self, address: &str, complaints: &[Complaint]) -> Value {
        let Self { name, value, .. } = self;
        let attribute = match self.fate {
            Ok(attribute) => attribute,
            Err(Fault::Unknown) => return Error::unknown(address, name).to_json(),
            Err(Fault::Invalid) => return Error::invalid(address, name, value).to_json(),
            Err(Fault::Fixed) => return Error::fixed(address, name).to_json(),
        };
        match complaints.iter().find(|complaint| complaint.attribute() == attribute).and_then(Complaint::trouble) {
            Some(Trouble::Unreachable) => Error::internal(address).to_json(),
            Some(Trouble::SoftOff) => Error::off(address, name).to_json(),
            Some(Trouble::Unsupported) => Error::unknown(address, name).to_json(),
            Some(Trouble::Invalid) => Error::invalid(address, name, value).to_json(),
            None => success(address, name, value),
        }
    }
}

/// A colour in xy beats a temperature, and that beats hue and saturation.
fn is_beaten(name: &str, body: &Map<String, Value>) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| body.contains_key(*name));
    match name {
        "ct" | "ct_inc" => has(&["xy", "xy_inc"]),
        "hue" | "sat" | "hue_inc" | "sat_inc" => has(&["xy", "xy_inc", "ct", "ct_inc"]),
        _ => false,
    }
}

fn translate(name: &str, value: &Value, body: &Map<String, Value>, now: &Value) -> Result<Patch, Fault> {
    let patch = match name {
        "on" => value.as_bool().map(|on| (".on.on", json!({"on": {"on": on}}))),
        "bri" => whole(value, 0, 254).map(|bri| (".dimming.brightness", dimming(bri))),
        "bri_inc" => whole(value, -254, 254).map(|by| (".dimming_delta.action", dimming_delta(by))),
        "ct" => whole(value, 50, 1000)
            .map(|mirek| (".color_temperature.mirek", json!({"color_temperature": {"mirek": mirek}}))),
        "ct_inc" => whole(value, -65_534, 65_534).map(|by| (".color_temperature_delta.action", mirek_delta(by))),
        "xy" => pair(value, 0.0, 1.0).map(|(x, y)| color(Xy { x, y })),
        "xy_inc" => pair(value, -0.5, 0.5).map(|by| moved(by, now)),
        "hue" => whole(value, 0, 65_535).map(|_| hue_and_sat(body, now)),
        "sat" => whole(value, 0, 254).map(|_| hue_and_sat(body, now)),
        "hue_inc" => whole(value, -65_534, 65_534).map(|_| hue_and_sat(body, now)),
        "sat_inc" => whole(value, -254, 254).map(|_| hue_and_sat(body, now)),
        "transitiontime" => whole(value, 0, 65_535)
            .map(|tenths| (".dynamics.duration", json!({"dynamics": {"duration": tenths * 100}}))),
        "alert" => alert(value),
        "effect" => effect(value),
        "mode" | "reachable" | "colormode" => return Err(Fault::Fixed),
        _ => return Err(Fault::Unknown),
    };
    patch.ok_or(Fault::Invalid)
}

fn whole(value: &Value, least: i64, most: i64) -> Option<i64> {
    value.as_i64().filter(|number| (least..=most).contains(number))
}

fn pair(value: &Value, least: f64, most: f64) -> Option<(f64, f64)> {
    let [x, y] = value.as_array()?.as_slice() else { return None };
    let within = |part: &Value| part.as_f64().filter(|part| (least..=most).contains(part));
    Some((within(x)?, within(y)?))
}

fn dimming(bri: i64) -> Value {
    json!({"dimming": {"brightness": state::brightness(bri)}})
}

fn dimming_delta(by: i64) -> Value {
    json!({"dimming_delta": {"action": direction(by), "brightness_delta": state::steps(by.abs())}})
}

fn mirek_delta(by: i64) -> Value {
    // No light knows more than 950 of them.
    json!({"color_temperature_delta": {"action": direction(by), "mirek_delta": by.abs().min(950)}})
}

fn direction(by: i64) -> &'static str {
    match by.signum() {
        1 => "up",
        -1 => "down",
        _ => "stop",
    }
}

fn color(colour: Xy) -> Patch {
    let part = |part: f64| part.clamp(0.0, 1.0);
    (".color.xy", json!({"color": {"xy": {"x": part(colour.x), "y": part(colour.y)}}}))
}

/// The colour that is so far from the one that is shown. What shows none gets white as its start.
fn moved((x, y): (f64, f64), now: &Value) -> Patch {
    let (from_x, from_y) = pair(&now["xy"], 0.0, 1.0).unwrap_or((0.3127, 0.329));
    color(Xy { x: from_x + x, y: from_y + y })
}

/// Both together, whichever of them is given: the other one stays.
fn hue_and_sat(body: &Map<String, Value>, now: &Value) -> Patch {
    let given = |name: &str| body.get(name).and_then(Value::as_f64);
    let shown = |name: &str| now[name].as_f64().unwrap_or_default();
    let value = |name: &str, by: &str| given(name).unwrap_or_else(|| shown(name) + given(by).unwrap_or_default());
    let hue = value("hue", "hue_inc").rem_euclid(65_536.0);
    let sat = value("sat", "sat_inc").clamp(0.0, 254.0);
    color(HueSat { hue, sat }.to_xy())
}

/// One breath or several are the same to CLIP v2; an end of it is not sent.
fn alert(value: &Value) -> Option<Patch> {
    match value.as_str()? {
        "none" => Some(("", json!({}))),
        "select" | "lselect" => Some((".alert.action", json!({"alert": {"action": "breathe"}}))),
        _ => None,
    }
}

/// There is no colour loop any more; what comes closest is named prism.
fn effect(value: &Value) -> Option<Patch> {
    let effect = match value.as_str()? {
        "none" => "no_effect",
        "colorloop" => "prism",
        _ => return None,
    };
    Some((".effects.effect", json!({"effects": {"effect": effect}})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::needless_pass_by_value, reason = "the claims write it with json!")]
    fn order(body: Value) -> Order {
        let now = json!({"on": true, "bri": 100, "xy": [0.4, 0.4], "hue": 8000, "sat": 140, "ct": 300});
        Order::read(body.as_object().expect("an object"), &now)
    }

    #[test]
    fn parameters_become_one_command() {
        let order = order(json!({"on": true, "bri": 254, "ct": 366, "transitiontime": 10}));
        assert_eq!(
            order.request,
            json!({"on": {"on": true}, "dimming": {"brightness": 100.0}, "color_temperature": {"mirek": 366},
                "dynamics": {"duration": 1000}})
        );
    }

    #[test]
    fn xy_beats_ct_and_ct_beats_hue_and_saturation() {
        let request = order(json!({"xy": [0.3, 0.3], "ct": 300, "hue": 0, "sat": 254})).request;
        assert_eq!(request, json!({"color": {"xy": {"x": 0.3, "y": 0.3}}}));
        let request = order(json!({"ct": 300, "hue": 0, "sat": 254})).request;
        assert_eq!(request, json!({"color_temperature": {"mirek": 300}}));
    }

    #[test]
    fn a_hue_keeps_the_saturation_that_is_shown() {
        let alone = order(json!({"hue": 20_000})).request;
        assert_eq!(alone, order(json!({"hue": 20_000, "sat": 140})).request);
        assert_eq!(alone, order(json!({"hue_inc": 12_000})).request);
    }

    #[test]
    fn increments_are_steps_up_or_down() {
        let request = order(json!({"bri_inc": -253, "ct_inc": 20})).request;
        assert_eq!(request["dimming_delta"], json!({"action": "down", "brightness_delta": 100.0}));
        assert_eq!(request["color_temperature_delta"], json!({"action": "up", "mirek_delta": 20}));
    }

    #[test]
    fn each_wrong_parameter_has_its_number_and_the_others_are_sent() {
        let order = order(json!({"on": true, "bri": 300, "colour": 1, "mode": "streaming", "xy": [2, 0]}));
        assert_eq!(order.request, json!({"on": {"on": true}}));
        let report = json!(order.report("/lights/1/state", &[]));
        let types: Vec<_> = report.as_array().expect("a list").iter().map(|it| it["error"]["type"].clone()).collect();
        // In the order of the names: bri, colour, mode, on, xy.
        assert_eq!(types, [json!(7), json!(6), json!(8), Value::Null, json!(7)]);
        assert_eq!(report[0]["error"]["address"], "/lights/1/state/bri");
        assert_eq!(report[0]["error"]["description"], "invalid value, 300, for parameter, bri");
        assert_eq!(report[3], json!({"success": {"/lights/1/state/on": true}}));
    }

    #[test]
    fn what_clip_v2_complains_about_has_a_number_too() {
        let order = order(json!({"on": true, "bri": 1, "ct": 300, "effect": "colorloop"}));
        let complaints = [
            Complaint::unreachable("light", "id", ".on.on"),
            Complaint::soft_off("light", "id", ".dimming.brightness"),
            Complaint::unsupported("id", ".color_temperature.mirek"),
            Complaint::invalid("id", ".effects.effect"),
        ];
        let report = json!(order.report("/lights/1/state", &complaints));
        let types: Vec<_> = report.as_array().expect("a list").iter().map(|it| it["error"]["type"].clone()).collect();
        // bri, ct, effect, on.
        assert_eq!(types, [201, 6, 7, 901]);
    }
}
