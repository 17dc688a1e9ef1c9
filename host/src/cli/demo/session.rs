//! A small MCP client: it speaks the revision of 2026-07-28 on the pipes of a server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Limits the wait for each answer.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);
const PROTOCOL_VERSION: &str = "2026-07-28";

/// A session with the real server. Dropping it kills the server.
pub(super) struct DemoSession {
    server: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines<BufReader<ChildStdout>>,
    requests: u64,
    /// Notifications that arrived before an answer.
    notifications: Vec<Value>,
}

impl DemoSession {
    /// Starts the server as an MCP client would, and discovers it.
    pub(super) async fn start(
        binary: &Path,
        plugins: &Path,
        log: PathBuf,
        variables: Vec<(&'static str, OsString)>,
    ) -> Result<Self> {
        let log = std::fs::File::create(log).context("cannot write the server's log")?;
        let mut command = Command::new(binary);
        command.arg("serve").arg("--plugins").arg(plugins).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LAMPLIGHTER_")) {
            command.env_remove(name);
        }
        command.envs(variables);
        let mut server = command.spawn().with_context(|| format!("cannot start {}", binary.display()))?;
        let stdin = server.stdin.take();
        let stdout = BufReader::new(server.stdout.take().context("stdout is piped")?).lines();
        let mut session = Self { server, stdin, stdout, requests: 0, notifications: Vec::new() };
        session.request("server/discover", json!({})).await?;
        Ok(session)
    }

    /// Sends a request and waits for its result.
    pub(super) async fn request(&mut self, method: &str, params: Value) -> Result<Value> {
        let id = self.send(method, params).await?;
        loop {
            let message = self.receive().await.with_context(|| format!("waiting for the answer to {method}"))?;
            if message["id"] != id || !message["method"].is_null() {
                self.notifications.push(message);
                continue;
            }
            ensure!(message["error"].is_null(), "{method} was answered with {}", message["error"]);
            return Ok(message["result"].clone());
        }
    }

    /// Lists the tools, in the order of their names.
    pub(super) async fn tools(&mut self) -> Result<Vec<Value>> {
        let listed = self.request("tools/list", json!({})).await?;
        listed["tools"].as_array().cloned().context("tools/list answered no list")
    }

    /// Calls a tool and returns its result, even if that is an error.
    pub(super) async fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value> {
        self.request("tools/call", json!({"name": tool, "arguments": arguments})).await
    }

    /// Subscribes to changes of the tools. The server answers this request when the subscription ends.
    pub(super) async fn subscribe(&mut self) -> Result<()> {
        self.send("subscriptions/listen", json!({"notifications": {"toolsListChanged": true}})).await?;
        self.notification("notifications/subscriptions/acknowledged").await
    }

    /// Waits for the notification that the tools changed.
    pub(super) async fn tools_changed(&mut self) -> Result<()> {
        self.notification("notifications/tools/list_changed").await
    }

    /// Closes the pipe, as a client does, and checks that the server exits with 0.
    pub(super) async fn end(&mut self) -> Result<()> {
        self.stdin.take();
        let status = timeout(ANSWER_TIMEOUT, self.server.wait()).await.context("the server does not end")??;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    async fn send(&mut self, method: &str, mut params: Value) -> Result<u64> {
        self.requests += 1;
        let client = json!({"name": "lamplighter-demo", "version": env!("CARGO_PKG_VERSION")});
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": PROTOCOL_VERSION,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": client,
        });
        let message = json!({"jsonrpc": "2.0", "id": self.requests, "method": method, "params": params});
        let stdin = self.stdin.as_mut().context("the session has ended")?;
        stdin.write_all(format!("{message}\n").as_bytes()).await.context("the server reads no more")?;
        Ok(self.requests)
    }

    async fn notification(&mut self, method: &str) -> Result<()> {
        if let Some(place) = self.notifications.iter().position(|message| message["method"] == method) {
            self.notifications.remove(place);
            return Ok(());
        }
        loop {
            let message = self.receive().await.with_context(|| format!("waiting for {method}"))?;
            if message["method"] == method {
                return Ok(());
            }
            self.notifications.push(message);
        }
    }

    async fn receive(&mut self) -> Result<Value> {
        let line = timeout(ANSWER_TIMEOUT, self.stdout.next_line()).await.context("the server says nothing")??;
        let Some(line) = line else { bail!("the server has ended") };
        serde_json::from_str(&line).with_context(|| format!("the server wrote what is not JSON: {line}"))
    }
}
