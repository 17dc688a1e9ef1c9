//! What a folder is built with, and where what was built lies.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::Value;

use super::build::{Build, Output};

/// A plugin's project.
pub(super) struct Project {
    pub(super) folder: PathBuf,
    /// For people: `a project in Rust`.
    pub(super) kind: &'static str,
    pub(super) build: Build,
    product: Product,
}

/// Where the component lies after a build.
enum Product {
    /// Where cargo says.
    Cargo,
    At(PathBuf),
    /// The newest `.wasm` file of the folder, or of where cargo usually puts it.
    Newest,
}

impl Project {
    /// What its files say it is, unless it is said how to build it.
    ///
    /// # Errors
    /// What is missing, and what to do.
    pub(super) fn find(folder: &Path, build: Option<String>, component: Option<PathBuf>) -> Result<Self, String> {
        let shown = folder.display();
        let folder = folder.canonicalize().map_err(|error| format!("the folder {shown} cannot be read: {error}"))?;
        let (kind, build, found) = match build {
            Some(command) => ("a project", Build::shell(command), Product::Newest),
            None => detected(&folder)?,
        };
        let product = component.map_or(found, |file| Product::At(folder.join(file)));
        Ok(Self { folder, kind, build, product })
    }

    /// The file that was built.
    ///
    /// # Errors
    /// There is none, and what to do.
    pub(super) fn component(&self, output: &Output) -> Result<PathBuf, String> {
        let none = || {
            "the build ended well, but it left no .wasm file: say which with --component FILE, or how with --build"
                .to_owned()
        };
        match &self.product {
            Product::At(file) => Ok(file.clone()),
            Product::Cargo => of_cargo(&output.stdout, &self.folder).ok_or_else(|| {
                "cargo built no component: Cargo.toml needs `crate-type = [\"cdylib\"]` under [lib]".to_owned()
            }),
            Product::Newest => newest(&self.folder).ok_or_else(none),
        }
    }
}

fn detected(folder: &Path) -> Result<(&'static str, Build, Product), String> {
    let has = |name: &str| folder.join(name).exists();
    if has("Cargo.toml") {
        let args = ["build", "--release", "--target", "wasm32-wasip2", "--message-format", "json-render-diagnostics"];
        let shown = "cargo build --release --target wasm32-wasip2";
        return Ok(("a project in Rust", Build::program("cargo".into(), &args, shown), Product::Cargo));
    }
    if has("package.json") {
        if !has("node_modules") {
            return Err(format!("its packages are not installed yet: run `npm ci` in {}", folder.display()));
        }
        return Ok((
            "a project in JavaScript",
            Build::program("npm".into(), &["run", "build"], "npm run build"),
            Product::Newest,
        ));
    }
    if has("plugin.py") || has("requirements.txt") {
        return python(folder);
    }
    if has("Makefile") {
        return Ok(("a project with a Makefile", Build::program("make".into(), &[], "make"), Product::Newest));
    }
    Err(format!(
        "{} has no Cargo.toml, package.json, plugin.py or Makefile: say how it is built with --build 'COMMAND', or begin \
         a project with `lamplighter plugin new`",
        folder.display()
    ))
}

/// With the programs of the project's own environment, or with those that are installed.
fn python(folder: &Path) -> Result<(&'static str, Build, Product), String> {
    if !folder.join("plugin.py").exists() || !folder.join("wit").is_dir() {
        return Err(
            "its module is not plugin.py, or wit/ is not there: say how it is built with --build 'COMMAND'".to_owned()
        );
    }
    let own = Path::new(".venv/bin/componentize-py");
    let is_own = folder.join(own).exists();
    if !is_own && !is_on_path("componentize-py") {
        return Err(format!(
            "componentize-py is not installed yet: in {}, run\n\
             python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
            folder.display()
        ));
    }
    let program = if is_own { folder.join(own) } else { "componentize-py".into() };
    // A folder's name can be anything; the component has that of the project, if it can be a plugin's.
    let stem = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = if crate::config::is_plugin_name(&stem) { stem } else { "plugin".to_owned() };
    let file = format!("{stem}.wasm");
    let args = ["-d", "wit", "-w", "plugin", "componentize", "plugin", "-o", &file];
    let shown = format!(
        "{} {}",
        if is_own { own.display().to_string() } else { program.display().to_string() },
        args.join(" ")
    );
    Ok(("a project in Python", Build::program(program.into(), &args, &shown), Product::At(folder.join(file))))
}

fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()))
}

/// The last component that cargo says it made of this very package, or else of any.
fn of_cargo(messages: &str, folder: &Path) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let made: Vec<_> = messages.filter_map(|message| component_in(&message, folder)).collect();
    made.iter().rev().find(|(own, _)| *own).or_else(|| made.last()).map(|(_, file)| file.clone())
}

/// Whether it is of this package, and the file.
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

fn newest(folder: &Path) -> Option<PathBuf> {
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

    fn shown(files: &[&str]) -> Result<String, String> {
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
        assert!(shown(&["package.json"]).unwrap_err().contains("npm ci"));
        assert!(shown(&["sunset.py", "requirements.txt"]).unwrap_err().contains("--build"));
        assert!(shown(&["notes.txt"]).unwrap_err().contains("lamplighter plugin new"));
    }

    #[test]
    fn of_several_components_the_newest_is_meant() {
        let folder = folder(&["old.wasm", "target/wasm32-wasip2/release/new.wasm", "newest.txt"]);
        let old = fs::File::options().write(true).open(folder.path().join("old.wasm")).unwrap();
        old.set_times(FileTimes::new().set_modified(SystemTime::UNIX_EPOCH)).unwrap();
        assert!(newest(folder.path()).unwrap().ends_with("release/new.wasm"));
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
        assert_eq!(of_cargo(&messages, Path::new("/p")), Some("/t/p.wasm".into()));
        assert_eq!(of_cargo(&messages, Path::new("/other")), Some("/t/q.wasm".into()));
        assert_eq!(of_cargo("", Path::new("/p")), None);
    }
}
