//! What a light does with a request.

use serde_json::{Value, json};

use crate::color::{Gamut, Xy, black_body, quantise};
use crate::effect;
use crate::reply::Complaint;
use crate::store;

/// The longest transition, in milliseconds.
pub(crate) const LONGEST: i64 = 6_000_000;

/// Why a light does not take an attribute.
pub(crate) enum Refusal {
    /// It is not able to.
    Unsupported,
    /// Not this value.
    Invalid,
}

/// One attribute that a request may set.
struct Attribute {
    /// Where it is in the request.
    pointer: &'static str,
    /// True if it only shows while the light is on, so that writing it to a dark light is worth a remark.
    shows: bool,
    /// Writes it into the light. What refuses has changed nothing.
    write: fn(&mut Value, &Value) -> Result<(), Refusal>,
}

const fn shown(pointer: &'static str, write: fn(&mut Value, &Value) -> Result<(), Refusal>) -> Attribute {
    Attribute { pointer, shows: true, write }
}

const fn always(pointer: &'static str, write: fn(&mut Value, &Value) -> Result<(), Refusal>) -> Attribute {
    Attribute { pointer, shows: false, write }
}

/// In the order in which they are applied: a colour comes after a colour temperature and wins, effects end last.
const ATTRIBUTES: &[Attribute] = &[
    always("/on/on", set_on),
    shown("/dimming/brightness", set_brightness),
    shown("/dimming_delta/action", change_brightness),
    shown("/color_temperature/mirek", set_mirek),
    shown("/color_temperature_delta/action", change_mirek),
    shown("/color/xy", set_color),
    shown("/gradient/points", set_gradient),
    shown("/effects/effect", effect::set),
    shown("/effects_v2/action/effect", effect::set_v2),
    shown("/timed_effects/effect", effect::set_timed),
    always("/dynamics/duration", check_duration),
    always("/alert/action", accept),
    always("/signaling/signal", effect::set_signal),
    always("/identify/action", accept),
    always("/powerup/preset", set_powerup),
    always("/metadata", set_metadata),
];

/// Applies a request to a light. An unreachable light stays as it is, except for what the bridge keeps itself.
pub(crate) fn write(light: &mut Value, body: &Value, reachable: bool) -> Vec<Complaint> {
    let id = store::id(light);
    let lit = body.pointer("/on/on").unwrap_or(&light["on"]["on"]) == &Value::Bool(true);
    let mut complaints = Vec::new();
    for attribute in ATTRIBUTES.iter().filter(|attribute| body.pointer(attribute.pointer).is_some()) {
        let arrives = reachable || attribute.pointer == "/metadata";
        // A lost command is checked like any other.
        let written =
            if arrives { (attribute.write)(light, body) } else { (attribute.write)(&mut light.clone(), body) };
        let name = attribute.pointer.replace('/', ".");
        complaints.extend(match written {
            Err(Refusal::Unsupported) => Some(Complaint::unsupported(&id, &name)),
            Err(Refusal::Invalid) => Some(Complaint::invalid(&id, &name)),
            Ok(()) if !arrives => Some(Complaint::unreachable("light", &id, &name)),
            Ok(()) if attribute.shows && !lit => Some(Complaint::soft_off("light", &id, &name)),
            Ok(()) => None,
        });
    }
    complaints
}

/// True if the request changes what the light looks like, so that the scene it belonged to is over.
pub(crate) fn changes_look(body: &Value) -> bool {
    ATTRIBUTES.iter().any(|it| (it.shows || it.pointer == "/on/on") && body.pointer(it.pointer).is_some())
}

/// True if the request says how bright the light shall be.
pub(crate) fn writes_brightness(body: &Value) -> bool {
    body.pointer("/dimming/brightness").is_some() || sign(&body["dimming_delta"]["action"]).is_some()
}

/// How many messages over the radio a request takes: one each for switch, brightness and colour, whatever the form, and
/// one for everything else that a lamp has to do.
pub(crate) fn messages(body: &Value) -> u32 {
    const PARTS: [&[&str]; 7] = [
        &["/on/on"],
        &["/dimming/brightness", "/dimming_delta/action"],
        &["/color/xy", "/color_temperature/mirek", "/color_temperature_delta/action", "/gradient/points"],
        &["/effects/effect", "/effects_v2/action/effect", "/timed_effects/effect"],
        &["/alert/action", "/identify/action"],
        &["/signaling/signal"],
        &["/powerup/preset"],
    ];
    PARTS.map(|part| u32::from(part.iter().any(|pointer| body.pointer(pointer).is_some()))).iter().sum()
}

