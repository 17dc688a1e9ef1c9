//! What some bridges and lamps do and others do not.

/// An oddity that clients had to work around; a simulator has those that its builder was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// A light that was turned off with a transition has the lowest brightness when it is dark, in place of its own;
    /// turned on without a brightness it hardly shines.
    OffForgetsBrightness,
    /// The scene that is one too many takes the place of the one that was not recalled for longest. Without it the new
    /// scene is refused with status 507: the maximum settings speak of the former, the API's reference of the latter.
    OldScenesMakeRoom,
}
