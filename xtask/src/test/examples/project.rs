//! The projects to build: their files, and the folder among them in which their author would build.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::templates::{self, Language};
use super::toolset::Toolset;

/// The name of the projects that are made of templates. It has a hyphen, which some languages do not allow in a name.
pub(super) const TEMPLATE_PROJECT: &str = "party-lights";

/// A project that builds one component.
pub(super) struct Project {
    /// Names the component in `target/examples`.
    pub(super) name: String,
    files: BTreeMap<PathBuf, Vec<u8>>,
    /// The folder in which its author would build it.
    pub(super) folder: &'static str,
    /// The name that its author gave to the module and to the component.
    pub(super) given: &'static str,
    /// Names the folder of the WIT, relative to `folder`.
    pub(super) wit: &'static str,
    /// Names the world in it that the component implements.
    pub(super) world: &'static str,
}

/// Returns the projects of one set of tools, except those that cargo builds with the rest of the workspace.
pub(super) fn all_for(toolset: Toolset, root: &Path) -> Result<Vec<Project>> {
    let new = Project::from_template(toolset);
    let sunset_in_c = || Project::of_repository(&format!("sunset-{}", toolset.name()), root, "examples/c", "sunset");
    Ok(match toolset {
        Toolset::Own(Language::Rust) => vec![new],
        Toolset::Own(Language::Python) => vec![
            Project::of_repository("sunset-python", root, "examples/python", "sunset")?,
            Project::of_repository("whoami-python", root, "tests/guests/python", "whoami")?,
            Project::of_repository("pitfalls-python", root, "tests/guests/python", "pitfalls")?,
            Project::exchange("exchange-python", root, "tests/exchange/python")?,
            new,
        ],
        Toolset::Own(Language::JavaScript) => vec![
            Project::of_repository("sunset-javascript", root, "examples/javascript", "sunset")?,
            Project::of_repository("whoami-javascript", root, "tests/guests/javascript", "whoami")?
                .with(Path::new("tests/guests/javascript/wit/deps/plugin"), &root.join("wit"))?,
            Project::exchange("exchange-javascript", root, "tests/exchange/javascript")?,
            new,
        ],
        Toolset::Own(Language::C) => {
            vec![sunset_in_c()?, Project::exchange("exchange-c", root, "tests/exchange/c")?, new]
        }
        Toolset::Cpp => vec![sunset_in_c()?.into_cpp(), new.into_cpp()],
        Toolset::Zig => vec![sunset_in_c()?, new],
    })
}

impl Project {
    /// Takes a folder of the repository and the contract, each at its path in the repository.
    fn of_repository(name: &str, root: &Path, folder: &'static str, given: &'static str) -> Result<Self> {
        let wit = if folder.starts_with("examples/") { "../../wit" } else { "../../../wit" };
        let project = Self { name: name.to_owned(), files: BTreeMap::new(), folder, given, wit, world: "plugin" };
        project.with(Path::new("wit"), &root.join("wit"))?.with(Path::new(folder), &root.join(folder))
    }

    /// Takes the component that hands back values of every type.
    fn exchange(name: &str, root: &Path, folder: &'static str) -> Result<Self> {
        let (given, wit, world) = ("exchange", "../wit", "exchange");
        let project = Self { name: name.to_owned(), files: BTreeMap::new(), folder, given, wit, world };
        let wit = "tests/exchange/wit";
        project.with(Path::new(wit), &root.join(wit))?.with(Path::new(folder), &root.join(folder))
    }

    /// Takes what `lamplighter plugin new` writes.
    fn from_template(toolset: Toolset) -> Self {
        let files = templates::project(toolset.language(), TEMPLATE_PROJECT);
        let files = files.into_iter().map(|(path, text)| (path.into(), text.into_bytes())).collect();
        let (name, given) = (format!("template-{}", toolset.name()), TEMPLATE_PROJECT);
        Self { name, files, folder: "", given, wit: "wit", world: "plugin" }
    }

    /// Renames the C source to `.cpp`, as an author does who writes C++.
    fn into_cpp(mut self) -> Self {
        let renamed = |(path, content): (PathBuf, _)| {
            let is_c = path.extension().is_some_and(|extension| extension == "c");
            (if is_c { path.with_extension("cpp") } else { path }, content)
        };
        self.files = self.files.into_iter().map(renamed).collect();
        self
    }

    /// Adds the files of a folder, except build products and files that no build reads.
    fn with(mut self, at: &Path, from: &Path) -> Result<Self> {
        for entry in from.read_dir().with_context(|| format!("cannot read {}", from.display()))? {
            let (path, name) = {
                let entry = entry?;
                (entry.path(), entry.file_name())
            };
            let built = ["node_modules", "gen", "__pycache__"].iter().any(|built| name == *built);
            let aside = path.extension().is_some_and(|extension| extension == "wasm" || extension == "md");
            if built || aside || name.to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                self = self.with(&at.join(name), &path)?;
            } else {
                self.files.insert(at.join(name), fs::read(&path)?);
            }
        }
        Ok(self)
    }

    /// Computes a text that changes whenever the component's sources or tools do.
    pub(super) fn fingerprint(&self, tools: &str) -> String {
        // This is no defence against malice: a collision takes about 2^32 versions.
        let mut hasher = DefaultHasher::new();
        (&self.files, tools).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    /// Writes the files into a folder, which is emptied first.
    pub(super) fn lay_out(&self, folder: &Path) -> Result<()> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
        }
        for (path, content) in &self.files {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
            fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(())
    }
}
