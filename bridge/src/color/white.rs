//! Shades of white: between mirek and the black-body curve.

use super::Xy;

/// See [`Xy::from_mirek`].
pub(super) fn xy(mirek: u16) -> Xy {
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

/// See [`Xy::to_mirek`].
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 50-1000 first")]
pub(super) fn mirek(xy: Xy) -> u16 {
    let below = 0.1858 - xy.y;
    if below.abs() < 1e-6 {
        return 50;
    }
    let n = (xy.x - 0.3320) / below;
    let kelvin = ((449.0 * n + 3525.0) * n + 6823.3) * n + 5520.33;
    if kelvin <= 1000.0 { 1000 } else { (1e6 / kelvin).round().clamp(50.0, 1000.0) as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirek_survives_the_way_to_xy_and_back() {
        for mirek_in in [153_u16, 200, 250, 300, 370, 454, 500] {
            let back = mirek(xy(mirek_in));
            assert!(back.abs_diff(mirek_in) <= 6, "{mirek_in} became {back}");
        }
    }

    #[test]
    fn any_point_has_a_mirek_in_range() {
        for (x, y) in [(0.0, 0.0), (0.3, 0.1858), (1.0, 1.0), (f64::NAN, 0.3), (0.15, 0.05)] {
            let _ = mirek(Xy { x, y });
        }
    }
}
