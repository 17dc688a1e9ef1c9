//! The real binary, started as an MCP client starts it.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use crate::{Client, CommandOutput, Entry, Era, Home, Log, Plugins, Vitals, WAIT_TIMEOUT, binary};

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub struct Server {
    /// The folder that it watches.
    pub plugins: Plugins,
    /// The log that it writes to stderr.
    pub log: Log,
    /// The client on its pipes. Nothing is sent before a test sends it.
    pub client: Client,
    home: Option<Home>,
    pid: u32,
    child: Mutex<Child>,
    variables: Vec<(String, String)>,
    launcher: Option<String>,
}

impl Server {
    /// Starts the binary; or `launcher`, a shell's script that starts the command in its arguments.
    pub(crate) fn spawn(
        plugins: Plugins,
        variables: Vec<(String, String)>,
        home: Option<Home>,
        launcher: Option<String>,
    ) -> Result<Self> {
        let binary = binary()?;
        let mut command = match &launcher {
            Some(script) => {
                let mut shell = Command::new("/bin/sh");
                shell.args(["-c", script, "sh"]).arg(&binary);
                shell
            }
            None => Command::new(&binary),
        };
        command.arg("serve").arg("--plugins").arg(plugins.folder());
        command.env_clear().env("HOME", plugins.user()).env("LAMPLIGHTER_LOG_FORMAT", "json");
        command.env("RUST_BACKTRACE", "1").envs(variables.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let log = Log::default();
        log.follow(child.stderr.take().context("stderr is piped")?);
        let stdin = child.stdin.take().context("stdin is piped")?;
        let client = Client::new(stdin, child.stdout.take().context("stdout is piped")?);
        let pid = child.id().context("the server has a process")?;
        Ok(Self { plugins, log, client, home, pid, child: Mutex::new(child), variables, launcher })
    }

    /// Opens the session in one of the two eras of the protocol.
    pub async fn connect(&self, era: Era) -> Result<Client> {
        let client = self.client.clone();
        client.open(era).await.with_context(|| format!("the log says:\n{}", self.log.text()))?;
        Ok(client)
    }

    /// Returns the simulated home. Fails if the server was started without.
    pub fn home(&self) -> Result<&Home> {
        self.home.as_ref().context("this server was started without a home")
    }

    /// Waits until the log says this anywhere in a line.
    pub async fn logged(&self, words: &str) -> Result<Entry> {
        self.log.wait(words, 0, |entry| entry.text.contains(words)).await
    }

    /// Waits until a plugin is served.
    pub async fn loaded(&self, plugin: &str) -> Result<Entry> {
        let what = format!("{plugin} to be loaded");
        self.log.wait(&what, 0, |entry| entry.says("plugin loaded", plugin)).await
    }

    /// Waits until a plugin is refused, and returns the reason.
    pub async fn refused(&self, plugin: &str) -> Result<String> {
        let what = format!("{plugin} to be refused");
        let entry = self.log.wait(&what, 0, |entry| entry.says("plugin refused", plugin)).await?;
        Ok(entry.field("reason").to_owned())
    }

    /// Waits until a plugin is served or refused.
    pub async fn settled(&self, plugin: &str) -> Result<Entry> {
        let what = format!("{plugin} to be loaded or refused");
        let said = |entry: &Entry| entry.says("plugin loaded", plugin) || entry.says("plugin refused", plugin);
        self.log.wait(&what, 0, said).await
    }

    /// Waits until the bridge is reached or has refused the connection.
    pub(crate) async fn bridge_settled(&self) -> Result<Entry> {
        let said = |entry: &Entry| {
            ["mirror is live", "event stream lost, reconnecting"].iter().any(|it| entry.text.contains(it))
        };
        self.log.wait("the bridge to be reached", 0, said).await
    }

    /// Adds or replaces a plugin and waits until these very bytes are served or refused.
    pub async fn put(&self, plugin: &str, bytes: &[u8]) -> Result<Entry> {
        let mark = self.log.mark();
        let digest = crate::digest(bytes);
        self.plugins.put(plugin, bytes)?;
        let about = |entry: &Entry| entry.field("plugin") == plugin && entry.field("digest") == digest;
        let settled = |entry: &Entry| matches!(entry.message(), "plugin loaded" | "plugin refused") && about(entry);
        self.log.wait(&format!("{plugin} {digest} to be loaded or refused"), mark, settled).await
    }

    /// Removes a plugin and waits until its tools are gone.
    pub async fn remove(&self, plugin: &str) -> Result<Entry> {
        let mark = self.log.mark();
        self.plugins.remove(plugin)?;
        self.log.wait(&format!("{plugin} to be removed"), mark, |entry| entry.says("plugin removed", plugin)).await
    }

    /// Sends a signal to the process, such as `TERM`; to its launcher, if it has one.
    pub fn signal(&self, name: &str) -> Result<()> {
        signal(name, &self.pid.to_string())
    }

    /// Kills the process as `kill -9` does, and starts another one in its place.
    pub async fn kill_and_restart(self) -> Result<Self> {
        self.kill_and_restart_after(|_| Ok(())).await
    }

    /// Kills the process as `kill -9` does, makes a change to its plugins, and starts another one in its place.
    pub async fn kill_and_restart_after(self, change: impl FnOnce(&Plugins) -> Result<()>) -> Result<Self> {
        let Self { plugins, home, child, variables, launcher, .. } = self;
        child.into_inner().kill().await.context("cannot kill the server")?;
        change(&plugins)?;
        Self::spawn(plugins, variables, home, launcher)
    }

    /// Runs another command of the program as the same user, with the same plugins folder.
    pub async fn command(&self, arguments: &[&str]) -> Result<CommandOutput> {
        let mut command = Command::new(binary()?);
        command.args(arguments).arg("--plugins").arg(self.plugins.folder());
        command.env_clear().env("HOME", self.plugins.user()).envs(self.variables.iter().cloned());
        let ended = tokio::time::timeout(WAIT_TIMEOUT, command.stdin(Stdio::null()).kill_on_drop(true).output());
        let ended = ended.await.with_context(|| format!("{arguments:?} does not end"))??;
        Ok(CommandOutput {
            code: ended.status.code(),
            stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        })
    }

    /// Returns the `/proc` folder of the child that compiles for this server at this moment, if one does.
    pub fn compiler(&self) -> Result<Option<PathBuf>> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid))?;
        let of_task =
            |task: std::io::Result<std::fs::DirEntry>| std::fs::read_to_string(task.ok()?.path().join("children")).ok();
        let all: String = tasks.filter_map(of_task).collect::<Vec<_>>().join(" ");
        let folder = |pid: &str| PathBuf::from(format!("/proc/{pid}"));
        let compiles = |folder: &PathBuf| {
            std::fs::read_to_string(folder.join("cmdline")).is_ok_and(|line| line.contains("compile-component"))
        };
        Ok(all.split_whitespace().map(folder).find(compiles))
    }

    /// Waits for the child that compiles for this server, and stops it until [`resume`](PausedCompiler::resume), as a slow
    /// machine would.
    pub async fn pause_compiler(&self) -> Result<PausedCompiler> {
        let found = async {
            loop {
                if let Some(folder) = self.compiler()? {
                    return Ok::<_, anyhow::Error>(folder);
                }
                tokio::task::yield_now().await;
            }
        };
        let folder = tokio::time::timeout(WAIT_TIMEOUT, found).await.context("nothing is compiled")??;
        let pid = folder.file_name().context("a process has a number")?.to_string_lossy().into_owned();
        signal("STOP", &pid)?;
        Ok(PausedCompiler { pid })
    }

    /// Waits until the process has ended, and checks that its exit code is 0.
    pub async fn exits_with_0(&self) -> Result<()> {
        let status = self.exit().await?;
        anyhow::ensure!(status.code() == Some(0), "{status}; the log says:\n{}", self.log.text());
        Ok(())
    }

    /// Waits until the process has ended, and returns its exit status.
    pub async fn exit(&self) -> Result<ExitStatus> {
        let mut child = self.child.lock().await;
        let status = tokio::time::timeout(WAIT_TIMEOUT, child.wait()).await;
        let status = status.with_context(|| format!("the server does not end; its log:\n{}", self.log.text()))?;
        Ok(status?)
    }

    /// Counts the mappings of files with this extension in the process.
    pub fn mapped(&self, extension: &str) -> Result<usize> {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.pid))?;
        Ok(maps.lines().filter(|line| line.ends_with(&format!(".{extension}"))).count())
    }

    /// Checks that the resident memory has grown by less than `limit` bytes since it was `before`.
    pub fn check_growth(&self, before: u64, limit: u64) -> Result<()> {
        check_growth(before, self.memory()?, limit)
    }

    /// Checks that the peak of the resident memory has grown by less than `limit` bytes since it was `before`.
    pub fn check_peak_growth(&self, before: u64, limit: u64) -> Result<()> {
        check_growth(before, self.peak_memory()?, limit)
    }

    /// Returns the resident memory of the process, in bytes.
    pub fn memory(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// Returns what the process holds now.
    pub fn vitals(&self) -> Result<Vitals> {
        Vitals::read(self.pid)
    }

    /// Returns the peak of the process's resident memory, in bytes.
    pub fn peak_memory(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// Reads a size in the process's status, in bytes.
    fn status(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let line = line.with_context(|| format!("the process has no {name}"))?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }
}

/// A compiler that stands still.
#[derive(Debug)]
pub struct PausedCompiler {
    pid: String,
}

impl PausedCompiler {
    /// Lets the compiler go on.
    pub fn resume(self) -> Result<()> {
        signal("CONT", &self.pid)
    }
}

fn signal(name: &str, pid: &str) -> Result<()> {
    let status = std::process::Command::new("kill").args(["-s", name, pid]).status()?;
    anyhow::ensure!(status.success(), "cannot send {name} to the process {pid}");
    Ok(())
}

fn check_growth(before: u64, now: u64, limit: u64) -> Result<()> {
    let grown = now.saturating_sub(before);
    anyhow::ensure!(grown < limit, "the host grew by {} MiB, from {} MiB", grown >> 20, before >> 20);
    Ok(())
}
