//! The steps of a search, from strict to loose, and the forms of a name that they compare.

use unicode_normalization::UnicodeNormalization as _;

use crate::folded::Folded;

/// The name of the whole home, which is the same in every home.
const HOME_NAME: &str = "all";
/// The fewest bytes of a query that finds names which it does not begin: three letters, or one character of Chinese.
const MIN_PART_BYTES: usize = 3;

/// A way to compare a query with a thing. Less is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Id,
    Verbatim,
    Looks,
    Lowercase,
    Folded,
    Number,
    Prefix,
    Substring,
}

impl Step {
    /// The steps that compare a whole name with its letters and signs as they are.
    pub(crate) const EXACT: [Self; 3] = [Self::Verbatim, Self::Looks, Self::Lowercase];
    /// The steps that compare names and numbers.
    pub(crate) const ALL: [Self; 7] =
        [Self::Verbatim, Self::Looks, Self::Lowercase, Self::Folded, Self::Number, Self::Prefix, Self::Substring];
}

/// A name in the forms that the steps compare.
#[derive(Debug)]
pub(crate) struct Forms {
    /// Is the name as it looks: in composed form, and without spaces at its ends.
    looks: String,
    lowercase: String,
    pub(crate) folded: Folded,
}

impl Forms {
    pub(crate) fn new(name: &str) -> Self {
        let looks: String = name.trim().nfc().collect();
        Self { lowercase: looks.to_lowercase(), looks, folded: Folded::new(name) }
    }

    /// Returns whether a step that compares more than bytes and numbers finds this name by the query.
    pub(crate) fn fit(&self, query: &Self, step: Step) -> bool {
        match step {
            Step::Looks => self.looks == query.looks,
            Step::Lowercase => self.lowercase == query.lowercase,
            Step::Folded => self.folded == query.folded,
            Step::Prefix => query.may_be_part() && self.folded.starts_with(&query.folded),
            Step::Substring => {
                query.may_be_part() && query.looks.len() >= MIN_PART_BYTES && self.folded.contains(&query.folded)
            }
            Step::Id | Step::Verbatim | Step::Number => false,
        }
    }

    /// Returns whether the query can be a part of a name: the name of the whole home never is one.
    fn may_be_part(&self) -> bool {
        self.lowercase != HOME_NAME
    }
}
