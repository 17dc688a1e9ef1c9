//! Who spends.

use std::sync::Arc;

/// Who a request is sent for: a plugin, a client, or one on behalf of the other. Cheap to clone.
///
/// The name is opaque: two callers are the same if their names are, and nothing else is read from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Name);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    /// Whoever gave no name: all of them together are one caller.
    None,
    /// The mirror's own reads. Not a text, so that nobody else can take the name.
    Mirror,
    Given(Arc<str>),
}

impl Caller {
    pub(crate) const UNNAMED: Self = Self(Name::None);
    pub(crate) const MIRROR: Self = Self(Name::Mirror);
}

impl From<Arc<str>> for Caller {
    fn from(name: Arc<str>) -> Self {
        Self(Name::Given(name))
    }
}

impl From<&str> for Caller {
    fn from(name: &str) -> Self {
        Self(Name::Given(name.into()))
    }
}

impl From<String> for Caller {
    fn from(name: String) -> Self {
        Self(Name::Given(name.into()))
    }
}
