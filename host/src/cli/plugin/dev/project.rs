//! How a project's folder is built, and where the component lies after a build.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::Value;

use super::build::{BuildCommand, Output};

/// A folder that builds into a plugin.
pub(super) struct Project {
    pub(super) folder: PathBuf,
    /// Describes the project for people, for example as `a project in Rust`.
    pub(super) kind: &'static str,
    pub(super) build: BuildCommand,
    product: Product,
}

/// Where the component lies after a build.
enum Product {
    /// Cargo's messages name the file.
    Cargo,
    At(PathBuf),
    /// The newest `.wasm` file counts, in the folder or in cargo's usual folders.
    Newest,
}

/// Describes a recognised project: its kind, its build command and its component.
type Detected = (&'static str, BuildCommand, Product);

/// Why a folder cannot be built, or has no component, and what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProjectError {
    #[error("the folder {} cannot be read: {error}", folder.display())]
    Unreadable { folder: PathBuf, error: io::Error },
    #[error(
        "{} has no Cargo.toml, package.json, plugin.py or Makefile: say how it is built with --build 'COMMAND', or begin \
         a project with `lamplighter plugin new`",
        .0.display()
    )]
    NoProject(PathBuf),
    #[error("its packages are not installed yet: run `npm ci` in {}", .0.display())]
    NoNodeModules(PathBuf),
    #[error("its module is not plugin.py, or wit/ is not there: say how it is built with --build 'COMMAND'")]
    OtherPythonModule,
    #[error(
        "componentize-py is not installed yet: in {}, run\n\
         python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
        .0.display()
    )]
    NoComponentizePy(PathBuf),
    #[error("cargo built no component: Cargo.toml needs `crate-type = [\"cdylib\"]` under [lib]")]
    NoCdylib,
    #[error("the build ended well, but it left no .wasm file: say which with --component FILE, or how with --build")]
    NoComponent,
}

impl Project {
    /// Recognises the project by its files, unless a build command is given.
    ///
    /// # Errors
    /// What is missing, and what to do.
    pub(super) fn find(folder: &Path, build: Option<String>, component: Option<&Path>) -> Result<Self, ProjectError> {
        let folder =
            folder.canonicalize().map_err(|error| ProjectError::Unreadable { folder: folder.to_owned(), error })?;
        let (kind, build, found) = match build {
            Some(command) => ("a project", BuildCommand::shell(command), Product::Newest),
            None => detect(&folder)?,
        };
        let product = component.map_or(found, |file| Product::At(folder.join(file)));
        Ok(Self { folder, kind, build, product })
    }

    /// Returns the file that was built.
    pub(super) fn component(&self, output: &Output) -> Result<PathBuf, ProjectError> {
        match &self.product {
            Product::At(file) => Ok(file.clone()),
            Product::Cargo => component_of_cargo(&output.stdout, &self.folder).ok_or(ProjectError::NoCdylib),
            Product::Newest => newest_component(&self.folder).ok_or(ProjectError::NoComponent),
        }
    }
}

/// Recognises a project by its files.
fn detect(folder: &Path) -> Result<Detected, ProjectError> {
    let has = |name: &str| folder.join(name).exists();
    if has("Cargo.toml") {
        let args = ["build", "--release", "--target", "wasm32-wasip2", "--message-format", "json-render-diagnostics"];
        let shown = "cargo build --release --target wasm32-wasip2";
        return Ok(("a project in Rust", BuildCommand::program("cargo".into(), &args, shown), Product::Cargo));
    }
    if has("package.json") {
        if !has("node_modules") {
            return Err(ProjectError::NoNodeModules(folder.to_owned()));
        }
        return Ok((
            "a project in JavaScript",
            BuildCommand::program("npm".into(), &["run", "build"], "npm run build"),
            Product::Newest,
        ));
    }
    if has("plugin.py") || has("requirements.txt") {
        return python(folder);
    }
    if has("Makefile") {
        return Ok(("a project with a Makefile", BuildCommand::program("make".into(), &[], "make"), Product::Newest));
    }
    Err(ProjectError::NoProject(folder.to_owned()))
}

