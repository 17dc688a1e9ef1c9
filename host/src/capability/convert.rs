//! Converts between the contract's types and the bridge's. Nothing is decided here.

use std::time::Duration;

use hue_bridge as hue;

use crate::contract::{control, home, milliseconds, types};

// === To the contract ===

pub(super) fn light(light: &hue::Light) -> home::Light {
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

fn capabilities(can: &hue::Capabilities) -> home::Capabilities {
    home::Capabilities {
        dimming: can.dimming,
        color: can.color,
        color_temperature: can.mirek.map(|(minimum, maximum)| home::MirekRange { minimum, maximum }),
        gradient_points: can.gradient_points,
        effects: can.effects.clone(),
        gamut: can.gamut_type.clone(),
    }
}

fn reachability(reachability: &hue::Reachability) -> home::Reachability {
    match reachability {
        hue::Reachability::Connected => home::Reachability::Connected,
        hue::Reachability::Unreachable(word) => home::Reachability::Unreachable(word.clone()),
        hue::Reachability::Unknown => home::Reachability::Unknown,
    }
}

fn state(state: &hue::LightState) -> home::LightState {
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

pub(super) fn group(group: &hue::Group) -> home::Group {
    home::Group {
        id: group.id.to_string(),
        number: group.number,
        name: group.name.clone(),
        kind: match group.kind {
            hue::GroupKind::Room => types::Kind::Room,
            hue::GroupKind::Zone => types::Kind::Zone,
            hue::GroupKind::Home => types::Kind::Home,
        },
        archetype: group.archetype.clone(),
        lights: ids(&group.lights),
        on: group.on,
        brightness: group.brightness,
    }
}

fn ids(ids: &[hue::Id]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

pub(super) fn scene(scene: &hue::Scene) -> home::Scene {
    home::Scene {
        id: scene.id.to_string(),
        name: scene.name.clone(),
        group_id: scene.group_id.to_string(),
        group: scene.group.clone(),
        status: match &scene.status {
            hue::SceneStatus::Inactive => home::SceneStatus::Inactive,
            hue::SceneStatus::Active => home::SceneStatus::Active,
            hue::SceneStatus::Dynamic => home::SceneStatus::Dynamic,
            hue::SceneStatus::Other(word) => home::SceneStatus::Other(word.clone()),
        },
        smart: scene.smart,
        lights: scene.actions.iter().map(|(light, _)| light.to_string()).collect(),
        last_recall: scene.last_recall.clone(),
    }
}

pub(super) fn device(device: &hue::Device) -> home::Device {
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

pub(super) fn sensor(sensor: &hue::Sensor) -> home::Sensor {
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

pub(super) fn bridge(bridge: &hue::BridgeInfo) -> home::BridgeInfo {
    home::BridgeInfo {
        id: bridge.id.clone(),
        name: bridge.name.clone(),
        model_id: bridge.model_id.clone(),
        firmware: bridge.firmware.clone(),
    }
}

pub(super) fn candidate(candidate: hue::Candidate) -> types::Candidate {
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

pub(super) fn outcome(outcome: hue::Outcome) -> control::Outcome {
    control::Outcome {
        light: outcome.light.to_string(),
        name: outcome.name,
        room: outcome.room,
        delivery: delivery(outcome.delivery),
        adjustments: outcome.adjustments.into_iter().map(adjustment).collect(),
        before: outcome.before.as_ref().map(state),
        after: outcome.after.as_ref().map(state),
    }
}

fn delivery(delivery: hue::Delivery) -> control::Delivery {
    match delivery {
        hue::Delivery::Confirmed => control::Delivery::Confirmed,
        hue::Delivery::Accepted => control::Delivery::Accepted,
        hue::Delivery::Unchanged => control::Delivery::Unchanged,
        hue::Delivery::StoredWhileOff => control::Delivery::StoredWhileOff,
        hue::Delivery::Unreachable => control::Delivery::Unreachable,
        hue::Delivery::NotSent(reason) => control::Delivery::NotSent(reason),
        hue::Delivery::Failed(cause) => control::Delivery::Failed(error(cause)),
    }
}

fn adjustment(adjustment: hue::Adjustment) -> control::Adjustment {
    match adjustment {
        hue::Adjustment::Clamped { attribute, asked, given } => {
            control::Adjustment::Clamped(control::Clamped { attribute: attribute.to_owned(), asked, given })
        }
        hue::Adjustment::Unsupported(attribute) => control::Adjustment::Unsupported(attribute.to_owned()),
        hue::Adjustment::Other(text) => control::Adjustment::Other(text),
    }
}

pub(super) fn plan(plan: hue::Plan) -> control::ChangePlan {
    control::ChangePlan {
        steps: plan.steps.into_iter().map(step).collect(),
        lights: plan.lights.into_iter().map(planned).collect(),
        estimated_ms: milliseconds(plan.estimated),
    }
}

fn step(step: hue::Step) -> control::Step {
    control::Step {
        kind: match step.kind {
            hue::StepKind::Light => control::StepKind::Light,
            hue::StepKind::Group => control::StepKind::Group,
            hue::StepKind::Scene | hue::StepKind::SmartScene => control::StepKind::Scene,
            hue::StepKind::Identify => control::StepKind::Identify,
        },
        id: step.resource.to_string(),
        name: step.name,
        lights: ids(&step.lights),
        body: step.body.to_string(),
    }
}

fn planned(light: hue::PlannedLight) -> control::Planned {
    control::Planned {
        light: light.light.to_string(),
        name: light.name,
        room: light.room,
        before: state(&light.before),
        after: state(&light.after),
        adjustments: light.adjustments.into_iter().map(adjustment).collect(),
        note: light.note.as_ref().map(|note| note_text(note).to_owned()),
    }
}

fn note_text(note: &hue::Note) -> &'static str {
    match note {
        hue::Note::Unchanged => "it already is so",
        hue::Note::Unreachable => "the bridge cannot reach it",
        hue::Note::StoredWhileOff => "it is off; the bridge keeps the change for when it is turned on",
        hue::Note::Unsupported => "it can do none of this",
    }
}

/// Converts an error that the bridge returned.
#[allow(clippy::needless_pass_by_value, reason = "used as a function value in map_err")]
pub(super) fn error(error: hue::Error) -> types::Error {
    let text = error.to_string();
    match error {
        hue::Error::Invalid(_) => types::Error::Invalid(text),
        hue::Error::NotFound { .. } => types::Error::NotFound(text),
        hue::Error::Unavailable { retry_after, .. } => unavailable(text, retry_after),
        hue::Error::Busy { wait } => unavailable(text, Some(wait)),
        hue::Error::Timeout => types::Error::Timeout(text),
        hue::Error::Rejected { .. } => types::Error::Rejected(text),
        hue::Error::Unauthorized | hue::Error::Identity(_) => unavailable(text, None),
        hue::Error::Protocol(_) => types::Error::Other(text),
    }
}

pub(super) fn unavailable(message: String, retry_after: Option<Duration>) -> types::Error {
    types::Error::Unavailable(types::Unavailable { message, retry_after_ms: retry_after.map(milliseconds) })
}

/// Returns the message that an error carries.
pub(super) fn text(error: &types::Error) -> String {
    match error {
        types::Error::Unavailable(unavailable) => unavailable.message.clone(),
        types::Error::Denied(text)
        | types::Error::Invalid(text)
        | types::Error::NotFound(text)
        | types::Error::Timeout(text)
        | types::Error::Rejected(text)
        | types::Error::Other(text) => text.clone(),
    }
}

// === From the contract ===

pub(super) fn apply_options(options: &control::ApplyOptions, deadline: std::time::Instant) -> hue::ApplyOptions {
    let usual = hue::ApplyOptions::default();
    hue::ApplyOptions {
        confirm_within: options
            .confirm_within_ms
            .map_or(usual.confirm_within, |milliseconds| Duration::from_millis(milliseconds.into())),
        deadline,
    }
}

pub(super) fn command(command: control::Command) -> Result<hue::Command, types::Error> {
    Ok(match command {
        control::Command::Set(set) => hue::Command::Set { target: target(set.target), change: change(set.change)? },
        control::Command::Recall(recall) => hue::Command::Recall {
            scene: hue::Id::new(recall.scene),
            mode: match recall.mode {
                control::RecallMode::Active => hue::RecallMode::Active,
                control::RecallMode::DynamicPalette => hue::RecallMode::DynamicPalette,
                control::RecallMode::Static => hue::RecallMode::Static,
            },
            transition: recall.transition_ms.map(|ms| Duration::from_millis(ms.into())),
            brightness: recall.brightness,
        },
        control::Command::Identify(light) => hue::Command::Identify(hue::Id::new(light)),
        control::Command::Other(_) => return Err(unknown("this command")),
    })
}

fn target(target: control::Target) -> hue::Target {
    match target {
        control::Target::Light(id) => hue::Target::Light(hue::Id::new(id)),
        control::Target::Group(id) => hue::Target::Group(hue::Id::new(id)),
    }
}

pub(super) fn change(change: control::Change) -> Result<hue::Change, types::Error> {
    if let Some((name, _)) = change.more.first() {
        return Err(unknown(&format!("the attribute {name:?}")));
    }
    Ok(hue::Change {
        power: change.power.map(|power| match power {
            control::Power::On => hue::Power::On,
            control::Power::Off => hue::Power::Off,
            control::Power::Toggle => hue::Power::Toggle,
        }),
        brightness: change.brightness.map(|brightness| match brightness {
            control::Brightness::Percent(percent) => hue::Brightness::Percent(percent),
            control::Brightness::Delta(delta) => hue::Brightness::Delta(delta),
        }),
        color: change.color.map(color),
        transition: change.transition_ms.map(|ms| Duration::from_millis(ms.into())),
        effect: change.effect,
        effect_speed: change.effect_speed,
        gradient: change.gradient.into_iter().map(color).collect(),
    })
}

fn color(color: control::Color) -> hue::Color {
    match color {
        control::Color::Text(text) => hue::Color::Text(text),
        control::Color::Mirek(mirek) => hue::Color::Mirek(mirek),
        control::Color::Kelvin(kelvin) => hue::Color::Kelvin(kelvin),
        control::Color::Xy(xy) => hue::Color::Xy(hue::Xy { x: xy.x, y: xy.y }),
        control::Color::MirekDelta(delta) => hue::Color::MirekDelta(delta),
    }
}

fn unknown(what: &str) -> types::Error {
    types::Error::Invalid(format!("this host does not know {what}"))
}
