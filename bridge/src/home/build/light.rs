//! Lights.

use std::collections::HashMap;

use super::{DeviceFacts, Resources, all, v1_number};
use crate::{
    clip,
    color::{Gamut, Xy},
    home::{Capabilities, Id, Light, LightState, Reachability},
};

/// What a lamp says that says nonsense (0/65535 was seen on uncertified ones).
const ORDINARY_MIREK: (u16, u16) = (153, 500);

pub(super) fn lights(resources: &Resources, devices: &HashMap<&str, &clip::Device>, facts: &DeviceFacts) -> Vec<Light> {
    all::<clip::Light>(resources, "light").into_iter().map(|light| one(&light, devices, facts)).collect()
}

fn one(light: &clip::Light, devices: &HashMap<&str, &clip::Device>, facts: &DeviceFacts) -> Light {
    let owner = light.owner.rid.as_str();
    let device = devices.get(owner);
    let product = device.map(|device| &device.product_data);
    let room = facts.rooms.get(owner);
    let own_name = light.metadata.name.clone().filter(|name| !name.is_empty());
    Light {
        id: Id::new(&light.id),
        number: v1_number(light.id_v1.as_deref()),
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

/// Also for a scene's actions, which have the fields of a light.
pub(super) fn state(light: &clip::Light) -> LightState {
    let temperature = light.color_temperature.as_ref();
    let valid = temperature.and_then(|it| it.mirek_valid).unwrap_or(true);
    let effect = light
        .effects_v2
        .as_ref()
        .and_then(|effects| effects.status.effect.clone().or_else(|| effects.action.effect.clone()))
        .or_else(|| light.effects.as_ref().and_then(|effects| effects.status.clone()));
    LightState {
        on: light.on.as_ref().and_then(|on| on.on).unwrap_or(false),
        brightness: light.dimming.as_ref().and_then(|dimming| dimming.brightness),
        mirek: temperature.and_then(|it| it.mirek).filter(|_| valid),
        xy: light.color.as_ref().and_then(|color| color.xy).map(point),
        effect: effect.filter(|effect| effect != "no_effect"),
    }
}

fn capabilities(light: &clip::Light) -> Capabilities {
    let (mut effects, effects_v2) = match (&light.effects_v2, &light.effects) {
        (Some(effects), _) if !effects.action.effect_values.is_empty() => (effects.action.effect_values.clone(), true),
        (_, Some(effects)) => (effects.effect_values.clone(), false),
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
    }
}

fn mirek_range(minimum: Option<u16>, maximum: Option<u16>) -> (u16, u16) {
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) if minimum >= 50 && maximum <= 1000 && minimum < maximum => (minimum, maximum),
        _ => ORDINARY_MIREK,
    }
}

fn gamut(color: &clip::Color) -> Option<Gamut> {
    color.gamut.map(|gamut| Gamut { red: point(gamut.red), green: point(gamut.green), blue: point(gamut.blue) })
}

fn point(point: clip::Point) -> Xy {
    Xy { x: point.x, y: point.y }
}