#[allow(clippy::unnecessary_wraps, reason = "as every writer")]
fn accept(_: &mut Value, _: &Value) -> Result<(), Refusal> {
    Ok(())
}

pub(crate) fn has(light: &Value, property: &str) -> Result<(), Refusal> {
    if light.get(property).is_some() { Ok(()) } else { Err(Refusal::Unsupported) }
}

#[allow(clippy::unnecessary_wraps, reason = "as every writer")]
fn set_on(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    light["on"]["on"] = body["on"]["on"].clone();
    if body["on"]["on"] == false {
        effect::end_dynamics(light);
    }
    Ok(())
}

fn set_brightness(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "dimming")?;
    let brightness = body["dimming"]["brightness"].as_f64().ok_or(Refusal::Invalid)?;
    light["dimming"]["brightness"] = json!(quantise(brightness));
    Ok(())
}

fn change_brightness(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "dimming")?;
    let delta = body["dimming_delta"]["brightness_delta"].as_f64().unwrap_or_default();
    let brightness = light["dimming"]["brightness"].as_f64().unwrap_or_default();
    if let Some(sign) = sign(&body["dimming_delta"]["action"]) {
        light["dimming"]["brightness"] = json!(quantise((brightness + sign * delta).clamp(0.0, 100.0)));
    }
    Ok(())
}

fn set_mirek(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "color_temperature")?;
    show_mirek(light, body["color_temperature"]["mirek"].as_i64().ok_or(Refusal::Invalid)?);
    Ok(())
}

fn change_mirek(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "color_temperature")?;
    let delta = body["color_temperature_delta"]["mirek_delta"].as_i64().unwrap_or_default();
    // A light that shows a colour has no temperature to start from.
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
    let (least, most) = (limit("mirek_minimum").unwrap_or(50), limit("mirek_maximum").unwrap_or(1000));
    let mirek = mirek.max(least).min(most.max(least));
    light["color_temperature"]["mirek"] = json!(mirek);
    light["color_temperature"]["mirek_valid"] = json!(true);
    if light.get("color").is_some() {
        light["color"]["xy"] = clamped(light, black_body(mirek));
    }
    effect::end(light);
}

fn set_color(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "color")?;
    let colour = Xy::from_json(&body["color"]["xy"]).ok_or(Refusal::Invalid)?;
    show_color(light, colour);
    effect::end(light);
    Ok(())
}

fn show_color(light: &mut Value, colour: Xy) {
    light["color"]["xy"] = clamped(light, colour);
    if light.get("color_temperature").is_some() {
        light["color_temperature"]["mirek"] = Value::Null;
        light["color_temperature"]["mirek_valid"] = json!(false);
    }
}

fn clamped(light: &Value, colour: Xy) -> Value {
    let gamut = Gamut::from_json(&light["color"]["gamut"]);
    gamut.map_or(colour, |gamut| gamut.clamp(colour)).to_json()
}

fn set_gradient(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "gradient")?;
    let points = body["gradient"]["points"].as_array().ok_or(Refusal::Invalid)?;
    let colours: Option<Vec<Xy>> = points.iter().map(|point| Xy::from_json(&point["color"]["xy"])).collect();
    let colours = colours.filter(|colours| colours.len() != 1).ok_or(Refusal::Invalid)?;
    let points: Vec<_> = colours.iter().map(|colour| json!({"color": {"xy": clamped(light, *colour)}})).collect();
    if let Some(first) = colours.first() {
        show_color(light, *first);
        effect::end(light);
    }
    light["gradient"]["points"] = json!(points);
    if let Some(mode) = body["gradient"].get("mode") {
        light["gradient"]["mode"] = mode.clone();
    }
    Ok(())
}

fn check_duration(_: &mut Value, body: &Value) -> Result<(), Refusal> {
    match body["dynamics"]["duration"].as_i64() {
        Some(duration) if duration <= LONGEST => Ok(()),
        _ => Err(Refusal::Invalid),
    }
}

fn set_powerup(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "powerup")?;
    store::merge(&mut light["powerup"], &body["powerup"]);
    light["powerup"]["configured"] = json!(true);
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "as every writer")]
fn set_metadata(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    store::merge(&mut light["metadata"], &body["metadata"]);
    Ok(())
}

fn sign(action: &Value) -> Option<f64> {
    match action.as_str() {
        Some("up") => Some(1.0),
        Some("down") => Some(-1.0),
        _ => None,
    }
}
