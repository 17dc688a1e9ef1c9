//! The order in which people expect names: `Light 2` before `Light 10`.

use unicode_normalization::UnicodeNormalization as _;

/// Returns a key that sorts names by letters without regard to case, and by the value of the numbers in them.
///
/// An accented letter sorts right after the letter without the accent.
pub fn natural_key(name: &str) -> String {
    let plain = if name.is_ascii() { name.to_ascii_lowercase() } else { name.to_lowercase().nfkd().collect() };
    let mut key = String::with_capacity(plain.len() + 4);
    let mut rest = plain.as_str();
    while !rest.is_empty() {
        let text = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, number) = rest.split_at(text);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        key.push_str(text);
        push_number(&mut key, number.trim_start_matches('0'));
        rest = after;
    }
    key
}

/// Writes the number of digits before the digits, so that a shorter number sorts first.
fn push_number(key: &mut String, digits: &str) {
    let length = u32::try_from(digits.len()).ok().and_then(char::from_u32);
    key.push(length.unwrap_or(char::MAX));
    key.push_str(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_as_people_count() {
        let sorted = [
            "Äpfel",
            "b",
            "Light",
            "light 1",
            "Light 2",
            "Light 02b",
            "Light 10",
            "Light 10 left",
            "Light 100",
            "Light a",
            "Lights",
            "Zimmer １",
            "Zimmer 2",
            "Zimmer 99999999999999999999999",
            "Zimmer 100000000000000000000000",
        ];
        let mut names = sorted;
        names.reverse();
        names.sort_by_key(|name| natural_key(name));
        assert_eq!(names, sorted);
    }
}