/// Builds with the componentize-py of the project's own environment, or with an installed one.
fn python(folder: &Path) -> Result<Detected, ProjectError> {
    if !folder.join("plugin.py").exists() || !folder.join("wit").is_dir() {
        return Err(ProjectError::OtherPythonModule);
    }
    let own = Path::new(".venv/bin/componentize-py");
    let is_own = folder.join(own).exists();
    if !is_own && !is_on_path("componentize-py") {
        return Err(ProjectError::NoComponentizePy(folder.to_owned()));
    }
    let program = if is_own { folder.join(own) } else { "componentize-py".into() };
    // The component is named after the folder, if that is a plugin's name.
    let stem = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = if crate::config::is_plugin_name(&stem) { stem } else { "plugin".to_owned() };
    let file = format!("{stem}.wasm");
    let args = ["-d", "wit", "-w", "plugin", "componentize", "plugin", "-o", &file];
    let shown = format!(
        "{} {}",
        if is_own { own.display().to_string() } else { program.display().to_string() },
        args.join(" ")
    );
    Ok(("a project in Python", BuildCommand::program(program.into(), &args, &shown), Product::At(folder.join(file))))
}

fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()))
}

/// Returns the last component that cargo says it made of this very package, or else of any.
fn component_of_cargo(messages: &str, folder: &Path) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let made: Vec<_> = messages.filter_map(|message| component_in(&message, folder)).collect();
    made.iter().rev().find(|(own, _)| *own).or_else(|| made.last()).map(|(_, file)| file.clone())
}

/// Returns the component that a message of cargo names, and whether it is of this package.
fn component_in(message: &Value, folder: &Path) -> Option<(bool, PathBuf)> {
    if message["reason"] != "compiler-artifact" || !message["target"]["kind"].to_string().contains("cdylib") {
        return None;
    }
    let files = message["filenames"].as_array()?.iter().filter_map(Value::as_str);
    let file = files.map(PathBuf::from).find(|file| file.extension().is_some_and(|extension| extension == "wasm"))?;
    let own =
        message["manifest_path"].as_str().is_some_and(|manifest| Path::new(manifest) == folder.join("Cargo.toml"));
    Some((own, file))
}

fn newest_component(folder: &Path) -> Option<PathBuf> {
    let cargo = folder.join("target/wasm32-wasip2");
    let folders = [folder.to_owned(), cargo.join("release"), cargo.join("debug")];
    let entries = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let files = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "wasm"));
    let dated =
        files.filter_map(|path| Some((path.metadata().ok()?.modified().unwrap_or(SystemTime::UNIX_EPOCH), path)));
    dated.max().map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;

    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn shown(files: &[&str]) -> Result<String, ProjectError> {
        let folder = folder(files);
        Project::find(folder.path(), None, None).map(|project| project.build.shown)
    }

    #[test]
    fn a_project_is_built_as_its_files_say() {
        assert_eq!(shown(&["Cargo.toml", "src/lib.rs"]).unwrap(), "cargo build --release --target wasm32-wasip2");
        assert_eq!(shown(&["package.json", "node_modules/x"]).unwrap(), "npm run build");
        assert_eq!(shown(&["Makefile", "plugin.c"]).unwrap(), "make");
        let python = shown(&["plugin.py", "wit/world.wit", ".venv/bin/componentize-py"]).unwrap();
        assert!(python.starts_with(".venv/bin/componentize-py -d wit -w plugin componentize plugin -o "), "{python}");
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_do() {
        assert!(shown(&["package.json"]).unwrap_err().to_string().contains("npm ci"));
        assert!(shown(&["sunset.py", "requirements.txt"]).unwrap_err().to_string().contains("--build"));
        assert!(shown(&["notes.txt"]).unwrap_err().to_string().contains("lamplighter plugin new"));
    }

    #[test]
    fn of_several_components_the_newest_is_meant() {
        let folder = folder(&["old.wasm", "target/wasm32-wasip2/release/new.wasm", "newest.txt"]);
        let old = fs::File::options().write(true).open(folder.path().join("old.wasm")).unwrap();
        old.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH)).unwrap();
        assert!(newest_component(folder.path()).unwrap().ends_with("release/new.wasm"));
    }

    #[test]
    fn cargo_says_where_the_component_is() {
        let message = |manifest: &str, kind: &str, file: &str| {
            serde_json::json!({
                "reason": "compiler-artifact", "manifest_path": manifest, "target": {"kind": [kind]}, "filenames": [file],
            })
            .to_string()
        };
        let messages = [
            "Compiling, which is no message".to_owned(),
            message("/p/Cargo.toml", "cdylib", "/t/p.wasm"),
            message("/q/Cargo.toml", "cdylib", "/t/q.wasm"),
            message("/p/Cargo.toml", "lib", "/t/libp.rlib"),
        ]
        .join("\n");
        assert_eq!(component_of_cargo(&messages, Path::new("/p")), Some("/t/p.wasm".into()));
        assert_eq!(component_of_cargo(&messages, Path::new("/other")), Some("/t/q.wasm".into()));
        assert_eq!(component_of_cargo("", Path::new("/p")), None);
    }
}
