//! The program as a person runs it: a command, and what it says.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};

use crate::{Client, Journal, PATIENCE, binary};

/// What every user has: a shell and its tools.
const PATH: &str = "/usr/bin:/bin";

/// A user's folder, in which commands are run one after the other.
#[derive(Debug)]
pub struct Terminal {
    home: TempDir,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said beside.
    pub stderr: String,
}

/// A command that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Arc<Journal<String>>,
    stderr: Arc<Journal<String>>,
    readers: Vec<tokio::task::JoinHandle<()>>,
}

impl Terminal {
    /// A new user with an empty folder.
    pub fn new() -> Result<Self> {
        Ok(Self { home: TempDir::with_prefix("lamplighter-user-").context("cannot make a folder for a user")? })
    }

    /// The user's folder.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where the paired bridges are kept.
    pub fn bridges_file(&self) -> PathBuf {
        self.home().join(".config").join("lamplighter").join("bridges.toml")
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str]) -> Result<Running> {
        let mut command = Command::new(binary()?);
        command.args(arguments).env_clear().env("HOME", self.home()).env("PATH", PATH).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the program")?;
        let (stdout, stderr) = (Arc::<Journal<_>>::default(), Arc::<Journal<_>>::default());
        let readers = vec![
            follow(child.stdout.take().context("stdout is piped")?, &stdout),
            follow(child.stderr.take().context("stderr is piped")?, &stderr),
        ];
        Ok(Running { child, stdout, stderr, readers })
    }

    /// Starts a command that serves MCP, and holds its pipes.
    pub fn converse(&self, arguments: &[&str]) -> Result<(Running, Client)> {
        let mut command = Command::new(binary()?);
        command.args(arguments).env_clear().env("HOME", self.home()).env("PATH", PATH);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start the program")?;
        let stdin = child.stdin.take().context("stdin is piped")?;
        let client = Client::new(stdin, child.stdout.take().context("stdout is piped")?);
        let (stdout, stderr) = (Arc::<Journal<_>>::default(), Arc::<Journal<_>>::default());
        let readers = vec![follow(child.stderr.take().context("stderr is piped")?, &stderr)];
        Ok((Running { child, stdout, stderr, readers }, client))
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Result<Outcome> {
        self.start(arguments)?.end().await
    }
}

impl Running {
    /// Waits until it has said something on stderr.
    pub async fn says(&self, words: &str) -> Result<String> {
        self.stderr.wait(words, 0, |line| line.contains(words).then(|| line.clone())).await
    }

    /// Waits until it has said something on stdout.
    pub async fn prints(&self, words: &str) -> Result<String> {
        self.stdout.wait(words, 0, |line| line.contains(words).then(|| line.clone())).await
    }

    /// Sends a signal, such as `INT`.
    pub fn signal(&self, name: &str) -> Result<()> {
        let pid = self.child.id().context("it has ended")?.to_string();
        let status = std::process::Command::new("kill").args([format!("-{name}"), pid]).status()?;
        anyhow::ensure!(status.success(), "cannot signal the program");
        Ok(())
    }

    /// Waits until it ends.
    pub async fn end(mut self) -> Result<Outcome> {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status.with_context(|| format!("it does not end; it said:\n{}", joined(&self.stderr)))??;
        for reader in self.readers {
            reader.await?;
        }
        Ok(Outcome { code: status.code(), stdout: joined(&self.stdout), stderr: joined(&self.stderr) })
    }
}

impl Outcome {
    /// An error that says what it said, unless it ended well.
    pub fn succeeded(self) -> Result<Self> {
        anyhow::ensure!(self.code == Some(0), "it ended with {:?} and said:\n{}", self.code, self.text());
        Ok(self)
    }

    /// All it said.
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
