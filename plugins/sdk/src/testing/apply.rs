//! Applies and plans commands on the fake home, at once and light by light.

use super::state::{Home, State};
use crate::bindings::lamplighter::plugin::types::Error;
use crate::control::{
    Adjustment, Brightness, Change, ChangePlan, Clamped, Color, Command, Delivery, Outcome, Planned, Power, Set, Step,
    StepKind, Target,
};
use crate::home::{Light, LightState, SceneStatus};

/// The word that ends an effect.
const NO_EFFECT: &str = "no_effect";

/// The estimated duration of one step in milliseconds: the real bridge takes about ten light commands per second.
const STEP_DURATION_MS: u64 = 100;

/// Applies commands in their order. A light with several commands has one outcome, the last.
pub(super) fn apply(host: &mut State, commands: &[Command]) -> Result<Vec<Outcome>, Error> {
    refuse_unknown_effect(&host.home, commands)?;
    let changes = expand(&host.home, commands)?;
    host.commands.extend_from_slice(commands);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (id, change) in changes {
        let mut outcome = change_light(host, &id, &change);
        if outcome.delivery == Delivery::Confirmed && commands.contains(&Command::Identify(id.clone())) {
            // No event tells of a blink.
            outcome.delivery = Delivery::Accepted;
        }
        outcomes.retain(|earlier| earlier.light != id);
        outcomes.push(outcome);
    }
    host.home.update_groups();
    mark_recalled(&mut host.home, commands);
    Ok(outcomes)
}

/// Computes what [`apply`] would do, with one step per command.
pub(super) fn plan(host: &State, commands: &[Command]) -> Result<ChangePlan, Error> {
    refuse_unknown_effect(&host.home, commands)?;
    let changes = expand(&host.home, commands)?;
    let lights = changes.iter().map(|(id, change)| plan_light(light_by_id(&host.home, id), change)).collect::<Vec<_>>();
    let steps = commands.iter().map(|command| plan_step(&host.home, command)).collect::<Result<Vec<_>, _>>()?;
    Ok(ChangePlan { estimated_ms: steps.len() as u64 * STEP_DURATION_MS, steps, lights })
}

/// Refuses an effect that none of its lights has, as the host does.
fn refuse_unknown_effect(home: &Home, commands: &[Command]) -> Result<(), Error> {
    let changes = expand(home, commands)?;
    let has = |id: &str, effect: &String| light_by_id(home, id).can.effects.contains(effect);
    let unknown = changes.iter().filter_map(|(_, change)| change.effect.as_deref()).map(effect_word).find(|effect| {
        let meant =
            changes.iter().filter(|(_, change)| change.effect.as_deref().map(effect_word).as_ref() == Some(effect));
        effect != NO_EFFECT && !meant.clone().any(|(id, _)| has(id, effect))
    });
    unknown.map_or(Ok(()), |effect| Err(Error::Invalid(format!("none of the lights has the effect `{effect}`"))))
}

