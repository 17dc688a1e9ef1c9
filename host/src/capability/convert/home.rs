//! Converts the bridge's view of the home to the contract's types.

use hue_bridge as hue;

use crate::contract::{
    draft::selection::{GroupFields, SceneFields},
    home, types,
};

pub(in crate::capability) fn light(light: &hue::Light) -> home::Light {
    home::Light {
        id: light.id.to_string(),
        number: light.number,
        name: light.name.clone(),
        room_id: light.room_id.as_ref().map(ToString::to_string),
        room: light.room.clone(),
        zones: light.zones.clone(),
        device_id: light.device_id.to_string(),
        archetype: light.archetype.clone(),
        product_name: light.product_name.clone(),
        model_id: light.model_id.clone(),
        reachability: reachability(&light.reachability),
        can: capabilities(&light.can),
        state: state(&light.state),
    }
}

pub(super) fn capabilities(can: &hue::Capabilities) -> home::Capabilities {
    home::Capabilities {
        dimming: can.dimming,
        color: can.color,
        color_temperature: can.mirek.map(|(minimum, maximum)| home::MirekRange { minimum, maximum }),
        gradient_points: can.gradient_points,
        effects: can.effects.clone(),
        gamut: can.gamut_type.clone(),
    }
}

pub(super) fn reachability(reachability: &hue::Reachability) -> home::Reachability {
    match reachability {
        hue::Reachability::Connected => home::Reachability::Connected,
        hue::Reachability::Unreachable(word) => home::Reachability::Unreachable(word.clone()),
        hue::Reachability::Unknown => home::Reachability::Unknown,
    }
}

pub(super) fn state(state: &hue::LightState) -> home::LightState {
    let hex = match (state.mirek, state.xy) {
        (Some(mirek), _) => Some(hue::color::hex(mirek)),
        (None, Some(xy)) => Some(hue::color::hex(xy)),
        (None, None) => None,
    };
    home::LightState {
        on: state.on,
        brightness: state.brightness,
        color_temperature: state.mirek,
        xy: state.xy.map(|xy| types::Xy { x: xy.x, y: xy.y }),
        hex,
        effect: state.effect.clone(),
    }
}

/// Converts a group with the fields that are asked for.
pub(in crate::capability) fn group(group: &hue::Group, fields: GroupFields) -> home::Group {
    home::Group {
        id: group.id.to_string(),
        number: group.number,
        name: group.name.clone(),
        kind: match group.kind {
            hue::GroupKind::Room => types::Kind::Room,
            hue::GroupKind::Zone => types::Kind::Zone,
            hue::GroupKind::Home => types::Kind::Home,
        },
        archetype: group.archetype.clone().filter(|_| fields.contains(GroupFields::ARCHETYPE)),
        lights: if fields.contains(GroupFields::LIGHTS) { ids(&group.lights) } else { Vec::new() },
        on: group.on,
        brightness: group.brightness,
    }
}

pub(super) fn ids(ids: &[hue::Id]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Converts a scene with the fields that are asked for.
pub(in crate::capability) fn scene(scene: &hue::Scene, fields: SceneFields) -> home::Scene {
    let lights = scene.actions.iter().filter(|_| fields.contains(SceneFields::LIGHTS));
    home::Scene {
        id: scene.id.to_string(),
        name: scene.name.clone(),
        group_id: scene.group_id.to_string(),
        group: scene.group.clone().filter(|_| fields.contains(SceneFields::GROUP)),
        status: match &scene.status {
            hue::SceneStatus::Inactive => home::SceneStatus::Inactive,
            hue::SceneStatus::Active => home::SceneStatus::Active,
            hue::SceneStatus::Dynamic => home::SceneStatus::Dynamic,
            hue::SceneStatus::Other(word) => home::SceneStatus::Other(word.clone()),
        },
        smart: scene.smart,
        lights: lights.map(|(light, _)| light.to_string()).collect(),
        last_recall: scene.last_recall.clone().filter(|_| fields.contains(SceneFields::LAST_RECALL)),
    }
}

pub(in crate::capability) fn device(device: &hue::Device) -> home::Device {
    home::Device {
        id: device.id.to_string(),
        name: device.name.clone(),
        product_name: device.product_name.clone(),
        model_id: device.model_id.clone(),
        firmware: device.firmware.clone(),
        room: device.room.clone(),
        reachability: reachability(&device.reachability),
        battery: device
            .battery
            .as_ref()
            .map(|battery| home::Battery { percent: battery.percent, state: battery.state.clone() }),
        update_pending: device.update_pending,
        lights: ids(&device.lights),
    }
}

pub(in crate::capability) fn sensor(sensor: &hue::Sensor) -> home::Sensor {
    home::Sensor {
        id: sensor.id.to_string(),
        device_id: sensor.device_id.to_string(),
        name: sensor.name.clone(),
        room: sensor.room.clone(),
        enabled: sensor.enabled,
        reading: match &sensor.reading {
            hue::Reading::Motion(seen) => home::Reading::Motion(*seen),
            hue::Reading::Temperature(celsius) => home::Reading::Temperature(*celsius),
            hue::Reading::LightLevel(lux) => home::Reading::LightLevel(*lux),
            hue::Reading::Contact(closed) => home::Reading::Contact(*closed),
            hue::Reading::Button(event) => home::Reading::Button(event.clone()),
            hue::Reading::None(kind) => home::Reading::None(kind.clone()),
            hue::Reading::Other(text) => home::Reading::Other(text.clone()),
        },
        changed: sensor.changed.clone(),
    }
}

pub(in crate::capability) fn bridge(bridge: &hue::BridgeInfo) -> home::BridgeInfo {
    home::BridgeInfo {
        id: bridge.id.clone(),
        name: bridge.name.clone(),
        model_id: bridge.model_id.clone(),
        firmware: bridge.firmware.clone(),
    }
}

pub(in crate::capability) fn candidate(candidate: hue::Candidate) -> types::Candidate {
    types::Candidate {
        kind: match candidate.kind {
            hue::Kind::Light => types::Kind::Light,
            hue::Kind::Room => types::Kind::Room,
            hue::Kind::Zone => types::Kind::Zone,
            hue::Kind::Home => types::Kind::Home,
            hue::Kind::Scene => types::Kind::Scene,
        },
        id: candidate.id.to_string(),
        name: candidate.name,
        room: candidate.room,
    }
}
