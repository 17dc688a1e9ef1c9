//! Paths of resources: segments between slashes, of which some may be variables.

use percent_encoding::percent_decode_str;

use crate::contract::Invalid;

/// Limits the bytes that a path may have.
const MAX_PATH_BYTES: usize = 512;

/// A path that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Segment>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Text(String),
    Variable(String),
}

/// Pairs each variable of a template with the value that a path gives it.
pub(crate) type Variables = Vec<(String, String)>;

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    /// It breaks a rule.
    pub(super) fn parse(path: &str) -> Result<Self, Invalid> {
        if path.is_empty() || path.len() > MAX_PATH_BYTES {
            return Err(Invalid::new(format!("a path has 1 to {MAX_PATH_BYTES} bytes")));
        }
        let segments = path.split('/').map(Segment::parse).collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<_> = segments.iter().filter_map(Segment::variable).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Invalid::new(format!("the variable {:?} is there more than once", pair[0]))),
            None => Ok(Self(segments)),
        }
    }

    /// Returns whether the path has variables.
    pub(super) fn is_template(&self) -> bool {
        self.0.iter().any(|segment| segment.variable().is_some())
    }

    /// Matches a path. Returns the percent-decoded values of the variables, or none if the path has another form.
    pub(super) fn match_path(&self, path: &str) -> Option<Variables> {
        let given: Vec<_> = path.split('/').collect();
        if given.len() != self.0.len() {
            return None;
        }
        let mut variables = Vec::new();
        for (segment, given) in self.0.iter().zip(given) {
            match segment {
                Segment::Text(text) if text == given => {}
                // A client that sends the template itself has not filled it in. A brace in a value is encoded.
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
    fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(name) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            let is_name = !name.is_empty() && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            return if is_name {
                Ok(Self::Variable(name.to_owned()))
            } else {
                Err(Invalid::new(format!("{text:?} is no variable: its name has a-z, 0-9 and _")))
            };
        }
        if matches!(text, "" | "." | "..") {
            return Err(Invalid::new(format!("{text:?} is no segment of a path")));
        }
        if is_encoded(text.as_bytes()) {
            return Ok(Self::Text(text.to_owned()));
        }
        let rule = format!("the segment {text:?} must be percent-encoded, or be a whole variable such as {{name}}");
        Err(Invalid::new(rule))
    }

    fn variable(&self) -> Option<&str> {
        match self {
            Self::Variable(name) => Some(name),
            Self::Text(_) => None,
        }
    }
}

/// Returns whether all bytes are unreserved (RFC 3986, 2.3) or percent-encoded.
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

    fn matched(template: &str, path: &str) -> Option<Vec<String>> {
        let values = Path::parse(template).expect("a template").match_path(path)?;
        Some(values.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn paths_are_segments_between_slashes() {
        for good in ["schedule", "schedule/today.json", "a/%C3%A4", "rooms/{room}", "{a}/b/{c_1}"] {
            assert!(Path::parse(good).is_ok(), "{good}");
        }
        let bad = ["", "/a", "a/", "a//b", "../a", "a/./b", "ä", "a b", "a?b", "a#b", "a%zz", "a:b", "room-{room}"];
        for bad in bad.into_iter().chain(["{}", "{Room}", "{a}/{a}", "{+a}", &"x".repeat(513)]) {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_template_matches_a_path_of_its_form_and_knows_the_values() {
        assert_eq!(matched("rooms/{room}", "rooms/Living%20room"), Some(vec!["room=Living room".to_owned()]));
        assert_eq!(matched("{a}/x/{b}", "1/x/2"), Some(vec!["a=1".to_owned(), "b=2".to_owned()]));
        assert_eq!(
            matched("rooms/{room}", "rooms/a%2Fb"),
            Some(vec!["room=a/b".to_owned()]),
            "an encoded slash is none"
        );
        for path in ["rooms", "rooms/", "rooms/a/b", "lights/a", "rooms/%FF", "rooms/{room}"] {
            assert_eq!(matched("rooms/{room}", path), None, "{path}");
        }
    }
}
