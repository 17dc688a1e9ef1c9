//! Names the callers that share the budget.

use std::sync::Arc;

/// The caller for whom a request is sent: a plugin, a client, or one on behalf of the other. Cheap to clone.
///
/// The name is opaque: two callers are the same if their names are equal, and nothing else is read from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Name);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    /// All callers that have no name are one caller.
    None,
    /// The mirror's own reads. This is not a text, so that no other caller can take the name.
    Mirror,
    Given(Arc<str>),
}

impl Caller {
    pub(crate) const UNNAMED: Self = Self(Name::None);
    pub(crate) const MIRROR: Self = Self(Name::Mirror);
}

impl<T: Into<Arc<str>>> From<T> for Caller {
    fn from(name: T) -> Self {
        Self(Name::Given(name.into()))
    }
}
