//! Finds or installs each language's build tools, and calls them as the README of a project says.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::project::Project;
use super::templates::Language;
use super::toolset::Toolset;
use crate::test::Checkout;
use crate::test::node::{self, Packages};
use crate::test::venv::{self, Environment};
use crate::wasm::{Toolchain, WASM_TARGET};
use crate::workspace::Workspace;
use crate::{debian, process};

/// The packages in which Debian has clang, a linker and a C library for WebAssembly.
const C_PACKAGES: [&str; 5] = ["clang", "lld", "make", "wasi-libc", "libclang-rt-dev-wasm32"];

/// The same with the standard library of C++.
const CPP_PACKAGES: [&str; 6] = {
    let [clang, lld, make, libc, runtime] = C_PACKAGES;
    [clang, lld, make, libc, runtime, "libc++-dev-wasm32"]
};

/// The tools that build the projects of one language.
pub(super) enum Tools {
    /// Cargo, which uses a target folder and the lock file of this workspace.
    Cargo { toolchain: Toolchain, target: PathBuf, lock: PathBuf },
    /// componentize-py, which runs in a virtual environment.
    Python { program: PathBuf, requirements: PathBuf },
    /// npm, which finds its packages installed.
    Node { home: PathBuf },
    /// make, which gets `wit-tools` in place of wit-bindgen and wasm-tools, and clang or a Zig.
    Make { wit_tools: PathBuf, zig: Option<Zig> },
}

/// Zig as a package of Python: the interpreter that has it, and the requirements that named it.
pub(super) struct Zig {
    python: PathBuf,
    requirements: PathBuf,
}

impl Tools {
    /// Finds a set of tools, and installs below `folder` what is missing, if it can.
    pub(super) fn get(toolset: Toolset, checkout: &Checkout, folder: &Path) -> Result<Self> {
        let workspace = &checkout.workspace;
        let example = workspace.root.join("examples").join(toolset.language().name());
        let home = folder.join("tools").join(toolset.name());
        match toolset {
            Toolset::Own(Language::Rust) => Ok(Self::Cargo {
                toolchain: checkout.toolchain()?,
                target: folder.join("tools/rust"),
                lock: workspace.root.join("Cargo.lock"),
            }),
            Toolset::Own(Language::Python) => {
                let requirements = example.join("requirements.txt");
                let python = environment(&home, &requirements)?;
                Ok(Self::Python { program: python.with_file_name("componentize-py"), requirements })
            }
            Toolset::Own(Language::JavaScript) => javascript(home, &example),
            Toolset::Own(Language::C) => clang(workspace, &C_PACKAGES, has_c_tools),
            Toolset::Cpp => clang(workspace, &CPP_PACKAGES, || has_c_tools() && has_cpp_library()),
            Toolset::Zig => zig(workspace, &home),
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
            Self::Make { wit_tools, zig } => {
                let compiler = match zig {
                    Some(zig) => digest(&zig.requirements)?,
                    None => process::output(Command::new("clang").arg("--version"))?,
                };
                Ok(compiler + &digest(wit_tools)?)
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
            Self::Make { wit_tools, zig } => {
                let mut make = Command::new("make");
                make.args(["WIT_BINDGEN", "WASM_TOOLS"].map(|tool| format!("{tool}={}", wit_tools.display())));
                if let Some(Zig { python, .. }) = zig {
                    // Zig compiles its C library once into this folder.
                    make.env("ZIG_GLOBAL_CACHE_DIR", python.with_file_name("cache"));
                    make.arg(format!("CC={} -m ziglang cc", python.display())).arg("LIBS=");
                }
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

/// Returns the interpreter of a virtual environment that has what is required.
fn environment(home: &Path, requirements: &Path) -> Result<PathBuf> {
    match venv::environment(10, home, requirements)? {
        Environment::Ready(python) => Ok(python),
        Environment::Impossible(reason) => bail!(reason),
    }
}

fn javascript(home: PathBuf, example: &Path) -> Result<Tools> {
    match node::packages(&home, example)? {
        Packages::Ready => Ok(Tools::Node { home }),
        Packages::Impossible(reason) => bail!(reason),
    }
}

/// Finds clang and its libraries, and installs these packages of Debian if `is_complete` tells that something is missing.
fn clang(workspace: &Workspace, packages: &[&str], is_complete: fn() -> bool) -> Result<Tools> {
    if !(is_complete() || debian::install(packages) && is_complete()) {
        bail!("a part of clang for wasm32-wasi is missing here; on Debian: apt-get install {}", packages.join(" "));
    }
    Ok(Tools::Make { wit_tools: wit_tools(workspace)?, zig: None })
}

/// Installs Zig below `home`.
fn zig(workspace: &Workspace, home: &Path) -> Result<Tools> {
    let requirements = workspace.root.join("xtask/zig.requirements.txt");
    let python = environment(home, &requirements)?;
    Ok(Tools::Make { wit_tools: wit_tools(workspace)?, zig: Some(Zig { python, requirements }) })
}

/// Builds the program that stands in for wit-bindgen and wasm-tools, and returns its path.
fn wit_tools(workspace: &Workspace) -> Result<PathBuf> {
    // `--workspace` gives the features that the tests have too, so that nothing is compiled twice.
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--workspace", "--bin", "wit-tools"]);
    let made = process::artifacts(&mut build)?
        .into_iter()
        .find(|made| made.path.file_stem().is_some_and(|it| it == "wit-tools"));
    Ok(made.context("the package lamplighter-wit-tools made no binary")?.path)
}

/// Tells whether clang has a linker, a C library and its own runtime library for WebAssembly.
fn has_c_tools() -> bool {
    process::is_available("make", &["--version"])
        && process::is_available("wasm-ld", &["--version"])
        && clang_finds("-print-libgcc-file-name")
        && clang_finds("-print-file-name=libc.a")
}

fn has_cpp_library() -> bool {
    clang_finds("-print-file-name=libc++.a")
}

/// Tells whether clang knows the file that this option asks for.
fn clang_finds(option: &str) -> bool {
    let file = process::output(Command::new("clang").args(["--target=wasm32-wasi", option]));
    file.is_ok_and(|file| Path::new(&file).is_absolute() && Path::new(&file).exists())
}

fn digest(file: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}
