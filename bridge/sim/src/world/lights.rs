//! What a light does with the attributes of a request.

use serde_json::{Value, json};

use super::attribute::{AttributeError, require_property};
use super::color::{Gamut, Xy, black_body, quantise};
use super::outcome::SoftError;
use super::{effects, store};

/// The longest transition that a light takes, in milliseconds.
pub(super) const MAX_TRANSITION_MS: i64 = 6_000_000;

/// The attributes of a light in the order in which they are applied: a colour comes after a colour temperature and wins,
/// and effects come after both.
const LIGHT_ATTRIBUTES: &[Attribute] = &[
    always("/on/on", set_on),
    while_on("/dimming/brightness", set_brightness),
    while_on("/dimming_delta/action", change_brightness),
    while_on("/color_temperature/mirek", set_mirek),
    while_on("/color_temperature_delta/action", change_mirek),
    while_on("/color/xy", set_color),
    while_on("/gradient/points", set_gradient),
    while_on("/effects/effect", effects::set_effect),
    while_on("/effects_v2/action/effect", effects::set_effect_v2),
    while_on("/timed_effects/effect", effects::set_timed),
    always("/dynamics/duration", check_duration),
    always("/alert/action", accept),
    always("/signaling/signal", effects::set_signal),
    always("/identify/action", accept),
    always("/powerup/preset", set_powerup),
    always("/metadata", set_metadata),
];

/// The writer of an attribute: writes its value from a body into a light, or fails and changes nothing.
type AttributeWriter = fn(&mut Value, &Value) -> Result<(), AttributeError>;

/// One attribute that a request may set.
struct Attribute {
    /// Is the JSON pointer of the attribute in the request.
    pointer: &'static str,
    /// Is true if the attribute only shows while the light is on; then a write to a light that is off is a soft error.
    needs_on: bool,
    write: AttributeWriter,
}

const fn while_on(pointer: &'static str, write: AttributeWriter) -> Attribute {
    Attribute { pointer, needs_on: true, write }
}

const fn always(pointer: &'static str, write: AttributeWriter) -> Attribute {
    Attribute { pointer, needs_on: false, write }
}

/// Applies a request to a light. An unreachable light keeps its state; only its metadata, which the bridge holds, changes.
pub(super) fn write(light: &mut Value, body: &Value, reachable: bool) -> Vec<SoftError> {
    let id = store::resource_id(light);
    let is_on = body.pointer("/on/on").unwrap_or(&light["on"]["on"]) == &Value::Bool(true);
    let mut errors = Vec::new();
    for attribute in LIGHT_ATTRIBUTES.iter().filter(|attribute| body.pointer(attribute.pointer).is_some()) {
        let is_delivered = reachable || attribute.pointer == "/metadata";
        // A command that is lost is checked like any other.
        let written =
            if is_delivered { (attribute.write)(light, body) } else { (attribute.write)(&mut light.clone(), body) };
        let name = attribute.pointer.replace('/', ".");
        errors.extend(match written {
            Err(AttributeError::Unsupported) => Some(SoftError::unsupported(&id, &name)),
            Err(AttributeError::Invalid) => Some(SoftError::invalid(&id, &name)),
            Ok(()) if !is_delivered => Some(SoftError::unreachable("light", &id, &name)),
            Ok(()) if attribute.needs_on && !is_on => Some(SoftError::soft_off("light", &id, &name)),
            Ok(()) => None,
        });
    }
    errors
}

/// True if the request changes the light's appearance, and so ends the scenes of the light.
pub(super) fn changes_appearance(body: &Value) -> bool {
    LIGHT_ATTRIBUTES.iter().any(|it| (it.needs_on || it.pointer == "/on/on") && body.pointer(it.pointer).is_some())
}

/// True if the request sets or changes the brightness.
pub(super) fn writes_brightness(body: &Value) -> bool {
    body.pointer("/dimming/brightness").is_some() || direction_sign(&body["dimming_delta"]["action"]).is_some()
}

/// Counts the radio messages of a request: one each for on/off, brightness and colour in any form, and one for each
/// other kind of action.
pub(super) fn count_messages(body: &Value) -> u32 {
    const MESSAGE_ATTRIBUTES: [&[&str]; 7] = [
        &["/on/on"],
        &["/dimming/brightness", "/dimming_delta/action"],
        &["/color/xy", "/color_temperature/mirek", "/color_temperature_delta/action", "/gradient/points"],
        &["/effects/effect", "/effects_v2/action/effect", "/timed_effects/effect"],
        &["/alert/action", "/identify/action"],
        &["/signaling/signal"],
        &["/powerup/preset"],
    ];
    MESSAGE_ATTRIBUTES.map(|kind| u32::from(kind.iter().any(|pointer| body.pointer(pointer).is_some()))).iter().sum()
}

