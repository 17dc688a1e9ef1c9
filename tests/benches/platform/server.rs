//! A server that can be started, with the folder that its user would have.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::Process;
use crate::version::{Plugin, Version};

/// The pause after which a file that was just written is old enough to be loaded at once.
const FILE_SETTLING: Duration = Duration::from_millis(100);
/// The lines of a log that an error shows.
const SHOWN_LOG_LINES: usize = 20;

/// A server: a program with its arguments, its environment and its user's folder.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    folder: TempDir,
    program: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(String, String)>,
    /// Is true for a server that puts a plugin's name before each tool's; both names are the same here.
    pub(crate) repeats_tool_names: bool,
}

impl Server {
    /// Prepares a version of Lamplighter that has never run, with plugins and a bridge.
    pub(crate) fn lamplighter(version: &Version, plugins: &[Plugin], bridge: &[(String, String)]) -> Result<Self> {
        let server = Self::new(version.name, version.binary.clone(), |folder| {
            vec!["serve".into(), "--plugins".into(), folder.join("plugins").into()]
        })?;
        fs::create_dir(server.folder.path().join("plugins"))?;
        for (name, bytes) in plugins {
            server.put(name, bytes)?;
        }
        std::thread::sleep(FILE_SETTLING);
        Ok(Self { variables: bridge.to_vec(), ..server })
    }

    /// Prepares any program, whose arguments may depend on its folder.
    pub(crate) fn new(
        name: &'static str,
        program: PathBuf,
        arguments: impl FnOnce(&Path) -> Vec<OsString>,
    ) -> Result<Self> {
        let folder = TempDir::with_prefix("lamplighter-bench-").context("cannot make a folder")?;
        let arguments = arguments(folder.path());
        Ok(Self { name, folder, program, arguments, variables: Vec::new(), repeats_tool_names: false })
    }

    /// Returns the folder of the server's user.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds or replaces a plugin atomically, as an installer does.
    pub(crate) fn put(&self, plugin: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.folder.path().join("aside");
        fs::write(&aside, bytes).context("cannot write a plugin")?;
        fs::rename(&aside, self.plugin_file(plugin)).context("cannot move a plugin in")
    }

    /// Removes a plugin.
    pub(crate) fn remove(&self, plugin: &str) -> Result<()> {
        fs::remove_file(self.plugin_file(plugin)).context("cannot remove a plugin")
    }

    fn plugin_file(&self, plugin: &str) -> PathBuf {
        self.folder.path().join("plugins").join(format!("{plugin}.wasm"))
    }

    /// Starts the program.
    pub(crate) fn start(&self) -> Result<Process> {
        let log = File::create(self.log_file())?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().env("HOME", self.folder.path()).envs(self.variables.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let child = command.spawn().with_context(|| format!("cannot start {}", self.program.display()))?;
        Process::new(child, self.repeats_tool_names)
    }

    /// Starts the program and opens a session.
    pub(crate) fn connect(&self) -> Result<Process> {
        let mut process = self.start()?;
        process.open().with_context(|| self.log())?;
        Ok(process)
    }

    /// Describes the server by the last lines of its log.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        format!("{} logged:\n{}", self.name, lines[lines.len().saturating_sub(SHOWN_LOG_LINES)..].join("\n"))
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}
