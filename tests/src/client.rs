//! An MCP client without a library: JSON-RPC, a line each, in both eras of the protocol.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::ChildStdin;
use tokio::sync::{Mutex, oneshot};

use crate::{Journal, PATIENCE};

/// How a conversation is opened, and what every request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// With `initialize`, as up to 2025-11-25.
    Legacy,
    /// Without: each request says in its `_meta` what it speaks, since 2026-07-28.
    Modern,
}

impl Era {
    /// Both, for what must hold in either.
    pub const BOTH: [Self; 2] = [Self::Legacy, Self::Modern];
}

/// A JSON-RPC error.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// For example -32602.
    pub code: i64,
    /// What it says.
    pub message: String,
}

/// The pipes to a server. Clones speak over the same pipes.
#[derive(Clone, Debug)]
pub struct Client {
    wire: Arc<Wire>,
}

#[derive(Debug)]
struct Wire {
    era: OnceLock<Era>,
    next: AtomicU64,
    stdin: Mutex<Option<ChildStdin>>,
    pending: StdMutex<HashMap<u64, oneshot::Sender<Value>>>,
    /// Every line on stdout, parsed where it is JSON.
    lines: Journal<Result<Value, String>>,
}

impl Client {
    pub(crate) fn new(stdin: ChildStdin, stdout: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let wire = Arc::new(Wire {
            era: OnceLock::new(),
            next: AtomicU64::new(1),
            stdin: Mutex::new(Some(stdin)),
            pending: StdMutex::default(),
            lines: Journal::default(),
        });
        tokio::spawn(listen(Arc::clone(&wire), stdout));
        Self { wire }
    }

