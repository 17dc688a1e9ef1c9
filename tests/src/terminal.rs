//! The program as a person runs it: its commands, and what they print.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdout, Command};

use crate::{Client, Journal, WAIT_TIMEOUT, binary};

/// The `PATH` of every user, which holds the shell and its tools.
const USER_PATH: &str = "/usr/bin:/bin";

/// A user's home folder, in which commands run one after the other.
#[derive(Debug)]
pub struct Terminal {
    home: TempDir,
}

/// The exit code and the output of a command that has ended.
#[derive(Clone, Debug)]
pub struct CommandOutput {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Holds the text of stdout.
    pub stdout: String,
    /// Holds the text of stderr.
    pub stderr: String,
}

/// A command that runs. Dropping it kills the process.
#[derive(Debug)]
pub struct RunningCommand {
    child: Child,
    stdout: Arc<Journal<String>>,
    stderr: Arc<Journal<String>>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

impl Terminal {
    /// Makes a new user with an empty home folder.
    pub fn new() -> Result<Self> {
        Ok(Self { home: TempDir::with_prefix("lamplighter-user-").context("cannot make a folder for a user")? })
    }

    /// Returns the user's home folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Returns the path of the user's paired bridges.
    pub fn bridges_file(&self) -> PathBuf {
        self.home().join(".config").join("lamplighter").join("bridges.toml")
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str]) -> Result<RunningCommand> {
        let (mut running, stdout) = self.spawn(arguments, Stdio::null())?;
        running.readers.push(follow(stdout, &running.stdout));
        Ok(running)
    }

    /// Starts a command that serves MCP, with a client on its pipes.
    pub fn start_server(&self, arguments: &[&str]) -> Result<(RunningCommand, Client)> {
        let (mut running, stdout) = self.spawn(arguments, Stdio::piped())?;
        let stdin = running.child.stdin.take().context("stdin is piped")?;
        Ok((running, Client::new(stdin, stdout)))
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Result<CommandOutput> {
        self.start(arguments)?.end().await
    }

    /// Starts a process, whose stderr is collected and whose stdout is returned.
    fn spawn(&self, arguments: &[&str], stdin: Stdio) -> Result<(RunningCommand, ChildStdout)> {
        let mut command = Command::new(binary()?);
        command.args(arguments).env_clear().env("HOME", self.home()).env("PATH", USER_PATH).stdin(stdin);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the program")?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let stderr = Arc::default();
        let readers = vec![follow(child.stderr.take().context("stderr is piped")?, &stderr)];
        Ok((RunningCommand { child, stdout: Arc::default(), stderr, readers }, stdout))
    }
}

impl RunningCommand {
    /// Waits until it has printed a line with these words on stderr, and returns the line.
    pub async fn says(&self, words: &str) -> Result<String> {
        self.stderr.wait(words, 0, |line| line.contains(words).then(|| line.clone())).await
    }

    /// Waits until it has printed a line with these words on stdout, and returns the line.
    pub async fn prints(&self, words: &str) -> Result<String> {
        self.stdout.wait(words, 0, |line| line.contains(words).then(|| line.clone())).await
    }

    /// Sends a signal, named like `INT`.
    pub fn signal(&self, name: &str) -> Result<()> {
        let pid = self.child.id().context("it has ended")?.to_string();
        let status = std::process::Command::new("kill").args([format!("-{name}"), pid]).status()?;
        anyhow::ensure!(status.success(), "cannot signal the program");
        Ok(())
    }

    /// Waits until it ends, and returns its output.
    pub async fn end(mut self) -> Result<CommandOutput> {
        let status = tokio::time::timeout(WAIT_TIMEOUT, self.child.wait()).await;
        let status = status.with_context(|| format!("it does not end; it said:\n{}", joined(&self.stderr)))??;
        for reader in self.readers {
            reader.await?;
        }
        Ok(CommandOutput { code: status.code(), stdout: joined(&self.stdout), stderr: joined(&self.stderr) })
    }
}

impl CommandOutput {
    /// Fails with its output unless its exit code is 0.
    pub fn succeeded(self) -> Result<Self> {
        anyhow::ensure!(self.code == Some(0), "it ended with {:?} and said:\n{}", self.code, self.text());
        Ok(self)
    }

    /// Returns all of its output, stdout first.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

fn follow(pipe: impl AsyncRead + Send + Unpin + 'static, into: &Arc<Journal<String>>) -> tokio::task::JoinHandle<()> {
    let into = Arc::clone(into);
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            into.push(line);
        }
    })
}

fn joined(lines: &Journal<String>) -> String {
    lines.all().iter().fold(String::new(), |text, line| text + line + "\n")
}
