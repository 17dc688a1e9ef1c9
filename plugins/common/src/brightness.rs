//! Converts the brightness of Hue's v1 API and Home Assistant, 1 to 254, to percent.

use schemars::JsonSchema;
use serde::Deserialize;

/// The lowest brightness in percent that is sent. It is above 0, which the bridge takes for off.
const MIN_PERCENT: f64 = 0.4;

/// A brightness from 1 to 254.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct HueBrightness(#[schemars(range(min = 1, max = 254))] pub u8);

/// Converts to percent of the light's range, as the bridge itself does: 1 is its lowest brightness, 254 is 100 %.
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
