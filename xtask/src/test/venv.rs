//! Makes virtual environments for the steps that need Python, with an interpreter that is new enough.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The result of making a virtual environment.
pub(crate) enum Environment {
    /// Holds the interpreter that has the packages.
    Ready(PathBuf),
    /// This machine cannot make one, for this reason.
    Impossible(String),
}

/// Makes a virtual environment at `venv` with the packages of `requirements`, unless it is there.
///
/// Its Python is 3.`least` or newer.
pub(crate) fn environment(least: u32, venv: &Path, requirements: &Path) -> Result<Environment> {
    let (inside, stamp) = (venv.join("bin/python"), venv.join("requirements.txt"));
    let wanted = std::fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    if inside.exists() && std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Environment::Ready(inside));
    }
    let Some(python) = interpreter(least) else {
        return Ok(Environment::Impossible(format!("there is no Python 3.{least} or newer here")));
    };
    let made = process::output(Command::new(python).args(["-m", "venv", "--clear"]).arg(venv));
    if let Err(error) = made {
        return Ok(Environment::Impossible(format!("Python cannot make a virtual environment here: {error:#}")));
    }
    let mut pip = Command::new(&inside);
    process::run(pip.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
    std::fs::write(&stamp, wanted)?;
    Ok(Environment::Ready(inside))
}

/// Finds Python 3.`least` or newer: the default one, one with its version in the name, or one of pyenv's.
fn interpreter(least: u32) -> Option<PathBuf> {
    let with_version = (least..least + 5).map(|minor| format!("python3.{minor}"));
    let mut names = ["python3".to_owned(), "python".to_owned()].into_iter().chain(with_version).map(PathBuf::from);
    names.find(|python| is_new_enough(python, least)).or_else(|| pyenv_interpreter(least))
}

fn is_new_enough(python: &Path, least: u32) -> bool {
    process::is_available(python, &["-c", &format!("import sys; sys.exit(sys.version_info < (3, {least}))")])
}

fn pyenv_interpreter(least: u32) -> Option<PathBuf> {
    let versions = process::output(Command::new("pyenv").args(["versions", "--bare"])).ok()?;
    let prefix = |version: &str| process::output(Command::new("pyenv").args(["prefix", version])).ok();
    let mut pythons =
        versions.lines().rev().filter_map(|version| Some(Path::new(&prefix(version)?).join("bin/python")));
    pythons.find(|python| is_new_enough(python, least))
}
