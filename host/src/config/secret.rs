//! A value that does not print.

use std::fmt;

/// A secret: the bridge's application key.
///
/// `Debug` and `Display` print nothing, so that no log, error or report can hold the key by accident. Who needs the
/// text asks for it by [`Secret::expose`], which is easy to search for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, to be sent to the bridge and nowhere else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secret").finish()
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_prints_as_nothing() {
        let secret = Secret::new("abcdef");
        assert_eq!(format!("{secret}"), "");
        assert_eq!(format!("{secret:?}"), "Secret");
        assert_eq!(secret.expose(), "abcdef");
    }
}
