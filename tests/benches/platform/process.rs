//! A server process and its client: called over its pipes, looked at from outside.
//!
//! The client blocks, so that of this process nothing but the pipes is between a call and its answer.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use lamplighter_tests::Vitals;
use serde_json::{Value, json};

use crate::replay::Call;

/// The longest life of a server. One that hangs is killed then, so that its row fails and the others are measured.
const MAX_LIFE: Duration = Duration::from_mins(20);
/// The longest wait for plugins to be compiled and served.
const COMPILE_TIMEOUT: Duration = Duration::from_mins(15);
/// The longest wait for the simulated bridge to be reached.
const BRIDGE_TIMEOUT: Duration = Duration::from_mins(1);
/// The pause between two looks at a list or at a counter.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The looks in a row that find no child before none is expected any more.
const QUIET_POLLS: u32 = 15;
/// The unit of the processor time in `/proc`, which Linux fixes for programs.
const MILLISECONDS_PER_TICK: f64 = 10.0;

/// A running server. Dropping it ends the process.
pub(crate) struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: u64,
    repeats_tool_names: bool,
    /// Ends the thread that kills the process after its longest life.
    #[allow(dead_code, reason = "dropping it is its use")]
    alive: Sender<()>,
}

/// The memory of a process, in MiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Is the memory that is no file's.
    pub(crate) anonymous: f64,
    /// Is the peak of the resident memory (`VmHWM`).
    pub(crate) peak: f64,
}

impl Process {
    pub(crate) fn new(mut child: Child, repeats_tool_names: bool) -> Result<Self> {
        let stdin = child.stdin.take().context("stdin is piped")?;
        let stdout = BufReader::new(child.stdout.take().context("stdout is piped")?);
        let alive = kill_if_it_outlives(MAX_LIFE, child.id());
        Ok(Self { child, stdin, stdout, next: 1, repeats_tool_names, alive })
    }

    /// Lets the process live longer than a figure takes.
    pub(crate) fn allow_life(&mut self, life: Duration) {
        self.alive = kill_if_it_outlives(life, self.child.id());
    }

