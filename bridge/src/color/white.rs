//! Shades of white: the conversion is between mirek and the black-body curve.

use super::Xy;

/// Implements [`Xy::from_mirek`].
pub(super) fn mirek_to_xy(mirek: u16) -> Xy {
    let kelvin = (1e6 / f64::from(mirek.max(1))).clamp(1667.0, 25_000.0);
    let t = 1e3 / kelvin;
    let x = if kelvin <= 4000.0 {
        ((-0.266_123_9 * t - 0.234_358_9) * t + 0.877_695_6) * t + 0.179_910
    } else {
        ((-3.025_846_9 * t + 2.107_037_9) * t + 0.222_634_7) * t + 0.240_390
    };
    let y = if kelvin <= 2222.0 {
        ((-1.106_381_4 * x - 1.348_110_2) * x + 2.185_558_32) * x - 0.202_196_83
    } else if kelvin <= 4000.0 {
        ((-0.954_947_6 * x - 1.374_185_93) * x + 2.091_370_15) * x - 0.167_488_67
    } else {
        ((3.081_758 * x - 5.873_386_7) * x + 3.751_129_97) * x - 0.370_014_83
    };
    Xy { x, y }
}

/// Implements [`Xy::to_mirek`]. It searches the curve, which is short enough. That also holds far from the curve, where
/// the usual formulas do not.
pub(super) fn xy_to_mirek(wanted: Xy) -> u16 {
    let wanted = to_uniform(wanted);
    let distance = |mirek: u16| to_uniform(mirek_to_xy(mirek)).distance(wanted);
    (50..=600).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(370)
}

/// Converts to CIE 1960, in which distances match what people see. Correlated colour temperature is defined by it.
fn to_uniform(xy: Xy) -> Xy {
    let scale = (12.0 * xy.y - 2.0 * xy.x + 3.0).max(1e-6);
    Xy { x: 4.0 * xy.x / scale, y: 6.0 * xy.y / scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirek_survives_the_way_to_xy_and_back() {
        for mirek_in in [153_u16, 200, 250, 300, 370, 454, 500] {
            let back = xy_to_mirek(mirek_to_xy(mirek_in));
            assert_eq!(back, mirek_in);
        }
    }

    #[test]
    fn reds_are_the_warmest_white_and_blues_the_coolest() {
        assert!(xy_to_mirek(Xy { x: 0.69, y: 0.308 }) >= 500);
        assert!(xy_to_mirek(Xy { x: 0.153, y: 0.048 }) <= 100);
    }

    #[test]
    fn any_point_has_a_mirek_in_range() {
        for (x, y) in [(0.0, 0.0), (0.3, 0.1858), (1.0, 1.0), (f64::NAN, 0.3), (0.15, 0.05)] {
            assert!((50..=600).contains(&xy_to_mirek(Xy { x, y })));
        }
    }
}
