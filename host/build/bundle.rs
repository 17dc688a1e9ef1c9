//! Lists the machine code of the first-party plugins, so that the first start on a machine compiles nothing.
//!
//! It comes from the folder that `LAMPLIGHTER_BUNDLE` names, as `cargo xtask` sets it. Without it, a release build has it
//! made by `cargo xtask build --only-plugins`, in a target folder of its own. Another build takes what is in
//! `target/bundle`, so that checking the source needs no target for plugins.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::copies::Result;

/// The variable that names the folder of the machine code.
const BUNDLE_VARIABLE: &str = "LAMPLIGHTER_BUNDLE";

/// What the plugins and their compiler are made from, in the workspace.
const SOURCES: [&str; 7] =
    ["plugins", "bridge/names", "wit", "wit-draft", "host/precompile", "Cargo.lock", "Cargo.toml"];

/// The variables of the outer cargo that would make the inner one build something else.
const OUTER_VARIABLES: [&str; 5] =
    ["CARGO_ENCODED_RUSTFLAGS", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER", "RUSTC", "RUSTDOC"];

/// Writes `bundle.rs`, with one constant.
pub(crate) fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-env-changed={BUNDLE_VARIABLE}");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let folder = folder(&out)?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut text = "pub(super) const BUNDLE: &[BundledCode] = &[\n".to_owned();
    for (digest, code) in codes(&folder)? {
        let code = code.to_str().ok_or("a path that is text")?;
        writeln!(text, "    BundledCode {{ component: {digest:?}, code: include_bytes!({code:?}) }},")?;
    }
    text.push_str("];\n");
    Ok(fs::write(out.join("bundle.rs"), text)?)
}

/// Returns the folder of the machine code.
fn folder(out: &Path) -> Result<PathBuf> {
    if let Some(folder) = env::var_os(BUNDLE_VARIABLE) {
        return Ok(folder.into());
    }
    if env::var("PROFILE")? == "release" {
        return make(out);
    }
    // `out` is `target/debug/build/PACKAGE/out`.
    let folder = out.ancestors().nth(4).ok_or("a target folder")?.join("bundle");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Lists the files `NAME.DIGEST.cwasm` of a folder with their digests.
fn codes(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = folder.read_dir().map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let digest = |path: &Path| {
        path.file_name()?.to_str()?.strip_suffix(".cwasm")?.split_once('.').map(|(_, digest)| digest.to_owned())
    };
    let mut codes: Vec<_> = paths.into_iter().filter_map(|path| Some((digest(&path)?, path))).collect();
    codes.sort();
    Ok(codes)
}

/// Builds the plugins and compiles them.
fn make(out: &Path) -> Result<PathBuf> {
    let package = env::var("CARGO_MANIFEST_DIR")?;
    let root = Path::new(&package).parent().ok_or("a package of this workspace")?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let mut cargo = Command::new(env::var("CARGO")?);
    cargo.args(["run", "--quiet", "--locked", "--package", "xtask", "--", "build", "--only-plugins"]);
    for variable in OUTER_VARIABLES {
        cargo.env_remove(variable);
    }
    let target = out.join("target");
    // cargo reads the script's stdout as instructions.
    cargo.current_dir(root).env("CARGO_TARGET_DIR", &target).stdout(std::io::stderr());
    if !cargo.status()?.success() {
        return Err("the plugins cannot be built: `cargo xtask build --only-plugins` says why".into());
    }
    Ok(target.join("bundle"))
}
