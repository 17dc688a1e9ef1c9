//! Parses colours as people write them.

use super::{ColorValue, Xy};

/// The shades of white that people know by name, in kelvin.
const NAMED_WHITES: [(&str, u32); 9] = [
    ("candlelight", 2000),
    ("candle light", 2000),
    ("warm white", 2700),
    ("soft white", 3000),
    ("neutral white", 4000),
    ("natural white", 4000),
    ("cool white", 5000),
    ("cold white", 5000),
    ("daylight", 6500),
];

/// Parses a CSS colour (`orange`, `rebeccapurple`, `#ff8800`), a temperature (`2700K`, `370 mirek`), or a shade
/// of white by name (`warm white`, `soft white`, `neutral white`, `cool white`, `daylight`, `candlelight`).
///
/// Case and spaces do not matter. A number without `#` or unit is no colour, and neither is what gives no light, such as
/// black. The error lists the forms that would be understood.
pub fn parse(text: &str) -> Result<ColorValue, String> {
    let plain = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    if let Some(kelvin) = named_white(&plain) {
        return Ok(ColorValue::Mirek(kelvin_to_mirek(kelvin)));
    }
    if let Some(result) = temperature(&plain) {
        return result;
    }
    let dense: String = plain.chars().filter(|c| *c != ' ' && *c != '_' && *c != '-').collect();
    if let Some(meant) = bare_number(&dense) {
        return Err(format!("`{}` is no colour: did you mean {meant}?", shorten(text)));
    }
    let color = csscolorparser::parse(&plain)
        .or_else(|_| csscolorparser::parse(&dense))
        .map_err(|_| format!("`{}` is no colour: use a CSS colour name, #rrggbb, 2700K or 370 mirek", shorten(text)))?;
    if color.a <= 0.0 || [color.r, color.g, color.b].into_iter().all(|channel| channel <= 0.0) {
        return Err(format!("a lamp cannot show `{}`: turn it off instead, or name another colour", shorten(text)));
    }
    Ok(ColorValue::Xy(Xy::from_srgb(f64::from(color.r), f64::from(color.g), f64::from(color.b))))
}

/// Converts kelvin to mirek: 1,000,000 / kelvin, rounded.
#[expect(clippy::cast_possible_truncation, reason = "at most 1000 for 1000 K and above")]
pub(crate) fn kelvin_to_mirek(kelvin: u32) -> u16 {
    let kelvin = kelvin.max(1000);
    ((1_000_000 + kelvin / 2) / kelvin) as u16
}

fn named_white(plain: &str) -> Option<u32> {
    let dense = |text: &str| text.replace([' ', '_', '-'], "");
    let wanted = dense(plain);
    NAMED_WHITES.iter().find(|(name, _)| dense(name) == wanted).map(|(_, kelvin)| *kelvin)
}

/// Parses a temperature. Returns `None` if the text is no temperature, and an error if it is out of range.
fn temperature(plain: &str) -> Option<Result<ColorValue, String>> {
    let split = plain.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = plain.split_at(split);
    let kelvin = match unit.trim() {
        "k" | "kelvin" => true,
        "mirek" | "mired" | "m" => false,
        _ => return None,
    };
    let number: u32 = digits.parse().ok()?;
    Some(match (kelvin, number) {
        (true, 1000..=20_000) => Ok(ColorValue::Mirek(kelvin_to_mirek(number))),
        (true, _) => Err(format!("{number} K is out of range: 1000 to 20000 K")),
        (false, 50..=1000) => u16::try_from(number).map(ColorValue::Mirek).map_err(|error| error.to_string()),
        (false, _) => Err(format!("{number} mirek is out of range: 50 to 1000 mirek")),
    })
}

/// Returns what a number without its sign or unit may mean: `2700K`, or `370 mirek or #370`. Six hexadecimal digits with a
/// letter among them are a colour, and no such number.
fn bare_number(dense: &str) -> Option<String> {
    let is_hex = !dense.is_empty() && dense.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = dense.bytes().all(|byte| byte.is_ascii_digit());
    if !is_hex || (!is_number && dense.len() == 6) {
        return None;
    }
    let unit = match dense.parse::<u32>() {
        Ok(1000..=20_000) => Some(format!("{dense}K")),
        Ok(50..=999) => Some(format!("{dense} mirek")),
        _ => None,
    };
    let hex = matches!(dense.len(), 3 | 6).then(|| format!("#{dense}"));
    let meant: Vec<_> = unit.into_iter().chain(hex).collect();
    Some(if meant.is_empty() { "a name, #rrggbb, 2700K or 370 mirek".to_owned() } else { meant.join(" or ") })
}

/// Cuts a text from outside before an error repeats it.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_and_whites_become_mirek() {
        for (text, mirek) in [
            ("2700K", 370),
            ("2700 k", 370),
            ("6500 Kelvin", 154),
            ("370 mirek", 370),
            ("370mirek", 370),
            ("warm white", 370),
            ("Warm  White", 370),
            ("warmwhite", 370),
            ("daylight", 154),
            ("candlelight", 500),
        ] {
            assert_eq!(parse(text), Ok(ColorValue::Mirek(mirek)), "{text}");
        }
    }

    #[test]
    fn names_and_hex_become_points() {
        let Ok(ColorValue::Xy(red)) = parse("Red") else { panic!("red is a colour") };
        assert!(red.distance(Xy { x: 0.64, y: 0.33 }) < 0.002, "{red}");
        assert_eq!(parse("#ff0000"), Ok(ColorValue::Xy(red)));
        assert!(parse("light blue").is_ok());
    }

    #[test]
    fn a_number_without_sign_or_unit_is_never_a_colour() {
        for (text, meant) in [
            ("2700", "2700K"),
            ("27 00", "2700K"),
            ("20000", "20000K"),
            ("370", "370 mirek or #370"),
            ("123", "123 mirek or #123"),
            ("001", "#001"),
            ("270000", "#270000"),
            ("fed", "#fed"),
            ("9", "a name, #rrggbb, 2700K or 370 mirek"),
            ("12345678", "a name, #rrggbb, 2700K or 370 mirek"),
        ] {
            assert_eq!(parse(text), Err(format!("`{text}` is no colour: did you mean {meant}?")));
        }
        for text in ["ff8800", "FF8800", "#ff8800"] {
            assert_eq!(parse(text), parse("rgb(255, 136, 0)"), "{text}");
        }
        assert!(parse("#270").is_ok() && parse("#270000").is_ok());
    }

    #[test]
    fn what_gives_no_light_is_refused_with_what_to_do() {
        for text in
            ["black", "Black", "#000", "#000000", "transparent", "#ff000000", "rgb(0, 0, 0)", "hsl(120, 100%, 0%)"]
        {
            let message = parse(text).expect_err("no light");
            assert!(message.contains("turn it off instead"), "{message}");
        }
        assert!(parse("#010000").is_ok());
    }

    #[test]
    fn nonsense_says_what_would_be_understood() {
        let message = parse("a very blue thing").expect_err("no colour");
        assert!(message.contains("#rrggbb"), "{message}");
        for text in ["", " ", "k", "999999999999999999999k", "10 K", "5 mirek", "\u{0}", "#", "🟠"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
