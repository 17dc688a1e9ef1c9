//! What was built before: found, or an error that says how to build it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The binary under test. `CARGO_BIN_EXE_..` does not reach across packages, but both lie in one target folder.
pub fn binary() -> Result<PathBuf> {
    Ok(profile_folder()?.join(format!("lamplighter{}", std::env::consts::EXE_SUFFIX))).and_then(existing)
}

/// The bytes of one of the plugins that the tests need: an example of the package in `tests/guests`.
pub fn guest(name: &str) -> Result<Vec<u8>> {
    component("guests", name)
}

/// The bytes of a first-party plugin.
pub fn first_party(name: &str) -> Result<Vec<u8>> {
    component("plugins", name)
}

/// The bytes of an example or template of one language, as the xtask's step `examples` built it. Nothing if this machine
/// has not what that language needs: the step said so, and fails where everything is to be seen.
pub fn example(name: &str) -> Result<Option<Vec<u8>>> {
    let built = built_example(name)?;
    Ok(built.inspect_err(|reason| eprintln!("{name} is not tried: {reason}")).ok())
}

/// As [`example`], or why this machine cannot build it.
pub fn built_example(name: &str) -> Result<Result<Vec<u8>, String>> {
    let folder = target_folder()?.join("examples");
    if let Ok(reason) = std::fs::read_to_string(folder.join(format!("{name}.missing"))) {
        return Ok(Err(reason));
    }
    let file = folder.join(format!("{name}.wasm"));
    let built = std::fs::read(&file);
    built.map(Ok).with_context(|| format!("{}: run `cargo xtask test --only examples`", file.display()))
}

/// The project from which [`example`] was built: its files, and what building made beside them. Nothing if it could not
/// be built on this machine.
pub fn example_project(name: &str) -> Result<Option<PathBuf>> {
    if example(name)?.is_none() {
        return Ok(None);
    }
    let folder = target_folder()?.join("examples").join("work").join(name);
    existing(folder).map(Some)
}

/// The same component with a custom section more: it behaves the same and has another digest.
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

/// A folder that tests share, and that outlives them.
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
