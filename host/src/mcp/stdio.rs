//! The stdio transport of MCP: one JSON-RPC message per line.
//!
//! rmcp has such a transport. This one answers unreadable lines instead of dropping them, and keeps a stray notification
//! before the first request from ending the session.

use std::{io, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
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
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::Mutex,
    time::timeout,
};
use tokio_util::{
    codec::{AnyDelimiterCodec, AnyDelimiterCodecError, Decoder as _},
    sync::CancellationToken,
};

/// The longest accepted line in bytes; longer lines are refused and skipped.
pub(super) const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// The free space made in the buffer before each read, in bytes.
const READ_BYTES: usize = 8 * 1024;

/// The time limit for flushing the last answers when the session ends.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The transport to one client: a pair of byte streams, which are stdin and stdout in the program.
pub(super) struct Stdio<R, W> {
    reader: R,
    codec: AnyDelimiterCodec,
    buffer: BytesMut,
    /// A tokio Mutex: messages are written across awaits, and must not mix.
    writer: Arc<Mutex<W>>,
    /// Is set once the session has begun: with `initialize`, or with a request of the modern era.
    begun: bool,
    /// Is cancelled here when the client is gone; is cancelled elsewhere to end the session.
    closing: CancellationToken,
}

impl<R, W> Stdio<R, W>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin + Send + 'static,
{
    pub(super) fn new(reader: R, writer: W, closing: CancellationToken) -> Self {
        Self {
            reader,
            codec: AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), Vec::new(), MAX_LINE_BYTES),
            buffer: BytesMut::new(),
            writer: Arc::new(Mutex::new(writer)),
            begun: false,
            closing,
        }
    }

    /// Reads a line, or returns `None` at the end of the input; a last line needs no newline.
    ///
    /// Cancel safe: what was read is kept in `self`. The codec is driven here and not by `FramedRead`, which reports an
    /// end after each error and then waits for input while complete lines are in its buffer.
    async fn next_line(&mut self) -> Result<Option<Bytes>, AnyDelimiterCodecError> {
        loop {
            if let Some(line) = self.codec.decode(&mut self.buffer)? {
                return Ok(Some(line));
            }
            self.buffer.reserve(READ_BYTES);
            if self.reader.read_buf(&mut self.buffer).await? == 0 {
                return self.codec.decode_eof(&mut self.buffer);
            }
        }
    }

    /// Returns the next valid message in order; answers invalid lines with a JSON-RPC error.
    async fn next_message(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            let read = match self.next_line().await {
                Ok(None) => return None,
                Ok(Some(line)) if line.iter().all(u8::is_ascii_whitespace) => continue,
                Ok(Some(line)) => parse(&line),
                Err(AnyDelimiterCodecError::MaxChunkLengthExceeded) => {
                    Err((None, parse_error(&format!("the line is longer than {MAX_LINE_BYTES} bytes"))))
                }
                Err(AnyDelimiterCodecError::Io(error)) => {
                    tracing::warn!(%error, "stdin cannot be read");
                    return None;
                }
            };
            match read {
                Ok(message) if self.is_in_order(&message) => return Some(message),
                Ok(_) => tracing::debug!("a message before the session began was ignored"),
                // In a task of its own: rmcp drops this future and polls a new one whenever it has something else to do.
                Err((id, error)) => drop(tokio::spawn(refuse(self.writer.clone(), id, error))),
            }
        }
    }

    /// Returns whether the message may come now: rmcp ends the session if anything but a request comes before it has begun.
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
        let flushed = timeout(CLOSE_TIMEOUT, async { self.writer.lock().await.flush().await }).await;
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

/// Parses a message, or returns the error and the id of the request, if the line has one.
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
