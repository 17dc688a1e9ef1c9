//! An MCP client without a library. It speaks JSON-RPC, a message per line, in both eras of the protocol.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, oneshot};
use tokio::task::AbortHandle;

use crate::{Journal, WAIT_TIMEOUT};

/// The era of the protocol: it decides how a session is opened, and what every request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// Versions up to 2025-11-25, which open a session with `initialize`.
    Legacy,
    /// Versions since 2026-07-28, where each request names its version in `_meta` and nothing opens a session.
    Modern,
}

impl Era {
    /// Returns both eras, for claims that must hold in either.
    pub const fn both() -> [Self; 2] {
        [Self::Legacy, Self::Modern]
    }
}

/// The error that a JSON-RPC response carries.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcError {
    /// Holds the code, for example -32602.
    pub code: i64,
    /// Holds the message.
    pub message: String,
}

/// A client on the pipes of a server. Clones share the pipes.
#[derive(Clone)]
pub struct Client {
    connection: Arc<Connection>,
    /// Reads the server's stdout.
    reading: AbortHandle,
}

/// The server's stdin: a process's, or one end of a pipe in memory.
type Input = Box<dyn AsyncWrite + Send + Unpin>;

struct Connection {
    era: OnceLock<Era>,
    next: AtomicU64,
    stdin: Mutex<Option<Input>>,
    pending: StdMutex<HashMap<u64, oneshot::Sender<Value>>>,
    /// Holds every line on stdout, parsed if it is JSON.
    lines: Journal<Result<Value, String>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("lines", &self.connection.lines).finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the server that reads `stdin` and writes `stdout`.
    pub fn new(
        stdin: impl AsyncWrite + Send + Unpin + 'static,
        stdout: impl AsyncRead + Send + Unpin + 'static,
    ) -> Self {
        let connection = Arc::new(Connection {
            era: OnceLock::new(),
            next: AtomicU64::new(1),
            stdin: Mutex::new(Some(Box::new(stdin))),
            pending: StdMutex::default(),
            lines: Journal::default(),
        });
        let reading = tokio::spawn(read_messages(Arc::clone(&connection), stdout)).abort_handle();
        Self { connection, reading }
    }

