//! The sets of tools that projects are built with.

use super::templates::Language;

/// A set of build tools: a language's own, or one of two others for the projects in C.
#[derive(Clone, Copy)]
pub(super) enum Toolset {
    Own(Language),
    /// clang, with the projects in C compiled as C++.
    Cpp,
    /// Zig's compiler for C.
    Zig,
}

impl Toolset {
    pub(super) const ALL: [Self; 6] = {
        let [rust, python, javascript, c] = Language::ALL;
        [Self::Own(rust), Self::Own(python), Self::Own(javascript), Self::Own(c), Self::Cpp, Self::Zig]
    };

    /// Returns the name that ends the names of the components: `sunset-cpp`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Own(language) => language.name(),
            Self::Cpp => "cpp",
            Self::Zig => "zig",
        }
    }

    /// Returns the language of the projects.
    pub(super) fn language(self) -> Language {
        match self {
            Self::Own(language) => language,
            Self::Cpp | Self::Zig => Language::C,
        }
    }
}
