//! Colour arithmetic as a bridge does it: brightness steps, gamut triangles and the Planckian locus.

use serde_json::{Value, json};

/// A point in the CIE 1931 colour space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Xy {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Xy {
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        Some(Self { x: value["x"].as_f64()?, y: value["y"].as_f64()? })
    }

    /// Rounds to four decimals, as a bridge does.
    pub(crate) fn to_json(self) -> Value {
        let round = |value: f64| (value * 10_000.0).round() / 10_000.0;
        json!({"x": round(self.x), "y": round(self.y)})
    }

    fn minus(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }

    fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }
}

/// The triangle of colours that a lamp can show, by its corners.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gamut {
    pub(crate) red: Xy,
    pub(crate) green: Xy,
    pub(crate) blue: Xy,
}

/// The gamut C, which current colour lamps have.
pub(crate) const GAMUT_C: Gamut =
    Gamut { red: Xy { x: 0.6915, y: 0.3083 }, green: Xy { x: 0.17, y: 0.7 }, blue: Xy { x: 0.1532, y: 0.0475 } };

impl Gamut {
    /// Reads `color.gamut`, which some lamps do not have.
    pub(crate) fn from_json(value: &Value) -> Option<Self> {
        let corner = |name: &str| Xy::from_json(&value[name]);
        Some(Self { red: corner("red")?, green: corner("green")?, blue: corner("blue")? })
    }

    pub(crate) fn to_json(self) -> Value {
        json!({"red": self.red.to_json(), "green": self.green.to_json(), "blue": self.blue.to_json()})
    }

    /// Returns the colour itself if it is inside the gamut, else the nearest colour on the gamut's edge.
    pub(crate) fn clamp(self, colour: Xy) -> Xy {
        if self.contains(colour) {
            return colour;
        }
        let [mut nearest, second, third] = self.edges().map(|(from, to)| nearest_on_edge(from, to, colour));
        for candidate in [second, third] {
            if distance(candidate, colour) < distance(nearest, colour) {
                nearest = candidate;
            }
        }
        nearest
    }

    fn contains(self, colour: Xy) -> bool {
        let sides = self.edges().map(|(from, to)| to.minus(from).cross(colour.minus(from)));
        sides.iter().all(|side| *side >= 0.0) || sides.iter().all(|side| *side <= 0.0)
    }

    fn edges(self) -> [(Xy, Xy); 3] {
        [(self.red, self.green), (self.green, self.blue), (self.blue, self.red)]
    }
}

fn nearest_on_edge(from: Xy, to: Xy, colour: Xy) -> Xy {
    let edge = to.minus(from);
    let length = edge.dot(edge);
    let along = if length > 0.0 { (colour.minus(from).dot(edge) / length).clamp(0.0, 1.0) } else { 0.0 };
    Xy { x: from.x + along * edge.x, y: from.y + along * edge.y }
}

fn distance(a: Xy, b: Xy) -> f64 {
    a.minus(b).dot(a.minus(b))
}

/// Computes the colour of a black body after Kim et al. (2002), which holds for 1667 K to 25000 K.
pub(crate) fn black_body(mirek: i64) -> Xy {
    #[allow(clippy::cast_precision_loss, reason = "a mirek value is at most 1000")]
    let kelvin = (1_000_000.0 / mirek.max(1) as f64).clamp(1667.0, 25_000.0);
    let t = 1000.0 / kelvin;
    let x = if kelvin <= 4000.0 {
        cubic(t, [-0.266_123_9, -0.234_358_9, 0.877_695_6, 0.179_910])
    } else {
        cubic(t, [-3.025_846_9, 2.107_037_9, 0.222_634_7, 0.240_390])
    };
    let y = if kelvin <= 2222.0 {
        cubic(x, [-1.106_381_4, -1.348_110_2, 2.185_558_32, -0.202_196_83])
    } else if kelvin <= 4000.0 {
        cubic(x, [-0.954_947_6, -1.374_185_93, 2.091_370_15, -0.167_488_67])
    } else {
        cubic(x, [3.081_758, -5.873_386_7, 3.751_129_97, -0.370_014_83])
    };
    Xy { x, y }
}

/// Evaluates a cubic polynomial; the highest coefficient comes first.
fn cubic(at: f64, coefficients: [f64; 4]) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * at + coefficient)
}

/// Returns the brightness in percent that a light reports after a write: in steps of 1/253, with ties rounded down, and
/// at least one step.
pub(crate) fn quantise(brightness: f64) -> f64 {
    let level = (brightness / 100.0 * 253.0 - 0.5).ceil().clamp(1.0, 253.0);
    (level / 253.0 * 10_000.0).round() / 100.0
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "rounded values are equal or wrong")]
mod tests {
    use super::*;

    #[test]
    fn brightness_is_quantised_as_recorded_on_a_bridge() {
        for (written, reported) in
            [(20.0, 20.16), (50.0, 49.8), (80.0, 79.84), (90.0, 90.12), (100.0, 100.0), (0.0, 0.4)]
        {
            assert_eq!(quantise(written), reported);
            assert_eq!(quantise(reported), reported, "a reported value written back stays");
        }
    }

    #[test]
    fn a_colour_inside_the_gamut_stays() {
        let white = Xy { x: 0.3127, y: 0.329 };
        assert_eq!(GAMUT_C.clamp(white), white);
    }

    #[test]
    fn a_colour_outside_the_gamut_moves_to_its_edge() {
        let clamped = GAMUT_C.clamp(Xy { x: 0.9, y: 0.3 });
        assert!((clamped.x - 0.6915).abs() < 0.001 && (clamped.y - 0.3083).abs() < 0.01, "{clamped:?}");
    }

    #[test]
    fn warm_white_is_where_it_belongs() {
        let warm = black_body(366);
        assert!((warm.x - 0.457).abs() < 0.005 && (warm.y - 0.410).abs() < 0.005, "{warm:?}");
        let cold = black_body(153);
        assert!((cold.x - 0.3135).abs() < 0.005 && (cold.y - 0.3237).abs() < 0.01, "{cold:?}");
    }
}
