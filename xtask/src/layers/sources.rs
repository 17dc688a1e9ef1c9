//! Reads the modules of a crate, and resolves each path to the module that defines what it names.
//!
//! A name that a module re-exports (`pub use`) resolves to the module it comes from, so a re-export hides no dependency.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::syntax::{self, Declared, NamedPath, Syntax};

/// The re-exports that are followed for one path, so that a circle of them ends.
const MAX_REEXPORTS: usize = 16;

/// The names from the crate's root to a module; the root itself has none.
pub(super) type ModulePath = Vec<String>;

/// One place in the sources where a module depends on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    pub(super) from: ModulePath,
    pub(super) to: ModulePath,
    pub(super) place: Place,
}

/// A path that begins with the name of another crate, or of something in scope.
#[derive(Debug)]
pub(super) struct External {
    pub(super) from: ModulePath,
    pub(super) name: String,
    pub(super) place: Place,
}

/// Names a line of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: usize,
}

/// Holds the modules of a crate, without those of tests.
#[derive(Default)]
pub(super) struct Sources {
    modules: BTreeSet<ModulePath>,
    /// The names that each module imports, with their paths from the crate's root.
    imports: BTreeMap<ModulePath, BTreeMap<String, ModulePath>>,
    named: Vec<(ModulePath, PathBuf, NamedPath)>,
}

/// Reads a source file, or answers that it does not exist.
type ReadFile<'a> = &'a dyn Fn(&Path) -> Option<String>;

impl Sources {
    /// Reads the crate whose root is `file`, and every module that it declares.
    pub(super) fn read(file: &Path, read: ReadFile) -> Result<Self> {
        let mut sources = Self::default();
        let folder = file.parent().context("a crate's root lies in a folder")?;
        sources.file(file, Vec::new(), folder, read)?;
        sources.collect_imports();
        Ok(sources)
    }

    /// Reads one file. Its child modules lie in `children`.
    fn file(&mut self, file: &Path, module: ModulePath, children: &Path, read: ReadFile) -> Result<()> {
        let text = read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let syntax = Syntax::parse(&text).with_context(|| file.display().to_string())?;
        self.module(syntax, file, module, children, read)
    }

    fn module(
        &mut self,
        syntax: Syntax,
        file: &Path,
        module: ModulePath,
        children: &Path,
        read: ReadFile,
    ) -> Result<()> {
        self.named.extend(syntax.paths.into_iter().map(|path| (module.clone(), file.to_owned(), path)));
        for declared in syntax.modules {
            let child = [module.as_slice(), std::slice::from_ref(&declared.name)].concat();
            let folder = children.join(&declared.name);
            match declared {
                Declared { inline: Some(syntax), .. } => self.module(syntax, file, child, &folder, read)?,
                Declared { file: Some(path), .. } => {
                    // `#[path]` is relative to the folder of the file that has it.
                    let file = file.with_file_name(path);
                    let folder = file.parent().context("a module lies in a folder")?.to_owned();
                    self.file(&file, child, &folder, read)?;
                }
                Declared { name, .. } => {
                    let candidates = [children.join(format!("{name}.rs")), folder.join("mod.rs")];
                    let Some(file) = candidates.iter().find(|file| read(file).is_some()) else {
                        bail!("{}: the module {name} has no file", file.display());
                    };
                    self.file(file, child, &folder, read)?;
                }
            }
        }
        self.modules.insert(module);
        Ok(())
    }

    fn collect_imports(&mut self) {
        for (module, _, path) in &self.named {
            if let Some(alias) = &path.alias
                && let Some(target) = self.path_from_root(module, &path.segments)
            {
                self.imports.entry(module.clone()).or_default().insert(alias.clone(), target);
            }
        }
    }

    /// Returns every dependency of a module on another.
    pub(super) fn dependencies(&self) -> Vec<Dependency> {
        let resolved = self.named.iter().filter_map(|(from, file, path)| {
            let to = self.resolve(self.path_from_root(from, &path.segments)?);
            let place = Place { file: file.clone(), line: path.line };
            (to != *from).then(|| Dependency { from: from.clone(), to, place })
        });
        resolved.collect()
    }

    /// Returns every path that does not begin inside the crate.
    pub(super) fn externals(&self) -> Vec<External> {
        let outside = self.named.iter().filter(|(from, _, path)| self.path_from_root(from, &path.segments).is_none());
        let external = outside.map(|(from, file, path)| External {
            from: from.clone(),
            name: path.segments[0].clone(),
            place: Place { file: file.clone(), line: path.line },
        });
        external.collect()
    }

    /// Turns a path as written in `module` into one from the crate's root; `None` if it leads outside the crate.
    fn path_from_root(&self, module: &[String], segments: &[String]) -> Option<ModulePath> {
        let mut root = module.to_vec();
        let mut rest = segments;
        if !syntax::is_inside_crate(segments) {
            let child = [module, &segments[..1]].concat();
            return self.modules.contains(&child).then(|| [module, segments].concat());
        }
        while let Some((first, tail)) = rest.split_first() {
            match first.as_str() {
                "crate" => root.clear(),
                "super" => drop(root.pop()),
                "self" => {}
                _ => break,
            }
            rest = tail;
        }
        Some([root.as_slice(), rest].concat())
    }

    /// Finds the module that defines what a path names.
    fn resolve(&self, mut path: ModulePath) -> ModulePath {
        for _ in 0..MAX_REEXPORTS {
            let depth = (0..=path.len()).rev().find(|depth| self.modules.contains(&path[..*depth])).unwrap_or_default();
            let module = &path[..depth];
            let import = path.get(depth).and_then(|name| self.imports.get(module)?.get(name));
            match import {
                // `use self::x::x;` would lead to itself.
                Some(target) if !path.starts_with(target) => path = [target.as_slice(), &path[depth + 1..]].concat(),
                _ => return module.to_vec(),
            }
        }
        path
    }
}
