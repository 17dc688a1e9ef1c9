//! Finds or installs each language's build tools, and calls them as the README of a project says.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::project::Project;
use super::templates::Language;
use crate::test::Checkout;
use crate::test::node::{self, Packages};
use crate::test::venv::{self, Environment};
use crate::wasm::{Toolchain, WASM_TARGET};
use crate::workspace::Workspace;
use crate::{debian, process};

/// The packages in which Debian has clang, a linker and a C library for WebAssembly.
const C_PACKAGES: [&str; 5] = ["clang", "lld", "make", "wasi-libc", "libclang-rt-dev-wasm32"];

/// The tools that build the projects of one language.
pub(super) enum Tools {
    /// Cargo, which uses a target folder and the lock file of this workspace.
    Cargo { toolchain: Toolchain, target: PathBuf, lock: PathBuf },
    /// componentize-py, which runs in a virtual environment.
    Python { program: PathBuf, requirements: PathBuf },
    /// npm, which finds its packages installed.
    Node { home: PathBuf },
    /// make, which gets `wit-tools` in place of wit-bindgen and wasm-tools.
    Make { wit_tools: PathBuf },
}

impl Tools {
    /// Finds the tools of a language, and installs below `folder` what is missing, if it can.
    pub(super) fn get(language: Language, checkout: &Checkout, folder: &Path) -> Result<Self> {
        let workspace = &checkout.workspace;
        let example = workspace.root.join("examples").join(language.name());
        let home = folder.join("tools").join(language.name());
        match language {
            Language::Rust => Ok(Self::Cargo {
                toolchain: checkout.toolchain()?,
                target: folder.join("tools/rust"),
                lock: workspace.root.join("Cargo.lock"),
            }),
            Language::Python => python(&home, example.join("requirements.txt")),
            Language::JavaScript => javascript(home, &example),
            Language::C => c(workspace),
        }
    }

    /// Computes a text that changes whenever the tools do.
    pub(super) fn stamp(&self) -> Result<String> {
        match self {
            Self::Cargo { toolchain, target, lock } => {
                let cargo = process::output(Workspace::cargo_anywhere().arg("-V"))?;
                Ok(format!("{cargo} {} {}", toolchain.target_folder(target).display(), digest(lock)?))
            }
            Self::Python { requirements, .. } => digest(requirements),
            Self::Node { home } => digest(&home.join("package-lock.json")),
            Self::Make { wit_tools } => {
                Ok(process::output(Command::new("clang").arg("--version"))? + &digest(wit_tools)?)
            }
        }
    }

    /// Returns the commands that an author types in the project's folder.
    pub(super) fn commands(&self, project: &Project, folder: &Path) -> Result<Vec<Command>> {
        match self {
            Self::Cargo { toolchain, target, lock } => {
                std::fs::copy(lock, folder.join("Cargo.lock"))?;
                let mut build = Workspace::cargo_anywhere();
                build.args(["build", "--release", "--target", WASM_TARGET]);
                toolchain.equip(&mut build, target);
                let mut test = Workspace::cargo_anywhere();
                test.arg("test").env("CARGO_TARGET_DIR", target);
                Ok(vec![build, test])
            }
            Self::Python { program, .. } => {
                let mut componentize = Command::new(program);
                componentize.args(["-d", project.wit, "-w", project.world, "componentize"]).arg(module(project));
                componentize.arg("-o").arg(format!("{}.wasm", project.given));
                Ok(vec![componentize])
            }
            Self::Node { home } => {
                symlink(home.join("node_modules"), folder.join("node_modules"))?;
                let mut npm = Command::new("npm");
                npm.args(["run", "build", "--loglevel", "error"]);
                Ok(vec![npm])
            }
            Self::Make { wit_tools } => {
                let mut make = Command::new("make");
                make.args(["WIT_BINDGEN", "WASM_TOOLS"].map(|tool| format!("{tool}={}", wit_tools.display())));
                Ok(vec![make])
            }
        }
    }

    /// Returns the path of the component after those commands.
    pub(super) fn component(&self, project: &Project, folder: &Path) -> PathBuf {
        match self {
            Self::Cargo { toolchain, target, .. } => {
                let target = toolchain.target_folder(target);
                target.join(WASM_TARGET).join("release").join(format!("{}.wasm", project.given.replace('-', "_")))
            }
            _ => folder.join(format!("{}.wasm", project.given)),
        }
    }
}

/// Names the Python module: an example has its plugin's name, a template's project has the name `plugin`.
fn module(project: &Project) -> &'static str {
    if project.folder.is_empty() { "plugin" } else { project.given }
}

fn python(home: &Path, requirements: PathBuf) -> Result<Tools> {
    match venv::environment(10, home, &requirements)? {
        Environment::Ready(python) => {
            Ok(Tools::Python { program: python.with_file_name("componentize-py"), requirements })
        }
        Environment::Impossible(reason) => bail!(reason),
    }
}

fn javascript(home: PathBuf, example: &Path) -> Result<Tools> {
    match node::packages(&home, example)? {
        Packages::Ready => Ok(Tools::Node { home }),
        Packages::Impossible(reason) => bail!(reason),
    }
}

fn c(workspace: &Workspace) -> Result<Tools> {
    let has_tools = has_c_tools() || (debian::install(&C_PACKAGES) && has_c_tools());
    if !has_tools {
        bail!("there is no clang for wasm32-wasi here; on Debian: apt-get install {}", C_PACKAGES.join(" "));
    }
    // `--workspace` gives the features that the tests have too, so that nothing is compiled twice.
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--workspace", "--bin", "wit-tools"]);
    let made = process::artifacts(&mut build)?
        .into_iter()
        .find(|made| made.path.file_stem().is_some_and(|it| it == "wit-tools"));
    Ok(Tools::Make { wit_tools: made.context("the package lamplighter-wit-tools made no binary")?.path })
}

/// Tells whether clang has a linker, a C library and its own runtime library for WebAssembly.
fn has_c_tools() -> bool {
    let clang = |option: &str| process::output(Command::new("clang").args(["--target=wasm32-wasi", option]));
    let has =
        |option: &str| clang(option).is_ok_and(|file| Path::new(&file).is_absolute() && Path::new(&file).exists());
    process::is_available("make", &["--version"])
        && process::is_available("wasm-ld", &["--version"])
        && has("-print-libgcc-file-name")
        && has("-print-file-name=libc.a")
}

fn digest(file: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}