    /// Opens the session.
    pub(crate) fn open(&mut self) -> Result<()> {
        let who = json!({"name": "bench", "version": "0"});
        self.ask("initialize", &json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who}))?;
        self.send(concat!(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, "\n"))
    }

    /// Returns all tools, page by page.
    pub(crate) fn list(&mut self) -> Result<Vec<Value>> {
        let (mut tools, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let params = if cursor.is_null() { json!({}) } else { json!({"cursor": cursor}) };
            let mut page = self.ask("tools/list", &params)?;
            tools.append(page["tools"].as_array_mut().context("tools/list answers a list")?);
            cursor = page["nextCursor"].take();
            if cursor.is_null() {
                return Ok(tools);
            }
        }
    }

    /// Returns the names of all tools.
    pub(crate) fn names(&mut self) -> Result<Vec<String>> {
        Ok(self.list()?.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect())
    }

    /// Waits until these tools are listed, which takes as long as their plugins take to compile.
    pub(crate) fn wait_for_tools(&mut self, wanted: &[impl AsRef<str>]) -> Result<()> {
        let began = Instant::now();
        loop {
            let names = self.names()?;
            if wanted.iter().all(|tool| names.iter().any(|name| name == tool.as_ref())) {
                return Ok(());
            }
            ensure!(began.elapsed() < COMPILE_TIMEOUT, "the plugins are not served");
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// Waits until the server says that its list of tools has changed.
    pub(crate) fn wait_for_change(&mut self) -> Result<()> {
        while !self.receive()?.contains("notifications/tools/list_changed") {}
        Ok(())
    }

    /// Calls a tool that must succeed, and returns its result.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value> {
        let tool_name = self.tool_name(tool);
        let result = self.ask("tools/call", &json!({"name": tool_name, "arguments": arguments}))?;
        ensure!(result["isError"] != true, "{tool} failed: {result}");
        Ok(result)
    }

    /// Waits until the server has reached its bridge, which a tool that reads the home tells.
    pub(crate) fn wait_for_bridge(&mut self) -> Result<()> {
        let began = Instant::now();
        while self.ask("tools/call", &json!({"name": "hue_list_rooms", "arguments": {}}))?["isError"] == true {
            ensure!(began.elapsed() < BRIDGE_TIMEOUT, "the bridge is not reached");
            std::thread::sleep(POLL_INTERVAL);
        }
        Ok(())
    }

    /// Makes the line of a call, with an id of its own.
    pub(crate) fn call_line(&mut self, tool: &str, arguments: &Value) -> String {
        let tool_name = self.tool_name(tool);
        self.request("tools/call", &json!({"name": tool_name, "arguments": arguments}))
    }

    fn tool_name(&self, tool: &str) -> String {
        if self.repeats_tool_names { format!("{tool}-{tool}") } else { tool.to_owned() }
    }

    /// Sends a request that must succeed and returns its result.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> Result<Value> {
        let request = self.request(method, params);
        self.send(&request)?;
        loop {
            let mut message: Value = serde_json::from_str(&self.receive()?)?;
            if message["id"] == self.next - 1 {
                ensure!(message["error"].is_null(), "{method} failed: {}", message["error"]);
                return Ok(message["result"].take());
            }
        }
    }

    /// Makes the line of a request, with an id of its own.
    fn request(&mut self, method: &str, params: &Value) -> String {
        let request = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        self.next += 1;
        format!("{request}\n")
    }

    pub(crate) fn send(&mut self, line: &str) -> Result<()> {
        self.stdin.write_all(line.as_bytes()).context("the server does not listen")
    }

    /// Receives the next line that is the answer of a successful call, whichever it is.
    pub(crate) fn receive_result(&mut self) -> Result<()> {
        loop {
            let line = self.receive()?;
            if line.contains(r#""result":"#) {
                ensure!(!line.contains(r#""isError":true"#), "a call failed: {line}");
                return Ok(());
            }
            ensure!(!line.contains(r#""error":"#), "a call failed: {line}");
        }
    }

    /// Calls tools at the same time and waits until all have ended, well or not.
    pub(crate) fn call_all(&mut self, calls: &[&Call]) -> Result<()> {
        let lines: Vec<_> = calls.iter().map(|call| self.call_line(call.tool, &call.arguments)).collect();
        self.send(&lines.concat())?;
        let mut open = calls.len();
        while open > 0 {
            open -= usize::from(self.receive()?.contains(r#""id":"#));
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.stdout.read_line(&mut line)? > 0, "the server is gone");
        Ok(line)
    }

    /// Returns the memory of the process. The child that compiles for it is not counted.
    #[allow(clippy::cast_precision_loss, reason = "bytes are rounded to MiB")]
    pub(crate) fn memory(&self) -> Result<Memory> {
        let status = self.read("status")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("there is no VmHWM")?;
        let peak = peak.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0;
        Ok(Memory { anonymous: self.vitals()?.anonymous as f64 / f64::from(1 << 20), peak })
    }

    /// Returns what the process holds now.
    pub(crate) fn vitals(&self) -> Result<Vitals> {
        Vitals::read(self.child.id())
    }

    /// Returns the processor time of all threads in milliseconds, once the process has come to rest.
    pub(crate) fn processor_time_at_rest(&self) -> Result<f64> {
        let mut before = self.processor_time()?;
        loop {
            std::thread::sleep(POLL_INTERVAL);
            let now = self.processor_time()?;
            if now <= before {
                return Ok(now);
            }
            before = now;
        }
    }

    fn processor_time(&self) -> Result<f64> {
        let stat = self.read("stat")?;
        // The second field is the program's name in brackets, which may hold spaces.
        let (_, fields) = stat.rsplit_once(") ").context("the stat of a process has a name")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
        Ok(ticks * MILLISECONDS_PER_TICK)
    }

    /// Tells whether a child works for the process, as the one that compiles does.
    pub(crate) fn has_child(&self) -> Result<bool> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()))?;
        let children = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("children")).ok());
        Ok(children.into_iter().any(|children| !children.trim().is_empty()))
    }

    /// Waits until no child has worked for the process for a while, so that it runs the best code that it will have.
    pub(crate) fn wait_for_children(&self) -> Result<()> {
        let mut quiet = 0;
        while quiet < QUIET_POLLS {
            std::thread::sleep(POLL_INTERVAL);
            quiet = if self.has_child()? { 0 } else { quiet + 1 };
        }
        Ok(())
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Kills a process after some time, unless the sender has been dropped before.
fn kill_if_it_outlives(time: Duration, pid: u32) -> Sender<()> {
    let (alive, dropped) = mpsc::channel();
    std::thread::spawn(move || {
        if dropped.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            eprintln!("killing the process {pid}, which has run for {time:?}");
            let _ = Command::new("kill").args(["-s", "KILL", &pid.to_string()]).status();
        }
    });
    alive
}
