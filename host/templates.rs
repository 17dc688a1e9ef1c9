//! The projects that `lamplighter plugin new` writes, in one of four languages. Each builds with its language's own
//! standard tool, and contains the contract and, for Rust, the SDK, both as of this host.
//!
//! The templates are compiled into the host, and into the project's own commands, which build one project of each kind. In
//! the files, `{{name}}` is the plugin's name and `{{snake}}` the same with `_` for `-`, which Rust and Python need.

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

    /// Returns the language's name in lower case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::C => "c",
        }
    }

    /// Returns the files that are filled in, and those that are copied beside the contract.
    fn files(self) -> (&'static [File], &'static [File]) {
        match self {
            Self::Rust => (RUST_FILES, SDK_FILES),
            Self::Python => (PYTHON_FILES, &[]),
            Self::JavaScript => (JAVASCRIPT_FILES, &[]),
            Self::C => (C_FILES, &[]),
        }
    }
}

/// Returns the files of a new project: the path of each in the project, and its content.
///
/// `name` is a plugin's name that begins with a letter, as the names of crates and modules do.
pub(crate) fn project(language: Language, name: &str) -> Vec<(String, String)> {
    let snake = name.replace('-', "_");
    let fill = |text: &str| text.replace("{{name}}", name).replace("{{snake}}", &snake);
    let (filled, copied) = language.files();
    let filled = filled.iter().map(|(path, text)| ((*path).to_owned(), fill(text)));
    let copied = copied.iter().chain(WIT_FILES).map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    filled.chain(copied).collect()
}

/// The path of a file in the project, and its content.
type File = (&'static str, &'static str);

const RUST_FILES: &[File] = &[
    ("Cargo.toml", include_str!("templates/rust/Cargo.toml.in")),
    ("src/lib.rs", include_str!("templates/rust/lib.rs")),
    ("README.md", include_str!("templates/rust/README.md")),
    (".gitignore", include_str!("templates/rust/gitignore")),
    ("vendor/lamplighter-plugin/Cargo.toml", include_str!("templates/rust/sdk.Cargo.toml.in")),
    ("vendor/lamplighter-plugin/LICENSE", include_str!("../LICENSE")),
    ("vendor/lamplighter-report/Cargo.toml", include_str!("templates/rust/report.Cargo.toml.in")),
    ("vendor/lamplighter-report/LICENSE", include_str!("../LICENSE")),
    ("vendor/hue-names/Cargo.toml", include_str!("templates/rust/names.Cargo.toml.in")),
    ("vendor/hue-names/LICENSE", include_str!("../LICENSE")),
];

const PYTHON_FILES: &[File] = &[
    ("plugin.py", include_str!("templates/python/plugin.py")),
    ("requirements.txt", include_str!("../examples/python/requirements.txt")),
    ("README.md", include_str!("templates/python/README.md")),
    (".gitignore", include_str!("templates/python/gitignore")),
];

const JAVASCRIPT_FILES: &[File] = &[
    ("plugin.js", include_str!("templates/javascript/plugin.js")),
    ("package.json", include_str!("templates/javascript/package.json")),
    ("package-lock.json", include_str!("../examples/javascript/package-lock.json")),
    ("README.md", include_str!("templates/javascript/README.md")),
    (".gitignore", include_str!("templates/javascript/gitignore")),
];

const C_FILES: &[File] = &[
    ("plugin.c", include_str!("templates/c/plugin.c")),
    ("json.h", include_str!("../examples/c/json.h")),
    ("Makefile", include_str!("templates/c/Makefile")),
    ("README.md", include_str!("templates/c/README.md")),
    (".gitignore", include_str!("templates/c/gitignore")),
];

// Defines `WIT_FILES`, the contract, and `SDK_FILES`, the SDK for Rust, which is in no registry yet. The SDK finds the
// contract two folders up, in the repository as in a project.
include!(concat!(env!("OUT_DIR"), "/copies.rs"));

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Language, project};

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a package of this workspace").to_owned()
    }

    #[test]
    fn every_project_says_how_it_is_built_and_holds_no_placeholder() {
        for language in Language::ALL {
            let files = project(language, "party-lights");
            for wanted in ["README.md", ".gitignore", "wit/world.wit", "wit/tools.wit"] {
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
    fn the_sdk_has_the_features_and_wants_of_others_what_it_has_and_wants_in_the_workspace() {
        let part = |manifest: &str, part: &str| -> Option<Vec<String>> {
            let after = manifest.split_once(&format!("[{part}]\n"))?.1;
            Some(after.lines().take_while(|line| !line.is_empty()).map(str::to_owned).collect())
        };
        // A dependency in the words of the workspace's manifest: whole, and for its users only what they add to it.
        let in_full = |line: &str, workspace: &str| {
            let (name, wanted) = line.split_once([' ', '.']).expect("a dependency");
            let whole = workspace.lines().find(|line| line.starts_with(&format!("{name} = "))).expect("it is there");
            let added = wanted.trim_start_matches("= { workspace = true").trim_end_matches(" }");
            let whole = whole.replace("path = \"plugins/report\"", "path = \"../lamplighter-report\"");
            let whole = whole.replace("path = \"bridge/names\"", "path = \"../hue-names\"");
            if line.ends_with(".workspace = true") { whole } else { whole.replace(" }", &format!("{added} }}")) }
        };
        let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("it is there");
        let workspace = read("Cargo.toml");
        for (ours, theirs) in [
            (read("plugins/sdk/Cargo.toml"), include_str!("templates/rust/sdk.Cargo.toml.in")),
            (read("plugins/report/Cargo.toml"), include_str!("templates/rust/report.Cargo.toml.in")),
            (read("bridge/names/Cargo.toml"), include_str!("templates/rust/names.Cargo.toml.in")),
        ] {
            assert_eq!(part(theirs, "features"), part(&ours, "features"));
            assert!(part(&ours, "dependencies").is_some());
            for table in ["dependencies", "target.'cfg(not(target_arch = \"wasm32\"))'.dependencies"] {
                let ours = part(&ours, table);
                let ours = ours.map(|lines| lines.iter().map(|line| in_full(line, &workspace)).collect());
                assert_eq!(part(theirs, table), ours);
            }
        }
    }
}