/// Spells an effect as the bridge does: `No effect` is `no_effect`.
fn effect_word(effect: &str) -> String {
    effect.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Returns one change per light and command. Toggles are resolved per command.
fn expand(home: &Home, commands: &[Command]) -> Result<Vec<(String, Change)>, Error> {
    let mut changes = Vec::new();
    for command in commands {
        let (ids, change) = match command {
            Command::Set(Set { target, change }) => (target_lights(home, target)?, change.clone()),
            Command::Recall(recall) => (scene_lights(home, &recall.scene)?, Change::on()),
            Command::Identify(id) => (target_lights(home, &Target::Light(id.clone()))?, Change::default()),
            Command::Other(text) => return Err(Error::Invalid(format!("an unknown command: {text}"))),
        };
        let change = resolve_toggle(home, &ids, change);
        changes.extend(ids.into_iter().map(|id| (id, change.clone())));
    }
    Ok(changes)
}

fn resolve_toggle(home: &Home, ids: &[String], mut change: Change) -> Change {
    if change.power == Some(Power::Toggle) {
        let any_on = home.lights.iter().any(|light| ids.contains(&light.id) && light.state.on);
        change.power = Some(if any_on { Power::Off } else { Power::On });
    }
    change
}

fn target_lights(home: &Home, target: &Target) -> Result<Vec<String>, Error> {
    match target {
        Target::Light(id) if home.lights.iter().any(|light| light.id == *id) => Ok(vec![id.clone()]),
        Target::Group(id) if home.groups.iter().any(|group| group.id == *id) => {
            Ok(home.groups.iter().filter(|group| group.id == *id).flat_map(|group| group.lights.clone()).collect())
        }
        Target::Light(id) | Target::Group(id) => Err(Error::NotFound(id.clone())),
    }
}

fn scene_lights(home: &Home, id: &str) -> Result<Vec<String>, Error> {
    let scene = home.scenes.iter().find(|scene| scene.id == id);
    scene.map(|scene| scene.lights.clone()).ok_or_else(|| Error::NotFound(id.to_owned()))
}

fn mark_recalled(home: &mut Home, commands: &[Command]) {
    for command in commands {
        if let Command::Recall(recall) = command {
            for scene in &mut home.scenes {
                scene.status = if scene.id == recall.scene { SceneStatus::Active } else { SceneStatus::Inactive };
            }
        }
    }
}

fn change_light(host: &mut State, id: &str, change: &Change) -> Outcome {
    let before = light_by_id(&host.home, id).clone();
    let (after, adjustments) = apply_change(&before, change);
    let delivery = match host.failures.get(id) {
        _ if before.reachability.is_unreachable() => Delivery::Unreachable,
        Some(error) => Delivery::Failed(error.clone()),
        None if after == before.state && *change != Change::default() => Delivery::Unchanged,
        None if !before.state.on && change.power.is_none() && *change != Change::default() => Delivery::StoredWhileOff,
        None => Delivery::Confirmed,
    };
    let follows = !matches!(delivery, Delivery::Unreachable | Delivery::Failed(_));
    let after = if follows { after } else { before.state.clone() };
    if let Some(light) = host.home.lights.iter_mut().find(|light| light.id == id) {
        light.state = after.clone();
    }
    Outcome {
        light: before.id,
        name: before.name,
        room: before.room,
        delivery,
        adjustments,
        before: Some(before.state),
        after: Some(after),
    }
}

fn plan_light(light: &Light, change: &Change) -> Planned {
    let (after, adjustments) = apply_change(light, change);
    let note = match () {
        () if light.reachability.is_unreachable() => Some("it is unreachable".to_owned()),
        () if after == light.state => Some("it already is so".to_owned()),
        () => None,
    };
    Planned {
        light: light.id.clone(),
        name: light.name.clone(),
        room: light.room.clone(),
        before: light.state.clone(),
        after,
        adjustments,
        note,
    }
}

fn plan_step(home: &Home, command: &Command) -> Result<Step, Error> {
    let (kind, id, lights) = match command {
        Command::Set(Set { target: target @ Target::Light(id), .. }) => {
            (StepKind::Light, id, target_lights(home, target)?)
        }
        Command::Set(Set { target: target @ Target::Group(id), .. }) => {
            (StepKind::Group, id, target_lights(home, target)?)
        }
        Command::Recall(recall) => (StepKind::Scene, &recall.scene, scene_lights(home, &recall.scene)?),
        Command::Identify(id) => (StepKind::Identify, id, vec![id.clone()]),
        Command::Other(text) => return Err(Error::Invalid(format!("an unknown command: {text}"))),
    };
    Ok(Step { kind, id: id.clone(), name: id.clone(), lights, body: "{}".to_owned() })
}

/// Returns the state after the change, and the parts that the light cannot do.
fn apply_change(light: &Light, change: &Change) -> (LightState, Vec<Adjustment>) {
    let mut state = light.state.clone();
    let mut adjustments = Vec::new();
    if let Some(power) = change.power {
        state.on = power == Power::On;
    }
    match change.brightness {
        Some(_) if !light.can.dimming => adjustments.push(Adjustment::Unsupported("brightness".to_owned())),
        Some(Brightness::Percent(percent)) => state.brightness = Some(percent),
        Some(Brightness::Delta(points)) => {
            state.brightness = state.brightness.map(|percent| (percent + points).clamp(1.0, 100.0));
        }
        None => {}
    }
    if let Some(color) = change.color.as_ref().or(change.gradient.first()) {
        adjustments.extend(apply_color(light, color, &mut state));
    }
    match change.effect.as_deref().map(effect_word) {
        Some(effect) if effect == NO_EFFECT => state.effect = None,
        Some(effect) if light.can.effects.contains(&effect) => state.effect = Some(effect),
        Some(effect) => adjustments.push(Adjustment::Other(format!("it does not have the effect {effect}"))),
        None => {}
    }
    (state, adjustments)
}

fn apply_color(light: &Light, color: &Color, state: &mut LightState) -> Option<Adjustment> {
    match color {
        Color::Mirek(mirek) => apply_mirek(light, *mirek, state),
        Color::Kelvin(kelvin) => {
            apply_mirek(light, u16::try_from(1_000_000 / (*kelvin).max(16)).unwrap_or(u16::MAX), state)
        }
        Color::MirekDelta(step) => {
            apply_mirek(light, state.color_temperature.unwrap_or(366).saturating_add_signed(*step), state)
        }
        Color::Text(_) | Color::Xy(_) if !light.can.color => Some(Adjustment::Unsupported("color".to_owned())),
        Color::Text(text) => {
            (state.color_temperature, state.hex) = (None, Some(text.clone()));
            None
        }
        Color::Xy(xy) => {
            (state.color_temperature, state.xy) = (None, Some(*xy));
            None
        }
    }
}

fn apply_mirek(light: &Light, asked: u16, state: &mut LightState) -> Option<Adjustment> {
    let Some(range) = light.can.color_temperature else {
        return Some(Adjustment::Unsupported("color_temperature".to_owned()));
    };
    let given = asked.clamp(range.minimum, range.maximum);
    (state.color_temperature, state.hex, state.xy) = (Some(given), None, None);
    let attribute = "color_temperature".to_owned();
    (given != asked).then(|| {
        Adjustment::Clamped(Clamped { attribute, asked: format!("{asked} mirek"), given: format!("{given} mirek") })
    })
}

fn light_by_id<'a>(home: &'a Home, id: &str) -> &'a Light {
    home.lights.iter().find(|light| light.id == id).expect("targets were looked up")
}
