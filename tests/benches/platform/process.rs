//! A server as a client has it: started, spoken to over its pipes, looked at from outside. Blocking, so that nothing of
//! this process is between a call and its answer but the pipes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lamplighter_tests::Home;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A hundred plugins take a minute on a machine that does nothing else.
const COMPILED_WITHIN: Duration = Duration::from_mins(10);

/// Somebody's folder: plugins, and what a server keeps. Servers come and go in it.
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

/// In MiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident: f64,
    pub(crate) peak: f64,
}

/// Lets a server compile the plugins of a user, until it serves this many tools; answers what it took for that.
pub(crate) fn compile(user: &User, program: &Path, tools: usize) -> Result<Memory> {
    let began = Instant::now();
    let mut server = user.start(program, &[])?;
    server.open().with_context(|| user.log())?;
    while server.list()?.len() < tools {
        ensure!(began.elapsed() < COMPILED_WITHIN, "the plugins are not served:\n{}", user.log());
        std::thread::sleep(Duration::from_millis(200));
    }
    server.memory()
}

/// Milliseconds from the start of a server to its full list of tools, and the memory it takes then.
pub(crate) fn first_list(user: &User, program: &Path, tools: usize) -> Result<(f64, Memory)> {
    let began = Instant::now();
    let mut server = user.start(program, &[])?;
    server.open()?;
    let listed = server.list()?.len();
    let took = began.elapsed();
    ensure!(listed == tools, "the first list has {listed} tools, not {tools}");
    Ok((took.as_secs_f64() * 1e3, server.memory()?))
}

impl User {
    /// With these plugins, and this bridge, if any.
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
        let log = File::create(self.folder.path().join("log"))?;
        let mut command = Command::new(program);
        command.arg("serve").args(flags).arg("--plugins").arg(self.plugins());
        command.env_clear().env("HOME", self.folder.path()).envs(self.variables.iter().cloned());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn();
        let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let stdin = child.stdin.take().context("stdin is piped")?;
        let stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        Ok(Process { child, stdin, stdout, next: 1 })
    }

    /// The end of what the last server said.
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

    /// All tools, page by page.
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

    /// Sends a request that must succeed and answers its result.
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

    /// A request that was not sent before, as a line.
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

    /// What the process takes, and took at most. What compiles for it is another process.
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
