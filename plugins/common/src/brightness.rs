//! Brightness from 1 to 254, as older tools and Home Assistant count it.

use schemars::JsonSchema;
use serde::Deserialize;

/// Above the lowest brightness of the bridge, which takes 0 for off.
const FLOOR: f64 = 0.4;

/// A brightness from 1 to 254.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Bri(#[schemars(range(min = 1, max = 254))] pub u8);

/// Percent of the light's range, as the bridge itself maps it: 1 is the lowest it can do, 254 is 100 %.
pub fn percent_of(bri: Bri) -> f64 {
    ((f64::from(bri.0) - 1.0) / 253.0 * 100.0).max(FLOOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_spans_the_range_and_never_reaches_zero() {
        assert!((percent_of(Bri(254)) - 100.0).abs() < 1e-9);
        assert!((percent_of(Bri(1)) - FLOOR).abs() < 1e-9);
        assert!((percent_of(Bri(127)) - 49.8).abs() < 0.1);
    }
}
