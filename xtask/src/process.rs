//! Runs other programs. Errors name the command, and no program waits for input from a terminal.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Runs a command whose output goes where this process's goes. Fails if the command fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot run {}", name(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a command and returns its stdout. Its stderr is part of the error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {}", name(command)))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", line(command), output.status, stderr.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Tells whether a program can be started and its `probe` succeeds.
pub(crate) fn is_available(program: impl AsRef<OsStr>, probe: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(probe).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Describes a file that a build produced.
pub(crate) struct Artifact {
    /// Names the cargo target: a library, a binary or an example.
    pub(crate) target: String,
    pub(crate) is_example: bool,
    pub(crate) path: PathBuf,
}

/// Runs a `cargo build` and returns what it produced; cargo's own messages go to stderr.
///
/// Cargo's answer holds with `CARGO_TARGET_DIR`, `CARGO_BUILD_TARGET` and cross builds, where a guessed path does not.
pub(crate) fn artifacts(build: &mut Command) -> Result<Vec<Artifact>> {
    build.arg("--message-format=json-render-diagnostics");
    let output = build
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", name(build)))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", line(build), output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(messages
        .lines()
        .filter_map(|message| serde_json::from_str(message).ok())
        .flat_map(|message| artifacts_in(&message))
        .collect())
}

/// Returns the files that one message of cargo names.
fn artifacts_in(message: &Value) -> Vec<Artifact> {
    if message["reason"] != "compiler-artifact" {
        return Vec::new();
    }
    let target = &message["target"];
    let is_example = target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "example"));
    let name = target["name"].as_str().unwrap_or_default();
    let files = message["filenames"].as_array().into_iter().flatten().chain([&message["executable"]]);
    let files = files.filter_map(Value::as_str);
    files.map(|path| Artifact { target: name.to_owned(), is_example, path: PathBuf::from(path) }).collect()
}

/// Formats a file's size for people.
pub(crate) fn size(path: &Path) -> String {
    let bytes = path.metadata().map_or(0, |metadata| metadata.len());
    if bytes < 10_000_000 { format!("{} kB", bytes.div_ceil(1000)) } else { format!("{} MB", bytes / 1_000_000) }
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// Formats the command as a person would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = command.get_args().map(|word| word.to_string_lossy().into_owned());
    std::iter::once(program.to_string_lossy().into_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
