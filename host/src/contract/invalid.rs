//! The error of every check of a plugin's values.

/// A rule that a component or one of its values breaks. The message is for the plugin's author.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Invalid(String);

impl Invalid {
    /// Makes an error from the sentence that names the broken rule.
    pub(crate) fn new(rule: impl Into<String>) -> Self {
        Self(rule.into())
    }

    /// Prefixes the message with the part of the value that breaks the rule.
    pub(crate) fn in_part(self, part: &str) -> Self {
        Self(format!("{part}: {}", self.0))
    }
}