    /// Opens the session and returns the server's description of itself.
    pub async fn open(&self, era: Era) -> Result<Value> {
        let _ = self.connection.era.set(era);
        match era {
            Era::Modern => self.result("server/discover", json!({})).await,
            Era::Legacy => {
                let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client_info()});
                let answer = self.result("initialize", params).await?;
                self.notify("notifications/initialized", json!({})).await?;
                Ok(answer)
            }
        }
    }

    /// Sends a request and returns the whole response.
    pub async fn request(&self, method: &str, params: Value) -> Result<Value> {
        let (_, response) = self.begin(method, params).await?;
        wait_for_response(response).await.with_context(|| format!("{method} has no response"))
    }

    /// Sends a request and returns its id, and the receiver of its response.
    pub async fn begin(&self, method: &str, params: Value) -> Result<(u64, oneshot::Receiver<Value>)> {
        let id = self.connection.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = oneshot::channel();
        self.connection.pending().insert(id, sender);
        self.raw(self.line(&id.into(), method, params).as_bytes()).await?;
        Ok((id, receiver))
    }

    /// Returns the line of a request, for [`raw`](Self::raw).
    pub fn line(&self, id: &Value, method: &str, mut params: Value) -> String {
        self.connection.add_meta(&mut params);
        format!("{}\n", json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    }

    /// Sends a request that must succeed and returns its result.
    pub async fn result(&self, method: &str, params: Value) -> Result<Value> {
        let response = self.request(method, params).await?;
        if response["result"].is_null() {
            bail!("{method} failed: {}", response["error"]);
        }
        Ok(response["result"].clone())
    }

    /// Sends a request that must fail as a protocol error, and returns the error.
    pub async fn failure(&self, method: &str, params: Value) -> Result<RpcError> {
        let response = self.request(method, params).await?;
        let error = &response["error"];
        let code = error["code"].as_i64().with_context(|| format!("{method} did not fail: {response}"))?;
        Ok(RpcError { code, message: error["message"].as_str().unwrap_or_default().to_owned() })
    }

    /// Calls a tool and returns its result, which may be an error of the tool.
    pub async fn call_any(&self, tool: &str, arguments: Value) -> Result<Value> {
        self.result("tools/call", json!({"name": tool, "arguments": arguments})).await
    }

    /// Calls a tool that must succeed, and returns its result.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Value> {
        let result = self.call_any(tool, arguments).await?;
        ensure!(result["isError"] != true, "{tool} failed: {result}");
        Ok(result)
    }

    /// Calls a tool that must fail with a result (`isError`), and returns the result's text.
    pub async fn call_failing(&self, tool: &str, arguments: Value) -> Result<String> {
        let result = self.call_any(tool, arguments).await?;
        ensure!(result["isError"] == true, "{tool} did not fail: {result}");
        Ok(text(&result))
    }

    /// Returns the names of all tools in the order of the list.
    pub async fn tools(&self) -> Result<Vec<String>> {
        self.listed("tools", "name").await
    }

    /// Returns the names of all prompts in the order of the list.
    pub async fn prompts(&self) -> Result<Vec<String>> {
        self.listed("prompts", "name").await
    }

    /// Returns the URIs of all resources in the order of the list.
    pub async fn resources(&self) -> Result<Vec<String>> {
        self.listed("resources", "uri").await
    }

    /// Returns one field of each item that the method `LIST/list` answers.
    async fn listed(&self, list: &str, field: &str) -> Result<Vec<String>> {
        let result = self.result(&format!("{list}/list"), json!({})).await?;
        let items = result[list].as_array().with_context(|| format!("{list}/list answers a list"))?;
        Ok(items.iter().filter_map(|item| item[field].as_str().map(str::to_owned)).collect())
    }

    /// Returns the first contents of a resource.
    pub async fn read(&self, uri: &str) -> Result<Value> {
        let result = self.result("resources/read", json!({"uri": uri})).await?;
        Ok(result["contents"][0].clone())
    }

    /// Sends a notification.
    pub async fn notify(&self, method: &str, mut params: Value) -> Result<()> {
        self.connection.add_meta(&mut params);
        self.raw(format!("{}\n", json!({"jsonrpc": "2.0", "method": method, "params": params})).as_bytes()).await
    }

    /// Subscribes to changes of the tool list and returns once the server has acknowledged it.
    ///
    /// The legacy era needs no subscription. In the modern era the request is answered when the subscription ends.
    pub async fn subscribe_to_tools(&self) -> Result<()> {
        if self.connection.era.get() != Some(&Era::Modern) {
            return Ok(());
        }
        let mark = self.mark();
        let (id, _) = self.begin("subscriptions/listen", json!({"notifications": {"toolsListChanged": true}})).await?;
        let acknowledged = self.notification("notifications/subscriptions/acknowledged", mark).await?;
        let subscription = &acknowledged["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
        ensure!(*subscription == id, "the subscription {id} is acknowledged as {subscription}");
        Ok(())
    }

    /// Waits for a notification that comes after `mark`, and returns it.
    pub async fn notification(&self, method: &str, mark: usize) -> Result<Value> {
        let wanted = |line: &Result<Value, String>| line.clone().ok().filter(|message| message["method"] == method);
        self.connection.lines.wait(method, mark, wanted).await
    }

    /// Returns a mark for [`notification`](Self::notification) and [`message`](Self::message): what comes from now on.
    pub fn mark(&self) -> usize {
        self.connection.lines.mark()
    }

    /// Returns every line that the server wrote to stdout; a line that is not JSON is an error.
    pub fn lines(&self) -> Vec<Result<Value, String>> {
        self.connection.lines.all()
    }

    /// Waits for the first message after `mark` that is `wanted`, and returns it.
    pub async fn message(&self, what: &str, mark: usize, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        self.connection.lines.wait(what, mark, |line| line.clone().ok().filter(&wanted)).await
    }

    /// Writes bytes as they are.
    pub async fn raw(&self, bytes: &[u8]) -> Result<()> {
        let mut stdin = self.connection.stdin.lock().await;
        let stdin = stdin.as_mut().context("stdin is closed")?;
        stdin.write_all(bytes).await?;
        Ok(stdin.flush().await?)
    }

    /// Closes the server's stdin.
    pub async fn close(&self) {
        self.connection.stdin.lock().await.take();
    }

    /// Closes the server's stdout, and leaves its stdin open.
    pub async fn close_stdout(&self) {
        self.reading.abort();
        while !self.reading.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

impl Connection {
    /// Adds the `_meta` that every request of the modern era carries.
    fn add_meta(&self, params: &mut Value) {
        if self.era.get() != Some(&Era::Modern) {
            return;
        }
        let meta = &mut params["_meta"];
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28".into();
        meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        meta["io.modelcontextprotocol/clientInfo"] = client_info();
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashMap<u64, oneshot::Sender<Value>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits for the response of a request that [`Client::begin`] sent.
pub async fn wait_for_response(response: oneshot::Receiver<Value>) -> Result<Value> {
    let response = tokio::time::timeout(WAIT_TIMEOUT, response).await;
    response.with_context(|| format!("no response within {WAIT_TIMEOUT:?}"))?.context("the server is gone")
}

fn client_info() -> Value {
    json!({"name": "lamplighter-tests", "version": "0"})
}

/// Keeps every line of stdout and hands each response to its request. When stdout ends, every wait for a response fails.
async fn read_messages(connection: Arc<Connection>, stdout: impl AsyncRead + Unpin) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let message: Result<Value, String> = serde_json::from_str(&line).map_err(|_| line);
        let id = message.as_ref().ok().filter(|message| message["method"].is_null()).and_then(|it| it["id"].as_u64());
        let waiting = id.and_then(|id| connection.pending().remove(&id));
        connection.lines.push(message.clone());
        if let (Some(waiting), Ok(message)) = (waiting, message) {
            // A test may have dropped the receiver of its request.
            let _ = waiting.send(message);
        }
    }
    connection.pending().clear();
}

/// Joins all text blocks of a result.
pub(crate) fn text(result: &Value) -> String {
    let blocks = result["content"].as_array().into_iter().flatten();
    blocks.filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join("\n")
}
