//! Configuration errors and the locations they name.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A suggestion is made if the nearest known name is at least this similar (Jaro-Winkler, 0 to 1).
const MIN_SIMILARITY: f64 = 0.75;

/// An error in the configuration: what is wrong, where, and what to do. The process ends with exit code 2.
///
/// The text is one or two sentences for the person who wrote the setting. It never holds the application key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(String);

impl ConfigError {
    /// Makes an error that belongs to no location.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// Is a flag of the command line, with its dashes, or an environment variable.
    Named(&'static str),
    /// Is a line of a file.
    Line {
        /// The file, as it was named.
        file: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// Holds the whole key, such as `plugins.lights.memory_mib`.
        key: String,
    },
}

impl Location {
    /// Formats the location without its key. A line is written as `config.toml:12`.
    pub(super) fn short(&self) -> String {
        match self {
            Self::Named(name) => (*name).to_owned(),
            Self::Line { file, line, .. } => format!("{}:{line}", file.display()),
        }
    }

    /// Returns the folder that relative paths written here begin at: that of the file, or the current one.
    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::Line { file, .. } => file.parent().unwrap_or(Path::new("")),
            Self::Named(_) => Path::new(""),
        }
    }

    /// Makes an error that begins with the location. `problem` continues the sentence with "is …" or "must …".
    pub(super) fn error(&self, problem: impl fmt::Display) -> ConfigError {
        ConfigError(format!("{self} {problem}"))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { key, .. } => write!(f, "{}: {key}", self.short()),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// A value and where it was written.
#[derive(Clone)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) location: Location,
}

impl<T> Located<T> {
    /// Converts the value. A problem becomes an error that names the location.
    pub(super) fn try_map<U, P: fmt::Display>(
        self,
        convert: impl FnOnce(T) -> Result<U, P>,
    ) -> Result<Located<U>, ConfigError> {
        match convert(self.value) {
            Ok(value) => Ok(Located { value, location: self.location }),
            Err(problem) => Err(self.location.error(problem)),
        }
    }
}

/// Ends an error about an unknown name: suggests the nearest known one, or lists all.
pub(super) fn suggestion(unknown: &str, known: &[&str]) -> String {
    // What all names begin with tells nothing about likeness.
    let shared = known.iter().copied().reduce(common_beginning).map_or("", |all| common_beginning(all, unknown));
    let rest = |name: &'_ str| name[shared.len()..].to_owned();
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(&rest(unknown), &rest(name)), *name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity >= MIN_SIMILARITY);
    match nearest {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("there are {}", listed(known)),
    }
}

/// Returns what both texts begin with.
fn common_beginning<'a>(one: &'a str, other: &str) -> &'a str {
    let differ = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    let end = differ.map_or(one.len().min(other.len()), |((at, _), _)| at);
    &one[..end]
}

/// Joins names to `a`, `b` and `c`.
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

    #[test]
    fn a_shared_beginning_makes_no_name_near() {
        let known = ["LAMPLIGHTER_BRIDGE_HOST", "LAMPLIGHTER_LOG"];
        assert_eq!(suggestion("LAMPLIGHTER_LOGS", &known), "did you mean `LAMPLIGHTER_LOG`?");
        for unknown in ["LAMPLIGHTER_PORTABLE_SCHEMAS", "LAMPLIGHTER_DEMO", "LAMP", "LAMPLIGHTER_é"] {
            assert!(suggestion(unknown, &known).starts_with("there are "), "{unknown}");
        }
        assert_eq!(suggestion("x", &["x"]), "did you mean `x`?");
    }
}
