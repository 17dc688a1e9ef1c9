//! Normalised names: without case, accents, spaces and punctuation, which people do not remember.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The length at which a query or a name is cut. The bridge's names have 32 characters.
const MAX_LENGTH: usize = 128;

/// A normalised name: letters and digits only, in lower case and without accents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn new(text: &str) -> Self {
        let plain = |text: &str| -> String {
            text.chars()
                .take(MAX_LENGTH)
                .nfkd()
                .filter(|c| !is_combining_mark(*c))
                .flat_map(char::to_lowercase)
                .collect()
        };
        let letters: String = plain(text).chars().filter(|c| c.is_alphanumeric()).collect();
        // A name of signs only (an emoji) is compared as it is.
        Self(if letters.is_empty() { text.trim().chars().take(MAX_LENGTH).collect() } else { letters })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Returns the similarity from 0 to 1: the higher one of Jaro-Winkler, which favours a common beginning, and
    /// Damerau-Levenshtein, which compares the wholes.
    pub(super) fn similarity(&self, other: &Self) -> f64 {
        strsim::jaro_winkler(&self.0, &other.0).max(strsim::normalized_damerau_levenshtein(&self.0, &other.0))
    }
}
