//! Lines on stdin and stdout: one JSON-RPC message each.
//!
//! rmcp has such a transport; this one answers what cannot be read instead of dropping it, and keeps a stray
//! notification before the first request from ending the session.

use std::{io, sync::Arc, time::Duration};

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ClientJsonRpcMessage, ClientRequest, ErrorCode, GetMeta as _, JsonRpcMessage, ProtocolVersion, RequestId,
        ServerJsonRpcMessage,
    },
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    sync::Mutex,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Longest line that is read, in bytes; the rest of a longer one is skipped.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// How long the last words may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// A client at the other end of two pipes.
pub(super) struct Stdio<R, W> {
    reader: BufReader<R>,
    line: Vec<u8>,
    too_long: bool,
    /// A tokio Mutex: messages are written across awaits, and must not mix.
    writer: Arc<Mutex<W>>,
    /// Whether the session has begun: with `initialize`, or with a request of the modern era.
    begun: bool,
    /// Cancelled here when the client is gone; cancelled elsewhere to end the session.
    closing: CancellationToken,
}

/// What a line turned out to be.
enum Line {
    Text(Vec<u8>),
    TooLong,
    End,
}

impl<R, W> Stdio<R, W>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    pub(super) fn new(reader: R, writer: W, closing: CancellationToken) -> Self {
        Self {
            reader: BufReader::new(reader),
            line: Vec::new(),
            too_long: false,
            writer: Arc::new(Mutex::new(writer)),
            begun: false,
            closing,
        }
    }

    /// Reads a line. What was read is kept in `self`, so that nothing is lost if this is dropped while it waits.
    async fn next_line(&mut self) -> io::Result<Line> {
        loop {
            let bytes = self.reader.fill_buf().await?;
            if bytes.is_empty() {
                return Ok(if self.line.is_empty() { Line::End } else { Line::Text(std::mem::take(&mut self.line)) });
            }
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let text = &bytes[..end.unwrap_or(bytes.len())];
            if self.line.len() + text.len() > MAX_LINE {
                self.too_long = true;
                self.line.clear();
            } else if !self.too_long {
                self.line.extend_from_slice(text);
            }
            let used = end.map_or(bytes.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                return Ok(if std::mem::take(&mut self.too_long) { Line::TooLong } else { Line::Text(line) });
            }
        }
    }

    /// The next message that makes sense; what does not is answered.
    async fn next_message(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let read = match self.next_line().await {
                Ok(Line::End) => return None,
                Ok(Line::TooLong) => Err((None, parse_error(&format!("the line is longer than {MAX_LINE} bytes")))),
                Ok(Line::Text(line)) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Ok(Line::Text(line)) => parse(&line),
                Err(error) => {
                    tracing::warn!(%error, "stdin cannot be read");
                    return None;
                }
            };
            match read {
                Ok(message) if self.is_in_order(&message) => return Some(message),
                Ok(_) => tracing::debug!("a message before the session began was ignored"),
                // Of its own: this function is dropped whenever rmcp has something else to do, and begun again.
                Err((id, error)) => drop(tokio::spawn(refuse(self.writer.clone(), id, error))),
            }
        }
    }

    /// rmcp ends the session if anything but a request comes before it has begun.
    fn is_in_order(&mut self, message: &ClientJsonRpcMessage) -> bool {
        if let JsonRpcMessage::Request(request) = message {
            self.begun |= match &request.request {
                ClientRequest::InitializeRequest(_) => true,
                ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
                other => other.get_meta().missing_required_keys(&ProtocolVersion::V_2026_07_28).is_empty(),
            };
            return true;
        }
        self.begun
    }
}

impl<R, W> Transport<RoleServer> for Stdio<R, W>
where
    R: AsyncRead + Unpin + Send,
    W: AsyncWrite + Unpin + Send + 'static,
{
    type Error = io::Error;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let writer = self.writer.clone();
        async move { write(&writer, &message).await }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
        let closing = self.closing.clone();
        let message = tokio::select! {
            message = self.next_message() => message,
            () = closing.cancelled() => None,
        };
        if message.is_none() {
            self.closing.cancel();
        }
        message
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        // A client that does not read holds the writer for ever.
        let flushed = timeout(CLOSE_WITHIN, async { self.writer.lock().await.flush().await }).await;
        flushed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}

async fn refuse<W: AsyncWrite + Unpin>(writer: Arc<Mutex<W>>, id: Option<RequestId>, error: ErrorData) {
    tracing::warn!(reason = %error.message, "a line on stdin was refused");
    if let Err(error) = write(&writer, &ServerJsonRpcMessage::error(error, id)).await {
        tracing::warn!(%error, "stdout cannot be written");
    }
}

async fn write<W: AsyncWrite + Unpin>(writer: &Mutex<W>, message: &ServerJsonRpcMessage) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut writer = writer.lock().await;
    writer.write_all(&line).await?;
    writer.flush().await
}

/// Reads a message, or says what is wrong with it and whose request it was.
fn parse(line: &[u8]) -> Result<ClientJsonRpcMessage, (Option<RequestId>, ErrorData)> {
    let value: Value = serde_json::from_slice(line).map_err(|error| (None, parse_error(&error.to_string())))?;
    if value.is_array() {
        return Err((None, ErrorData::invalid_request("batches are not part of MCP: send one message a line", None)));
    }
    let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
    serde_json::from_value(value)
        .map_err(|error| (id, ErrorData::invalid_request(format!("not a JSON-RPC 2.0 message: {error}"), None)))
}

fn parse_error(reason: &str) -> ErrorData {
    ErrorData::new(ErrorCode::PARSE_ERROR, format!("not JSON: {reason}"), None)
}
