//! Converts the state of a light for a result.

use schemars::JsonSchema;
use serde::Serialize;

use crate::home::LightState;

/// The difference in percent that the bridge's rounding may make: it counts brightness in 253 steps.
const BRIGHTNESS_TOLERANCE: f64 = 0.6;
const MIREK_TOLERANCE: u16 = 1;
const XY_TOLERANCE: f64 = 0.01;

/// Describes the state of a light.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StateView {
    /// Whether it is on.
    pub on: bool,
    /// Percent, above 0 to 100. A light that is off comes back with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brightness_pct: Option<f64>,
    /// Mirek, while it shows a colour temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_temp: Option<u16>,
    /// The same, converted to kelvin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_temp_kelvin: Option<u32>,
    /// CIE 1931 chromaticity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub xy: Option<[f64; 2]>,
    /// Approximates the colour as `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hex: Option<String>,
    /// The effect that is running.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
}

impl StateView {
    /// Converts the state of a light.
    pub fn from_state(state: &LightState) -> Self {
        Self {
            on: state.on,
            brightness_pct: state.brightness.map(tenths),
            color_temp: state.color_temperature,
            color_temp_kelvin: state.color_temperature.map(kelvin),
            xy: state.xy.filter(|_| state.color_temperature.is_none()).map(|xy| [xy.x, xy.y]),
            hex: state.hex.clone(),
            effect: state.effect.clone(),
        }
    }

    /// Returns whether a person sees no difference between both states, but for the bridge's rounding.
    pub(super) fn looks_like(&self, other: &Self) -> bool {
        if !self.on && !other.on {
            return true;
        }
        let is_color_near = match (self.color_temp, other.color_temp, self.xy, other.xy) {
            (Some(own), Some(other), ..) => own.abs_diff(other) <= MIREK_TOLERANCE,
            (None, None, Some(own), Some(other)) => own.iter().zip(other).all(|(a, b)| (a - b).abs() <= XY_TOLERANCE),
            (own, other_mirek, xy, other_xy) => (own, xy, &self.hex) == (other_mirek, other_xy, &other.hex),
        };
        let is_brightness_near = match (self.brightness_pct, other.brightness_pct) {
            (Some(own), Some(other)) => (own - other).abs() <= BRIGHTNESS_TOLERANCE,
            (own, other) => own == other,
        };
        (self.on, &self.effect) == (other.on, &other.effect) && is_brightness_near && is_color_near
    }

    /// Describes the state in a few words: `on, 50 %, 2700 K`.
    pub fn text(&self) -> String {
        if !self.on {
            return "off".to_owned();
        }
        let brightness = self.brightness_pct.map(|percent| format!("{} %", whole_above_zero(percent)));
        let color = match self.color_temp_kelvin {
            Some(kelvin) => Some(format!("{kelvin} K")),
            None => self.hex.clone().or_else(|| self.xy.map(|[x, y]| format!("xy {x:.3},{y:.3}"))),
        };
        let parts = [Some("on".to_owned()), brightness, color, self.effect.clone()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn tenths(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}

/// Rounds a percentage. A light that is on is never shown as 0 %.
fn whole_above_zero(percent: f64) -> f64 {
    percent.round().max(1.0)
}

/// Converts mirek to kelvin, to the nearest ten: one mirek is wider than that.
fn kelvin(mirek: u16) -> u32 {
    let mirek = u32::from(mirek.max(1));
    (100_000 + mirek / 2) / mirek * 10
}
