//! Where a setting was written, and what is wrong with it.

use std::{fmt, path::Path, sync::Arc};

/// What is wrong with the configuration, where, and what to do about it. The process ends with exit code 2.
///
/// The text is one sentence or two for the person who wrote the setting; it never holds the application key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(String);

impl ConfigError {
    /// An error of its own words.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A flag on the command line, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of the configuration file.
    Line {
        /// The file, as it was named.
        file: Arc<Path>,
        /// Counted from 1.
        line: usize,
        /// The whole key, such as `plugins.lights.memory_mib`.
        key: String,
    },
}

impl Place {
    /// Where to look, without saying what for: `config.toml:12`.
    pub(super) fn short(&self) -> String {
        match self {
            Self::Flag(name) | Self::Variable(name) => (*name).to_owned(),
            Self::Line { file, line, .. } => format!("{}:{line}", file.display()),
        }
    }

    /// An error that begins with the place: `problem` goes on with "is …" or "must …".
    pub(super) fn error(&self, problem: impl fmt::Display) -> ConfigError {
        ConfigError(format!("{self} {problem}"))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::Line { file, line, key } => write!(f, "{}:{line}: {key}", file.display()),
        }
    }
}

/// A value together with the place to blame for it.
#[derive(Clone)]
pub(super) struct Placed<T> {
    /// What was written.
    pub(super) value: T,
    /// Where.
    pub(super) place: Place,
}

impl<T> Placed<T> {
    /// `value`, written at `place`.
    pub(super) fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }

    /// The value in another form, written at the same place.
    pub(super) fn map<U>(self, convert: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: convert(self.value), place: self.place }
    }
}

/// What to say after an unknown name: the nearest known one, or all there are.
pub(super) fn suggestion(unknown: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(unknown, name), *name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness >= 0.75);
    match nearest {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("there are {}", listed(known)),
    }
}

/// `a`, `b` and `c`.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::{listed, suggestion};

    #[test]
    fn a_near_miss_is_answered_with_the_nearest_name() {
        assert_eq!(suggestion("hots", &["host", "key"]), "did you mean `host`?");
    }

    #[test]
    fn a_far_miss_is_answered_with_all_names() {
        assert_eq!(suggestion("zzz", &["host", "key"]), "there are `host` and `key`");
        assert_eq!(listed(&["one"]), "`one`");
    }
}