    /// Opens the conversation, and answers what the server says of itself.
    pub async fn open(&self, era: Era) -> Result<Value> {
        let _ = self.wire.era.set(era);
        match era {
            Era::Modern => self.result("server/discover", json!({})).await,
            Era::Legacy => {
                let who = json!({"name": "lamplighter-tests", "version": "0"});
                let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who});
                let answer = self.result("initialize", params).await?;
                self.notify("notifications/initialized", json!({})).await?;
                Ok(answer)
            }
        }
    }

    /// Sends a request and answers the whole response.
    pub async fn request(&self, method: &str, params: Value) -> Result<Value> {
        let (_, response) = self.begin(method, params).await?;
        let response = tokio::time::timeout(PATIENCE, response).await;
        response.with_context(|| format!("no answer to {method} within {PATIENCE:?}"))?.context("the server is gone")
    }

    /// Sends a request and answers its id, and where the response will come.
    pub async fn begin(&self, method: &str, mut params: Value) -> Result<(u64, oneshot::Receiver<Value>)> {
        let id = self.wire.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.wire.pending().insert(id, sender);
        self.wire.dress(&mut params);
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await?;
        Ok((id, receiver))
    }

    /// Sends a request that must succeed, and answers its result.
    pub async fn result(&self, method: &str, params: Value) -> Result<Value> {
        let response = self.request(method, params).await?;
        if response["result"].is_null() {
            bail!("{method} failed: {}", response["error"]);
        }
        Ok(response["result"].clone())
    }

    /// Sends a request that must fail as a protocol error.
    pub async fn failure(&self, method: &str, params: Value) -> Result<Failure> {
        let response = self.request(method, params).await?;
        let error = &response["error"];
        let code = error["code"].as_i64().with_context(|| format!("{method} did not fail: {response}"))?;
        Ok(Failure { code, message: error["message"].as_str().unwrap_or_default().to_owned() })
    }

    /// Calls a tool, and answers its result, be it an error of the tool or not.
    pub async fn call_any(&self, tool: &str, arguments: Value) -> Result<Value> {
        self.result("tools/call", json!({"name": tool, "arguments": arguments})).await
    }

    /// Calls a tool that must do what it is asked.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Value> {
        let result = self.call_any(tool, arguments).await?;
        ensure!(result["isError"] != true, "{tool} failed: {result}");
        Ok(result)
    }

    /// Calls a tool that must fail in a way a model can act on, and answers the text of it.
    pub async fn call_failing(&self, tool: &str, arguments: Value) -> Result<String> {
        let result = self.call_any(tool, arguments).await?;
        ensure!(result["isError"] == true, "{tool} did not fail: {result}");
        Ok(text(&result))
    }

    /// Names of all tools, in the order in which they are listed.
    pub async fn tools(&self) -> Result<Vec<String>> {
        let result = self.result("tools/list", json!({})).await?;
        let tools = result["tools"].as_array().context("tools/list answers a list")?;
        Ok(tools.iter().filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect())
    }

    /// Sends a notification.
    pub async fn notify(&self, method: &str, mut params: Value) -> Result<()> {
        self.wire.dress(&mut params);
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params})).await
    }

    /// Asks to be told when the tool list changes: in the modern era that takes a subscription, which is answered when
    /// it ends. Returns when the server has acknowledged it.
    pub async fn listen(&self) -> Result<()> {
        if self.wire.era.get() != Some(&Era::Modern) {
            return Ok(());
        }
        let mark = self.mark();
        let (id, _) = self.begin("subscriptions/listen", json!({"notifications": {"toolsListChanged": true}})).await?;
        let acknowledged = self.notification("notifications/subscriptions/acknowledged", mark).await?;
        let subscription = &acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
        ensure!(*subscription == id, "the subscription {id} is acknowledged as {subscription}");
        Ok(())
    }

    /// Waits for a notification since `mark`.
    pub async fn notification(&self, method: &str, mark: usize) -> Result<Value> {
        let wanted = |line: &Result<Value, String>| line.clone().ok().filter(|message| message["method"] == method);
        self.wire.lines.wait(method, mark, wanted).await
    }

    /// A mark from which to wait: what comes from now on.
    pub fn mark(&self) -> usize {
        self.wire.lines.mark()
    }

    /// Every line the server wrote to stdout; an error is a line that is not JSON.
    pub fn lines(&self) -> Vec<Result<Value, String>> {
        self.wire.lines.all()
    }

    /// Waits for any message that fits.
    pub async fn message(&self, what: &str, mark: usize, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        self.wire.lines.wait(what, mark, |line| line.clone().ok().filter(&wanted)).await
    }

    /// Writes bytes as they are.
    pub async fn raw(&self, bytes: &[u8]) -> Result<()> {
        let mut stdin = self.wire.stdin.lock().await;
        let stdin = stdin.as_mut().context("stdin is closed")?;
        stdin.write_all(bytes).await?;
        Ok(stdin.flush().await?)
    }

    /// Closes the server's stdin.
    pub async fn close(&self) {
        self.wire.stdin.lock().await.take();
    }

    async fn send(&self, message: &Value) -> Result<()> {
        self.raw(format!("{message}\n").as_bytes()).await
    }
}

impl Wire {
    /// Puts into a modern request what every one of them carries.
    fn dress(&self, params: &mut Value) {
        if self.era.get() != Some(&Era::Modern) {
            return;
        }
        let who = json!({"name": "lamplighter-tests", "version": "0"});
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        meta["io.modelcontextprotocol/clientInfo"] = who;
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Value>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands responses to who waits for them and keeps every line. At the end nobody waits any more.
async fn listen(wire: Arc<Wire>, stdout: impl AsyncRead + Unpin) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let message: Result<Value, String> = serde_json::from_str(&line).map_err(|_| line);
        let id = message.as_ref().ok().filter(|message| message["method"].is_null()).and_then(|it| it["id"].as_u64());
        let waiting = id.and_then(|id| wire.pending().remove(&id));
        wire.lines.push(message.clone());
        if let (Some(waiting), Ok(message)) = (waiting, message) {
            // Who began a request may have lost interest in its response.
            let _ = waiting.send(message);
        }
    }
    wire.pending().clear();
}

/// All text of a result.
pub(crate) fn text(result: &Value) -> String {
    let blocks = result["content"].as_array().into_iter().flatten();
    blocks.filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
}
