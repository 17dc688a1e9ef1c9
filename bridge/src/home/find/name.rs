//! Names as people remember them.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// A query or a name longer than this is cut: names have 32 characters.
const LONGEST: usize = 128;

/// A name without what people do not remember: case, accents, spaces, punctuation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    pub(super) fn new(text: &str) -> Self {
        let plain = |text: &str| -> String {
            text.chars().take(LONGEST).nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
        };
        let letters: String = plain(text).chars().filter(|c| c.is_alphanumeric()).collect();
        // A name of nothing but signs (an emoji) is compared as it is.
        Self(if letters.is_empty() { text.trim().chars().take(LONGEST).collect() } else { letters })
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

    /// From 0 to 1: the better of how alike they are as wholes, and how alike the beginning is.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        strsim::jaro_winkler(&self.0, &other.0).max(strsim::normalized_damerau_levenshtein(&self.0, &other.0))
    }
}
