//! Generated homes with any number of lights, to test clients with large homes.

use super::Home;
use super::home_builder::{HomeBuilder, SceneSpec};
use super::lamp::{Lamp, LampKind};

/// The largest home, larger than any bridge takes.
pub(super) const MAX_LIGHTS: usize = 2000;
/// The numbers of lights that rooms have, in turn.
const ROOM_SIZES: [usize; 5] = [10, 20, 30, 15, 25];
/// The kinds and archetypes that lamps have, in turn.
const LAMP_KINDS: [(LampKind, &str); 4] = [
    (LampKind::Color, "sultan_bulb"),
    (LampKind::WhiteAmbiance, "ceiling_round"),
    (LampKind::Dimmable, "recessed_ceiling"),
    (LampKind::Gradient, "hue_lightstrip"),
];
const BRIGHT_SCENE: SceneSpec =
    SceneSpec { name: "Bright", brightness: 100.0, mirek: 233, colors: &[], dynamic: false };

pub(super) fn home(count: usize) -> Home {
    let mut home = HomeBuilder::new();
    let mut added = 0;
    for (number, size) in (1..).zip(ROOM_SIZES.into_iter().cycle()) {
        if added == count {
            break;
        }
        let room = home.add_room(&format!("Room {number}"), "other");
        for _ in 0..size.min(count - added) {
            added += 1;
            home.add_lamp(Some(&room), lamp(added, &format!("Light {added}")));
        }
        home.add_scene("room", &room, BRIGHT_SCENE);
    }
    home.build()
}

fn lamp(number: usize, name: &str) -> Lamp<'_> {
    let (kind, archetype) = LAMP_KINDS[number % LAMP_KINDS.len()];
    Lamp { name, kind, archetype, on: number.is_multiple_of(2), brightness: 50.0, mirek: 300 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_lights_as_wanted() {
        for count in [0, 1, 10, 31, 200] {
            let resources = home(count).into_resources();
            assert_eq!(resources.iter().filter(|it| it["type"] == "light").count(), count);
        }
    }
}
