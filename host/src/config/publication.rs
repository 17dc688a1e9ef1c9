//! How the argument schemas of tools are published.

/// Decides how the argument schemas of tools are published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Publication {
    /// As the plugins declare them, which the protocol allows.
    #[default]
    Declared,
    /// Rewritten so that every client family takes them. Tools that cannot be rewritten are left out.
    Portable,
}
