//! Spreads a palette over lights: decides which light gets which colour.

use lamplighter_plugin::prelude::*;

/// How colours are spread over lights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(crate) enum SpreadMode {
    /// Spreads the palette once from the first light to the last, in blocks.
    #[default]
    Spread,
    /// Repeats the palette, one colour per light.
    Alternate,
    /// Shifts the palette by one from light to light on gradient lights; as `spread` on others.
    Gradient,
    /// Picks colours at random, the same for the same seed.
    Random,
}

/// Returns an index into a palette of `colors` colours for each of `places` lights. `colors` is at least 1.
pub(crate) fn spread(mode: SpreadMode, colors: usize, places: usize, seed: u64) -> Vec<usize> {
    match mode {
        SpreadMode::Spread | SpreadMode::Gradient => (0..places).map(|place| place * colors / places.max(1)).collect(),
        SpreadMode::Alternate => (0..places).map(|place| place % colors).collect(),
        SpreadMode::Random => shuffled(colors, places, seed),
    }
}

/// Returns the palette indices for the points of one gradient light: the palette from `first` on, at most five.
pub(crate) fn gradient_points(colors: usize, first: usize, capacity: u8) -> Vec<usize> {
    let wanted = colors.clamp(2, usize::from(capacity).min(5));
    (0..wanted).map(|point| (first + point) % colors).collect()
}

/// Returns every index about equally often, in an order that the seed decides.
fn shuffled(colors: usize, places: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<_> = (0..places).map(|place| place % colors).collect();
    let mut state = seed;
    for last in (1..order.len()).rev() {
        let bound = last as u64 + 1;
        #[expect(clippy::cast_possible_truncation, reason = "smaller than the number of lights")]
        let other = (split_mix(&mut state) % bound) as usize;
        order.swap(last, other);
    }
    order
}

/// Returns the next number of the generator `SplitMix64`: good enough for lamps, and the same on every platform.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreading_uses_the_whole_palette_in_its_order() {
        assert_eq!(spread(SpreadMode::Spread, 2, 5, 0), [0, 0, 0, 1, 1]);
        assert_eq!(spread(SpreadMode::Spread, 3, 2, 0), [0, 1]);
        assert_eq!(spread(SpreadMode::Alternate, 2, 5, 0), [0, 1, 0, 1, 0]);
    }

    #[test]
    fn chance_is_the_same_for_the_same_seed_and_leaves_no_colour_out() {
        let once = spread(SpreadMode::Random, 3, 9, 7);
        assert_eq!(once, spread(SpreadMode::Random, 3, 9, 7));
        assert_ne!(once, spread(SpreadMode::Random, 3, 9, 8));
        for color in 0..3 {
            assert_eq!(once.iter().filter(|each| **each == color).count(), 3);
        }
    }

    #[test]
    fn a_gradient_has_at_least_two_points_and_at_most_what_the_light_shows() {
        assert_eq!(gradient_points(1, 0, 5), [0, 0]);
        assert_eq!(gradient_points(3, 2, 5), [2, 0, 1]);
        assert_eq!(gradient_points(9, 0, 5).len(), 5);
    }
}