#[allow(clippy::unnecessary_wraps, reason = "the signature of every writer")]
fn accept(_: &mut Value, _: &Value) -> Result<(), AttributeError> {
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "the signature of every writer")]
fn set_on(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    light["on"]["on"] = body["on"]["on"].clone();
    if body["on"]["on"] == false {
        effects::end_dynamics(light);
    }
    Ok(())
}

fn set_brightness(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "dimming")?;
    let brightness = body["dimming"]["brightness"].as_f64().ok_or(AttributeError::Invalid)?;
    light["dimming"]["brightness"] = json!(quantise(brightness));
    Ok(())
}

fn change_brightness(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "dimming")?;
    let delta = body["dimming_delta"]["brightness_delta"].as_f64().unwrap_or_default();
    let brightness = light["dimming"]["brightness"].as_f64().unwrap_or_default();
    if let Some(sign) = direction_sign(&body["dimming_delta"]["action"]) {
        light["dimming"]["brightness"] = json!(quantise((brightness + sign * delta).clamp(0.0, 100.0)));
    }
    Ok(())
}

fn set_mirek(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "color_temperature")?;
    show_mirek(light, body["color_temperature"]["mirek"].as_i64().ok_or(AttributeError::Invalid)?);
    Ok(())
}

fn change_mirek(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "color_temperature")?;
    let delta = body["color_temperature_delta"]["mirek_delta"].as_i64().unwrap_or_default();
    // A light that shows a colour has no colour temperature to start from.
    let mirek = light["color_temperature"]["mirek"].as_i64();
    match (mirek, body["color_temperature_delta"]["action"].as_str()) {
        (Some(mirek), Some("up")) => show_mirek(light, mirek + delta),
        (Some(mirek), Some("down")) => show_mirek(light, mirek - delta),
        _ => {}
    }
    Ok(())
}

fn show_mirek(light: &mut Value, mirek: i64) {
    let limit = |name: &str| light["color_temperature"]["mirek_schema"][name].as_i64();
    let (min, max) = (limit("mirek_minimum").unwrap_or(50), limit("mirek_maximum").unwrap_or(1000));
    let mirek = mirek.max(min).min(max.max(min));
    light["color_temperature"]["mirek"] = json!(mirek);
    light["color_temperature"]["mirek_valid"] = json!(true);
    if light.get("color").is_some() {
        light["color"]["xy"] = clamp_to_gamut(light, black_body(mirek));
    }
    effects::end_all(light);
}

fn set_color(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "color")?;
    let colour = Xy::from_json(&body["color"]["xy"]).ok_or(AttributeError::Invalid)?;
    show_color(light, colour);
    effects::end_all(light);
    Ok(())
}

fn show_color(light: &mut Value, colour: Xy) {
    light["color"]["xy"] = clamp_to_gamut(light, colour);
    if light.get("color_temperature").is_some() {
        light["color_temperature"]["mirek"] = Value::Null;
        light["color_temperature"]["mirek_valid"] = json!(false);
    }
}

fn clamp_to_gamut(light: &Value, colour: Xy) -> Value {
    let gamut = Gamut::from_json(&light["color"]["gamut"]);
    gamut.map_or(colour, |gamut| gamut.clamp(colour)).to_json()
}

fn set_gradient(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "gradient")?;
    let points = body["gradient"]["points"].as_array().ok_or(AttributeError::Invalid)?;
    let colours: Option<Vec<Xy>> = points.iter().map(|point| Xy::from_json(&point["color"]["xy"])).collect();
    let colours = colours.filter(|colours| colours.len() != 1).ok_or(AttributeError::Invalid)?;
    let points: Vec<_> =
        colours.iter().map(|colour| json!({"color": {"xy": clamp_to_gamut(light, *colour)}})).collect();
    if let Some(first) = colours.first() {
        show_color(light, *first);
        effects::end_all(light);
    }
    light["gradient"]["points"] = json!(points);
    if let Some(mode) = body["gradient"].get("mode") {
        light["gradient"]["mode"] = mode.clone();
    }
    Ok(())
}

fn check_duration(_: &mut Value, body: &Value) -> Result<(), AttributeError> {
    match body["dynamics"]["duration"].as_i64() {
        Some(duration) if duration <= MAX_TRANSITION_MS => Ok(()),
        _ => Err(AttributeError::Invalid),
    }
}

fn set_powerup(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "powerup")?;
    store::merge(&mut light["powerup"], &body["powerup"]);
    light["powerup"]["configured"] = json!(true);
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "the signature of every writer")]
fn set_metadata(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    store::merge(&mut light["metadata"], &body["metadata"]);
    Ok(())
}

fn direction_sign(action: &Value) -> Option<f64> {
    match action.as_str() {
        Some("up") => Some(1.0),
        Some("down") => Some(-1.0),
        _ => None,
    }
}
