//! Commands to grouped lights.

use serde_json::Value;

use super::outcome::{SoftError, Written};
use super::store::resource_id;
use super::{World, active_scenes, commands, lights, topology};

/// The attributes of a group command that have no effect while the group is off.
const STATE_ATTRIBUTES: [&str; 6] = [
    "/on/on",
    "/dimming/brightness",
    "/dimming_delta/action",
    "/color_temperature/mirek",
    "/color_temperature_delta/action",
    "/color/xy",
];
/// The attributes of a group command that have an effect in any case.
const ACTION_ATTRIBUTES: [&str; 2] = ["/alert/action", "/signaling/signal"];

/// Sends a command to a grouped light.
pub(crate) fn update(world: &mut World, grouped: &Value, body: &Value) -> Written {
    let soft_errors = broadcast(world, grouped, body);
    Written::new("grouped_light", &resource_id(grouped), soft_errors)
}

/// Sends a command to all lights of a group, as one broadcast: unreachable lights cause no soft errors.
fn broadcast(world: &mut World, group: &Value, body: &Value) -> Vec<SoftError> {
    let id = resource_id(group);
    let Some(turn) = world.radio.broadcast(world.clock.now()) else {
        let attributes = [&STATE_ATTRIBUTES[..], &ACTION_ATTRIBUTES].concat();
        return errors_for(&attributes, body, |name| SoftError::unreachable("grouped_light", &id, name));
    };
    let members = topology::members(&world.store, group);
    for light in &members {
        commands::perform(world, light, body, Some(turn));
    }
    if lights::changes_appearance(body) {
        active_scenes::deactivate_with_lights(&mut world.store, &members);
    }
    soft_errors(&id, group["on"]["on"] == true, body)
}

fn soft_errors(id: &str, is_on: bool, body: &Value) -> Vec<SoftError> {
    let mut errors = Vec::new();
    if body["dynamics"]["duration"].as_i64().is_some_and(|duration| duration > lights::MAX_TRANSITION_MS) {
        errors.push(SoftError::invalid(id, ".dynamics.duration"));
    }
    if !is_on && body["on"]["on"] != true {
        errors.extend(errors_for(&STATE_ATTRIBUTES, body, |name| SoftError::soft_off("grouped_light", id, name)));
    }
    errors
}

/// Makes one soft error for each of these attributes that the body has.
fn errors_for(attributes: &[&str], body: &Value, error: impl Fn(&str) -> SoftError) -> Vec<SoftError> {
    let written = attributes.iter().filter(|pointer| body.pointer(pointer).is_some());
    written.map(|pointer| error(&pointer.replace('/', "."))).collect()
}
