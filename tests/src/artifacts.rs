//! Finds what `cargo xtask build` and its step `examples` built; an error names the command that builds it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Returns the path of the binary under test.
///
/// `CARGO_BIN_EXE_…` does not reach across packages, but the binary and the tests lie in one target folder.
pub fn binary() -> Result<PathBuf> {
    Ok(profile_folder()?.join(format!("lamplighter{}", std::env::consts::EXE_SUFFIX))).and_then(existing)
}

/// Reads one of the plugins that only tests need: an example of the package in `tests/guests`.
pub fn guest(name: &str) -> Result<Vec<u8>> {
    component("guests", name)
}

/// Reads a first-party plugin.
pub fn first_party(name: &str) -> Result<Vec<u8>> {
    component("plugins", name)
}

/// Reads an example or template of one language, as the step `examples` of `cargo xtask test` built it.
///
/// Returns `None` if this machine lacks the language's tools. The step has then said so, and in CI it has failed.
pub fn example(name: &str) -> Result<Option<Vec<u8>>> {
    let built = built_example(name)?;
    Ok(built.inspect_err(|reason| eprintln!("{name} is not tried: {reason}")).ok())
}

/// As [`example`], with the reason why this machine cannot build it.
pub fn built_example(name: &str) -> Result<Result<Vec<u8>, String>> {
    let folder = target_folder()?.join("examples");
    if let Ok(reason) = std::fs::read_to_string(folder.join(format!("{name}.missing"))) {
        return Ok(Err(reason));
    }
    let file = folder.join(format!("{name}.wasm"));
    let built = std::fs::read(&file);
    built.map(Ok).with_context(|| format!("{}: run `cargo xtask test --only examples`", file.display()))
}

/// Returns the folder of the project that [`example`] was built from, with what the build made beside its files.
///
/// Returns `None` if this machine could not build it.
pub fn example_project(name: &str) -> Result<Option<PathBuf>> {
    if example(name)?.is_none() {
        return Ok(None);
    }
    let folder = target_folder()?.join("examples").join("work").join(name);
    existing(folder).map(Some)
}

/// Adds a custom section to a component, which gives it another digest and the same behaviour.
pub fn stamped(component: &[u8], stamp: u64) -> Vec<u8> {
    let name = b"stamp";
    let payload = stamp.to_le_bytes();
    // Both lengths are below 128, so their LEB128 is one byte.
    let length = 1 + name.len() + payload.len();
    let mut bytes = component.to_vec();
    bytes.extend([0, u8::try_from(length).unwrap_or_default(), u8::try_from(name.len()).unwrap_or_default()]);
    bytes.extend(name);
    bytes.extend(payload);
    bytes
}

fn component(folder: &str, name: &str) -> Result<Vec<u8>> {
    let file = existing(target_folder()?.join(folder).join(format!("{name}.wasm")))?;
    std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// Makes a folder that tests share and that outlives them.
pub(crate) fn shared_folder(name: &str) -> Result<PathBuf> {
    let folder = profile_folder()?.join("lamplighter-tests").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn target_folder() -> Result<PathBuf> {
    profile_folder()?.parent().map(Path::to_owned).context("the target folder has no parent")
}

/// Test executables lie in `<target>/<profile>/deps`.
fn profile_folder() -> Result<PathBuf> {
    let test = std::env::current_exe().context("a test has no path")?;
    test.ancestors().nth(2).map(Path::to_owned).context("a test lies two folders deep at least")
}

fn existing(path: PathBuf) -> Result<PathBuf> {
    if !path.exists() {
        bail!("{} is not built: run `cargo xtask build`", path.display());
    }
    Ok(path)
}
