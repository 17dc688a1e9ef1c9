//! The words of effects: their spelling, and which of them any light of a command has.

use crate::{
    change::{Command, Target},
    error::Error,
    home::{Home, Light},
};

/// The CLIP word that ends an effect.
pub(super) const NO_EFFECT: &str = "no_effect";

/// Returns an effect's word as CLIP spells it: `No effect` is `no_effect`.
pub(super) fn canonical_word(effect: &str) -> String {
    effect.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Refuses an effect that none of the lights it is meant for has. The error lists those that they have.
pub(super) fn check(home: &Home, commands: &[Command]) -> Result<(), Error> {
    let wanted = || commands.iter().filter_map(wanted_effect);
    for (effect, _) in wanted() {
        let same = wanted().filter(|(other, _)| *other == effect);
        let lights: Vec<&Light> = same.flat_map(|(_, target)| members(home, target)).collect();
        let has_it = |light: &&Light| light.can.effects.contains(&effect);
        if effect != NO_EFFECT && !lights.is_empty() && !lights.iter().any(has_it) {
            return Err(Error::Invalid(unknown_effect(&effect, &lights)));
        }
    }
    Ok(())
}

fn wanted_effect(command: &Command) -> Option<(String, &Target)> {
    match command {
        Command::Set { target, change } => Some((canonical_word(change.effect.as_deref()?), target)),
        Command::Recall { .. } | Command::Identify(_) => None,
    }
}

/// Returns the lights of a target. One that is not there has none: the plan itself refuses it.
fn members<'a>(home: &'a Home, target: &Target) -> Vec<&'a Light> {
    match target {
        Target::Light(id) => home.light(id).into_iter().collect(),
        Target::Group(id) => home.group(id).into_iter().flat_map(|group| home.lights_of(group)).collect(),
    }
}

fn unknown_effect(effect: &str, lights: &[&Light]) -> String {
    let subject = match lights {
        [light] => light.name.as_str(),
        _ => "none of the lights",
    };
    let mut known: Vec<&str> = lights.iter().flat_map(|light| &light.can.effects).map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let effect: String = effect.chars().take(64).collect();
    match (known.is_empty(), lights.len()) {
        (true, 1) => format!("{subject} has no effects, so `{effect}` cannot be shown"),
        (true, _) => format!("{subject} has effects, so `{effect}` cannot be shown"),
        (false, 1) => format!("{subject} does not have the effect `{effect}`; it has {}", known.join(", ")),
        (false, _) => format!("{subject} has the effect `{effect}`; they have {}", known.join(", ")),
    }
}
