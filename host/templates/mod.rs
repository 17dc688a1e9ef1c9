//! What `lamplighter plugin new` writes: a project in one of four languages that builds with that language's own
//! standard tool, with the contract and, for Rust, the SDK, both as of this host.
//!
//! Compiled into the host, and into the project's own commands, which build one project of each kind. In the files,
//! `{{name}}` is the plugin's name and `{{snake}}` the same with `_` for `-`, which Rust and Python want.

/// A language that a project can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    Python,
    JavaScript,
    C,
}

impl Language {
    pub(crate) const ALL: [Self; 4] = [Self::Rust, Self::Python, Self::JavaScript, Self::C];

    /// The word for it, in lower case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::C => "c",
        }
    }

    /// What is filled in, and what is copied beside the contract.
    fn files(self) -> (&'static [File], &'static [File]) {
        match self {
            Self::Rust => (RUST, SDK),
            Self::Python => (PYTHON, &[]),
            Self::JavaScript => (JAVASCRIPT, &[]),
            Self::C => (C, &[]),
        }
    }
}

/// The files of a new project: where each belongs in it, and what it holds.
///
/// `name` is a plugin's name that begins with a letter, since crates and modules do.
pub(crate) fn project(language: Language, name: &str) -> Vec<(String, String)> {
    let snake = name.replace('-', "_");
    let fill = |text: &str| text.replace("{{name}}", name).replace("{{snake}}", &snake);
    let (filled, copied) = language.files();
    let filled = filled.iter().map(|(path, text)| ((*path).to_owned(), fill(text)));
    let copied = copied.iter().chain(WIT).map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    filled.chain(copied).collect()
}

/// Where a file belongs in a project, and what it holds.
type File = (&'static str, &'static str);

const RUST: &[File] = &[
    ("Cargo.toml", include_str!("rust/Cargo.toml.in")),
    ("src/lib.rs", include_str!("rust/lib.rs")),
    ("README.md", include_str!("rust/README.md")),
    (".gitignore", include_str!("rust/gitignore")),
    ("vendor/lamplighter-plugin/Cargo.toml", include_str!("rust/sdk.Cargo.toml.in")),
    ("vendor/lamplighter-plugin/LICENSE", include_str!("../../LICENSE")),
];

const PYTHON: &[File] = &[
    ("plugin.py", include_str!("python/plugin.py")),
    ("requirements.txt", include_str!("../../examples/python/requirements.txt")),
    ("README.md", include_str!("python/README.md")),
    (".gitignore", include_str!("python/gitignore")),
];

const JAVASCRIPT: &[File] = &[
    ("plugin.js", include_str!("javascript/plugin.js")),
    ("package.json", include_str!("javascript/package.json")),
    ("package-lock.json", include_str!("../../examples/javascript/package-lock.json")),
    ("README.md", include_str!("javascript/README.md")),
    (".gitignore", include_str!("javascript/gitignore")),
];

const C: &[File] = &[
    ("plugin.c", include_str!("c/plugin.c")),
    ("json.h", include_str!("../../examples/c/json.h")),
    ("Makefile", include_str!("c/Makefile")),
    ("README.md", include_str!("c/README.md")),
    (".gitignore", include_str!("c/gitignore")),
];

/// Files that lie elsewhere in the repository and keep their names in a project.
macro_rules! copies {
    ($from:literal => $to:literal: $($file:literal)+) => {
        &[$((concat!($to, $file), include_str!(concat!($from, $file)))),+]
    };
}

/// The contract.
const WIT: &[File] = copies!("../../wit/" => "wit/":
    "call.wit" "clip.wit" "content.wit" "control.wit" "home.wit" "lifecycle.wit" "log.wit" "prompts.wit" "resources.wit"
    "scenes.wit" "settings.wit" "status.wit" "storage.wit" "tools.wit" "types.wit" "world.wit");

/// The SDK for Rust, which is in no registry yet. It finds the contract two folders up, here as there.
const SDK: &[File] = copies!("../../plugins/sdk/" => "vendor/lamplighter-plugin/":
    "src/answer.rs" "src/arguments.rs" "src/bindings.rs" "src/call.rs" "src/changes.rs" "src/changes/plan.rs"
    "src/changes/state.rs" "src/control.rs" "src/error.rs" "src/export.rs" "src/home.rs" "src/lib.rs" "src/log.rs"
    "src/prelude.rs" "src/report.rs" "src/scenes.rs" "src/schema.rs" "src/settings.rs" "src/status.rs"
    "src/testing/apply.rs" "src/testing/backend.rs" "src/testing/find.rs" "src/testing/light.rs" "src/testing/mod.rs"
    "src/testing/state.rs" "src/timestamp.rs" "src/tool.rs");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::{Language, SDK, WIT, project};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a package of this workspace").to_owned()
    }

    /// The files below a folder, as paths from it.
    fn files(folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for entry in folder.read_dir().expect("it is a folder").flatten() {
            let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            if path.is_dir() {
                found.extend(files(&path).into_iter().map(|below| format!("{name}/{below}")));
            } else {
                found.insert(name);
            }
        }
        found
    }

    #[test]
    fn no_file_of_the_contract_or_the_sdk_is_forgotten() {
        let listed = |list: &[super::File], prefix: &str| -> BTreeSet<String> {
            list.iter().map(|(path, _)| path.strip_prefix(prefix).unwrap_or(path).to_owned()).collect()
        };
        assert_eq!(listed(WIT, "wit/"), files(&root().join("wit")));
        assert_eq!(listed(SDK, "vendor/lamplighter-plugin/src/"), files(&root().join("plugins/sdk/src")));
    }

    #[test]
    fn every_project_says_how_it_is_built_and_holds_no_placeholder() {
        for language in Language::ALL {
            let files = project(language, "party-lights");
            for wanted in ["README.md", ".gitignore", "wit/world.wit"] {
                assert!(files.iter().any(|(path, _)| path == wanted), "{wanted} for {}", language.name());
            }
            let (_, readme) = files.iter().find(|(path, _)| path == "README.md").expect("it was just seen");
            let commands = readme.split("```").nth(1).expect("there is a block of commands");
            assert_eq!(commands.trim().lines().count() - 1, 3, "three commands: {commands}");
            for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("vendor/")) {
                assert!(!text.contains("{{name}}") && !text.contains("{{snake}}"), "{path} for {}", language.name());
            }
        }
    }

    #[test]
    fn the_sdk_wants_of_others_what_it_wants_in_the_workspace() {
        let workspace = std::fs::read_to_string(root().join("Cargo.toml")).expect("there is a workspace");
        let (_, manifest) = super::RUST[4];
        let dependencies = manifest.split_once("[dependencies]\n").expect("it has some").1;
        for line in dependencies.lines() {
            assert!(workspace.lines().any(|ours| ours == line), "`{line}` is not in the workspace's Cargo.toml");
        }
    }
}
