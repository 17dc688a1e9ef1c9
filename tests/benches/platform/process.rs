//! A server process and its client: started, called over its pipes, looked at from outside.
//!
//! The client blocks, so that of this process nothing but the pipes is between a call and its answer.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lamplighter_tests::Home;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The longest wait for the plugins of a server to be compiled; a hundred take a minute on an idle machine.
const COMPILE_TIMEOUT: Duration = Duration::from_mins(10);

/// A user's folder with plugins and a server's state. Several servers may run in it, one after the other.
pub(crate) struct User {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// A running server. Dropping it ends the process.
pub(crate) struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
}

/// The memory that a process takes, in MiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident: f64,
    pub(crate) peak: f64,
}

/// Starts a server that compiles the user's plugins, waits until it serves `tools` tools, and returns its memory then.
pub(crate) fn compile(user: &User, program: &Path, tools: usize) -> Result<Memory> {
    let mut server = user.start(program, &[])?;
    server.open().with_context(|| user.log())?;
    server.wait_for_tools(tools).with_context(|| user.log())?;
    server.memory()
}

/// Starts servers one after the other; returns for each the milliseconds to its full list of tools, and its memory then.
pub(crate) fn warm_starts(user: &User, program: &Path, starts: usize, tools: usize) -> Result<Vec<(f64, Memory)>> {
    (0..starts).map(|_| warm_start(user, program, tools).with_context(|| user.log())).collect()
}

fn warm_start(user: &User, program: &Path, tools: usize) -> Result<(f64, Memory)> {
    let began = Instant::now();
    let mut server = user.start(program, &[])?;
    server.open()?;
    let listed = server.list()?.len();
    let took = began.elapsed();
    ensure!(listed == tools, "the first list has {listed} tools, not {tools}");
    Ok((took.as_secs_f64() * 1e3, server.memory()?))
}

impl User {
    /// Makes a folder with these plugins; its servers use `home`, if there is one.
    pub(crate) fn new(plugins: &[(String, Vec<u8>)], home: Option<&Home>) -> Result<Self> {
        let folder = TempDir::with_prefix("lamplighter-bench-")?;
        let user = Self { folder, variables: home.map(Home::variables).unwrap_or_default() };
        fs::create_dir(user.plugins())?;
        for (name, bytes) in plugins {
            fs::write(user.plugins().join(format!("{name}.wasm")), bytes)?;
        }
        // A file that was written this moment is watched for a while before it is loaded.
        std::thread::sleep(Duration::from_millis(100));
        Ok(user)
    }

    fn plugins(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    /// Starts `program serve`.
    pub(crate) fn start(&self, program: &Path, flags: &[&str]) -> Result<Process> {
        let mut command = Command::new(program);
        command.arg("serve").args(flags).arg("--plugins").arg(self.plugins());
        command.env_clear().env("HOME", self.folder.path()).envs(self.variables.iter().cloned());
        self.spawn(&mut command, "log")
    }

    /// Starts this very program as a bare server with the results of each tool, as JSON.
    pub(crate) fn start_bare(&self, results: &[u8]) -> Result<Process> {
        let file = self.folder.path().join("results.json");
        fs::write(&file, results)?;
        let mut command = Command::new(std::env::current_exe()?);
        self.spawn(command.arg(crate::BARE_SERVER_OPTION).arg(file), "bare-log")
    }

    fn spawn(&self, command: &mut Command, log: &str) -> Result<Process> {
        let log = File::create(self.folder.path().join(log))?;
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = child.with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let stdin = child.stdin.take().context("stdin is piped")?;
        let stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        Ok(Process { child, stdin, stdout, next: 1 })
    }

    /// Returns the last lines of the last server's log.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Process {
    /// Opens the conversation.
    pub(crate) fn open(&mut self) -> Result<()> {
        let who = json!({"name": "bench", "version": "0"});
        self.ask("initialize", &json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who}))?;
        writeln!(self.stdin, r#"{{"jsonrpc":"2.0","method":"notifications/initialized"}}"#)?;
        Ok(())
    }

    /// Returns the names of all tools, page by page.
    pub(crate) fn list(&mut self) -> Result<Vec<String>> {
        let (mut names, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let params = if cursor.is_null() { json!({}) } else { json!({"cursor": cursor}) };
            let page = self.ask("tools/list", &params)?;
            let tools = page["tools"].as_array().context("tools/list answers a list")?;
            names.extend(tools.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)));
            cursor = page["nextCursor"].clone();
            if cursor.is_null() {
                return Ok(names);
            }
        }
    }

    /// Waits until this many tools are listed, which takes as long as their plugins take to compile.
    pub(crate) fn wait_for_tools(&mut self, count: usize) -> Result<()> {
        let began = Instant::now();
        while self.list()?.len() < count {
            ensure!(began.elapsed() < COMPILE_TIMEOUT, "the plugins are not served");
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }

    /// Sends a request that must succeed and returns its result.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Result<Value> {
        let request = self.request(method, params);
        self.send(&request)?;
        loop {
            let message: Value = serde_json::from_str(&self.receive()?)?;
            if message["id"] == self.next - 1 {
                ensure!(message["error"].is_null(), "{method} failed: {}", message["error"]);
                return Ok(message["result"].clone());
            }
        }
    }

    /// Makes the line of a request, with an id of its own.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> String {
        let request = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        self.next += 1;
        format!("{request}\n")
    }

    pub(crate) fn send(&mut self, line: &str) -> Result<()> {
        self.stdin.write_all(line.as_bytes()).context("the server does not listen")
    }

    pub(crate) fn receive(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.stdout.read_line(&mut line)? > 0, "the server is gone");
        Ok(line)
    }

    /// Returns the memory of the process now and at its peak. The child that compiles for it is not counted.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
            let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
            Ok(kilobytes / 1024.0)
        };
        Ok(Memory { resident: field("VmRSS:")?, peak: field("VmHWM:")? })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
