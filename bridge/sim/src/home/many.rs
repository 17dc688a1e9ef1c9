//! A home with as many lights as wanted, to see what a client does with a large one.

use super::Home;
use super::furnish::{Furnisher, Look};
use super::lamp::{Kind, Lamp};

/// More than any bridge takes.
pub(super) const MOST: usize = 1000;
/// The lights of a room, in turn.
const SIZES: [usize; 5] = [10, 20, 30, 15, 25];
/// The kinds of its lamps, in turn.
const KINDS: [(Kind, &str); 4] = [
    (Kind::Color, "sultan_bulb"),
    (Kind::WhiteAmbiance, "ceiling_round"),
    (Kind::Dimmable, "recessed_ceiling"),
    (Kind::Gradient, "hue_lightstrip"),
];
const BRIGHT: Look = Look { name: "Bright", brightness: 100.0, mirek: 233, colors: &[], dynamic: false };

pub(super) fn home(count: usize) -> Home {
    let mut home = Furnisher::new();
    let mut put_up = 0;
    for (number, size) in (1..).zip(SIZES.into_iter().cycle()) {
        if put_up == count {
            break;
        }
        let room = home.room(&format!("Room {number}"), "other");
        for _ in 0..size.min(count - put_up) {
            put_up += 1;
            home.lamp(Some(&room), lamp(put_up, &format!("Light {put_up}")));
        }
        home.scene("room", &room, BRIGHT);
    }
    home.finish()
}

fn lamp(number: usize, name: &str) -> Lamp<'_> {
    let (kind, archetype) = KINDS[number % KINDS.len()];
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
