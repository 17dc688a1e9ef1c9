//! Widens the records of 0.1.0 to those of the draft, whose numbers reach further. Nothing is checked here.

use crate::contract::{control, draft, scenes};

impl From<control::Command> for draft::control::Command {
    fn from(command: control::Command) -> Self {
        match command {
            control::Command::Set(set) => {
                Self::Set(draft::control::Set { target: set.target, change: set.change.into() })
            }
            control::Command::Recall(recall) => Self::Recall(draft::control::Recall {
                scene: recall.scene,
                mode: recall.mode,
                transition_ms: recall.transition_ms.map(Into::into),
                brightness: recall.brightness,
            }),
            control::Command::Identify(light) => Self::Identify(light),
            control::Command::Other(json) => Self::Other(json),
        }
    }
}

impl From<control::Change> for draft::control::Change {
    fn from(change: control::Change) -> Self {
        Self {
            power: change.power,
            brightness: change.brightness,
            color: change.color.map(Into::into),
            transition_ms: change.transition_ms.map(Into::into),
            effect: change.effect,
            effect_speed: change.effect_speed,
            gradient: change.gradient.into_iter().map(Into::into).collect(),
            more: change.more,
        }
    }
}

impl From<control::Color> for draft::control::Color {
    fn from(color: control::Color) -> Self {
        match color {
            control::Color::Text(text) => Self::Text(text),
            control::Color::Mirek(mirek) => Self::Mirek(mirek),
            control::Color::Kelvin(kelvin) => Self::Kelvin(kelvin.into()),
            control::Color::Xy(xy) => Self::Xy(xy),
            control::Color::MirekDelta(delta) => Self::MirekDelta(delta),
        }
    }
}

impl From<control::ApplyOptions> for draft::control::ApplyOptions {
    fn from(options: control::ApplyOptions) -> Self {
        Self { confirm_within_ms: options.confirm_within_ms.map(Into::into), meta: options.meta }
    }
}

impl From<scenes::NewScene> for draft::scenes::NewScene {
    fn from(scene: scenes::NewScene) -> Self {
        Self { name: scene.name, group: scene.group, lights: scene.lights.into() }
    }
}

impl From<scenes::SceneChanges> for draft::scenes::SceneChanges {
    fn from(changes: scenes::SceneChanges) -> Self {
        Self { name: changes.name, lights: changes.lights.map(Into::into) }
    }
}

impl From<scenes::Source> for draft::scenes::Source {
    fn from(source: scenes::Source) -> Self {
        let light = |it: scenes::SceneLight| draft::scenes::SceneLight { light: it.light, change: it.change.into() };
        match source {
            scenes::Source::Current => Self::Current,
            scenes::Source::Given(lights) => Self::Given(lights.into_iter().map(light).collect()),
        }
    }
}
