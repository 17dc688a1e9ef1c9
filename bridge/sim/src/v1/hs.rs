//! Hue and saturation, which CLIP v2 does not have: by way of RGB to a point in the CIE 1931 space and back.
//!
//! The matrices are those of the wide gamut RGB with D65 that Signify's old guide for application developers gives.
//! How a bridge itself converts is not known; lights clamp the result to their gamut in any case.

use crate::color::Xy;

/// From linear red, green and blue to the tristimulus values X, Y and Z.
const TO_XYZ: Matrix =
    [[0.664_511, 0.154_324, 0.162_028], [0.283_881, 0.668_433, 0.047_685], [0.000_088, 0.072_310, 0.986_039]];
/// And back.
const TO_RGB: Matrix =
    [[1.656_492, -0.354_851, -0.255_038], [-0.707_196, 1.655_397, 0.036_152], [0.051_713, -0.121_364, 1.011_530]];

type Matrix = [[f64; 3]; 3];

/// The size of the hue circle.
const CIRCLE: f64 = 65_536.0;
/// The saturation of a pure colour.
const PURE: f64 = 254.0;

/// Hue from 0 to 65535, saturation from 0 to 254.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HueSat {
    pub(super) hue: f64,
    pub(super) sat: f64,
}

impl HueSat {
    pub(super) fn to_xy(self) -> Xy {
        let [x, y, z] = times(TO_XYZ, self.to_rgb().map(linear));
        let sum = x + y + z;
        Xy { x: x / sum, y: y / sum }
    }

    pub(super) fn from_xy(colour: Xy) -> Self {
        // A point on the edge of the diagram has no height to divide by.
        let height = colour.y.max(1e-4);
        let rgb = times(TO_RGB, [colour.x / height, 1.0, (1.0 - colour.x - height) / height]);
        let most = rgb.into_iter().fold(1e-6, f64::max);
        Self::from_rgb(rgb.map(|part| gamma((part / most).clamp(0.0, 1.0))))
    }

    /// At full brightness.
    fn to_rgb(self) -> [f64; 3] {
        let (sixth, purity) = (self.hue / CIRCLE * 6.0, self.sat / PURE);
        // Red, green and blue run through the same curve, a third of the circle apart.
        [5.0, 3.0, 1.0].map(|shift| {
            let place: f64 = (shift + sixth) % 6.0;
            1.0 - purity * place.min(4.0 - place).clamp(0.0, 1.0)
        })
    }

    fn from_rgb([r, g, b]: [f64; 3]) -> Self {
        let (most, least) = (r.max(g).max(b), r.min(g).min(b));
        let spread = most - least;
        if spread <= f64::EPSILON {
            return Self { hue: 0.0, sat: 0.0 };
        }
        let sixth = if most <= r {
            ((g - b) / spread).rem_euclid(6.0)
        } else if most <= g {
            (b - r) / spread + 2.0
        } else {
            (r - g) / spread + 4.0
        };
        Self { hue: (sixth / 6.0 * CIRCLE).round() % CIRCLE, sat: (spread / most * PURE).round() }
    }
}

fn times(matrix: Matrix, vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(factor, part)| factor * part).sum())
}

fn linear(part: f64) -> f64 {
    if part > 0.040_45 { ((part + 0.055) / 1.055).powf(2.4) } else { part / 12.92 }
}

fn gamma(part: f64) -> f64 {
    if part > 0.003_130_8 { 1.055 * part.powf(1.0 / 2.4) - 0.055 } else { part * 12.92 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_the_circle_are_red_green_and_blue() {
        for (hue, expected) in
            [(0.0, [1.0, 0.0, 0.0]), (CIRCLE / 3.0, [0.0, 1.0, 0.0]), (CIRCLE / 1.5, [0.0, 0.0, 1.0])]
        {
            let rgb = HueSat { hue, sat: PURE }.to_rgb();
            assert!(rgb.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{hue}: {rgb:?}");
        }
    }

    #[test]
    fn a_colour_survives_the_way_there_and_back() {
        for hue in (0..65_536).step_by(4096) {
            for sat in [60.0, 140.0, 254.0] {
                let colour = HueSat { hue: f64::from(hue), sat };
                let back = HueSat::from_xy(colour.to_xy());
                let apart = (back.hue - colour.hue).abs();
                assert!(apart.min(CIRCLE - apart) < 60.0 && (back.sat - sat).abs() <= 1.0, "{colour:?} -> {back:?}");
            }
        }
    }

    #[test]
    fn no_saturation_is_white() {
        let white = HueSat { hue: 12_345.0, sat: 0.0 }.to_xy();
        assert!((white.x - 0.3227).abs() < 0.01 && (white.y - 0.329).abs() < 0.01, "{white:?}");
    }

    #[test]
    fn the_edge_of_the_diagram_is_no_trouble() {
        for (x, y) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)] {
            let colour = HueSat::from_xy(Xy { x, y });
            assert!(colour.hue.is_finite() && colour.sat.is_finite(), "{colour:?}");
        }
    }
}
