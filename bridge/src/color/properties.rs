//! Property tests of the colour conversions: gamut clamping, and the way from a screen colour to xy and back.

use proptest::prelude::*;

use super::*;
use crate::testing::cases;

fn any_xy() -> impl Strategy<Value = Xy> {
    (0.0..=1.0, 0.0..=1.0).prop_map(|(x, y)| Xy { x, y })
}

fn any_gamut() -> impl Strategy<Value = Gamut> {
    (any_xy(), any_xy(), any_xy()).prop_map(|(red, green, blue)| Gamut { red, green, blue })
}

/// How far a point is outside.
fn outside(gamut: &Gamut, xy: Xy) -> f64 {
    if gamut.contains(xy) { 0.0 } else { gamut.clamp(xy).distance(xy) }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn a_clamped_colour_is_inside_and_no_corner_is_nearer(gamut in any_gamut(), xy in any_xy()) {
        let clamped = gamut.clamp(xy);
        if gamut.area() >= 1e-6 {
            prop_assert!(outside(&gamut, clamped) < 1e-6, "{clamped} of {gamut:?}");
            let corners = [gamut.red, gamut.green, gamut.blue];
            prop_assert!(corners.iter().all(|corner| clamped.distance(xy) <= corner.distance(xy) + 1e-9));
        } else {
            prop_assert_eq!(clamped, xy);
        }
        prop_assert!((0.0..=1.0).contains(&clamped.x) && (0.0..=1.0).contains(&clamped.y));
    }

    #[test]
    fn clamping_twice_is_clamping_once(gamut in any_gamut(), xy in any_xy()) {
        let once = gamut.clamp(xy);
        prop_assert!(gamut.clamp(once).distance(once) < 1e-6);
    }

    #[test]
    fn a_colour_of_a_screen_survives_the_way_to_xy_and_back(red: u8, green: u8, blue: u8) {
        let channels = [red, green, blue];
        let brightest = channels.into_iter().max().unwrap_or_default();
        prop_assume!(brightest > 0);
        // xy knows no brightness: what comes back is the same colour at its brightest.
        let at_its_brightest = |channel: u8| linear(f64::from(channel) / 255.0) / linear(f64::from(brightest) / 255.0);
        let [r, g, b] = channels.map(|channel| f64::from(channel) / 255.0);
        let back = srgb(Xy::from_srgb(r, g, b)).map(|channel| linear(f64::from(channel) / 255.0));
        for (channel, back) in channels.into_iter().zip(back) {
            prop_assert!((at_its_brightest(channel) - back).abs() < 0.02, "{channels:?}: {back}");
        }
    }

    #[test]
    fn any_point_looks_like_something(x in any::<f64>(), y in any::<f64>()) {
        let text = hex(Xy { x, y });
        prop_assert!(text.len() == 7 && text.starts_with('#'), "{text}");
        let mirek = Xy { x, y }.to_mirek();
        prop_assert!((50..=600).contains(&mirek));
    }

    #[test]
    fn any_text_is_a_colour_that_can_be_shown_or_an_error(text in prop_oneof![".{0,20}", "[0-9]{1,6} ?(K|mirek|kelvin|m)", "#[0-9a-f]{3,8}"]) {
        match parse(&text) {
            Ok(ColorValue::Mirek(mirek)) => prop_assert!((50..=1000).contains(&mirek)),
            Ok(ColorValue::Xy(xy)) => prop_assert!((0.0..=1.0).contains(&xy.x) && (0.0..=1.0).contains(&xy.y), "{xy}"),
            Err(message) => prop_assert!(!message.is_empty()),
        }
    }
}

#[test]
fn every_shade_of_white_survives_the_way_to_xy_and_back() {
    // Below 1667 K the fit ends.
    for mirek in 50..=599_u16 {
        assert_eq!(Xy::from_mirek(mirek).to_mirek(), mirek);
    }
}
