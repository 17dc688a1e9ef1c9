//! Colours: converts between the words that people write and the values that lamps take.
//!
//! Hue speaks CIE 1931 xy and mirek. Conversions to and from sRGB are approximations, as every lamp differs.

mod parse;
#[cfg(test)]
mod properties;
mod white;

pub(crate) use parse::kelvin_to_mirek;
pub use parse::parse;

/// A point of the CIE 1931 chromaticity diagram; both coordinates are from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Xy {
    /// Is the horizontal coordinate.
    pub x: f64,
    /// Is the vertical coordinate.
    pub y: f64,
}

/// The triangle of colours that a lamp can show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamut {
    /// Holds the lamp's red.
    pub red: Xy,
    /// Holds the lamp's green.
    pub green: Xy,
    /// Holds the lamp's blue.
    pub blue: Xy,
}

/// A colour as a lamp takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColorValue {
    /// Is a colour of the diagram.
    Xy(Xy),
    /// Is a shade of white, in mirek.
    Mirek(u16),
}

impl From<Xy> for ColorValue {
    fn from(xy: Xy) -> Self {
        Self::Xy(xy)
    }
}

impl From<u16> for ColorValue {
    fn from(mirek: u16) -> Self {
        Self::Mirek(mirek)
    }
}

impl std::fmt::Display for Xy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "xy {:.4}, {:.4}", self.x, self.y)
    }
}

impl Xy {
    /// Returns how far two points of the diagram are apart.
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// Converts mirek to a point on the black-body curve: the cubic fit of Kim et al. (US patent 7,024,034), within its range
    /// of 1667 to 25000 K.
    pub fn from_mirek(mirek: u16) -> Self {
        white::mirek_to_xy(mirek)
    }

    /// Returns the shade of white that is nearest, in mirek from 50 to 600.
    pub fn to_mirek(self) -> u16 {
        white::xy_to_mirek(self)
    }

    /// Converts sRGB, each channel from 0 to 1: removes the gamma, then applies the matrix of sRGB with white point D65
    /// (IEC 61966-2-1). Black has no colour and becomes white.
    pub fn from_srgb(red: f64, green: f64, blue: f64) -> Self {
        let [red, green, blue] = [red, green, blue].map(linear);
        let x = 0.412_456 * red + 0.357_576 * green + 0.180_438 * blue;
        let y = 0.212_673 * red + 0.715_152 * green + 0.072_175 * blue;
        let z = 0.019_334 * red + 0.119_192 * green + 0.950_304 * blue;
        let sum = x + y + z;
        if sum <= f64::EPSILON { Self { x: 0.3127, y: 0.3290 } } else { Self { x: x / sum, y: y / sum } }
    }

    fn from_corner(corner: Self, toward: Self, share: f64) -> Self {
        Self { x: corner.x + (toward.x - corner.x) * share, y: corner.y + (toward.y - corner.y) * share }
    }
}

impl Gamut {
    /// Returns the nearest colour that the lamp can show: the colour itself if it lies inside.
    ///
    /// A degenerate triangle, as uncertified lamps report, clamps nothing.
    pub fn clamp(&self, xy: Xy) -> Xy {
        if self.area() < 1e-6 || self.contains(xy) {
            return xy;
        }
        let edges = [(self.red, self.green), (self.green, self.blue), (self.blue, self.red)];
        let nearest = edges.map(|(from, to)| nearest_on_edge(from, to, xy));
        nearest.into_iter().min_by(|a, b| a.distance(xy).total_cmp(&b.distance(xy))).unwrap_or(xy)
    }

    fn contains(&self, xy: Xy) -> bool {
        let turns = [cross(self.red, self.green, xy), cross(self.green, self.blue, xy), cross(self.blue, self.red, xy)];
        turns.iter().all(|turn| *turn >= -1e-9) || turns.iter().all(|turn| *turn <= 1e-9)
    }

    fn area(&self) -> f64 {
        cross(self.red, self.green, self.blue).abs() / 2.0
    }
}

/// Returns `#rrggbb` at full brightness, which approximates the colour on a screen.
pub fn hex(color: impl Into<ColorValue>) -> String {
    let xy = match color.into() {
        ColorValue::Xy(xy) => xy,
        ColorValue::Mirek(mirek) => Xy::from_mirek(mirek),
    };
    let [r, g, b] = srgb(xy);
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn srgb(xy: Xy) -> [u8; 3] {
    let y = xy.y.max(1e-4);
    let (big_x, big_z) = (xy.x / y, (1.0 - xy.x - y).max(0.0) / y);
    let rgb = [
        3.240_454 * big_x - 1.537_139 - 0.498_531 * big_z,
        -0.969_266 * big_x + 1.876_011 + 0.041_556 * big_z,
        0.055_643 * big_x - 0.204_026 + 1.057_225 * big_z,
    ]
    .map(|value| value.max(0.0));
    let brightest = rgb.iter().copied().fold(1e-9, f64::max);
    rgb.map(|value| byte(gamma(value / brightest)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0-255 first")]
fn byte(value: f64) -> u8 {
    (value * 255.0).round().clamp(0.0, 255.0) as u8
}

fn linear(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn gamma(value: f64) -> f64 {
    if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 }
}

fn cross(from: Xy, to: Xy, point: Xy) -> f64 {
    (to.x - from.x) * (point.y - from.y) - (to.y - from.y) * (point.x - from.x)
}

fn nearest_on_edge(from: Xy, to: Xy, point: Xy) -> Xy {
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let length = dx * dx + dy * dy;
    if length <= f64::EPSILON {
        return from;
    }
    let share = ((point.x - from.x) * dx + (point.y - from.y) * dy) / length;
    Xy::from_corner(from, to, share.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAMUT_C: Gamut =
        Gamut { red: Xy { x: 0.6915, y: 0.3083 }, green: Xy { x: 0.17, y: 0.7 }, blue: Xy { x: 0.1532, y: 0.0475 } };

    #[test]
    fn a_colour_inside_the_gamut_stays() {
        let inside = Xy { x: 0.4, y: 0.4 };
        assert_eq!(GAMUT_C.clamp(inside), inside);
    }

    #[test]
    fn a_colour_outside_moves_to_the_nearest_edge() {
        let clamped = GAMUT_C.clamp(Xy { x: 0.73, y: 0.27 });
        assert!(clamped.distance(GAMUT_C.red) < 1e-9, "{clamped}");
        let green = GAMUT_C.clamp(Xy { x: 0.1, y: 0.4 });
        assert!(GAMUT_C.contains(green) && green.x > 0.15, "{green}");
    }

    #[test]
    fn a_degenerate_gamut_clamps_nothing() {
        let point = Xy { x: 0.0, y: 0.0 };
        let gamut = Gamut { red: point, green: point, blue: point };
        let asked = Xy { x: 0.3, y: 0.3 };
        assert_eq!(gamut.clamp(asked), asked);
    }

    #[test]
    fn screen_colours_come_back_as_they_went() {
        for (rgb, text) in [([1.0, 0.0, 0.0], "#ff0000"), ([0.0, 0.0, 1.0], "#0000ff"), ([1.0, 1.0, 1.0], "#ffffff")] {
            assert_eq!(hex(Xy::from_srgb(rgb[0], rgb[1], rgb[2])), text);
        }
    }

    #[test]
    fn warm_white_looks_warm() {
        let text = hex(370_u16);
        assert!(text.starts_with("#ff") && text.as_str() < "#ffd000", "{text}");
    }
}
