//! Builds the lights: capabilities and states.

use std::collections::HashMap;

use super::{DeviceFacts, Resources, all, v1_number};
use crate::{
    clip,
    color::{Gamut, Xy},
    home::{Capabilities, Id, Light, LightState, Reachability, SceneState},
};

/// The range of colour temperatures for lamps that report nonsense: 0 and 65535 were seen on uncertified ones.
const DEFAULT_MIREK_RANGE: (u16, u16) = (153, 500);
/// The CLIP word for moving through a palette.
const DYNAMIC_PALETTE: &str = "dynamic_palette";

pub(super) fn lights(resources: &Resources, devices: &HashMap<&str, &clip::Device>, facts: &DeviceFacts) -> Vec<Light> {
    all::<clip::Light>(resources, "light").into_iter().map(|light| build_light(&light, devices, facts)).collect()
}

fn build_light(light: &clip::Light, devices: &HashMap<&str, &clip::Device>, facts: &DeviceFacts) -> Light {
    let owner = light.owner.rid.as_str();
    let device = devices.get(owner);
    let product = device.map(|device| &device.product_data);
    let room = facts.rooms.get(owner);
    let own_name = light.metadata.name.clone().filter(|name| !name.is_empty());
    Light {
        id: Id::new(&light.id),
        number: v1_number(light.id_v1.as_deref(), "/lights/"),
        name: own_name.or_else(|| device.and_then(|device| device.metadata.name.clone())).unwrap_or_default(),
        room_id: room.map(|(id, _)| id.clone()),
        room: room.map(|(_, name)| name.clone()),
        zones: Vec::new(),
        device_id: Id::new(owner),
        archetype: light.metadata.archetype.clone(),
        product_name: product.and_then(|product| product.product_name.clone()),
        model_id: product.and_then(|product| product.model_id.clone()),
        reachability: facts.reachability.get(owner).cloned().unwrap_or(Reachability::Unknown),
        can: capabilities(light),
        state: state(light),
    }
}

fn state(light: &clip::Light) -> LightState {
    let given = read_state(light);
    let dynamic = light.dynamics.as_ref().and_then(|it| it.status.as_deref()) == Some(DYNAMIC_PALETTE);
    LightState {
        on: given.on.unwrap_or(false),
        brightness: given.brightness,
        mirek: given.mirek,
        gradient: shown_gradient(given.gradient, given.xy),
        xy: given.xy,
        effect: given.effect.filter(|effect| effect != "no_effect"),
        dynamic,
    }
}

/// Reads the fields of a light that are present. The actions of a scene have some of the same fields.
pub(super) fn read_state(light: &clip::Light) -> SceneState {
    let temperature = light.color_temperature.as_ref();
    let valid = temperature.and_then(|it| it.mirek_valid).unwrap_or(true);
    let effect = light
        .effects_v2
        .as_ref()
        .and_then(|effects| effects.status.effect.clone().or_else(|| effects.action.effect.clone()))
        .or_else(|| {
            light.effects.as_ref().and_then(|effects| effects.status.clone().or_else(|| effects.effect.clone()))
        });
    let points = light.gradient.iter().flat_map(|gradient| gradient.points.iter());
    SceneState {
        on: light.on.as_ref().and_then(|on| on.on),
        brightness: light.dimming.as_ref().and_then(|dimming| dimming.brightness).map(|it| it.clamp(0.0, 100.0)),
        mirek: temperature.and_then(|it| it.mirek).filter(|_| valid),
        xy: light.color.as_ref().and_then(|color| color.xy).and_then(point),
        gradient: points.filter_map(|it| it.color.xy).filter_map(point).collect(),
        effect,
    }
}

/// Returns the gradient if the light shows it: its colour is the first point. The points stay when another colour is
/// set.
fn shown_gradient(points: Vec<Xy>, xy: Option<Xy>) -> Vec<Xy> {
    let shown = points.len() >= 2 && points.first().zip(xy).is_some_and(|(first, xy)| first.distance(xy) < 0.01);
    if shown { points } else { Vec::new() }
}

fn capabilities(light: &clip::Light) -> Capabilities {
    let (mut effects, effects_v2) = match (&light.effects_v2, &light.effects) {
        (Some(effects), _) if !effects.action.effect_values.is_empty() => (effects.action.effect_values.to_vec(), true),
        (_, Some(effects)) => (effects.effect_values.to_vec(), false),
        _ => (Vec::new(), false),
    };
    effects.retain(|effect| effect != "no_effect");
    Capabilities {
        dimming: light.dimming.is_some(),
        minimum_brightness: light.dimming.as_ref().and_then(|dimming| dimming.min_dim_level),
        color: light.color.is_some(),
        gamut: light.color.as_ref().and_then(gamut),
        gamut_type: light.color.as_ref().and_then(|color| color.gamut_type.clone()),
        mirek: light
            .color_temperature
            .as_ref()
            .map(|it| mirek_range(it.mirek_schema.mirek_minimum, it.mirek_schema.mirek_maximum)),
        gradient_points: light.gradient.as_ref().and_then(|gradient| gradient.points_capable).unwrap_or(0),
        effects,
        effects_v2,
        dynamic: light
            .dynamics
            .as_ref()
            .is_some_and(|it| it.status_values.iter().any(|value| value == DYNAMIC_PALETTE)),
    }
}

fn mirek_range(minimum: Option<u16>, maximum: Option<u16>) -> (u16, u16) {
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) if minimum >= 50 && maximum <= 1000 && minimum < maximum => (minimum, maximum),
        _ => DEFAULT_MIREK_RANGE,
    }
}

fn gamut(color: &clip::Color) -> Option<Gamut> {
    let gamut = color.gamut?;
    Some(Gamut { red: point(gamut.red)?, green: point(gamut.green)?, blue: point(gamut.blue)? })
}

/// Reads a point; returns `None` if it lies outside the diagram.
fn point(point: clip::Point) -> Option<Xy> {
    let inside = (0.0..=1.0).contains(&point.x) && (0.0..=1.0).contains(&point.y);
    inside.then_some(Xy { x: point.x, y: point.y })
}
