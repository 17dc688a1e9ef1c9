//! Behaviour that only some bridges and lamps have.

/// A behaviour that clients have to work around. A simulator has the quirks that its builder was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// A light that was turned off with a transition keeps the lowest brightness instead of its own, and hardly shines
    /// when it is turned on without a brightness.
    OffForgetsBrightness,
    /// A new scene replaces the least recently recalled one when the bridge has no room. Without this quirk the new
    /// scene gets status 507. Signify's maximum settings describe the former, the API's reference the latter.
    OldScenesMakeRoom,
}
