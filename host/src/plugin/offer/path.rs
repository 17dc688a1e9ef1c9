//! Paths of resources: segments between slashes, some of which may be variables.

use percent_encoding::percent_decode_str;

/// Longest path, in bytes.
const MAX_BYTES: usize = 512;

/// A path that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Text(String),
    Variable(String),
}

/// The variables of a template with the values that make it a path.
pub(crate) type Variables = Vec<(String, String)>;

impl Path {
    /// # Errors
    /// Which rule it breaks.
    pub(super) fn read(path: &str) -> Result<Self, String> {
        if path.is_empty() || path.len() > MAX_BYTES {
            return Err(format!("a path has 1 to {MAX_BYTES} bytes"));
        }
        let segments = path.split('/').map(Segment::read).collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<_> = segments.iter().filter_map(Segment::variable).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("the variable {:?} is there more than once", pair[0])),
            None => Ok(Self(segments)),
        }
    }

    /// Whether it stands for a family of resources.
    pub(super) fn is_template(&self) -> bool {
        self.0.iter().any(|segment| segment.variable().is_some())
    }

    /// The values that make this template the given path, percent-decoded; none if nothing does.
    pub(super) fn fit(&self, path: &str) -> Option<Variables> {
        let given: Vec<_> = path.split('/').collect();
        if given.len() != self.0.len() {
            return None;
        }
        let mut variables = Vec::new();
        for (segment, given) in self.0.iter().zip(given) {
            match segment {
                Segment::Text(text) if text == given => {}
                // Who sends the template itself has not filled it in; a brace in a value is encoded.
                Segment::Variable(name) if !given.is_empty() && !given.contains(['{', '}']) => {
                    let value = percent_decode_str(given).decode_utf8().ok()?;
                    variables.push((name.clone(), value.into_owned()));
                }
                _ => return None,
            }
        }
        Some(variables)
    }
}

impl Segment {
    fn read(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let is_name = !name.is_empty() && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            return if is_name {
                Ok(Self::Variable(name.to_owned()))
            } else {
                Err(format!("{text:?} is no variable: its name has a-z, 0-9 and _"))
            };
        }
        if matches!(text, "" | "." | "..") {
            return Err(format!("{text:?} is no segment of a path"));
        }
        if is_encoded(text.as_bytes()) {
            return Ok(Self::Text(text.to_owned()));
        }
        Err(format!("the segment {text:?} must be percent-encoded, or be a whole variable such as {{name}}"))
    }

    fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable(name) => Some(name),
            Self::Text(_) => None,
        }
    }
}

/// Whether all bytes are unreserved (RFC 3986, 2.3) or percent-encoded.
fn is_encoded(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b'%', high, low, rest @ ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit() && is_encoded(rest),
        [byte, rest @ ..] => (byte.is_ascii_alphanumeric() || b"-._~".contains(byte)) && is_encoded(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(template: &str, path: &str) -> Option<Vec<String>> {
        let values = Path::read(template).expect("a template").fit(path)?;
        Some(values.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn paths_are_segments_between_slashes() {
        for good in ["schedule", "schedule/today.json", "a/%C3%A4", "rooms/{room}", "{a}/b/{c_1}"] {
            assert!(Path::read(good).is_ok(), "{good}");
        }
        let bad = ["", "/a", "a/", "a//b", "../a", "a/./b", "ä", "a b", "a?b", "a#b", "a%zz", "a:b", "room-{room}"];
        for bad in bad.into_iter().chain(["{}", "{Room}", "{a}/{a}", "{+a}", &"x".repeat(513)]) {
            assert!(Path::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_template_fits_a_path_of_its_form_and_knows_the_values() {
        assert_eq!(fit("rooms/{room}", "rooms/Living%20room"), Some(vec!["room=Living room".to_owned()]));
        assert_eq!(fit("{a}/x/{b}", "1/x/2"), Some(vec!["a=1".to_owned(), "b=2".to_owned()]));
        assert_eq!(fit("rooms/{room}", "rooms/a%2Fb"), Some(vec!["room=a/b".to_owned()]), "an encoded slash is none");
        for path in ["rooms", "rooms/", "rooms/a/b", "lights/a", "rooms/%FF", "rooms/{room}"] {
            assert_eq!(fit("rooms/{room}", path), None, "{path}");
        }
    }
}
