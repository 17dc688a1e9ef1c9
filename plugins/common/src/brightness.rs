//! Brightness from 1 to 254, as older tools and Home Assistant count it.

use schemars::JsonSchema;
use serde::Deserialize;

/// Above the lowest brightness of the bridge, which takes 0 for off.
const MIN_PERCENT: f64 = 0.4;

/// A brightness from 1 to 254.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct HueBrightness(#[schemars(range(min = 1, max = 254))] pub u8);

/// Percent of the light's range, as the bridge itself maps it: 1 is the lowest it can do, 254 is 100 %.
pub fn to_percent(bri: HueBrightness) -> f64 {
    ((f64::from(bri.0) - 1.0) / 253.0 * 100.0).max(MIN_PERCENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brightness_spans_the_range_and_never_reaches_zero() {
        assert!((to_percent(HueBrightness(254)) - 100.0).abs() < 1e-9);
        assert!((to_percent(HueBrightness(1)) - MIN_PERCENT).abs() < 1e-9);
        assert!((to_percent(HueBrightness(127)) - 49.8).abs() < 0.1);
    }
}
